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
template <int kSums, class Leaves>
LANTERN_INLINE void AddLeaf(const PanelSums<kSums>& sum, Leaves& leaves) {
  PanelSums<kSums> leaf;
  LANTERN_UNROLL for (int t = 0; t < kSums; ++t) {
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) leaf[t][p] = sum[t][p];
  }
  leaves.Add(leaf);
}

// So many tokens from one on, times the job's first kPanels panels: sums that add(block, end, sum)
// forms, leaf by leaf.
template <int kTokens, int kPanels, class Add>
LANTERN_INLINE void AddLeaves(const PanelJob& job, int token, const Add& add) {
  LeafSums<kTokens, kPanels> leaves(job, token, kTokens);
  for (int block = 0; !leaves.done();) {
    PanelSums<kPanels * kTokens> sum;
    Clear(sum);
    const int end = leaves.end();
    add(block, end, sum);
    block = end;
    AddLeaf(sum, leaves);
  }
}

// The same for tokens that are rows apart.
template <class Format, int kTokens, int kPanels = 1>
void Tile(const PanelJob& job, int token) {
  const typename Format::Input* in[kTokens];
  InputsAt(job, token, in);
  const auto add = [&](int block, int end, PanelSums<kPanels * kTokens>& sum)
      __attribute__((always_inline)) {
    if constexpr (requires { Format::kGroups; }) {
      const auto x = [&](int t, int column) __attribute__((always_inline)) {
        return in[t][column];
      };
      Format::template AddColumns<kPanels, kTokens>(job, x, block, end, sum);
    } else {
      for (; block < end; ++block) AddBlock<Format>(job, in, block, sum);
    }
  };
  AddLeaves<kTokens, kPanels>(job, token, add);
}

// And for sixteen that lie side by side: as many rows apart would take more pointers than there are
// registers, and their lines the same few places of the first-level cache. Lines are asked for from
// the second level a KB ahead.
template <class Format>
void GatheredTile(const PanelJob& job, int token) {
  constexpr int kAhead = 16;  // columns
  const float* tile =
      static_cast<const float*>(job.tiles) + static_cast<int64_t>(token) * job.blocks;
  const auto x = [&](int t, int column) __attribute__((always_inline)) {
    if (t == 0) __builtin_prefetch(tile + (column + kAhead) * kTileTokens);
    return tile[column * kTileTokens + t];
  };
  const auto add = [&](int column, int end, PanelSums<kTileTokens>& sum)
      __attribute__((always_inline)) {
    Format::template AddColumns<1, kTileTokens>(job, x, column, end, sum);
  };
  AddLeaves<kTileTokens, 1>(job, token, add);
}

// Tokens 16 * group onwards side by side, of columns [begin, end).
void GatherPlain(const TileGather& g, int group, int begin, int end) {
  const uint8_t* rows = g.rows + static_cast<int64_t>(group) * kTileTokens * g.stride;
  float* out = static_cast<float*>(g.out) + static_cast<int64_t>(group) * kTileTokens * g.blocks;
  for (int column = begin; column < end; ++column) {
    LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
      out[column * kTileTokens + t] = reinterpret_cast<const float*>(rows + t * g.stride)[column];
    }
  }
}

// Full tiles of a job of one panel: its first token that is in none.
template <class Format>
int FullTiles(const PanelJob& job) {
  int token = job.token_begin;
  for (; token + Format::kTile <= job.token_end; token += Format::kTile) {
    if constexpr (requires { requires Format::kGathers; }) {
      GatheredTile<Format>(job, token);
    } else {
      Tile<Format, Format::kTile>(job, token);
    }
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

// Fewer tokens than 2 * kTokens, by tiles of kTokens and fewer.
template <class Format, int kTokens>
LANTERN_INLINE void RestOfTokens(const PanelJob& job, int token) {
  if (token + kTokens <= job.token_end) {
    Tile<Format, kTokens>(job, token);
    token += kTokens;
  }
  if constexpr (kTokens > 1) RestOfTokens<Format, kTokens / 2>(job, token);
}

// All tokens of a job of one panel, a tile at a time.
template <class Format>
void Panel(const PanelJob& job) {
  constexpr int kRest = Format::kTile > 8 ? 8 : Format::kTile > 4 ? 4 : 2;
  RestOfTokens<Format, kRest>(job, SpreadTiles<Format>(job));
}

// The panels of a job from one on.
template <class Format>
LANTERN_INLINE PanelJob PanelsFrom(const PanelJob& job, int panel) {
  PanelJob rest = job;
  if constexpr (requires { Format::kGroups; }) {
    const int place = job.place + panel;
    rest.place = place % kPanelGroup;
    rest.panel += static_cast<size_t>(place - rest.place) * Format::PanelBytes(job.blocks);
    rest.panel += (rest.place - job.place) * kPanelLine;
  } else {
    rest.panel += static_cast<size_t>(panel) * job.blocks * Format::kBytes;
  }
  rest.panels -= panel;
  rest.row += panel * kPanelRows;
  rest.rows -= panel * kPanelRows;
  return rest;
}

// One of them.
template <class Format>
LANTERN_INLINE PanelJob PanelOf(const PanelJob& job, int panel) {
  PanelJob one = PanelsFrom<Format>(job, panel);
  one.panels = 1;
  one.rows = one.rows < kPanelRows ? one.rows : kPanelRows;
  return one;
}

// Whether the sums of so many panels and tokens fit the registers: where one holds a panel's, there
// are 32.
template <class Format>
constexpr bool GroupFits(int panels, int tokens) {
  return tokens <= 4 && panels * tokens <= (kParts == 1 ? 16 : Format::kTile);
}

// The first kPanels panels of a job. REQUIRES: GroupFits.
template <class Format, int kPanels, int kTokens = 1>
LANTERN_INLINE void FewTokens(const PanelJob& job) {
  if constexpr (GroupFits<Format>(kPanels, kTokens + 1)) {
    if (job.token_end - job.token_begin > kTokens) {
      return FewTokens<Format, kPanels, kTokens + 1>(job);
    }
  }
  Tile<Format, kTokens, kPanels>(job, job.token_begin);
}

// Panels that lie in groups. Few tokens take several at once: one panel's one chain would wait for
// every multiply-add, and memory meanwhile for the panel.
template <class Format>
void GroupedPanels(const PanelJob& job) {
  const int tokens = job.token_end - job.token_begin;
  for (int panel = 0; panel < job.panels;) {
    const int here = kPanelGroup - (job.place + panel) % kPanelGroup;
    const int left = here < job.panels - panel ? here : job.panels - panel;
    if (left >= 4 && GroupFits<Format>(4, tokens)) {
      FewTokens<Format, 4>(PanelsFrom<Format>(job, panel));
      panel += 4;
    } else if (left >= 2 && GroupFits<Format>(2, tokens)) {
      FewTokens<Format, 2>(PanelsFrom<Format>(job, panel));
      panel += 2;
    } else {
      Panel<Format>(PanelOf<Format>(job, panel++));
    }
  }
}

template <class Format>
void Panels(const PanelJob& job) {
  if constexpr (requires { Format::kGroups; }) return GroupedPanels<Format>(job);
#if LANTERN_TILES
  if constexpr (requires { typename TilesOf<Format>::Input; }) {
    if (const int tiles = TilesFor<TilesOf<Format>>(job); tiles > 0) {
      return TilePanels<Format>(
          job, tiles, [&](int i) { return PanelOf<Format>(job, i); }, Panel<Format>);
    }
  }
#endif
  for (int panel = 0; panel < job.panels; ++panel) Panel<Format>(PanelOf<Format>(job, panel));
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
