// Error: what the outside world can break. One sentence that says what, where, and what to do.
// Caught in two places only: main (exit code) and the engine's and worker's loops.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace lantern {

enum class ErrorKind {
  kConfig,       // flags, layouts, shapes that do not fit together
  kIo,           // files: missing, truncated, malformed, unsupported
  kPeerLost,     // another rank died, stalled or cannot be reached
  kBadRequest,   // a prompt or sampling parameter that cannot be served
  kInterrupted,  // Ctrl-C: the user gave up
};

class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& sentence) : std::runtime_error(sentence), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

// Throws Error with a formatted sentence.
template <class... Args>
[[noreturn]] void Fail(ErrorKind kind, fmt::format_string<Args...> format, Args&&... args) {
  throw Error(kind, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace lantern
