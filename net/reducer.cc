#include "net/reducer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

SumShape ShapeFor(size_t bytes) {
  return bytes <= kOneShotBytes ? SumShape::kOneShot : SumShape::kTwoShot;
}

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

}  // namespace

std::string FallbackText(const Fallback& fallback, WireFormat asked) {
  return fmt::format("a partial sum of {} from rank {} lost more than {} may lose",
                     Name(fallback.site), fallback.rank, WireName(asked));
}

void Reducer::BeginStep() {
  if (step_++ == 0 && group_.size() > 1) CheckAtStart();
}

void Reducer::Sum(const SumPlan& plan, SumSite site, std::span<float> out,
                  std::span<const std::span<const float>> mine) {
  try {
    Exchange(plan, site, out, mine);
  } catch (const DamagedMessage& e) {
    throw DamagedMessage(fmt::format("{} It was part of the sum of {}.", e.what(), Name(site)));
  }
}

void Reducer::Exchange(const SumPlan& plan, SumSite site, std::span<float> out,
                       std::span<const std::span<const float>> mine) {
  if (format_ == WireFormat::kF32 || group_.size() == 1) {
    TreeSum(group_, plan, out, mine);
    return;
  }
  // One vector, whatever the plan: its parts in the order of the leaves.
  if (mine.empty()) std::fill(out.begin(), out.end(), 0.0f);
  for (size_t s = 0; s < mine.size(); ++s) {
    if (s == 0 && mine[0].data() != out.data()) std::copy_n(mine[0].data(), out.size(), out.data());
    for (size_t i = 0; s > 0 && i < out.size(); ++i) out[i] += mine[s][i];
  }
  if (IsChecked(site)) {
    Check(site, out);
  } else {
    EncodedSum(group_, format_, ShapeFor(WireBytes(format_, out.size())), out);
  }
}

bool Reducer::IsChecked(SumSite site) const {
  if (check_one_in_ <= 0) return false;
  const uint64_t key = (step_ * 4096 + site.layer) * 2 + site.part;
  return Mix(key + 0x9e3779b97f4a7c15u) % check_one_in_ == 0;
}

void Reducer::Check(SumSite site, std::span<float> out) {
  const EncodingErrors found = CheckedSum(group_, format_, out);
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
  std::vector<LeafRange> owned;
  for (int rank = 0; rank < ranks; ++rank) owned.push_back({rank, rank + 1});
  const SumPlan plan(ranks, owned);
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
    const std::span<const float> parts[] = {mine};
    TreeSum(group_, plan, sum, parts);
    RequireWithin(SumErrorBound(WireFormat::kF32, ranks, SumShape::kOneShot, largest), sum, exact);
    if (format_ == WireFormat::kF32) continue;
    for (const SumShape shape : {SumShape::kOneShot, SumShape::kTwoShot}) {
      sum = mine;
      EncodedSum(group_, format_, shape, sum);
      RequireWithin(SumErrorBound(format_, ranks, shape, largest), sum, exact);
    }
  }
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
