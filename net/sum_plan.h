// SumPlan: who owns which leaves of one sum tree (src/tensor/sum_tree.h), and the order in which
// the ranks' partial sums are added. Built once per weight.
#pragma once

#include <vector>

#include "src/tensor/sum_tree.h"

namespace lantern {

class SumPlan {
 public:
  // owned[r]: leaves of rank r, ascending and together covering [0, leaves). May be empty ranges.
  SumPlan(int leaves, std::vector<LeafRange> owned);
  // A tree of one leaf on one rank: the plan of a sum that needs no ranks.
  SumPlan() : SumPlan(1, {{0, 1}}) {}

  int ranks() const { return static_cast<int>(first_subtree_.size()) - 1; }
  // Subtree sums that `rank` contributes; its ids are [first(rank), first(rank + 1)).
  int subtrees(int rank) const { return first_subtree_[rank + 1] - first_subtree_[rank]; }
  int first(int rank) const { return first_subtree_[rank]; }
  int total() const { return first_subtree_.back(); }
  int most_subtrees() const { return most_subtrees_; }  // of any rank

  // The tree above the subtrees in postfix order: id >= 0 pushes that subtree's sum, kAdd replaces
  // the top two (below, above) by below + above.
  static constexpr int kAdd = -1;
  const std::vector<int>& program() const { return program_; }

  // Several ranks of one subtree each, above which they pair up, then pairs, then pairs of pairs.
  bool pairs_up() const { return pairs_up_; }

 private:
  bool FindWhetherPairsUp() const;

  std::vector<int> first_subtree_;
  std::vector<int> program_;
  int most_subtrees_ = 0;
  bool pairs_up_ = false;
};

// A leaf for each rank.
SumPlan EqualPlan(int ranks);

}  // namespace lantern
