#include "net/sum_table.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "net/collectives.h"
#include "net/exact_sum.h"
#include "net/running_sum.h"
#include "src/base/check.h"

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

// The mean over the ranks: the same bits for all.
void Agree(Communicator& group, const SumPlan& plan, std::span<float> values) {
  const std::span<const float> mine[] = {values};
  TreeSum(group, plan, values, mine);
  for (float& value : values) value /= static_cast<float>(group.size());
}

class Stopwatch {
 public:
  Stopwatch(Communicator& group, WireFormat format, const SumTimingOptions& options, size_t bytes)
      : group_(group),
        format_(format),
        plan_(EqualPlan(group.size())),
        options_(options),
        vector_(bytes / sizeof(float)),
        sums_(bytes <= kOneShotBytes ? options.sums : std::max(1, options.sums / 5)) {}

  SumTiming Measure() {
    SumTiming timing;
    timing.bytes = vector_.size() * sizeof(float);
    timing.one_way = PingPong();
    for (const SumAlgorithm algorithm : kSumAlgorithms) {
      const bool is_chosen = AddsInOrder(algorithm, plan_);
      const bool is_shown = options_.all && FitsRanks(algorithm, group_.size());
      if (is_chosen || is_shown) timing.sum[static_cast<size_t>(algorithm)] = Sums(algorithm);
    }
    return timing;
  }

 private:
  double Sums(SumAlgorithm algorithm) {
    const std::span<const float> mine[] = {vector_};
    std::vector<double> seconds;
    for (int i = 0; i <= sums_; ++i) {  // the first warms up
      const auto start = Clock::now();
      if (format_ != WireFormat::kF32 || !AddsInOrder(algorithm, plan_)) {
        sum_.StartEncoded(group_, algorithm, format_, vector_);
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
  const WireFormat format_;
  const SumPlan plan_;
  const SumTimingOptions& options_;
  std::vector<float> vector_;
  const int sums_;
  RunningSum sum_;
};

}  // namespace

void SumTable::Measure(Communicator& group, WireFormat format, const SumTimingOptions& options) {
  timings_.clear();
  if (group.size() == 1) return;
  const SumPlan plan = EqualPlan(group.size());
  const auto start = Clock::now();
  for (const size_t bytes : kSizes) {
    SumTiming timing = Stopwatch(group, format, options, bytes).Measure();
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
  if (timings_.empty() || sent > 2 * timings_.back().bytes) {
    return BySize(sent, ranks);
  }
  const auto distance = [&](const SumTiming& timing) {
    return std::fabs(std::log2(static_cast<double>(sent) / static_cast<double>(timing.bytes)));
  };
  const auto nearest =
      std::min_element(timings_.begin(), timings_.end(),
                       [&](const auto& a, const auto& b) { return distance(a) < distance(b); });
  // One hop unless others are clearly faster: a sum of one hop can go on while a rank computes.
  SumAlgorithm fastest = SumAlgorithm::kOneShot;
  double seconds = 0.95 * nearest->of(fastest);
  for (const SumAlgorithm algorithm : {SumAlgorithm::kTwoShot, SumAlgorithm::kDoubling}) {
    if (!AddsInOrder(algorithm, plan)) continue;
    if (nearest->of(algorithm) >= seconds) continue;
    fastest = algorithm;
    seconds = nearest->of(algorithm);
  }
  return fastest;
}

double SumTable::Seconds(size_t bytes, SumAlgorithm algorithm) const {
  LANTERN_CHECK(!timings_.empty());
  const auto above = std::find_if(timings_.begin(), timings_.end(),
                                  [&](const SumTiming& timing) { return timing.bytes >= bytes; });
  const auto wanted = static_cast<double>(bytes);
  if (above == timings_.end()) {
    const SumTiming& last = timings_.back();
    return last.of(algorithm) * wanted / static_cast<double>(last.bytes);
  }
  if (above == timings_.begin()) return above->of(algorithm);
  const SumTiming& below = above[-1];
  const double span = static_cast<double>(above->bytes - below.bytes);
  const double share = (wanted - static_cast<double>(below.bytes)) / span;
  return below.of(algorithm) + share * (above->of(algorithm) - below.of(algorithm));
}

SumAlgorithm SumTable::BySize(size_t bytes, int ranks) {
  return ranks <= 2 || bytes <= kOneShotBytes ? SumAlgorithm::kOneShot : SumAlgorithm::kTwoShot;
}

}  // namespace lantern
