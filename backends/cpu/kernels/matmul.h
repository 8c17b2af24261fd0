// Panels of sixteen output rows times tokens, a tile of them at a time. Tiles differ in what they
// have in flight, never in a sum's order, so batches keep the bits. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/matmul_formats.h"
#include "backends/cpu/kernels/super_blocks.h"
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
    AddSmallBlock<Format>(job, in, block, sum);
  } else if constexpr (requires { Format::kSixBitScales; }) {
    AddMinimumSuperBlock<Format>(job, in, block, sum);
  } else {
    Format::AddBlock(job, in, block, sum);
  }
}

template <int kTokens, class Input>
LANTERN_INLINE void InputsAt(const PanelJob& job, int token, const Input* (&in)[kTokens]) {
  for (int t = 0; t < kTokens; ++t) {
    in[t] = reinterpret_cast<const Input*>(static_cast<const uint8_t*>(job.input) +
                                           (token + t) * job.input_stride);
  }
}

// Sums of a tile: nothing takes their address, or g++ 12 stores every one of them after each column
// where a column is two registers (half the speed of 16- and 32-bit weights with AVX2).
template <int kTokens>
LANTERN_INLINE void Clear(PanelSums<kTokens>& sum) {
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) sum[t][p] = FV{};
  }
}
template <int kTokens>
LANTERN_INLINE void AddLeaf(const PanelSums<kTokens>& sum, LeafSums<kTokens>& leaves) {
  PanelSums<kTokens> leaf;
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) leaf[t][p] = sum[t][p];
  }
  leaves.Add(leaf);
}

template <class Format, int kTokens>
void Tile(const PanelJob& job, int token) {
  const typename Format::Input* in[kTokens];
  InputsAt(job, token, in);
  LeafSums<kTokens> leaves(job, token, kTokens);
  for (int block = 0; !leaves.done();) {
    PanelSums<kTokens> sum;
    Clear(sum);
    for (; block < leaves.end(); ++block) AddBlock<Format>(job, in, block, sum);
    AddLeaf(sum, leaves);
  }
}

// Full tiles of a job of one panel: its first token that is in none.
template <class Format>
int FullTiles(const PanelJob& job) {
  int token = job.token_begin;
  for (; token + Format::kTile <= job.token_end; token += Format::kTile) {
    Tile<Format, Format::kTile>(job, token);
  }
  return token;
}

// The same with the panel spread before, where that pays.
template <class Format>
LANTERN_INLINE int SpreadTiles(const PanelJob& job) {
  if constexpr (kSpreadNibbles && requires { requires Format::kSpreads; }) {
    if (job.spread != nullptr && job.token_end - job.token_begin >= 4 * Format::kTile) {
      SpreadPanel<Format>(job);
      PanelJob spread = job;
      spread.panel = static_cast<const uint8_t*>(job.spread);
      return FullTiles<SpreadNibbles>(spread);
    }
  }
  return FullTiles<Format>(job);
}

// All tokens of a job of one panel, a tile at a time.
template <class Format>
void Panel(const PanelJob& job) {
  int token = SpreadTiles<Format>(job);
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

// Two neighbouring panels times all kTokens tokens of the job. Alone, a panel of plain numbers
// waits for every multiply-add of its one chain, and memory meanwhile for the panel.
template <class Format, int kTokens>
void PairTile(const PanelJob (&job)[2]) {
  const typename Format::Input* in[kTokens];
  const int token = job[0].token_begin;
  InputsAt(job[0], token, in);
  LeafSums<kTokens> leaves[2] = {{job[0], token, kTokens}, {job[1], token, kTokens}};
  for (int block = 0; !leaves[0].done();) {
    PanelSums<kTokens> sum[2];
    for (int i = 0; i < 2; ++i) Clear(sum[i]);
    for (; block < leaves[0].end(); ++block) {
      Format::AddPair(job[0], in, block, sum);
    }
    for (int i = 0; i < 2; ++i) AddLeaf(sum[i], leaves[i]);
  }
}

// Whether two panels' sums of that many tokens fit where a tile's do.
template <class Format>
constexpr bool PairFits(int tokens) {
  if constexpr (requires { Format::kPairs; }) return 2 * tokens <= Format::kTile;
  return false;
}

// REQUIRES: as many tokens as PairFits.
template <class Format, int kTokens = 1>
LANTERN_INLINE void PanelPair(const PanelJob (&job)[2], int tokens) {
  if (tokens == kTokens) return PairTile<Format, kTokens>(job);
  if constexpr (PairFits<Format>(kTokens + 1)) PanelPair<Format, kTokens + 1>(job, tokens);
}

// One panel of a job of several.
template <class Format>
LANTERN_INLINE PanelJob PanelOf(const PanelJob& job, int panel) {
  PanelJob one = job;
  one.panel += static_cast<size_t>(panel) * job.blocks * Format::kBytes;
  one.panels = 1;
  one.row += panel * kPanelRows;
  const int rows = job.rows - panel * kPanelRows;
  one.rows = rows < kPanelRows ? rows : kPanelRows;
  return one;
}

template <class Format>
void Panels(const PanelJob& job) {
  int panel = 0;
  if constexpr (PairFits<Format>(1)) {
    const int tokens = job.token_end - job.token_begin;
    for (; PairFits<Format>(tokens) && panel + 2 <= job.panels; panel += 2) {
      const PanelJob pair[] = {PanelOf<Format>(job, panel), PanelOf<Format>(job, panel + 1)};
      PanelPair<Format>(pair, tokens);
    }
  }
#if LANTERN_TILES
  if constexpr (requires { typename TilesOf<Format>::Input; }) {
    if (const int tiles = TilesFor<TilesOf<Format>>(job); tiles > 0) {
      return TilePanels<Format>(
          job, tiles, [&](int i) { return PanelOf<Format>(job, i); }, Panel<Format>);
    }
  }
#endif
  for (; panel < job.panels; ++panel) Panel<Format>(PanelOf<Format>(job, panel));
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
