// The sum tree: its shape, and that any way of sharing the leaves gives the same additions.
#include "src/tensor/sum_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "src/base/check.h"

namespace lantern {
namespace {

// The additions of a tree over [begin, end) as text: two trees are one when their texts are.
std::string Write(int begin, int end) {
  if (end - begin == 1) return std::to_string(begin);
  const int middle = begin + SplitPoint(end - begin);
  return "(" + Write(begin, middle) + "+" + Write(middle, end) + ")";
}

// Finishes the tree from subtrees that ranks computed, in ascending order.
std::string Finish(LeafRange node, const std::vector<LeafRange>& parts, size_t& next) {
  if (next < parts.size() && parts[next] == node) {
    ++next;
    return Write(node.begin, node.end);
  }
  LANTERN_CHECK_GE(node.size(), 2);  // a lone leaf that nobody owns
  const int middle = node.begin + SplitPoint(node.size());
  const std::string left = Finish({node.begin, middle}, parts, next);
  return "(" + left + "+" + Finish({middle, node.end}, parts, next) + ")";
}

TEST(SumTree, SplitsAtTheLargestPowerOfTwoBelow) {
  EXPECT_EQ(SplitPoint(2), 1);
  EXPECT_EQ(SplitPoint(3), 2);
  EXPECT_EQ(SplitPoint(4), 2);
  EXPECT_EQ(SplitPoint(5), 4);
  EXPECT_EQ(SplitPoint(32), 16);
  EXPECT_EQ(SplitPoint(33), 32);
  EXPECT_EQ(Write(0, 6), "(((0+1)+(2+3))+(4+5))");
}

TEST(SumTree, AnEvenPowerOfTwoShareIsOneSubtree) {
  for (int ranks : {1, 2, 4, 8, 16, 32}) {
    for (int rank = 0; rank < ranks; ++rank) {
      const LeafRange owned{32 / ranks * rank, 32 / ranks * (rank + 1)};
      EXPECT_EQ(SubtreesOf(owned, 32), std::vector<LeafRange>{owned});
    }
  }
}

TEST(SumTree, UnevenSharesAreAFewSubtrees) {
  const std::vector<LeafRange> expected = {{11, 12}, {12, 16}, {16, 20}, {20, 22}};
  EXPECT_EQ(SubtreesOf({11, 22}, 32), expected);
  EXPECT_TRUE(SubtreesOf({5, 5}, 32).empty());
  EXPECT_EQ(SubtreesOf({0, 7}, 7), (std::vector<LeafRange>{{0, 7}}));
}

TEST(SumTree, EveryTwoCutsGiveTheSameAdditions) {
  for (int leaves = 1; leaves <= 34; ++leaves) {
    const std::string whole = Write(0, leaves);
    for (int a = 0; a <= leaves; ++a) {
      for (int b = a; b <= leaves; ++b) {
        std::vector<LeafRange> parts;
        for (const LeafRange owned : {LeafRange{0, a}, LeafRange{a, b}, LeafRange{b, leaves}}) {
          for (const LeafRange part : SubtreesOf(owned, leaves)) parts.push_back(part);
        }
        size_t next = 0;
        ASSERT_EQ(Finish({0, leaves}, parts, next), whole) << leaves << " at " << a << ", " << b;
        ASSERT_EQ(next, parts.size());
      }
    }
  }
}

TEST(SumTree, WholeIsOneChain) {
  const LeafCuts cuts = LeafCuts::Whole(96);
  EXPECT_EQ(cuts.leaves(), 1);
  EXPECT_EQ(cuts.subtrees(), 1);
  EXPECT_EQ(cuts.column, (std::vector<int>{0, 96}));
}

}  // namespace
}  // namespace lantern
