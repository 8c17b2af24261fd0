#include "net/sum_plan.h"

#include <algorithm>

#include "src/base/check.h"

namespace lantern {
namespace {

// Appends the program of the tree over `node`, whose subtrees begin at id `next`.
void AppendProgram(LeafRange node, const std::vector<LeafRange>& subtrees, size_t& next,
                   std::vector<int>& program) {
  LANTERN_CHECK_LT(next, subtrees.size());
  if (subtrees[next] == node) {
    program.push_back(static_cast<int>(next++));
    return;
  }
  const int middle = node.begin + SplitPoint(node.size());
  AppendProgram({node.begin, middle}, subtrees, next, program);
  AppendProgram({middle, node.end}, subtrees, next, program);
  program.push_back(SumPlan::kAdd);
}

}  // namespace

SumPlan::SumPlan(int leaves, std::vector<LeafRange> owned) : first_subtree_{0} {
  LANTERN_CHECK_GE(leaves, 1);
  std::vector<LeafRange> subtrees;
  int covered = 0;
  for (const LeafRange& range : owned) {
    LANTERN_CHECK_EQ(range.begin, covered);
    LANTERN_CHECK_GE(range.end, range.begin);
    covered = range.end;
    const auto part = SubtreesOf(range, leaves);
    subtrees.insert(subtrees.end(), part.begin(), part.end());
    first_subtree_.push_back(static_cast<int>(subtrees.size()));
  }
  LANTERN_CHECK_EQ(covered, leaves);
  size_t next = 0;
  AppendProgram({0, leaves}, subtrees, next, program_);
  for (int rank = 0; rank < ranks(); ++rank) {
    most_subtrees_ = std::max(most_subtrees_, this->subtrees(rank));
  }
  pairs_up_ = FindWhetherPairsUp();
}

SumPlan EqualPlan(int ranks) {
  std::vector<LeafRange> owned;
  for (int rank = 0; rank < ranks; ++rank) owned.push_back({rank, rank + 1});
  return {ranks, owned};
}

bool SumPlan::FindWhetherPairsUp() const {
  if (ranks() < 2) return false;
  for (int rank = 0; rank < ranks(); ++rank) {
    if (subtrees(rank) != 1) return false;
  }
  // Subtrees under each operand: they are neighbours, so equal numbers are all that it takes.
  std::vector<int> sizes;
  for (const int op : program_) {
    if (op != kAdd) {
      sizes.push_back(1);
      continue;
    }
    const int above = sizes.back();
    sizes.pop_back();
    if (sizes.back() != above) return false;
    sizes.back() += above;
  }
  return true;
}

}  // namespace lantern
