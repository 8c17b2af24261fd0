// A panel of sixteen output rows times tokens, a tile of them at a time. One code path for one
// token and for many, so batches keep the bits. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/matmul_formats.h"
#if LANTERN_TILES
#include "backends/cpu/kernels/tiles.h"
#endif

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

template <class Format, int kTokens>
void Tile(const PanelJob& job, int token) {
  const typename Format::Input* in[kTokens];
  for (int t = 0; t < kTokens; ++t) {
    in[t] = reinterpret_cast<const typename Format::Input*>(static_cast<const uint8_t*>(job.input) +
                                                            (token + t) * job.input_stride);
  }
  LeafSums<kTokens> leaves(job, token, kTokens);
  for (int block = 0; !leaves.done();) {
    PanelSums<kTokens> sum;
    __builtin_memset(sum, 0, sizeof(sum));
    for (; block < leaves.end(); ++block) AddBlock<Format>(job, in, block, sum);
    leaves.Add(sum);
  }
}

// All tokens of the job, a tile at a time.
template <class Format>
void Panel(const PanelJob& job) {
  int token = job.token_begin;
#if LANTERN_TILES
  if constexpr (requires { typename TilesOf<Format>::Input; }) token = PanelTiles<Format>(job);
#endif
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
