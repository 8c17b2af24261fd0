// A panel of eight output rows times tokens: chains over leaves, leaves summed in the tree of
// src/tensor/sum_tree.h. One code path for one token and for many, so batches keep the bits.
// Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/matmul_formats.h"
#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// A hint ~1.5 KB ahead of the stream: hardware prefetchers stop at page ends.
template <int kBytes>
LANTERN_INLINE void PrefetchAhead(const uint8_t* w, int block) {
  if constexpr (kBytes >= 64) {
    for (int i = 0; i < kBytes; i += 64) __builtin_prefetch(w + 1536 + i);
  } else if (block % (64 / kBytes) == 0) {
    __builtin_prefetch(w + 1536);
  }
}

// AddBlock of every format in one spelling.
template <class Format, int kTokens>
LANTERN_INLINE void AddBlock(const uint8_t* w, const typename Format::Input* const (&in)[kTokens],
                             int block, F8 (&sum)[kTokens]) {
  if constexpr (requires { Format::kMinimum; }) {
    AddSmallBlock<Format>(w, in, block, sum);
  } else if constexpr (requires { Format::kSixBitScales; }) {
    AddMinimumSuperBlock<Format>(w, in, block, sum);
  } else {
    Format::AddBlock(w, in, block, sum);
  }
}

// The tree over a growing number of leaves: a binary counter whose digits are finished subtrees.
template <int kTokens>
class TreeStack {
 public:
  LANTERN_FORCE_INLINE void Push(F8 (&leaf)[kTokens]) {
    for (unsigned n = pushed_++; n & 1; n >>= 1) AddTopTo(leaf);
    for (int t = 0; t < kTokens; ++t) stack_[depth_][t] = leaf[t];
    ++depth_;
  }
  // The sum of all, zero for none; the stack is empty afterwards.
  LANTERN_FORCE_INLINE void Collapse(F8 (&sum)[kTokens]) {
    for (int t = 0; t < kTokens; ++t) sum[t] = depth_ > 0 ? stack_[depth_ - 1][t] : F8{};
    for (--depth_; depth_ > 0;) AddTopTo(sum);
    depth_ = 0;
    pushed_ = 0;
  }

 private:
  LANTERN_FORCE_INLINE void AddTopTo(F8 (&sum)[kTokens]) {
    --depth_;
    for (int t = 0; t < kTokens; ++t) sum[t] = stack_[depth_][t] + sum[t];
  }

  F8 stack_[kMaxTreeDepth][kTokens];
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
    F8 sum[kTokens];
    for (int leaf = job.subtree[s]; leaf < job.subtree[s + 1]; ++leaf) {
      for (int t = 0; t < kTokens; ++t) sum[t] = F8{};
      for (int block = job.leaf[leaf]; block < job.leaf[leaf + 1]; ++block) {
        const uint8_t* w = job.panel + static_cast<size_t>(block) * Format::kBytes;
        // With more tokens the panel comes from the first-level cache after the first tile.
        if constexpr (kTokens == 1) PrefetchAhead<Format::kBytes>(w, block);
        AddBlock<Format>(w, in, block, sum);
      }
      tree.Push(sum);
    }
    tree.Collapse(sum);
    const OutputRows& out = job.out[s];
    for (int t = 0; t < kTokens; ++t) {
      StorePart(out.data + (token + t) * out.stride + job.row, sum[t], job.rows);
    }
  }
}

// Tokens of a tile share one decoding of the weights. Four are what AVX2's registers hold beside an
// integer format's decoding; plain formats take more, as many chains as hide an fma's latency.
template <class Format>
void Panel(const PanelJob& job) {
  int token = job.token_begin;
  if constexpr (Format::kTileTokens > 4) {
    for (; token + Format::kTileTokens <= job.token_end; token += Format::kTileTokens) {
      Tile<Format, Format::kTileTokens>(job, token);
    }
  }
  for (; token + 4 <= job.token_end; token += 4) Tile<Format, 4>(job, token);
  switch (job.token_end - token) {
    case 3:
      return Tile<Format, 3>(job, token);
    case 2:
      return Tile<Format, 2>(job, token);
    case 1:
      return Tile<Format, 1>(job, token);
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
