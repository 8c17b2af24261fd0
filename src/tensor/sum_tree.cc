#include "src/tensor/sum_tree.h"

#include <algorithm>
#include <bit>

#include "src/base/check.h"

namespace lantern {
namespace {

void Collect(LeafRange node, LeafRange owned, std::vector<LeafRange>& out) {
  if (node.end <= owned.begin || owned.end <= node.begin) return;
  if (owned.begin <= node.begin && node.end <= owned.end) {
    out.push_back(node);
    return;
  }
  const int middle = node.begin + SplitPoint(node.size());
  Collect({node.begin, middle}, owned, out);
  Collect({middle, node.end}, owned, out);
}

}  // namespace

int SplitPoint(int n) {
  LANTERN_CHECK_GE(n, 2);
  return static_cast<int>(std::bit_floor(static_cast<unsigned>(n - 1)));
}

std::vector<LeafRange> SubtreesOf(LeafRange owned, int leaves) {
  std::vector<LeafRange> out;
  if (owned.size() > 0) Collect({0, leaves}, owned, out);
  return out;
}

}  // namespace lantern
