// StepMemory: the numbers of the step under way in the device's memory, at addresses that stay, so
// that a recorded step finds the next one's there; and what its kernels saw, on the way back.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "backends/backend_concept.h"
#include "backends/cuda/kernels/attention.h"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {

// What the launches of a step depend on, beside the tensors: equal shapes, equal launches.
struct StepShape {
  int slot = 0;
  int tokens = 0, runs = 0, longest_run = 0, most_positions = 0, logit_rows = 0, top_logits = 0;
  auto operator<=>(const StepShape&) const = default;
};

class StepMemory {
 public:
  // Takes a batch, which Upload brings to the device. `moved`: to other addresses than the last
  // one's. REQUIRES: the step before has ended.
  void Set(const BatchView& batch, int slot, bool& moved);
  // Queues the copy, of as many bytes in every step until one is moved: recordings hold it, as a
  // call for itself would cost the host 10 us a token.
  void Upload(const Queue& queue);

  const StepShape& shape() const { return shape_; }
  const StepTokens& tokens() const { return tokens_; }
  const int* token_ids() const { return token_ids_; }
  const int* logits_at() const { return logits_at_; }

  // Queued at a step's beginning and after its end: clears what was seen, and brings it back.
  void ClearSeen(const Queue& queue);
  void FetchSeen(const Queue& queue);
  int* bad_layer() const { return seen_device_; }
  uint32_t* residual_hash(int slot);
  // After a wait for all that, once.
  ResidualLook residual();

  // Queues a look at the step's rows of logits, kept apart by where these lie, and what it gives on
  // its way back. `moved`: as for Set. Slots have logits of their own.
  void LookAtLogits(const Queue& queue, const Matrix& logits, bool& moved);
  // Of the last step in the slot whose logits these are.
  LogitsLook logits(const void* logits, int row) const;

 private:
  // In both memories, 8 bytes each: the largest value of each row, top_logits of each where that is
  // more than 0, hashes of the blocks of each. How many rows and top_logits: as the last step's
  // shape in this slot says, which may have been replayed.
  struct LogitsSeen {
    int slot = 0, capacity = 0, columns = 0, blocks = 0;
    std::shared_ptr<std::byte> device, host;
  };
  void Reserve(int tokens, int blocks);
  void ReserveSeen(LogitsSeen& seen, const Matrix& logits, bool& moved);

  // One copy takes it all: arrays of token_capacity_ ints and more, one after the other.
  int token_capacity_ = 0, block_capacity_ = 0;
  size_t bytes_ = 0;
  std::shared_ptr<std::byte> device_, host_;
  StepShape shape_;
  StepTokens tokens_;
  const int* token_ids_ = nullptr;
  const int* logits_at_ = nullptr;

  // The first layer that gave a value that is no number, then hashes by slot.
  std::shared_ptr<std::byte> seen_owner_, seen_host_;
  int* seen_device_ = nullptr;
  int hash_slots_ = 0;  // that were ever asked for
  std::map<const void*, LogitsSeen> logits_;
  std::map<int, StepShape> last_shape_;  // by slot
  size_t top_scratch_bytes_ = 0;
  std::shared_ptr<std::byte> top_scratch_;
};

}  // namespace lantern::cuda
