#include "net/parallel_plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "net/device_allowance.h"
#include "net/mesh.h"
#include "net/thread_comm.h"
#include "src/base/error.h"

namespace lantern {
namespace {

ErrorKind KindOfFailure(int layers, int tp, int pp, std::vector<int> shares) {
  try {
    MakePlan(layers, tp, pp, std::move(shares));
  } catch (const Error& e) {
    return e.kind();
  }
  ADD_FAILURE() << "no error for " << layers << " layers, tp " << tp << ", pp " << pp;
  return ErrorKind::kIo;
}

TEST(ParallelPlan, CutsLayersNearlyEvenlyAndTheLastStageNeverGetsMore) {
  EXPECT_EQ(MakePlan(16, 2, 1).layer_begin, (std::vector<int>{0, 16}));
  EXPECT_EQ(MakePlan(5, 1, 2).layer_begin, (std::vector<int>{0, 3, 5}));
  for (int layers = 1; layers <= 80; ++layers) {
    for (int pp = 1; pp <= layers; ++pp) {
      const auto begin = MakePlan(layers, 1, pp).layer_begin;
      ASSERT_EQ(begin.size(), static_cast<size_t>(pp + 1));
      EXPECT_EQ(begin.front(), 0);
      EXPECT_EQ(begin.back(), layers);
      const int last = begin[pp] - begin[pp - 1];
      for (int s = 0; s < pp; ++s) {
        const int size = begin[s + 1] - begin[s];
        EXPECT_GE(size, last);
        EXPECT_LE(size, last + 1);
        EXPECT_GE(size, 1);
      }
    }
  }
}

TEST(ParallelPlan, RanksOfOneStageAreNeighbours) {
  const ParallelPlan plan = MakePlan(8, 3, 2);
  EXPECT_EQ(plan.world(), 6);
  EXPECT_EQ(plan.RankOf(1, 2), 5);
  EXPECT_EQ(plan.StageOf(4), 1);
  EXPECT_EQ(plan.TpRankOf(4), 1);
}

TEST(ParallelPlan, RefusesWhatMakesNoSense) {
  EXPECT_EQ(KindOfFailure(4, 1, 5, {}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 0, 1, {}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 1, -1, {}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 65536, 65536, {}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 2, 1, {1}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 2, 1, {1, 0}), ErrorKind::kConfig);
  EXPECT_EQ(KindOfFailure(4, 2, 1, {1, 1'000'001}), ErrorKind::kConfig);
}

TEST(CutByShare, EqualSharesOfDivisibleUnitsAreEqual) {
  EXPECT_EQ(CutByShare(MakePlan(1, 4, 1), 0, 32),
            (std::vector<LeafRange>{{0, 8}, {8, 16}, {16, 24}, {24, 32}}));
}

TEST(CutByShare, FollowsTheShares) {
  EXPECT_EQ(CutByShare(MakePlan(1, 2, 1, {3, 1}), 0, 8), (std::vector<LeafRange>{{0, 6}, {6, 8}}));
  // 1000 : 1 would give the second rank nothing; it gets the one unit that it must have.
  EXPECT_EQ(CutByShare(MakePlan(1, 2, 1, {1000, 1}), 0, 4),
            (std::vector<LeafRange>{{0, 3}, {3, 4}}));
}

TEST(ParallelPlan, SharesOfAllRanksWeighTheStagesToo) {
  const ParallelPlan plan = MakePlan(12, 2, 2, {4, 2, 1, 2});
  EXPECT_EQ(plan.layer_begin, (std::vector<int>{0, 8, 12}));
  EXPECT_EQ(CutByShare(plan, 0, 6), (std::vector<LeafRange>{{0, 4}, {4, 6}}));
  EXPECT_EQ(CutByShare(plan, 1, 6), (std::vector<LeafRange>{{0, 2}, {2, 6}}));
  EXPECT_EQ(MakePlan(12, 2, 2, {4, 2}).share, (std::vector<int>{4, 2, 4, 2}));
  EXPECT_EQ(MakePlan(4, 1, 3, {1000, 1, 1}).layer_begin, (std::vector<int>{0, 2, 3, 4}));
  EXPECT_EQ(KindOfFailure(12, 2, 2, {1, 1, 1}), ErrorKind::kConfig);
}

TEST(CutByShare, CoversEverythingInOrderForAnyShares) {
  const std::vector<std::vector<int>> all_shares = {{1},
                                                    {1, 1},
                                                    {1, 1, 1},
                                                    {5, 3},
                                                    {1, 1000000},
                                                    {1000000, 1, 1, 1000000},
                                                    {1, 2, 3, 4, 5, 6, 7}};
  for (const auto& shares : all_shares) {
    const int tp = static_cast<int>(shares.size());
    const ParallelPlan plan = MakePlan(1, tp, 1, shares);
    const double total = std::accumulate(shares.begin(), shares.end(), 0.0);
    for (int units : {0, 1, 2, 3, 7, 8, 32, 33, 1000, 2'000'000'000}) {
      const auto cuts = CutByShare(plan, 0, units);
      ASSERT_EQ(cuts.size(), shares.size());
      int covered = 0;
      for (int r = 0; r < tp; ++r) {
        EXPECT_EQ(cuts[r].begin, covered);
        EXPECT_GE(cuts[r].size(), units >= tp ? 1 : 0);
        EXPECT_LE(std::abs(cuts[r].size() - units * (shares[r] / total)), tp);
        covered = cuts[r].end;
      }
      EXPECT_EQ(covered, units);
    }
  }
}

TEST(DeviceAllowance, IsForThoseWhomARankExchangesWith) {
  const auto mib = [](int tp, int pp, int rank) {
    return DeviceAllowance(MakePlan(8, tp, pp), rank) >> 20;
  };
  EXPECT_EQ(mib(1, 1, 0), 0u);
  EXPECT_EQ(mib(2, 1, 1), 1024u);
  for (const int ranks : {3, 8}) EXPECT_EQ(mib(ranks, 1, 2), 1024u + 384u);
  for (const int rank : {0, 2}) EXPECT_EQ(mib(1, 3, rank), 1024u);
  EXPECT_EQ(mib(1, 3, 1), 1024u + 448u);
  EXPECT_EQ(mib(2, 3, 3), 1024u + 2 * 448u);
}

TEST(Mesh, KnowsItsPlaceAndItsGroup) {
  auto group = MakeThreadGroup(6);
  const ParallelPlan plan = MakePlan(8, 3, 2);
  std::vector<Mesh> meshes;
  for (auto& comm : group) meshes.push_back(MakeMesh(std::move(comm), plan));
  for (int rank = 0; rank < 6; ++rank) {
    EXPECT_EQ(meshes[rank].rank, rank);
    EXPECT_EQ(meshes[rank].stage, rank / 3);
    EXPECT_EQ(meshes[rank].tp->size(), 3);
    EXPECT_EQ(meshes[rank].tp->rank(), rank % 3);
    EXPECT_EQ(meshes[rank].first_stage(), rank < 3);
    EXPECT_EQ(meshes[rank].last_stage(), rank >= 3);
  }
}

}  // namespace
}  // namespace lantern
