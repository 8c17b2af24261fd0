#include "src/apps/answer.h"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "src/apps/interrupt.h"

namespace lantern {

void Answer::Start(Engine& engine, Request request, std::shared_ptr<Sequence> base) {
  request.on_token = [this](int id) { Show(detokenizer_.Push(id)); };
  TakeInterrupts();  // those before the question do not count
  sequence_ = engine.Submit(std::move(request), std::move(base));
  Finish(engine);
}

void Answer::Resume(Engine& engine) {
  fmt::print("{}", text_);
  std::fflush(stdout);
  if (!sequence_->done()) engine.Resume(sequence_);
  Finish(engine);
}

void Answer::Finish(Engine& engine) {
  RunUntilDone(engine, sequence_);
  Show(detokenizer_.Flush());
  fmt::print("\n");
}

void Answer::Show(const std::string& piece) {
  text_ += piece;
  fmt::print("{}", piece);
  std::fflush(stdout);
}

}  // namespace lantern
