// A panel's sums: a chain of blocks for every leaf, leaves summed in the tree of
// src/tensor/sum_tree.h. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// One panel's sums: [token][part].
template <int kTokens>
using PanelSums = FV[kTokens][kParts];

// The tree over a growing number of leaves: a binary counter whose digits are finished subtrees.
template <int kTokens>
class TreeStack {
 public:
  LANTERN_FORCE_INLINE void Push(PanelSums<kTokens>& leaf) {
    for (unsigned n = pushed_++; n & 1; n >>= 1) AddTopTo(leaf);
    __builtin_memcpy(stack_[depth_], leaf, sizeof(leaf));
    ++depth_;
  }
  // The sum of all, zero for none; the stack is empty afterwards.
  LANTERN_FORCE_INLINE void Collapse(PanelSums<kTokens>& sum) {
    if (depth_ > 0) {
      __builtin_memcpy(sum, stack_[depth_ - 1], sizeof(sum));
    } else {
      __builtin_memset(sum, 0, sizeof(sum));
    }
    for (--depth_; depth_ > 0;) AddTopTo(sum);
    depth_ = 0;
    pushed_ = 0;
  }

 private:
  LANTERN_FORCE_INLINE void AddTopTo(PanelSums<kTokens>& sum) {
    --depth_;
    for (int t = 0; t < kTokens; ++t) {
      for (int p = 0; p < kParts; ++p) sum[t][p] = stack_[depth_][t][p] + sum[t][p];
    }
  }

  PanelSums<kTokens> stack_[kMaxTreeDepth];
  int depth_ = 0;
  unsigned pushed_ = 0;
};

// Where the sums of a job's leaves go, for tokens `token` onwards, of which `count` exist, and the
// first kPanels panels, one's tokens after the other's: leaves follow each other in ascending
// order.
template <int kTokens, int kPanels = 1>
class LeafSums {
 public:
  LANTERN_FORCE_INLINE LeafSums(const PanelJob& job, int token, int count)
      : job_(job), row_(job.row), rows_(job.rows), token_(token), count_(count) {
    AskForOutput();
    Begin();
  }
  // Begins again, with other rows or tokens: so many further ones.
  LANTERN_FORCE_INLINE void BeginTile(int rows, int tokens) {
    row_ += rows;
    rows_ -= rows;
    token_ += tokens;
    count_ -= tokens;
    subtree_ = leaf_ = 0;
    AskForOutput();
    Begin();
  }
  LANTERN_FORCE_INLINE bool done() const { return subtree_ == job_.subtrees; }
  // The block after this leaf's last one; -1 after all leaves.
  LANTERN_FORCE_INLINE int end() const { return end_; }
  // This leaf's sum.
  LANTERN_FORCE_INLINE void Add(PanelSums<kPanels * kTokens>& sum) {
    tree_.Push(sum);
    ++leaf_;
    Begin();
  }

 private:
  // Asks for the lines of the first subtree, to be there when its sums are: those of a prompt's
  // tokens lie far apart and in no cache, stores wait for them in order, and what comes after waits
  // for the stores. Into the second level: on their way to the first they would hold its few fill
  // buffers, which the panel needs.
  LANTERN_FORCE_INLINE void AskForOutput() const {
    if constexpr (kTokens == 1) return;
    const OutputRows& out = job_.out[0];
    for (int t = 0; t < kTokens && t < count_; ++t) {
      __builtin_prefetch(out.data + (token_ + t) * out.stride + row_, 0, 2);
    }
  }
  LANTERN_FORCE_INLINE void Begin() {
    while (!done() && leaf_ == job_.subtree[subtree_ + 1]) StoreSubtree();
    end_ = done() ? -1 : job_.leaf[leaf_ + 1];
  }
  LANTERN_FORCE_INLINE void StoreSubtree() {
    PanelSums<kPanels * kTokens> total;
    tree_.Collapse(total);
    const OutputRows& out = job_.out[subtree_++];
    for (int t = 0; t < kTokens && t < count_; ++t) {
      float* row = out.data + (token_ + t) * out.stride + row_;
      for (int p = 0; p < kPanels * kParts; ++p) {
        const int rows = rows_ - p * kLanes;
        const FV& sums = total[p / kParts * kTokens + t][p % kParts];
        if (rows > 0) StorePartV(row + p * kLanes, sums, rows);
      }
    }
  }

  const PanelJob& job_;
  int row_, rows_, token_, count_;
  int subtree_ = 0, leaf_ = 0, end_ = 0;
  TreeStack<kPanels * kTokens> tree_;
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
