// A panel of sixteen output rows times tokens: chains over leaves, leaves summed in the tree of
// src/tensor/sum_tree.h. One code path for one token and for many, so batches keep the bits.
// Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/matmul_formats.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// AddBlock of every format in one spelling.
template <class Format, int kTokens>
LANTERN_INLINE void AddBlock(const PanelJob& job,
                             const typename Format::Input* const (&in)[kTokens], int block,
                             PanelSums<kTokens>& sum) {
  if constexpr (requires { Format::kMinimum; }) {
    AddSmallBlock<Format>(job.panel, job.blocks, in, block, sum);
  } else if constexpr (requires { Format::kSixBitScales; }) {
    AddMinimumSuperBlock<Format>(job.panel, in, block, sum);
  } else {
    Format::AddBlock(job.panel, job.blocks, in, block, sum);
  }
}

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

template <class Format, int kTokens>
void Tile(const PanelJob& job, int token) {
  const typename Format::Input* in[kTokens];
  for (int t = 0; t < kTokens; ++t) {
    in[t] = reinterpret_cast<const typename Format::Input*>(static_cast<const uint8_t*>(job.input) +
                                                            (token + t) * job.input_stride);
  }
  TreeStack<kTokens> tree;
  for (int s = 0; s < job.subtrees; ++s) {
    PanelSums<kTokens> sum;
    for (int leaf = job.subtree[s]; leaf < job.subtree[s + 1]; ++leaf) {
      __builtin_memset(sum, 0, sizeof(sum));
      for (int block = job.leaf[leaf]; block < job.leaf[leaf + 1]; ++block) {
        AddBlock<Format>(job, in, block, sum);
      }
      tree.Push(sum);
    }
    tree.Collapse(sum);
    const OutputRows& out = job.out[s];
    for (int t = 0; t < kTokens; ++t) {
      float* row = out.data + (token + t) * out.stride + job.row;
      for (int p = 0; p < kParts; ++p) {
        const int rows = job.rows - p * kLanes;
        if (rows > 0) StorePartV(row + p * kLanes, sum[t][p], rows);
      }
    }
  }
}

// All tokens of the job, a tile at a time.
template <class Format>
void Panel(const PanelJob& job) {
  int token = job.token_begin;
  for (; token + Format::kTile <= job.token_end; token += Format::kTile) {
    Tile<Format, Format::kTile>(job, token);
  }
  if constexpr (Format::kTile > 4) {
    if (token + 4 <= job.token_end) {
      Tile<Format, 4>(job, token);
      token += 4;
    }
  }
  if (token + 2 <= job.token_end) {
    Tile<Format, 2>(job, token);
    token += 2;
  }
  if (token < job.token_end) Tile<Format, 1>(job, token);
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
