#include "net/parallel_plan.h"

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Far beyond any LAN, and small enough that products of shares and units stay within 64 bits.
constexpr int kMaxRanks = 4096;
constexpr int kMaxShare = 1'000'000;

void CheckShares(const std::vector<int>& shares, int tp, int pp) {
  const size_t tp_ranks = tp, ranks = tp_ranks * pp;
  if (shares.size() != tp_ranks && shares.size() != ranks) {
    Fail(ErrorKind::kConfig,
         "{} shares were given for a layout of tp {} times pp {}; give {} (one for each "
         "tensor-parallel rank) or {} (one for each rank).",
         shares.size(), tp, pp, tp_ranks, ranks);
  }
  for (const int share : shares) {
    if (share < 1 || share > kMaxShare) {
      Fail(ErrorKind::kConfig, "A share of {} makes no sense; shares are 1 to {}.", share,
           kMaxShare);
    }
  }
}

// Cuts `units` in proportion to `shares`: rounded cumulative shares, at least one each where there
// are enough.
std::vector<int> Boundaries(std::span<const int64_t> shares, int units, bool round_up) {
  const int64_t total = std::accumulate(shares.begin(), shares.end(), int64_t{0});
  const int64_t bias = round_up ? 2 * total - 2 : total;  // of twice the quotient
  const int parts = static_cast<int>(shares.size());
  std::vector<int> boundary{0};
  int64_t cumulative = 0;
  for (const int64_t share : shares) {
    cumulative += share;
    boundary.push_back(static_cast<int>((2 * cumulative * units + bias) / (2 * total)));
  }
  if (units >= parts) {
    for (int i = 1; i < parts; ++i) boundary[i] = std::max(boundary[i], boundary[i - 1] + 1);
    for (int i = parts - 1; i > 0; --i) boundary[i] = std::min(boundary[i], boundary[i + 1] - 1);
  }
  return boundary;
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
  CheckShares(shares, tp, pp);
  for (size_t i = 0; shares.size() < static_cast<size_t>(tp) * pp; ++i) shares.push_back(shares[i]);

  std::vector<int64_t> stage_shares(pp, 0);
  for (int rank = 0; rank < tp * pp; ++rank) stage_shares[rank / tp] += shares[rank];
  // Rounded up, so that the last stage, which also has the head, never gets an extra layer.
  return {tp, pp, Boundaries(stage_shares, layers, /*round_up=*/true), std::move(shares)};
}

std::vector<LeafRange> CutByShare(const ParallelPlan& plan, int stage, int units) {
  LANTERN_CHECK_GE(units, 0);
  LANTERN_CHECK_EQ(plan.share.size(), static_cast<size_t>(plan.world()));
  const auto first = plan.share.begin() + static_cast<ptrdiff_t>(stage) * plan.tp;
  const std::vector<int64_t> shares(first, first + plan.tp);
  const std::vector<int> boundary = Boundaries(shares, units, /*round_up=*/false);
  std::vector<LeafRange> cuts;
  for (int r = 0; r < plan.tp; ++r) cuts.push_back({boundary[r], boundary[r + 1]});
  return cuts;
}

}  // namespace lantern
