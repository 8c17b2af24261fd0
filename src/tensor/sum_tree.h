// The sum tree: where ranks hold partial sums, the input columns K are cut into leaves fixed by
// the model, each leaf is one chain, and leaves combine in one tree, whoever owns them. This file
// is the arithmetic of that tree; kernels sum inside subtrees, net/collectives above them.
//
// A range of n leaves splits at the largest power of two below n, so the shape of a subtree
// depends on its size alone.
#pragma once

#include <vector>

namespace lantern {

struct LeafRange {
  int begin = 0, end = 0;  // leaves, half-open
  int size() const { return end - begin; }
  friend bool operator==(const LeafRange&, const LeafRange&) = default;
};

// The largest power of two below n. REQUIRES: n >= 2.
int SplitPoint(int n);

// The largest subtrees of a tree over `leaves` that lie inside `owned`, in ascending order.
// An even power-of-two share is one subtree; uneven shares are two to four. Empty when owned is.
std::vector<LeafRange> SubtreesOf(LeafRange owned, int leaves);

// How one rank's slice of K is cut: chains per leaf, one output vector per subtree.
struct LeafCuts {
  std::vector<int> column;   // leaf i of the slice covers columns [column[i], column[i + 1])
  std::vector<int> subtree;  // output s sums the slice's leaves [subtree[s], subtree[s + 1])
  int leaves() const { return static_cast<int>(column.size()) - 1; }
  int subtrees() const { return static_cast<int>(subtree.size()) - 1; }
  // The whole of `columns` as one leaf, one chain: what an unsplit product uses.
  static LeafCuts Whole(int columns) { return {{0, columns}, {0, 1}}; }
};

}  // namespace lantern
