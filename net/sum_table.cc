#include "net/sum_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "net/collectives.h"
#include "net/exact_sum.h"
#include "net/running_sum.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kOneShotBytes = 64 << 10;
// From a token's vector of a small model to a prompt's chunk.
constexpr size_t kSizes[] = {4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// One subtree a rank.
SumPlan EqualPlan(int ranks) {
  std::vector<LeafRange> owned;
  for (int rank = 0; rank < ranks; ++rank) owned.push_back({rank, rank + 1});
  return {ranks, owned};
}

// The mean over the ranks: the same bits for all.
void Agree(Communicator& group, const SumPlan& plan, std::span<float> values) {
  const std::span<const float> mine[] = {values};
  TreeSum(group, plan, values, mine);
  for (float& value : values) value /= static_cast<float>(group.size());
}

class Stopwatch {
 public:
  Stopwatch(Communicator& group, const SumTimingOptions& options, size_t bytes)
      : group_(group),
        plan_(EqualPlan(group.size())),
        options_(options),
        vector_(bytes / sizeof(float)),
        sums_(bytes <= kOneShotBytes ? options.sums : std::max(1, options.sums / 5)) {}

  SumTiming Measure() {
    SumTiming timing;
    timing.bytes = vector_.size() * sizeof(float);
    timing.one_way = PingPong();
    for (const SumAlgorithm algorithm : kSumAlgorithms) {
      const bool wanted =
          algorithm == SumAlgorithm::kRing ? options_.all : AddsInOrder(algorithm, plan_);
      if (wanted) timing.sum[static_cast<size_t>(algorithm)] = Sums(algorithm);
    }
    return timing;
  }

 private:
  double Sums(SumAlgorithm algorithm) {
    const std::span<const float> mine[] = {vector_};
    std::vector<double> seconds;
    for (int i = 0; i <= sums_; ++i) {  // the first warms up
      const auto start = Clock::now();
      if (algorithm == SumAlgorithm::kRing) {
        sum_.StartEncoded(group_, algorithm, WireFormat::kF32, vector_);
      } else {
        sum_.StartExact(group_, algorithm, plan_, vector_, mine);
      }
      sum_.Finish();
      if (i > 0) seconds.push_back(SecondsSince(start));
    }
    return Median(seconds);
  }

  double PingPong() {
    const auto bytes = std::as_writable_bytes(std::span(vector_));
    std::vector<double> seconds = {0};
    for (int i = 0; i <= sums_ && group_.rank() < 2; ++i) {
      const int peer = 1 - group_.rank();
      const auto start = Clock::now();
      if (peer == 1) group_.Send(peer, bytes);
      group_.Receive(peer, bytes);
      if (peer == 0) group_.Send(peer, bytes);
      if (i > 0) seconds.push_back(SecondsSince(start) / 2);
    }
    Barrier(group_);
    return Median(seconds);
  }

  Communicator& group_;
  const SumPlan plan_;
  const SumTimingOptions& options_;
  std::vector<float> vector_;
  const int sums_;
  RunningSum sum_;
};

}  // namespace

void SumTable::Measure(Communicator& group, const SumTimingOptions& options) {
  timings_.clear();
  if (group.size() == 1) return;
  const SumPlan plan = EqualPlan(group.size());
  const auto start = Clock::now();
  for (const size_t bytes : kSizes) {
    SumTiming timing = Stopwatch(group, options, bytes).Measure();
    std::vector<float> agreed = {static_cast<float>(SecondsSince(start))};
    for (const double seconds : timing.sum) agreed.push_back(static_cast<float>(seconds));
    Agree(group, plan, agreed);
    std::copy(agreed.begin() + 1, agreed.end(), timing.sum.begin());
    timings_.push_back(timing);
    if (agreed[0] > options.limit_s) break;
  }
}

SumAlgorithm SumTable::For(size_t bytes, const SumPlan& plan) const {
  const int ranks = plan.ranks();
  const size_t sent = bytes * plan.most_subtrees();
  // Larger than all that was measured: bytes count, not hops.
  if (ranks <= 2 || timings_.empty() || sent > 2 * timings_.back().bytes) {
    return BySize(sent, ranks);
  }
  const auto distance = [&](const SumTiming& timing) {
    return std::fabs(std::log2(static_cast<double>(sent) / static_cast<double>(timing.bytes)));
  };
  const auto nearest =
      std::min_element(timings_.begin(), timings_.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  SumAlgorithm fastest = SumAlgorithm::kOneShot;
  for (const SumAlgorithm algorithm : {SumAlgorithm::kTwoShot, SumAlgorithm::kDoubling}) {
    if (!AddsInOrder(algorithm, plan)) continue;
    if (nearest->of(algorithm) < nearest->of(fastest)) fastest = algorithm;
  }
  return fastest;
}

SumAlgorithm SumTable::BySize(size_t bytes, int ranks) {
  return ranks <= 2 || bytes <= kOneShotBytes ? SumAlgorithm::kOneShot : SumAlgorithm::kTwoShot;
}

}  // namespace lantern
