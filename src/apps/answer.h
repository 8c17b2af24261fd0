// Answer: one answer of the chat on its way to the screen. It outlives the group that began it:
// after a loss it goes on with another engine where it stopped.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "src/engine/engine.h"
#include "src/text/detokenizer.h"

namespace lantern {

class Answer {
 public:
  // Shows the text on stdout as it comes.
  explicit Answer(const Tokenizer& tokenizer) : detokenizer_(tokenizer) {}
  Answer(const Answer&) = delete;
  Answer& operator=(const Answer&) = delete;

  // Runs until the answer is whole or Ctrl-C stops it. `base`: see Engine::Submit.
  // Throws Error{kPeerLost}: Resume can go on. Throws Error{kBadRequest}.
  void Start(Engine& engine, Request request, std::shared_ptr<Sequence> base);
  // Shows what there was, and goes on. REQUIRES: Start began, and a loss ended it.
  void Resume(Engine& engine);

  const std::string& text() const { return text_; }
  const std::shared_ptr<Sequence>& sequence() const { return sequence_; }

 private:
  void Finish(Engine& engine);
  void Show(const std::string& piece);

  Detokenizer detokenizer_;
  std::string text_;
  std::shared_ptr<Sequence> sequence_;
};

}  // namespace lantern
