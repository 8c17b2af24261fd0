#include "net/running_sum.h"

#include "net/encoded_sum.h"
#include "net/exact_sum.h"
#include "src/base/check.h"

namespace lantern {

void RunningSum::StartExact(Communicator& comm, SumAlgorithm algorithm, const SumPlan& plan,
                            std::span<float> out, std::span<const std::span<const float>> mine) {
  LANTERN_CHECK_EQ(comm.size(), plan.ranks());
  LANTERN_CHECK_EQ(static_cast<int>(mine.size()), plan.subtrees(comm.rank()));
  LANTERN_CHECK(AddsInOrder(algorithm, plan));
  for (const auto& sum : mine) LANTERN_CHECK_EQ(sum.size(), out.size());
  state_.format = WireFormat::kF32;
  state_.plan = &plan;
  state_.mine.assign(mine.begin(), mine.end());
  Start(comm, ExactRound(algorithm), SumRounds(algorithm, comm.size()), out);
}

void RunningSum::StartEncoded(Communicator& comm, SumAlgorithm algorithm, WireFormat format,
                              std::span<float> x) {
  LANTERN_CHECK(FitsRanks(algorithm, comm.size()));
  if (comm.size() == 1) return;
  state_.format = format;
  Start(comm, EncodedRound(algorithm), SumRounds(algorithm, comm.size()), x);
}

void RunningSum::Start(Communicator& comm, SumRound round, int rounds, std::span<float> out) {
  LANTERN_CHECK(!running());
  if (out.empty()) return;
  comm_ = &comm;
  round_ = round;
  rounds_ = rounds;
  state_.rank = comm.rank();
  state_.ranks = comm.size();
  state_.out = out;
  state_.round = 0;
  Next();
}

void RunningSum::Next() {
  ticket_.reset();
  state_.sends.clear();
  state_.receives.clear();
  if (!round_(state_)) return;
  ticket_ = comm_->Start(state_.sends, state_.receives);
  ++state_.round;
}

void RunningSum::Advance() {
  if (!ticket_ || state_.round == rounds_) return;
  comm_->Wait(*ticket_, Patience::kStep);
  Next();
}

void RunningSum::Finish() {
  while (ticket_) {
    comm_->Wait(*ticket_, Patience::kStep);
    Next();
  }
}

void TreeSum(Communicator& comm, const SumPlan& plan, std::span<float> out,
             std::span<const std::span<const float>> mine, SumAlgorithm algorithm) {
  RunningSum sum;
  sum.StartExact(comm, algorithm, plan, out, mine);
  sum.Finish();
}

void EncodedSum(Communicator& comm, WireFormat format, SumAlgorithm algorithm, std::span<float> x) {
  RunningSum sum;
  sum.StartEncoded(comm, algorithm, format, x);
  sum.Finish();
}

}  // namespace lantern
