#include "net/reducer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "net/exact_sum.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// splitmix64's last steps: every bit of the argument reaches every bit of the result.
uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Known vectors, alike on all ranks: element i of rank r's.
using Known = float (*)(size_t i, int rank);
constexpr Known kKnown[] = {
    [](size_t i, int rank) {  // random
      const uint64_t bits = Mix(1 + i * 64 + rank);
      return std::ldexp(static_cast<float>(bits >> 40) - 0x1p23f, static_cast<int>(bits % 25) - 35);
    },
    [](size_t, int) { return 1.0f; },
    [](size_t i, int rank) {  // cancelling
      return (rank % 2 == 0 ? 1.0f : -1.0f) * static_cast<float>(1 + i % 97);
    },
    [](size_t i, int rank) {  // one huge in a block
      return i % 32 == 5 && rank == 0 ? 1e6f : 1e-3f * static_cast<float>(i % 7);
    },
    [](size_t i, int rank) { return 1e-41f * static_cast<float>(1 + i % 5 + rank); },  // denormal
    [](size_t, int) { return 0.0f; },
};
constexpr size_t kKnownElements = 2048 + 37;

std::string Name(SumSite site) {
  return fmt::format("layer {} ({})", site.layer,
                     site.part == SumSite::kAttention ? "attention" : "feed-forward");
}

// Calls `body`; what it throws of damaged messages says which sum that was.
template <class Body>
void Within(SumSite site, const Body& body) {
  try {
    body();
  } catch (const DamagedMessage& e) {
    throw DamagedMessage(fmt::format("{} It was part of the sum of {}.", e.what(), Name(site)));
  }
}

}  // namespace

std::string FallbackText(const Fallback& fallback, WireFormat asked) {
  return fmt::format("a partial sum of {} from rank {} lost more than {} may lose",
                     Name(fallback.site), fallback.rank, WireName(asked));
}

void Reducer::BeginStep() {
  if (step_++ > 0 || group_.size() == 1) return;
  CheckAtStart();
  if (!options_.timing) return;
  const bool has_choice = format_ == WireFormat::kF32 && !options_.algorithm;
  if (has_choice || options_.timing->all) table_.Measure(group_, format_, *options_.timing);
}

void Reducer::Start(int part_index, const SumPlan& plan, SumSite site, std::span<float> out,
                    std::span<const std::span<const float>> mine) {
  Part& part = parts_[part_index];
  part.site = site;
  Within(site, [&] {
    const SumAlgorithm algorithm = AlgorithmFor(out.size_bytes(), plan);
    // Alone, nothing travels.
    const bool exact = format_ == WireFormat::kF32 && AddsInOrder(algorithm, plan);
    if (exact || group_.size() == 1) {
      part.sum.StartExact(group_, algorithm, plan, out, mine);
    } else {
      StartEncoded(part, algorithm, out, mine);
    }
  });
}

void Reducer::Finish(int part_index) {
  Part& part = parts_[part_index];
  Within(part.site, [&] { part.sum.Finish(); });
}

void Reducer::Advance(int part_index) {
  Part& part = parts_[part_index];
  Within(part.site, [&] { part.sum.Advance(); });
}

bool Reducer::unsettled() const {
  return std::any_of(parts_.begin(), parts_.end(),
                     [](const Part& part) { return part.sum.running(); });
}

void Reducer::Forget() {
  for (Part& part : parts_) part.sum.Forget();
}

SumAlgorithm Reducer::AlgorithmFor(size_t bytes, const SumPlan& plan) const {
  if (group_.size() == 1) return SumAlgorithm::kOneShot;
  const bool exact = format_ == WireFormat::kF32;
  if (options_.algorithm) {
    const SumAlgorithm wanted = *options_.algorithm;
    if (!exact || wanted == SumAlgorithm::kRing || AddsInOrder(wanted, plan)) return wanted;
  }
  if (exact) return table_.For(bytes, plan);
  return SumTable::BySize(WireBytes(format_, bytes / sizeof(float)), group_.size());
}

// One vector, whatever the plan: its subtrees' sums in the order of the leaves.
void Reducer::StartEncoded(Part& part, SumAlgorithm algorithm, std::span<float> out,
                           std::span<const std::span<const float>> mine) {
  if (mine.empty()) std::fill(out.begin(), out.end(), 0.0f);
  for (size_t s = 0; s < mine.size(); ++s) {
    if (s == 0 && mine[0].data() != out.data()) std::copy_n(mine[0].data(), out.size(), out.data());
    for (size_t i = 0; s > 0 && i < out.size(); ++i) out[i] += mine[s][i];
  }
  if (format_ != WireFormat::kF32 && IsChecked(part.site)) {
    Check(part, out);
    return;
  }
  part.sum.StartEncoded(group_, algorithm, format_, out);
}

bool Reducer::IsChecked(SumSite site) const {
  if (options_.check_one_in <= 0) return false;
  const uint64_t key = (step_ * 4096 + site.layer) * 2 + site.part;
  return Mix(key + 0x9e3779b97f4a7c15u) % options_.check_one_in == 0;
}

void Reducer::Check(Part& part, std::span<float> out) {
  const SumSite site = part.site;
  const EncodingErrors found = CheckedSum(group_, format_, out, part.sum.memory());
  if (errors_.size() <= static_cast<size_t>(site.layer)) errors_.resize(site.layer + 1);
  LayerErrors& layer = errors_[site.layer];
  ++layer.sums;
  layer.worst = std::max(layer.worst, found.worst);
  layer.mean += (found.mean - layer.mean) / static_cast<double>(layer.sums);
  if (found.beyond_bound >= 0) FallBack({site, found.beyond_bound});
}

void Reducer::FallBack(const Fallback& why) {
  if (format_ == WireFormat::kF32) return;
  format_ = WireFormat::kF32;
  fallback_ = why;
}

int64_t Reducer::checked_sums() const {
  int64_t sums = 0;
  for (const LayerErrors& layer : errors_) sums += layer.sums;
  return sums;
}

void Reducer::CheckAtStart() {
  const int ranks = group_.size();
  const SumPlan plan = EqualPlan(ranks);
  std::vector<float> mine(kKnownElements), sum(kKnownElements);
  std::vector<double> exact(kKnownElements);
  for (const Known known : kKnown) {
    double largest = 0;
    for (size_t i = 0; i < kKnownElements; ++i) {
      mine[i] = known(i, group_.rank());
      exact[i] = 0;
      for (int rank = 0; rank < ranks; ++rank) {
        exact[i] += known(i, rank);
        largest = std::max(largest, std::fabs(double{known(i, rank)}));
      }
    }
    for (const SumAlgorithm algorithm : CheckedAlgorithms()) {
      const std::span<const float> parts[] = {mine};
      if (AddsInOrder(algorithm, plan)) {
        TreeSum(group_, plan, sum, parts, algorithm);
        RequireWithin(SumErrorBound(WireFormat::kF32, ranks, algorithm, largest), sum, exact);
      }
      if (format_ == WireFormat::kF32 && AddsInOrder(algorithm, plan)) continue;
      sum = mine;
      EncodedSum(group_, format_, algorithm, sum);
      RequireWithin(SumErrorBound(format_, ranks, algorithm, largest), sum, exact);
    }
  }
}

// Those that sums of this run may go by.
std::vector<SumAlgorithm> Reducer::CheckedAlgorithms() const {
  // The first two also where what is wanted does not fit a plan.
  std::vector<SumAlgorithm> result = {SumAlgorithm::kOneShot, SumAlgorithm::kTwoShot};
  const bool measured = options_.timing && format_ == WireFormat::kF32;
  if (measured && FitsRanks(SumAlgorithm::kDoubling, group_.size())) {
    result.push_back(SumAlgorithm::kDoubling);
  }
  const auto wanted = options_.algorithm;
  if (wanted && std::find(result.begin(), result.end(), *wanted) == result.end()) {
    result.push_back(*wanted);
  }
  return result;
}

void Reducer::RequireWithin(double bound, std::span<const float> sum,
                            std::span<const double> exact) const {
  for (size_t i = 0; i < sum.size(); ++i) {
    // Turned round, so that what is no number fails too.
    if (std::fabs(sum[i] - exact[i]) <= bound) continue;
    Fail(ErrorKind::kPeerLost,
         "A sum of known numbers over {} ranks came out as {} instead of {} in {} at element {}: "
         "this machine (rank {} of its stage) or one beside it computes wrongly.",
         group_.size(), sum[i], exact[i], WireName(format_), i, group_.rank());
  }
}

}  // namespace lantern
