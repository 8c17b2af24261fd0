// Collectives as free functions over Communicator::Exchange. With f32 on the wire they are exact:
// the bits that sum_tree.h defines, on every rank, whatever the layout.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "net/communicator.h"
#include "src/tensor/sum_tree.h"

namespace lantern {

// Up to so many bytes a vector every rank sends its whole vectors to all, in one hop; beyond it,
// each rank sums a slice, which takes two hops and 2 / N of the bytes. With two ranks one hop is
// never worse.
inline constexpr size_t kOneShotBytes = 64 << 10;

// Who owns which leaves of one sum tree, and the order in which to add. Built once per weight.
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

  // The tree above the subtrees in postfix order: id >= 0 pushes that subtree's sum, kAdd replaces
  // the top two (below, above) by below + above.
  static constexpr int kAdd = -1;
  const std::vector<int>& program() const { return program_; }

 private:
  std::vector<int> first_subtree_;
  std::vector<int> program_;
};

// out[i] = the tree's sum over all ranks. `mine`: this rank's subtree sums, in order, each of
// out.size() elements. Small sums go one-shot (everyone sends all to all), large ones two-shot
// (each rank sums a slice, then all-gather); both add in the same order.
// ENSURES: the same bits on every rank, and for every number of ranks. `out` may be mine[0].
void TreeSum(Communicator& comm, const SumPlan& plan, std::span<float> out,
             std::span<const std::span<const float>> mine);

// Root's bytes to everyone, in one hop.
void Broadcast(Communicator& comm, std::span<std::byte> bytes, int root,
               Patience patience = Patience::kStep);

// Every rank waits for every other.
void Barrier(Communicator& comm);

}  // namespace lantern
