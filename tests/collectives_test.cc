// TreeSum against a single-process evaluation of the same tree, bit for bit.
#include "net/collectives.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "net/group_comm.h"
#include "net/parallel_plan.h"
#include "net/thread_comm.h"
#include "tests/forked_ranks.h"

namespace lantern {
namespace {

using Vector = std::vector<float>;

// Element i of leaf l. Magnitudes differ widely, so that another order of adding shows.
Vector Leaf(int leaf, size_t elements) {
  std::mt19937 random(1000 + leaf);
  std::uniform_real_distribution<float> mantissa(-1, 1);
  std::uniform_int_distribution<int> exponent(-12, 12);
  Vector values(elements);
  for (float& value : values) value = std::ldexp(mantissa(random), exponent(random));
  return values;
}

// The definition, recursively: a range splits at the largest power of two below its size.
Vector SumOf(LeafRange range, size_t elements) {
  if (range.size() == 1) return Leaf(range.begin, elements);
  int half = 1;
  while (2 * half < range.size()) half *= 2;
  Vector below = SumOf({range.begin, range.begin + half}, elements);
  const Vector above = SumOf({range.begin + half, range.end}, elements);
  for (size_t i = 0; i < elements; ++i) below[i] += above[i];
  return below;
}

bool SameBits(const Vector& a, const Vector& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

// What this rank would hold, and the sum over all; in place (out is the first subtree) or not.
Vector SumAsRank(Communicator& comm, int leaves, const std::vector<LeafRange>& owned,
                 size_t elements, bool in_place) {
  const SumPlan plan(leaves, owned);
  std::vector<Vector> sums;
  for (const LeafRange& subtree : SubtreesOf(owned[comm.rank()], leaves)) {
    sums.push_back(SumOf(subtree, elements));
  }
  const std::vector<std::span<const float>> mine(sums.begin(), sums.end());
  Vector out(elements, -1);
  if (in_place && !sums.empty()) {
    TreeSum(comm, plan, sums[0], mine);
    return sums[0];
  }
  TreeSum(comm, plan, out, mine);
  return out;
}

void CheckInThreads(int leaves, const std::vector<LeafRange>& owned, size_t elements) {
  const Vector expected = SumOf({0, leaves}, elements);
  auto group = MakeThreadGroup(static_cast<int>(owned.size()));
  std::vector<Vector> results(2 * owned.size());
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < owned.size(); ++rank) {
    threads.emplace_back([&, rank] {
      for (size_t in_place : {0, 1}) {
        results[2 * rank + in_place] =
            SumAsRank(*group[rank], leaves, owned, elements, in_place == 1);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const Vector& result : results) {
    EXPECT_TRUE(SameBits(result, expected))
        << owned.size() << " ranks, " << leaves << " leaves, " << elements << " elements";
  }
}

std::vector<LeafRange> Cut(int leaves, std::vector<int> shares) {
  const int tp = static_cast<int>(shares.size());
  return CutByShare(MakePlan(1, tp, 1, std::move(shares)), 0, leaves);
}

TEST(SumPlan, EvenPowerOfTwoSharesSendOneVector) {
  const SumPlan plan(32, Cut(32, {1, 1, 1, 1}));
  EXPECT_EQ(plan.ranks(), 4);
  for (int rank = 0; rank < 4; ++rank) EXPECT_EQ(plan.subtrees(rank), 1);
  EXPECT_EQ(plan.program(), (std::vector{0, 1, SumPlan::kAdd, 2, 3, SumPlan::kAdd, SumPlan::kAdd}));
}

TEST(SumPlan, TheDefaultIsOneLeafOnOneRank) {
  const SumPlan plan;
  EXPECT_EQ(plan.ranks(), 1);
  EXPECT_EQ(plan.total(), 1);
  EXPECT_EQ(plan.program(), std::vector{0});
}

TEST(SumPlan, ProgramAddsEverySubtreeOnce) {
  for (int leaves = 1; leaves <= 40; ++leaves) {
    for (int tp = 1; tp <= std::min(leaves, 8); ++tp) {
      const SumPlan plan(leaves, Cut(leaves, std::vector<int>(tp, 1)));
      int depth = 0, next = 0;
      for (const int op : plan.program()) {
        if (op == SumPlan::kAdd) {
          ASSERT_GE(depth, 2);
          --depth;
        } else {
          EXPECT_EQ(op, next++);
          ++depth;
        }
      }
      EXPECT_EQ(depth, 1);
      EXPECT_EQ(next, plan.total());
    }
  }
}

TEST(TreeSum, SameBitsForEveryNumberOfRanks) {
  for (int ranks = 1; ranks <= 8; ++ranks) {
    for (size_t elements : {1, 2, 7, 1024, 1025, 4097}) {
      CheckInThreads(32, Cut(32, std::vector<int>(ranks, 1)), elements);
    }
  }
}

TEST(TreeSum, SameBitsForUnevenShares) {
  for (size_t elements :
       {3, 2048, 16383, 16384, 16385, 50021}) {  // 16384 is the last one-shot size
    CheckInThreads(32, Cut(32, {5, 3}), elements);
    CheckInThreads(13, Cut(13, {1, 2, 4}), elements);
    CheckInThreads(7, Cut(7, {1, 1, 1, 1, 1, 1, 1}), elements);
    CheckInThreads(32, Cut(32, {9, 1, 1, 7, 3}), elements);
  }
}

TEST(TreeSum, RanksWithoutLeavesGetTheSumToo) {
  for (size_t elements : {5, 40001}) {
    CheckInThreads(1, {{0, 1}, {1, 1}, {1, 1}}, elements);
    CheckInThreads(2, {{0, 0}, {0, 1}, {1, 1}, {1, 2}}, elements);
  }
}

TEST(TreeSum, FewerElementsThanRanks) { CheckInThreads(8, Cut(8, std::vector<int>(8, 1)), 3); }

TEST(TreeSum, AWarmSumReusesItsMemory) {
  auto group = MakeThreadGroup(2);
  const auto owned = Cut(6, {1, 1});  // two subtrees each
  std::vector<std::thread> threads;
  std::vector<int> same(2);
  for (int rank = 0; rank < 2; ++rank) {
    threads.emplace_back([&, rank] {
      SumAsRank(*group[rank], 6, owned, 3000, false);
      const CollectiveScratch& scratch = group[rank]->scratch();
      const void* before[] = {scratch.packed.data(), scratch.received.data(),
                              scratch.partials.data(), scratch.terms.data()};
      SumAsRank(*group[rank], 6, owned, 100, false);
      SumAsRank(*group[rank], 6, owned, 3000, true);
      const void* after[] = {scratch.packed.data(), scratch.received.data(),
                             scratch.partials.data(), scratch.terms.data()};
      same[rank] = std::equal(std::begin(before), std::end(before), std::begin(after));
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(same, (std::vector{1, 1}));
}

// One hash over many sums, so that a rank sends one line.
uint64_t HashOfSums(const std::function<Vector(size_t elements)>& sum) {
  uint64_t hash = 1469598103934665603u;
  for (size_t elements : {1, 1000, 16385, 300007}) {
    for (const float value : sum(elements)) {
      uint32_t bits;
      std::memcpy(&bits, &value, sizeof(bits));
      hash = (hash ^ bits) * 1099511628211u;
    }
  }
  return hash;
}

TEST(TreeSum, SameBitsOverGlooForThreeLayouts) {
  constexpr int kLeaves = 24;
  const auto expected = std::to_string(HashOfSums([](size_t elements) {
    return SumOf({0, kLeaves}, elements);
  }));
  const std::vector<std::vector<int>> layouts = {{1, 1}, {1, 1, 1, 1}, {5, 2, 1}};
  for (const auto& shares : layouts) {
    const auto owned = Cut(kLeaves, shares);
    ForkedRanks ranks(static_cast<int>(shares.size()), [&](RankEnd& end) {
      const auto hash = HashOfSums(
          [&](size_t elements) { return SumAsRank(*end.world, kLeaves, owned, elements, false); });
      end.Finish();
      return std::to_string(hash);
    });
    for (size_t rank = 0; rank < shares.size(); ++rank) {
      EXPECT_EQ(ranks.ReadLine(static_cast<int>(rank), std::chrono::seconds(60)), expected);
    }
  }
}

}  // namespace
}  // namespace lantern
