// Scheduler: sequences in, step plans out. Pure: no clock, no socket, no thread.
//
// Every step takes one token of each sequence that is generating, then fills up with prompt tokens
// in order of arrival, at most `chunk` tokens of one prompt and `step_tokens` in all. A sequence is
// admitted when blocks for all of its prompt and answer are free, so that none ever waits half-way.
//
// With several steps in flight, each takes its part of the sequences that are generating, and none
// takes a sequence whose next token an earlier step has still to tell. A prompt's chunks may follow
// each other at once: every stage runs the steps in order.
//
// Where a device guesses the tokens that a step will tell, the next step begins with the guesses
// while that one is under way. Wrong is told by what was chosen in the end: the sequence's part of
// the step is void then, and done again.
#pragma once

#include <algorithm>
#include <deque>
#include <memory>
#include <vector>

#include "src/engine/block_allocator.h"
#include "src/engine/sequence.h"
#include "src/engine/step_plan.h"

namespace lantern {

struct SchedulerOptions {
  int blocks = 0;         // of the KV cache
  int context = 0;        // most tokens of one sequence
  int chunk = 512;        // most prompt tokens of one sequence in a step
  int step_tokens = 512;  // most tokens of a step
  int logit_rows = 16;    // most rows of logits of a step, hence running sequences
  int in_flight = 1;      // most steps that are not committed
  int least_part = 1;     // generating sequences that are not divided among steps in flight
  bool guesses = false;   // a step takes up guesses of the one before

  // Generating sequences of a step, where there are so many.
  int PartOf(int generating) const {
    return std::max((generating + in_flight - 1) / in_flight, least_part);
  }
  int StepsFor(int generating) const {
    return (generating + PartOf(generating) - 1) / PartOf(generating);
  }
};

class Scheduler {
 public:
  explicit Scheduler(const SchedulerOptions& options);

  // Takes the sequence in; its blocks may already hold a cached prefix (Release gave them back to
  // the sequence). Throws Error{kBadRequest} where it can never fit.
  void Add(std::shared_ptr<Sequence> sequence);
  // Takes a sequence out. Its blocks go back, unless `keep` leaves them with it for a later Add.
  void Remove(const std::shared_ptr<Sequence>& sequence, bool keep);
  // Gives back the blocks of a sequence that was removed with `keep`.
  void Drop(Sequence& sequence) { allocator_.Return(sequence.blocks); }

  bool idle() const { return waiting_.empty() && running_.empty(); }
  int free_blocks() const { return allocator_.free(); }

  // A step: a plan and, per row of it, the sequence that the row belongs to.
  struct Step {
    StepPlan plan;
    std::vector<std::shared_ptr<Sequence>> row_owner;
    // Per sequence of the batch: how many of its tokens the step caches.
    std::vector<std::pair<std::shared_ptr<Sequence>, int>> advances;
    int prompt_tokens = 0;  // of the batch; 0: pure decode

    // Keeps the memory: a step like one before it allocates nothing.
    void Clear();
  };
  // A token of the sequence was appended: whether the step that begins with its guess, if one is
  // under way, is void as to it.
  static void Told(Sequence& sequence, int token, int guess);

  // Replaces `step` by the next one: an empty batch where there is nothing to do before an earlier
  // step is committed (cached advanced, tokens appended).
  void Next(Step& step);

 private:
  void Admit();
  int MostTokens(const Sequence& sequence) const;
  int BlocksNeeded(const Sequence& sequence) const;
  int MostGenerating() const;
  bool Continues(const Sequence& sequence) const;
  void Append(Step& step, const std::shared_ptr<Sequence>& sequence, int count);

  SchedulerOptions options_;
  BlockAllocator allocator_;
  std::deque<std::shared_ptr<Sequence>> waiting_;
  std::vector<std::shared_ptr<Sequence>> running_;
  int promised_blocks_ = 0;  // that running sequences will still take
  uint64_t steps_ = 0;
};

}  // namespace lantern
