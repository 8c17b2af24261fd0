// What every command that runs a model needs around a Session: progress on stderr, tokens, checks.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "src/apps/interrupt.h"
#include "src/apps/progress.h"
#include "src/engine/session.h"
#include "src/text/tokenizer.h"

namespace lantern {

// A session that shows on stderr how it comes up. Until it has, Ctrl-C gives up with
// Error{kInterrupted}, of which the other ranks hear; from then on it is counted only.
class Leader {
 public:
  explicit Leader(const SessionOptions& options);
  ~Leader();  // says how many strangers there were, if any, and the fallback
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  Session& session() { return *session_; }
  // Once, as soon as that has happened: why partial sums travel in f32 though a lower precision was
  // asked for. Empty otherwise. What nobody took is said at the end.
  std::string TakeFallback();

 private:
  const InterruptsCaught caught_;
  std::unique_ptr<Session> session_;
  bool told_fallback_ = false;
};

// nullptr where the model has no vocabulary and none is required; throws Error{kIo} otherwise.
std::unique_ptr<Tokenizer> OpenTokenizer(const std::filesystem::path& model, bool required);

// Every id that ends generation.
std::vector<int> StopIds(const Tokenizer& tokenizer);

// Throws Error{kBadRequest} for an empty list or an id outside the vocabulary.
void RequireIds(std::span<const int> ids, int vocab);

}  // namespace lantern
