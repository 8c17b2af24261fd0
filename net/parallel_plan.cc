#include "net/parallel_plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Far beyond any LAN, and small enough that products of shares and units stay within 64 bits.
constexpr int kMaxRanks = 4096;
constexpr int kMaxShare = 1'000'000;

void CheckShares(const std::vector<int>& shares, int tp) {
  if (static_cast<int>(shares.size()) != tp) {
    Fail(ErrorKind::kConfig, "{} shares were given for {} tensor-parallel ranks; give one each.",
         shares.size(), tp);
  }
  for (const int share : shares) {
    if (share < 1 || share > kMaxShare) {
      Fail(ErrorKind::kConfig, "A share of {} makes no sense; shares are 1 to {}.", share,
           kMaxShare);
    }
  }
}

}  // namespace

ParallelPlan MakePlan(int layers, int tp, int pp, std::vector<int> shares) {
  if (tp < 1 || pp < 1 || tp > kMaxRanks || pp > kMaxRanks / tp) {
    Fail(ErrorKind::kConfig,
         "A layout of tp {} times pp {} makes no sense; both are at least 1 and their product at "
         "most {}.",
         tp, pp, kMaxRanks);
  }
  if (pp > layers) {
    Fail(ErrorKind::kConfig,
         "{} pipeline stages cannot share {} layers; ask for at most {} with --pp.", pp, layers,
         layers);
  }
  if (shares.empty()) shares.assign(tp, 1);
  CheckShares(shares, tp);

  ParallelPlan plan{.tp = tp, .pp = pp, .layer_begin = {}, .share = std::move(shares)};
  // Rounded up, so that the last stage, which also has the head, never gets an extra layer.
  for (int64_t stage = 0; stage <= pp; ++stage) {
    plan.layer_begin.push_back(static_cast<int>((layers * stage + pp - 1) / pp));
  }
  return plan;
}

std::vector<LeafRange> CutByShare(const ParallelPlan& plan, int units) {
  LANTERN_CHECK_GE(units, 0);
  LANTERN_CHECK_EQ(plan.share.size(), static_cast<size_t>(plan.tp));
  const int64_t total = std::accumulate(plan.share.begin(), plan.share.end(), int64_t{0});

  // Rounding the cumulative share keeps every boundary within half a unit of its exact place.
  std::vector<int> boundary{0};
  int64_t cumulative = 0;
  for (const int share : plan.share) {
    cumulative += share;
    boundary.push_back(static_cast<int>((2 * cumulative * units + total) / (2 * total)));
  }
  if (units >= plan.tp) {
    for (int r = 1; r < plan.tp; ++r) boundary[r] = std::max(boundary[r], boundary[r - 1] + 1);
    for (int r = plan.tp - 1; r > 0; --r) boundary[r] = std::min(boundary[r], boundary[r + 1] - 1);
  }

  std::vector<LeafRange> cuts;
  for (int r = 0; r < plan.tp; ++r) cuts.push_back({boundary[r], boundary[r + 1]});
  return cuts;
}

}  // namespace lantern
