// Engine: the leader's loop. Requests in, tokens out; every step is one ragged batch through all
// stages, several of them at once where there are several stages. Sampling happens here, from the
// candidates that the ranks send.
#pragma once

#include <memory>
#include <optional>

#include "src/engine/scheduler.h"
#include "src/engine/stage.h"

namespace lantern {

class Engine {
 public:
  Engine(Stage& stage, const SchedulerOptions& options);

  // Takes a request. `base`, if given, is a finished sequence kept by KeepFinished: what the new
  // prompt shares with it is not computed again (which cannot change a bit of the answer).
  // Throws Error{kBadRequest}.
  std::shared_ptr<Sequence> Submit(Request request, std::shared_ptr<Sequence> base = nullptr);
  // Goes on with a sequence of an engine that is gone: its tokens are read again, and since
  // nothing depends on the layout, what follows is what would have followed there.
  // Throws Error{kBadRequest}.
  void Resume(const std::shared_ptr<Sequence>& sequence);
  // Throws Error{kPeerLost}, as Step does: where nothing else runs, it waits for what is in flight.
  void Cancel(const std::shared_ptr<Sequence>& sequence);
  // Whether finished sequences keep their cache blocks, for use as a base. Release frees one.
  void KeepFinished(bool keep) { keep_finished_ = keep; }
  void Release(Sequence& sequence);

  // Begins as many steps as may be in flight, and ends the oldest. False when there was nothing to
  // do. Throws what a rank's step threw, and the same from then on.
  bool Step();
  // Steps until `sequence` is done.
  void Finish(const Sequence& sequence) {
    while (!sequence.done() && Step()) {
    }
  }

  int context() const { return options_.context; }
  // Tokens that the last step read, for progress displays.
  int last_prompt_tokens() const { return last_prompt_tokens_; }
  const StepTimes& times() const { return stage_.times(); }

 private:
  // A step between its beginning and its end; its memory serves later ones.
  struct Flight {
    Scheduler::Step step;
    bool answered = false;  // rows are here
    LogitsRows rows;
    std::vector<int> chosen;  // one token per row, or -1 for rows that want none

    bool CountsFor(const Sequence& sequence) const;
  };

  Flight& Of(uint64_t number) { return flights_[number % flights_.size()]; }
  template <class Body>
  void OnRanks(const Body& body);
  bool Begin();
  void Await(Flight& flight);
  void EndOldest();
  void ChooseTokens(Flight& flight);
  void AskAgain(Flight& flight);
  bool Choose(const RowRequest& request, const LogitsRow& row, int& token) const;
  void Commit(Flight& flight);
  void NameGuesses(const Flight& flight);
  void EndWhereDone(const std::shared_ptr<Sequence>& sequence);
  void Accept(Sequence& sequence, int token);
  void End(const std::shared_ptr<Sequence>& sequence, FinishReason reason);

  Stage& stage_;
  SchedulerOptions options_;
  Scheduler scheduler_;
  bool keep_finished_ = false;
  int last_prompt_tokens_ = 0;
  int next_id_ = 1;

  std::vector<Flight> flights_;  // a ring: [ended_, begun_) are in flight, oldest first
  uint64_t begun_ = 0, ended_ = 0;
  std::optional<Error> broken_;

  // Of the step that ends; their memory serves the next.
  std::vector<size_t> open_;  // rows whose candidates did not reach far enough
  StepPlan again_;            // asks for more of them
  LogitsRows more_;
};

}  // namespace lantern
