// RunningSum: a sum over ranks that goes on while its rank computes. Start posts the first round's
// messages, Advance waits for them and posts the next round's, Finish does whatever is left. Where
// a group has several sums under way, all ranks call all of these in one order: messages between
// two ranks have no names, they are told apart by when they were started.
#pragma once

#include <optional>
#include <span>

#include "net/sum_state.h"

namespace lantern {

class RunningSum {
 public:
  // out = the tree's sum of all ranks' `mine`, this rank's subtree sums, each of out.size()
  // elements: the same bits on every rank and for every number of ranks. `out` may be mine[0].
  // REQUIRES: AddsInOrder(algorithm, plan). All memory named is this sum's until Finish has
  // returned.
  void StartExact(Communicator& comm, SumAlgorithm algorithm, const SumPlan& plan,
                  std::span<float> out, std::span<const std::span<const float>> mine);
  // x = the sum of all ranks' x, which travel in `format`.
  void StartEncoded(Communicator& comm, SumAlgorithm algorithm, WireFormat format,
                    std::span<float> x);

  // To the next round, where there is one.
  void Advance();
  // Waits for the sum. All of these throw what the communicator throws.
  void Finish();
  bool running() const { return ticket_.has_value(); }
  // The communicator has failed, and all tickets with it.
  void Forget() { ticket_.reset(); }

  // For sums that are not started here and need the same memory. REQUIRES: !running().
  SumState& memory() { return state_; }

 private:
  void Start(Communicator& comm, SumRound round, int rounds, std::span<float> out);
  void Next();

  Communicator* comm_ = nullptr;
  SumRound round_ = nullptr;
  int rounds_ = 0;  // in all
  SumState state_;
  std::optional<Communicator::Ticket> ticket_;  // of the round under way
};

// A whole sum at once: see StartExact and StartEncoded. For sums now and then, since both allocate.
void TreeSum(Communicator& comm, const SumPlan& plan, std::span<float> out,
             std::span<const std::span<const float>> mine,
             SumAlgorithm algorithm = SumAlgorithm::kOneShot);
void EncodedSum(Communicator& comm, WireFormat format, SumAlgorithm algorithm, std::span<float> x);

}  // namespace lantern
