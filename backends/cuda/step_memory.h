// StepMemory: the numbers of steps in the device's memory, at addresses that stay, so that a
// recorded step finds the next one's there; and what its kernels saw, on the way back. Steps are
// queued one behind the other: what is read or written by kernels alone is there once, what the
// host writes and reads once for each slot.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <type_traits>

#include "backends/backend_concept.h"
#include "backends/cuda/kernels/attention.h"
#include "backends/cuda/kernels/move.h"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {

// What the launches of a step depend on, beside the tensors: equal shapes, equal launches.
struct StepShape {
  int slot = 0;
  int tokens = 0, runs = 0, longest_run = 0, most_positions = 0, logit_rows = 0, top_logits = 0;
  bool masses = false;
  bool guesses = false, joins = false;  // tokens; from candidates of all parts of the vocabulary
  auto operator<=>(const StepShape&) const = default;
};

class StepMemory {
 public:
  // Takes a batch, which Begin brings to the device. `moved`: to other addresses than the last
  // one's; nothing is under way then. REQUIRES: the slot's step before has ended.
  void Set(const Queue& queue, const BatchView& batch, int slot, bool& moved);
  // Queued around a step's operations, and recorded with them: brings the batch to the device and
  // clears what was seen; brings that back.
  void Begin(const Queue& queue);
  void End(const Queue& queue);

  const StepShape& shape() const { return shape_; }
  const StepTokens& tokens() const { return tokens_; }
  const int* token_ids() const { return token_ids_; }
  // What token ids below 0 stand for: see BatchView.
  const int* guesses() const { return reinterpret_cast<const int*>(guesses_.get()); }
  const int* logits_at() const { return logits_at_; }

  int* bad_layer() const { return reinterpret_cast<int*>(seen_.get()); }
  uint32_t* residual_hash(int hash);

  // Queued behind a step, and waited for in a later call.
  void MarkEnd(const Queue& queue);
  // What was seen, once.
  ResidualLook WaitForEnd(int slot);
  bool HasEnded(int slot) const;

  // Queues a look at the step's rows of logits, kept apart by where these lie; End brings back what
  // it gives. `moved`: as for Set. Slots have logits of their own.
  void LookAtLogits(const Queue& queue, const Matrix& logits, bool& moved);
  // Queued behind such a look, where tokens are guessed from the candidates of all parts of the
  // vocabulary: the lists of this part, and a guess from those of all. `moved`: as for Set.
  CandidateLists OfferCandidates(const Queue& queue, bool& moved);
  void GuessFrom(const Queue& queue, const Tensor& all);
  // Of the last step in the slot whose logits these are.
  LogitsLook logits(const void* logits, int row) const;

 private:
  struct DestroyEvent {
    void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
  };
  struct Slot {
    size_t bytes = 0;
    std::shared_ptr<std::byte> host;  // the batch on its way
    std::shared_ptr<std::byte> seen;
    std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent> ended;
    StepShape shape;
  };
  // In both memories, 8 bytes each: the largest value of each row (or, where tokens are guessed
  // among several, that), top_logits of each where that is more than 0, hashes of the blocks of
  // each and, where they are wanted, masses of these; where guesses are of the whole vocabulary,
  // these. How many rows and top_logits: as the last step's shape in this slot says, which may have
  // been replayed.
  struct LogitsSeen {
    int slot = 0, capacity = 0, columns = 0, blocks = 0;
    std::shared_ptr<std::byte> device, host;
  };
  // Where they lie in one of the memories.
  struct SeenPlaces {
    SeenPlaces(std::byte* memory, const StepShape& shape, int blocks);
    RowAnswer *best, *top;
    uint64_t* hashes;
    Mass* masses;
    RowAnswer* guessed;  // `best` where no others are
    size_t bytes;        // in all
  };
  // Numbers that there is room for.
  struct Capacity {
    int tokens = 0, blocks = 0, rows = 0;
    size_t Bytes() const;
  };
  void Reserve(const Queue& queue, const Capacity& least);
  Slot& Enter(int slot);
  void CopyBatch(const BatchView& batch, std::byte* host);
  void ReserveSeen(LogitsSeen& seen, const Matrix& logits, bool& moved);
  bool ReserveLists();

  // One move takes it all: rules of the rows, then arrays of capacity_.tokens ints and more.
  Capacity capacity_;
  std::shared_ptr<std::byte> device_, guesses_;
  std::map<int, Slot> slots_;
  StepShape shape_;
  StepTokens tokens_;
  const ChoiceRule* rules_ = nullptr;
  const int* token_ids_ = nullptr;
  const int* logits_at_ = nullptr;

  // The first layer that gave a value that is no number, then hashes.
  std::shared_ptr<std::byte> seen_;
  int hash_slots_ = 0;  // that were ever asked for
  std::map<const void*, LogitsSeen> logits_;
  Move answers_;  // of the step under way
  size_t top_scratch_bytes_ = 0;
  std::shared_ptr<std::byte> top_scratch_;

  // Candidates of the step under way: this part's, and where the guess is to be. Then memory for
  // the lists of so many rows: all parts', this part's, the largest of all, and scratch.
  VocabularyPart vocabulary_;
  TopRows listed_{};
  RowAnswer* guessed_ = nullptr;
  int list_rows_ = 0;
  std::shared_ptr<std::byte> all_lists_, my_lists_, joined_, join_scratch_;
};

}  // namespace lantern::cuda
