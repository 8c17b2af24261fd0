// Sixteen tokens times a panel on a matrix unit (amx.h, i8mm.h), with the bits of matmul_formats.h:
// integer sums are exact, and everything that rounds is in the same order. A panel's blocks are
// spread once for all tokens: levels as signed bytes, scales as vectors. Included by kernels.cc
// only.
#pragma once

#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/matmul_formats.h"
#include "backends/cpu/kernels/panel_rows.h"
#if defined(LANTERN_USE_NEON)
#include "backends/cpu/kernels/i8mm.h"
#else
#include "backends/cpu/kernels/amx.h"
#endif

namespace lantern::LANTERN_ISA_NAMESPACE {

using TileLeaves = LeafSums<kTileTokens>;

// The leaf before `block` is done: its sums go, and the next one's begin.
LANTERN_INLINE void EndLeaf(TileLeaves& leaves, int block, PanelSums<kTileTokens>& sum) {
  while (leaves.end() == block) {
    leaves.Add(sum);
    for (int t = 0; t < kTileTokens; ++t) RowsIn(sum[t]) = FR{};
  }
}

// ---- blocks of 32 ----

template <class Format>
struct SmallBlockTiles {
  using Input = QuantTile32;
  static constexpr int kColumns = 32;
  struct Block {
    int8_t levels[32 * kPanelRows];
    FR scale, minimum;
  };
  static_assert(sizeof(Block) <= 32 * kSpreadBytes);

  LANTERN_INLINE void Spread(const PanelJob& job, int block, Block& out) {
    PrefetchAhead<Format::kBytes>(job.panel + static_cast<size_t>(block) * Format::kBytes);
    const typename Format::Place at(job.panel, block, job.blocks);
    const auto levels = Format::Levels(at);
    LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
      Store(out.levels + 64 * j, EachPart([&](int p) {
              return (BV)(levels(j, p) - static_cast<uint8_t>(Format::kOffset));
            }));
    }
    ArrangeLevels(out.levels, 32);
    const uint8_t* scales = Format::Scales(at);
    out.scale = LoadHalfR(scales);
    if constexpr (Format::kMinimum) out.minimum = LoadHalfR(scales + 2 * kPanelRows);
  }

  LANTERN_INLINE void AddBlocks(const Block* w, const Input* x, int blocks, TileLeaves& leaves) {
    FR sum[kTileTokens] = {};  // in registers
    PanelSums<kTileTokens> leaf;
    ForProducts<kColumns>(
        blocks, [&](int i) { return x[i].q[0]; }, [&](int i) { return w[i].levels; },
        [&](int i, const TileSums& exact) __attribute__((always_inline)) {
          AddScaled(w[i], x[i], exact, sum);
          if (leaves.end() != i + 1) return;
          LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
            RowsIn(leaf[t]) = sum[t];
            sum[t] = FR{};
          }
          EndLeaf(leaves, i + 1, leaf);
        });
  }

  LANTERN_INLINE void AddScaled(const Block& w, const Input& x, const TileSums& exact,
                                FR (&sum)[kTileTokens]) {
    LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
      const FV a = SplatV(x.scale[t]);
      sum[t] = sum[t] + ToFloatV(exact.token[t]) * (w.scale * a);
      if constexpr (Format::kMinimum) sum[t] = sum[t] + SplatV(x.sum[t]) * (w.minimum * a);
    }
  }
};

// ---- blocks of 256 ----

// Totals of sub-blocks' sums times their scales. kExactSubs: of so many, floats hold the total
// exactly. Two such totals are added as floats, which is the one rounding there is; more as
// integers.
template <int kSubs, int kExactSubs>
struct ScaledTotals {
  static constexpr bool kHalves = kSubs == 2 * kExactSubs;
  FR part[kTileTokens] = {};
  FR half[kTileTokens];
  IR whole[kTileTokens] = {};

  LANTERN_FORCE_INLINE void Add(int sub, const TileSums& products, FR scale) {
    LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
      part[t] = FmaV(ToFloatV(products.token[t]), scale, part[t]);
    }
    if (kHalves ? sub == kExactSubs - 1 : sub % kExactSubs == kExactSubs - 1) {
      LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
        if constexpr (kHalves) half[t] = part[t];
        if constexpr (!kHalves) whole[t] = whole[t] + ToIntV(part[t]);
        part[t] = FR{};
      }
    }
  }
  // After the last sub-block; the next block begins at zero.
  LANTERN_FORCE_INLINE FR Take(int t) {
    const FR total = kHalves ? half[t] + part[t] : ToFloatV(whole[t]);
    part[t] = FR{};
    whole[t] = IR{};
    return total;
  }
};

// The blocks of a format of kSubs sub-blocks: add(i, totals) at the end of each.
template <class Tiles, class Add>
LANTERN_INLINE void ForSuperBlocks(const typename Tiles::Block* w, const QuantTile256* x,
                                   int blocks, const Add& add) {
  constexpr int kColumns = Tiles::kColumns, kSubs = 256 / kColumns;
  ScaledTotals<kSubs, Tiles::kExactSubs> totals;
  ForProducts<kColumns>(
      blocks * kSubs,
      [&](int i) {
        const int column = i % kSubs * kColumns;
        return &x[i / kSubs].q[column / 32][0][column % 32];
      },
      [&](int i) { return w[i / kSubs].levels + i % kSubs * (kColumns * kPanelRows); },
      [&](int i, const TileSums& products) __attribute__((always_inline)) {
        const int sub = i % kSubs;
        totals.Add(sub, products, w[i / kSubs].scale[sub]);
        if (sub + 1 == kSubs) add(i / kSubs, totals);
      });
}

template <class Format>
struct MinimumSuperBlockTiles {
  using Input = QuantTile256;
  static constexpr int kColumns = 32;
  static constexpr int kExactSubs = Format::kExactHalves ? 4 : 2;  // 2 * 63 * 32 * 31 * 127 < 2^24
  struct Block {
    int8_t levels[256 * kPanelRows];
    FR scale[8], d, d_minimum;
    IR minimums[4];
  };
  static_assert(sizeof(Block) <= 256 * kSpreadBytes);

  LANTERN_INLINE void Spread(const PanelJob& job, int block, Block& out) {
    const uint8_t* w = job.panel + static_cast<size_t>(block) * Format::kBytes;
    for (int sub = 0; sub < 8; ++sub) {
      PrefetchAhead<Format::kBytes / 8>(w + Format::kBytes / 8 * sub);
      const auto levels = Format::Levels(w, sub);
      LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
        Store(out.levels + 512 * sub + 64 * j, EachPart([&](int p) { return levels(j, p); }));
      }
    }
    ArrangeLevels(out.levels, 256);
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      IV scale[8], minimums[4];
      SixBitScales(w + 4 * kPanelRows, p, scale, minimums);
      LANTERN_UNROLL for (int i = 0; i < 8; ++i) PartAt(out.scale[i], p) = ToFloatV(scale[i]);
      LANTERN_UNROLL for (int i = 0; i < 4; ++i) PartAt(out.minimums[i], p) = minimums[i];
    }
    out.d = LoadHalfR(w);
    out.d_minimum = LoadHalfR(w + 2 * kPanelRows);
  }

  LANTERN_INLINE void AddBlocks(const Block* w, const Input* x, int blocks, TileLeaves& leaves) {
    PanelSums<kTileTokens> sum = {};
    ForSuperBlocks<MinimumSuperBlockTiles>(
        w, x, blocks, [&](int i, auto& totals) __attribute__((always_inline)) {
          LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
            IR minimum = {};
            LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
              minimum = AddPairProducts(minimum, w[i].minimums[j], PairAt(x[i].pair_sums[t][j]));
            }
            const FV a = SplatV(x[i].scale[t]);
            FR& to = RowsIn(sum[t]);
            to = to + totals.Take(t) * (w[i].d * a);
            to = to - ToFloatV(minimum) * (w[i].d_minimum * a);
          }
          EndLeaf(leaves, i + 1, sum);
        });
  }
};

struct Q6KTiles {
  using Input = QuantTile256;
  static constexpr int kColumns = 16;
  static constexpr int kExactSubs = 2;  // 2 * 128 * 16 * 32 * 127 < 2^24
  struct Block {
    int8_t levels[256 * kPanelRows];
    FR scale[16], d;
  };
  static_assert(sizeof(Block) <= 256 * kSpreadBytes);

  LANTERN_INLINE void Spread(const PanelJob& job, int block, Block& out) {
    const Q6KFormat::Place at(job.panel, block, job.blocks);
    const uint8_t *scales = Q6KFormat::Scales(at), *quants = Q6KFormat::Quants(at);
    PrefetchAhead<Q6KFormat::kBytes>(job.panel + static_cast<size_t>(block) * Q6KFormat::kBytes);
    for (int sub = 0; sub < 16; ++sub) {
      const auto levels = Q6KFormat::Levels(quants, sub);
      LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
        Store(out.levels + 256 * sub + 64 * j,
              EachPart([&](int p) { return (BV)(levels(j, p) - 32); }));
      }
      out.scale[sub] = EachPart([&](int p) { return ToFloatV(Q6KFormat::Scale(scales, sub, p)); });
    }
    ArrangeLevels(out.levels, 256);
    out.d = LoadHalfR(Q6KFormat::Factors(at));
  }

  LANTERN_INLINE void AddBlocks(const Block* w, const Input* x, int blocks, TileLeaves& leaves) {
    PanelSums<kTileTokens> sum = {};
    ForSuperBlocks<Q6KTiles>(
        w, x, blocks, [&](int i, auto& totals) __attribute__((always_inline)) {
          LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
            FR& to = RowsIn(sum[t]);
            to = to + totals.Take(t) * (w[i].d * SplatV(x[i].scale[t]));
          }
          EndLeaf(leaves, i + 1, sum);
        });
  }
};

// ---- a panel ----

template <class Format>
struct TilesOf {};
template <>
struct TilesOf<Q8_0Format> : SmallBlockTiles<Q8_0Format> {};
template <bool kHighBits, bool kMinimum>
struct TilesOf<NibbleFormat<kHighBits, kMinimum>>
    : SmallBlockTiles<NibbleFormat<kHighBits, kMinimum>> {};
template <>
struct TilesOf<Q4KFormat> : MinimumSuperBlockTiles<Q4KFormat> {};
template <>
struct TilesOf<Q5KFormat> : MinimumSuperBlockTiles<Q5KFormat> {};
template <>
struct TilesOf<Q6KFormat> : Q6KTiles {};

// Sixteen tokens from `token`, of which those below job.token_end exist.
template <class Tiles>
void TokenTile(const PanelJob& job, const typename Tiles::Block* spread, int token) {
  using Input = typename Tiles::Input;
  const Input* x =
      static_cast<const Input*>(job.tiles) + static_cast<int64_t>(token / kTileTokens) * job.blocks;
  TileLeaves leaves(job, token, job.token_end - token);
  Tiles::AddBlocks(spread, x, job.blocks, leaves);
}

// As many of the job's tokens as are worth a tile; the first that is left.
template <class Format>
int PanelTiles(const PanelJob& job) {
  using Tiles = TilesOf<Format>;
  int token = job.token_begin;
  if (job.tiles == nullptr || job.token_end - token < kTokensForTiles) return token;
  auto* const spread = static_cast<typename Tiles::Block*>(job.spread);
  for (int block = 0; block < job.blocks; ++block) Tiles::Spread(job, block, spread[block]);
  const TileRegisters<Tiles::kColumns> registers;
  for (; job.token_end - token >= kLeastTileTokens; token += kTileTokens) {
    TokenTile<Tiles>(job, spread, token);
  }
  return token;
}

// ---- activations ----

// Tile `group` of the rows: tokens 16 * group onwards; those that do not exist are zeros.
void GatherTile32(const TileGather& g, int group) {
  QuantTile32* const out =
      static_cast<QuantTile32*>(g.out) + static_cast<int64_t>(group) * g.blocks;
  for (int t = 0; t < kTileTokens; ++t) {
    const int token = group * kTileTokens + t;
    const auto* x = reinterpret_cast<const QuantBlock32*>(g.rows + token * g.stride);
    for (int block = 0; block < g.blocks; ++block) {
      const QuantBlock32 b = token < g.tokens ? x[block] : QuantBlock32{};
      out[block].scale[t] = b.scale;
      out[block].sum[t] = b.sum;
      __builtin_memcpy(out[block].q[t], b.q, sizeof(b.q));
    }
  }
  for (int block = 0; block < g.blocks; ++block) ArrangeTokens(out[block].q);
}

void GatherTile256(const TileGather& g, int group) {
  QuantTile256* const out =
      static_cast<QuantTile256*>(g.out) + static_cast<int64_t>(group) * g.blocks;
  for (int t = 0; t < kTileTokens; ++t) {
    const int token = group * kTileTokens + t;
    const auto* x = reinterpret_cast<const QuantBlock256*>(g.rows + token * g.stride);
    for (int block = 0; block < g.blocks; ++block) {
      const QuantBlock256 none = {}, &b = token < g.tokens ? x[block] : none;
      out[block].scale[t] = b.scale;
      __builtin_memcpy(out[block].pair_sums[t], b.pair_sums, sizeof(b.pair_sums));
      for (int sub = 0; sub < 8; ++sub) __builtin_memcpy(out[block].q[sub][t], b.q + 32 * sub, 32);
    }
  }
  for (int block = 0; block < g.blocks; ++block) {
    for (int sub = 0; sub < 8; ++sub) ArrangeTokens(out[block].q[sub]);
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
