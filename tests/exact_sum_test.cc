// Exact sums over ranks against a single-process evaluation of the same tree, bit for bit: by every
// algorithm, for every number of ranks, while other sums are under way.
#include "net/exact_sum.h"

#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "net/encoded_sum.h"
#include "net/parallel_plan.h"
#include "net/running_sum.h"
#include "net/sum_table.h"
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

// What a rank holds of a sum that is cut so.
struct Share {
  Share(int rank, int leaves, const std::vector<LeafRange>& owned, size_t elements)
      : plan(leaves, owned), out(elements, -1) {
    for (const LeafRange& subtree : SubtreesOf(owned[rank], leaves)) {
      sums.push_back(SumOf(subtree, elements));
    }
    mine.assign(sums.begin(), sums.end());
  }
  Vector& Result(bool in_place) { return in_place && !sums.empty() ? sums[0] : out; }

  const SumPlan plan;
  std::vector<Vector> sums;
  Vector out;
  std::vector<std::span<const float>> mine;
};

// In place (out is the first subtree) or not.
Vector SumAsRank(Communicator& comm, int leaves, const std::vector<LeafRange>& owned,
                 size_t elements, SumAlgorithm algorithm, bool in_place) {
  Share share(comm.rank(), leaves, owned, elements);
  Vector& result = share.Result(in_place);
  TreeSum(comm, share.plan, result, share.mine, algorithm);
  return result;
}

// Algorithms that keep to the tree for these shares.
std::vector<SumAlgorithm> Exact(int leaves, const std::vector<LeafRange>& owned) {
  std::vector<SumAlgorithm> result;
  for (const SumAlgorithm algorithm : kSumAlgorithms) {
    if (AddsInOrder(algorithm, SumPlan(leaves, owned))) result.push_back(algorithm);
  }
  return result;
}

// Calls body(comm) as every rank of a group of threads.
void AsRanks(size_t ranks, const std::function<void(Communicator&)>& body) {
  auto group = MakeThreadGroup(static_cast<int>(ranks));
  std::vector<std::thread> threads;
  for (auto& comm : group) threads.emplace_back([&body, &comm] { body(*comm); });
  for (auto& thread : threads) thread.join();
}

void CheckInThreads(int leaves, const std::vector<LeafRange>& owned, size_t elements) {
  const Vector expected = SumOf({0, leaves}, elements);
  for (const SumAlgorithm algorithm : Exact(leaves, owned)) {
    std::vector<Vector> results(2 * owned.size());
    AsRanks(owned.size(), [&](Communicator& comm) {
      for (size_t in_place : {0, 1}) {
        results[2 * comm.rank() + in_place] =
            SumAsRank(comm, leaves, owned, elements, algorithm, in_place == 1);
      }
    });
    for (const Vector& result : results) {
      EXPECT_TRUE(SameBits(result, expected))
          << SumAlgorithmName(algorithm) << ", " << owned.size() << " ranks, " << leaves
          << " leaves, " << elements << " elements";
    }
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

TEST(SumPlan, SaysWhereRanksPairUp) {
  EXPECT_TRUE(SumPlan(32, Cut(32, {1, 1, 1, 1})).pairs_up());
  EXPECT_TRUE(SumPlan(8, Cut(8, std::vector<int>(8, 1))).pairs_up());
  EXPECT_FALSE(SumPlan(32, Cut(32, {1, 1, 1})).pairs_up());
  EXPECT_FALSE(SumPlan(32, Cut(32, {2, 1, 2, 3})).pairs_up());
  EXPECT_FALSE(SumPlan(6, Cut(6, {1, 1, 1, 1})).pairs_up());  // 2, 1, 2, 1 leaves
  EXPECT_FALSE(SumPlan(3, {{0, 1}, {1, 2}, {2, 3}}).pairs_up());
}

TEST(RunningSum, TwoAtOnceAreThoseOneByOne) {
  constexpr int kLeaves = 16;
  const auto owned = Cut(kLeaves, {1, 1, 1, 1});
  for (const SumAlgorithm algorithm : Exact(kLeaves, owned)) {
    AsRanks(owned.size(), [&](Communicator& comm) {
      RunningSum sums[2];
      for (int round = 0; round < 20; ++round) {
        const size_t sizes[] = {1000u + round, 20000u + round};
        Share first(comm.rank(), kLeaves, owned, sizes[0]);
        Share second(comm.rank(), kLeaves, owned, sizes[1]);
        sums[0].StartExact(comm, algorithm, first.plan, first.out, first.mine);
        sums[1].StartExact(comm, algorithm, second.plan, second.out, second.mine);
        for (int i = 0; i < round % 4; ++i) sums[i % 2].Advance();
        sums[round % 2].Finish();
        sums[1 - round % 2].Finish();
        EXPECT_TRUE(SameBits(first.out, SumOf({0, kLeaves}, sizes[0])));
        EXPECT_TRUE(SameBits(second.out, SumOf({0, kLeaves}, sizes[1])));
      }
    });
  }
}

TEST(RunningSum, AWarmSumReusesItsMemory) {
  const auto owned = Cut(6, {1, 1});  // two subtrees each
  AsRanks(2, [&](Communicator& comm) {
    RunningSum sum;
    const auto memory = [&] {
      const SumState& s = sum.memory();
      return std::vector<const void*>{s.packed.data(), s.received.data(), s.partials.data(),
                                      s.terms.data(),  s.sends.data(),    s.mine.data()};
    };
    std::vector<const void*> before;
    for (const size_t elements : {3000, 100, 3000}) {
      Share share(comm.rank(), 6, owned, elements);
      sum.StartExact(comm, SumAlgorithm::kOneShot, share.plan, share.out, share.mine);
      sum.Finish();
      if (before.empty()) before = memory();
    }
    EXPECT_EQ(memory(), before);
  });
}

TEST(Ring, OfF32IsTheSumInAnotherOrder) {
  constexpr size_t kElements = 4099;
  for (const size_t ranks : {2, 3, 5, 8}) {
    std::vector<Vector> results(ranks);
    AsRanks(ranks, [&](Communicator& comm) {
      Vector x = Leaf(comm.rank(), kElements);
      EncodedSum(comm, WireFormat::kF32, SumAlgorithm::kRing, x);
      results[comm.rank()] = x;
    });
    std::vector<double> exact(kElements), largest(kElements);
    for (size_t rank = 0; rank < ranks; ++rank) {
      const Vector x = Leaf(static_cast<int>(rank), kElements);
      for (size_t i = 0; i < kElements; ++i) {
        exact[i] += x[i];
        largest[i] = std::max<double>(largest[i], std::fabs(x[i]));
      }
    }
    for (size_t i = 0; i < kElements; ++i) {
      ASSERT_LE(std::fabs(results[0][i] - exact[i]),
                SumErrorBound(WireFormat::kF32, static_cast<int>(ranks), SumAlgorithm::kRing,
                              largest[i]));
    }
    for (const Vector& result : results) EXPECT_TRUE(SameBits(result, results[0]));
  }
}

TEST(SumTable, GoesBySizeUntilItIsMeasuredAndIsAlikeOnAllRanks) {
  const SumPlan two(2, Cut(2, {1, 1})), four(4, Cut(4, {1, 1, 1, 1})), three(3, Cut(3, {1, 1, 1}));
  EXPECT_EQ(SumTable().For(8 << 10, four), SumAlgorithm::kOneShot);
  EXPECT_EQ(SumTable().For(1 << 20, four), SumAlgorithm::kTwoShot);
  EXPECT_EQ(SumTable().For(1 << 20, two), SumAlgorithm::kOneShot);
  std::vector<std::vector<SumAlgorithm>> chosen(4);
  AsRanks(4, [&](Communicator& comm) {
    SumTable table;
    SumTimingOptions options;
    options.sums = 3;
    options.limit_s = 60;
    options.all = true;
    table.Measure(comm, WireFormat::kF32, options);
    ASSERT_EQ(table.timings().size(), 5u);
    for (const SumTiming& timing : table.timings()) {
      for (const SumAlgorithm algorithm : kSumAlgorithms) EXPECT_GT(timing.of(algorithm), 0);
      const SumAlgorithm fastest = table.For(timing.bytes, four);
      for (const SumAlgorithm other :
           {SumAlgorithm::kOneShot, SumAlgorithm::kTwoShot, SumAlgorithm::kDoubling}) {
        EXPECT_LE(0.95 * timing.of(fastest), timing.of(other));
      }
      chosen[comm.rank()].push_back(fastest);
      // Three ranks do not pair up.
      EXPECT_NE(table.For(timing.bytes, three), SumAlgorithm::kDoubling);
    }
  });
  for (const auto& ranks : chosen) EXPECT_EQ(ranks, chosen[0]);
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
    const auto algorithms = Exact(kLeaves, owned);
    ForkedRanks ranks(static_cast<int>(shares.size()), [&](RankEnd& end) {
      std::string hashes;
      for (const SumAlgorithm algorithm : algorithms) {
        hashes += std::to_string(HashOfSums([&](size_t elements) {
                    return SumAsRank(*end.world, kLeaves, owned, elements, algorithm, false);
                  })) +
                  " ";
      }
      end.Finish();
      return hashes;
    });
    std::string wanted;
    for (size_t i = 0; i < algorithms.size(); ++i) wanted += expected + " ";
    for (size_t rank = 0; rank < shares.size(); ++rank) {
      EXPECT_EQ(ranks.ReadLine(static_cast<int>(rank), std::chrono::seconds(60)), wanted);
    }
  }
}

}  // namespace
}  // namespace lantern
