#include "net/sum_table.h"

#include <algorithm>
#include <chrono>

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
constexpr int kSizeStep = 4;  // from one to the next

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
        vector_(bytes / sizeof(float)) {}

  // Seconds of one sum, in one hop; the first of a size, so that later ones are warm.
  double Trial() {
    sums_ = 1;
    return Sums(SumAlgorithm::kOneShot);
  }

  // `trial`: what Trial gave, as all ranks agreed.
  SumTiming Measure(double trial) {
    SumTiming timing;
    timing.bytes = vector_.size() * sizeof(float);
    sums_ = timing.bytes <= kOneShotBytes ? options_.sums : std::max(1, options_.sums / 5);
    // A quarter of the limit for a size, of three algorithms or five.
    const double affordable = options_.limit_s / 4 / (options_.all ? 5 : 3) / trial;
    if (affordable < sums_) sums_ = std::max(1, static_cast<int>(affordable));
    if (options_.all) timing.one_way = PingPong();
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
    for (int i = 0; i < sums_; ++i) {
      const auto start = Clock::now();
      if (format_ != WireFormat::kF32 || !AddsInOrder(algorithm, plan_)) {
        sum_.StartEncoded(group_, algorithm, format_, vector_);
      } else {
        sum_.StartExact(group_, algorithm, plan_, vector_, mine);
      }
      sum_.Finish();
      seconds.push_back(SecondsSince(start));
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
  int sums_ = 1;
  RunningSum sum_;
};

}  // namespace

// All ranks decide by what they agreed on.
void SumTable::Measure(Communicator& group, WireFormat format, const SumTimingOptions& options) {
  timings_.clear();
  if (group.size() == 1) return;
  const SumPlan plan = EqualPlan(group.size());
  const auto start = Clock::now();
  double trial = 0, elapsed = 0;  // seconds of one sum of the last size; of all so far
  for (const size_t bytes : kSizes) {
    if (elapsed + kSizeStep * trial > options.limit_s) break;
    Stopwatch stopwatch(group, format, options, bytes);
    std::vector<float> agreed = {static_cast<float>(stopwatch.Trial())};
    Agree(group, plan, agreed);
    trial = agreed[0];
    SumTiming timing = stopwatch.Measure(trial);
    agreed = {static_cast<float>(SecondsSince(start))};
    for (const double seconds : timing.sum) agreed.push_back(static_cast<float>(seconds));
    Agree(group, plan, agreed);
    elapsed = agreed[0];
    std::copy(agreed.begin() + 1, agreed.end(), timing.sum.begin());
    timings_.push_back(timing);
  }
}

SumAlgorithm SumTable::For(size_t bytes, const SumPlan& plan) const {
  const int ranks = plan.ranks();
  const size_t sent = bytes * plan.most_subtrees();
  if (timings_.empty()) return BySize(sent, ranks);
  // The nearest size, by ratio; beyond the largest, that one.
  const auto nearest = std::find_if(timings_.begin(), timings_.end() - 1, [&](const auto& timing) {
    return sent <= timing.bytes * kSizeStep / 2;
  });
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
