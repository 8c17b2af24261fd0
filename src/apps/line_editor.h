// LineEditor: one line from the user. On a terminal with editing and history (libedit); from a
// pipe, plain lines.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace lantern {

class LineEditor {
 public:
  // `history`: file that keeps lines across sessions; empty for none.
  explicit LineEditor(std::filesystem::path history);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Outcome { kLine, kInterrupted, kEnd };
  struct Result {
    Outcome outcome;
    std::string line;
  };
  // kInterrupted: Ctrl-C while editing; kEnd: Ctrl-D or the end of the input.
  Result Read();

 private:
  struct Terminal;
  std::unique_ptr<Terminal> terminal_;  // null where stdin is no terminal
};

// Ctrl-C presses since the last call. The first call installs the handler.
int TakeInterrupts();

}  // namespace lantern
