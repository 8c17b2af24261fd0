// Sixteen tokens times a panel on a matrix unit (amx.h, i8mm.h), with the bits of matmul_formats.h:
// integer sums are exact, and everything that rounds is in the same order. A panel's blocks are
// spread once for all tokens, some blocks ahead of the first product: levels as signed bytes,
// scales as vectors; and asked for early enough to be in the second-level cache by then. Included
// by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/matmul_formats.h"
#include "backends/cpu/kernels/panel_rows.h"
#include "backends/cpu/kernels/super_blocks.h"
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

// A walk over tiles, each sixteen tokens times a panel: products follow each other without a pause
// from the first tile to the last. Either one panel meets all tokens, and stays spread for them; or
// one tile's tokens meet all panels, of which only what comes next is spread, in a small ring that
// stays in the first-level cache.
struct Walk {
  int tiles, blocks;
  void *spread, *spread_end;
  // From the end of one tile to the next one's begin.
  int64_t panel_step;  // bytes
  int64_t input_step;  // blocks
  int row_step, token_step;
};

// Where a walk is: at a block of kSubs products.
template <class Input, class Block, int kSubs>
struct Cursor {
  const uint8_t* panel;
  const Input* x;
  Block* w;  // where the block is spread
  int block = 0, sub = 0;

  LANTERN_FORCE_INLINE void Next(const Walk& walk) {
    if constexpr (kSubs > 1) {
      if (++sub < kSubs) return;
      sub = 0;
    }
    ++x;
    if (++w == walk.spread_end) w = static_cast<Block*>(walk.spread);
    if (++block < walk.blocks) return;
    block = 0;
    panel += walk.panel_step;
    x += walk.input_step;
  }
};

// What a product reads.
struct Operands {
  const int8_t *tokens, *levels;
};

// ---- blocks of 32 ----

// Levels less what they count too much.
template <int kOffset, class Levels>
LANTERN_INLINE BV SignedLevels(const Levels& levels, int j, int part) {
#if LANTERN_BIT_MATRICES
  if constexpr (kOffset == 8) {  // nibbles: bits 0 to 2 stay, all others become what bit 3 is not
    const BV both = ByteVector(levels.q, j % 4, part);
    return j < 4 ? BitMatrix<0x0102040808080808, 0xf8>(both)
                 : BitMatrix<0x1020408080808080, 0xf8>(both);
  }
#endif
  return (BV)(levels(j, part) - static_cast<uint8_t>(kOffset));
}

template <class Format>
struct SmallBlockTiles {
  using Input = QuantTile32;
  static constexpr int kColumns = 32, kAhead = 5, kRing = 8;
  // The unit reads levels as they are packed: a block has none here.
  static constexpr bool kInPlace = kPackedOperands && requires { Format::kSignedBytes; };
  struct Block {
    int8_t levels[kInPlace ? 0 : 32 * kPanelRows];
    FR scale, minimum;
  };
  using At = Cursor<Input, Block, 1>;
  static_assert(sizeof(Block) <= 32 * kSpreadBytes);

  LANTERN_INLINE void Spread(const At& from, int blocks, Block& out) {
    PrefetchFar<Format::kBytes>(from.panel + static_cast<size_t>(from.block) * Format::kBytes);
    const typename Format::Place at(from.panel, from.block, blocks);
    if constexpr (!kInPlace) {
      const auto levels = Format::Levels(at);
      LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
        Store(out.levels + 64 * j,
              EachPart([&](int p) { return SignedLevels<Format::kOffset>(levels, j, p); }));
      }
      ArrangeLevels(out.levels, 32);
    }
    const uint8_t* scales = Format::Scales(at);
    out.scale = LoadHalfR(scales);
    if constexpr (Format::kMinimum) out.minimum = LoadHalfR(scales + 2 * kPanelRows);
  }

  LANTERN_INLINE Operands OperandsOf(const At& at, int blocks) {
    if constexpr (kInPlace) {
      const auto levels = Format::Levels(typename Format::Place(at.panel, at.block, blocks));
      return {at.x->q[0], (const int8_t*)levels.q};
    } else {
      return {at.x->q[0], at.w->levels};
    }
  }

  template <bool kSpread>
  LANTERN_INLINE void AddTiles(const Walk& walk, At at, TileLeaves& leaves) {
    FR sum[kTileTokens] = {};  // in registers
    PanelSums<kTileTokens> leaf;
    At begun = at, spread = at;
    const int count = walk.tiles * walk.blocks;
    int left = count;
    const auto spread_next = [&]() __attribute__((always_inline)) {
      if (!kSpread || --left < 0) return;
      Spread(spread, walk.blocks, *spread.w);
      spread.Next(walk);
    };
    for (int i = 0; i < kAhead; ++i) spread_next();
    ForProducts<kColumns>(
        count,
        [&]() __attribute__((always_inline)) {
          const Operands operands = OperandsOf(begun, walk.blocks);
          begun.Next(walk);
          return operands;
        },
        [&](const TileSums& exact) __attribute__((always_inline)) {
          spread_next();
          AddScaled(*at.w, *at.x, exact, sum);
          const int end = at.block + 1;
          at.Next(walk);
          if (leaves.end() != end) return;
          LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
            RowsIn(leaf[t]) = sum[t];
            sum[t] = FR{};
          }
          EndLeaf(leaves, end, leaf);
          if (end == walk.blocks) leaves.BeginTile(walk.row_step, walk.token_step);
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

// The blocks of a format of kSubs sub-blocks: add(w, x, totals, sum) at the end of each.
template <bool kSpread, class Tiles, class Add>
LANTERN_INLINE void AddSuperTiles(const Walk& walk, typename Tiles::At at, TileLeaves& leaves,
                                  const Add& add) {
  constexpr int kColumns = Tiles::kColumns, kSubs = 256 / kColumns;
  ScaledTotals<kSubs, Tiles::kExactSubs> totals;
  PanelSums<kTileTokens> sum = {};
  typename Tiles::At begun = at, spread = at;
  const int count = walk.tiles * walk.blocks * kSubs;
  int left = count;
  const auto spread_next = [&]() __attribute__((always_inline)) {
    if (!kSpread || --left < 0) return;
    if (spread.sub == 0) Tiles::SpreadScales(spread, walk.blocks, *spread.w);
    Tiles::SpreadSub(spread, walk.blocks, *spread.w);
    spread.Next(walk);
  };
  for (int sub = 0; sub < kSubs; ++sub) spread_next();
  ForProducts<kColumns>(
      count,
      [&]() __attribute__((always_inline)) {
        const int column = begun.sub * kColumns;
        const Operands operands = {&begun.x->q[column / 32][0][column % 32],
                                   begun.w->levels + column * kPanelRows};
        begun.Next(walk);
        return operands;
      },
      [&](const TileSums& products) __attribute__((always_inline)) {
        spread_next();
        const typename Tiles::Block& block = *at.w;
        const QuantTile256& x = *at.x;
        const int sub = at.sub, end = at.block + 1;
        totals.Add(sub, products, block.scale[sub]);
        at.Next(walk);
        if (sub + 1 < kSubs) return;
        add(block, x, totals, sum);
        EndLeaf(leaves, end, sum);
        if (end == walk.blocks) leaves.BeginTile(walk.row_step, walk.token_step);
      });
}

template <class Format>
struct MinimumSuperBlockTiles {
  using Input = QuantTile256;
  static constexpr int kColumns = 32, kRing = 2;
  static constexpr int kExactSubs = Format::kExactHalves ? 4 : 2;  // 2 * 63 * 32 * 31 * 127 < 2^24
  struct Block {
    int8_t levels[256 * kPanelRows];
    FR scale[8], d, d_minimum;
    IR minimums[4];
  };
  using At = Cursor<Input, Block, 256 / kColumns>;
  static_assert(sizeof(Block) <= 256 * kSpreadBytes);

  LANTERN_INLINE void SpreadSub(const At& at, int /*blocks*/, Block& out) {
    const uint8_t* w = at.panel + static_cast<size_t>(at.block) * Format::kBytes;
    const int sub = at.sub;
    PrefetchFar<Format::kBytes / 8>(w + Format::kBytes / 8 * sub);
    const auto levels = Format::Levels(w, sub);
    int8_t* const to = out.levels + 32 * kPanelRows * sub;
    LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
      Store(to + 64 * j, EachPart([&](int p) { return levels(j, p); }));
    }
    ArrangeLevels(to, 32);
  }

  LANTERN_INLINE void SpreadScales(const At& at, int /*blocks*/, Block& out) {
    const uint8_t* w = at.panel + static_cast<size_t>(at.block) * Format::kBytes;
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      IV scale[8], minimums[4];
      SixBitScales(w + 4 * kPanelRows, p, scale, minimums);
      LANTERN_UNROLL for (int i = 0; i < 8; ++i) PartAt(out.scale[i], p) = ToFloatV(scale[i]);
      LANTERN_UNROLL for (int i = 0; i < 4; ++i) PartAt(out.minimums[i], p) = minimums[i];
    }
    out.d = LoadHalfR(w);
    out.d_minimum = LoadHalfR(w + 2 * kPanelRows);
  }

  template <bool kSpread>
  LANTERN_INLINE void AddTiles(const Walk& walk, const At& at, TileLeaves& leaves) {
    AddSuperTiles<kSpread, MinimumSuperBlockTiles>(
        walk, at, leaves,
        [](const Block& w, const Input& x, auto& totals, PanelSums<kTileTokens>& sum)
            __attribute__((always_inline)) {
              LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
                IR minimum = {};
                LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
                  minimum = AddPairProducts(minimum, w.minimums[j], PairAt(x.pair_sums[t][j]));
                }
                const FV a = SplatV(x.scale[t]);
                FR& to = RowsIn(sum[t]);
                to = to + totals.Take(t) * (w.d * a);
                to = to - ToFloatV(minimum) * (w.d_minimum * a);
              }
            });
  }
};

struct Q6KTiles {
  using Input = QuantTile256;
  static constexpr int kColumns = 16, kRing = 2;
  static constexpr int kExactSubs = 2;  // 2 * 128 * 16 * 32 * 127 < 2^24
  struct Block {
    int8_t levels[256 * kPanelRows];
    FR scale[16], d;
  };
  using At = Cursor<Input, Block, 256 / kColumns>;
  static_assert(sizeof(Block) <= 256 * kSpreadBytes);

  LANTERN_INLINE void SpreadSub(const At& from, int blocks, Block& out) {
    const Q6KFormat::Place at(from.panel, from.block, blocks);
    const int sub = from.sub;
    constexpr int kBytes = Q6KFormat::kBytes / 16;
    Prefetch<kBytes>(
        from.panel + static_cast<size_t>(from.block) * Q6KFormat::kBytes + kBytes * sub,
        kUsualAhead);
    const auto levels = Q6KFormat::Levels(Q6KFormat::Quants(at), sub);
    int8_t* const to = out.levels + 16 * kPanelRows * sub;
    LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
      Store(to + 64 * j, EachPart([&](int p) { return (BV)(levels(j, p) - 32); }));
    }
    ArrangeLevels(to, 16);
    out.scale[sub] =
        EachPart([&](int p) { return ToFloatV(Q6KFormat::Scale(Q6KFormat::Scales(at), sub, p)); });
  }

  LANTERN_INLINE void SpreadScales(const At& from, int blocks, Block& out) {
    const Q6KFormat::Place at(from.panel, from.block, blocks);
    out.d = LoadHalfR(Q6KFormat::Factors(at));
  }

  template <bool kSpread>
  LANTERN_INLINE void AddTiles(const Walk& walk, const At& at, TileLeaves& leaves) {
    AddSuperTiles<kSpread, Q6KTiles>(
        walk, at, leaves,
        [](const Block& w, const Input& x, auto& totals, PanelSums<kTileTokens>& sum)
            __attribute__((always_inline)) {
              LANTERN_UNROLL for (int t = 0; t < kTileTokens; ++t) {
                FR& to = RowsIn(sum[t]);
                to = to + totals.Take(t) * (w.d * SplatV(x.scale[t]));
              }
            });
  }
};

// ---- panels ----

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

// How many tiles the job's tokens are worth; those after them are left.
template <class Tiles>
LANTERN_INLINE int TilesFor(const PanelJob& job) {
  constexpr int kLeast = Tiles::kColumns < 32 ? kLeastNarrowTileTokens : kLeastTileTokens;
  const int tokens = job.token_end - job.token_begin;
  if (job.tiles == nullptr || tokens < kFirstTileTokens) return 0;
  return (tokens + kTileTokens - kLeast) / kTileTokens;
}

template <bool kSpread, class Tiles>
void AddTiles(const PanelJob& job, const Walk& walk, int token) {
  const auto* x = static_cast<const typename Tiles::Input*>(job.tiles) +
                  static_cast<int64_t>(token / kTileTokens) * job.blocks;
  auto* const spread = static_cast<typename Tiles::Block*>(job.spread);
  TileLeaves leaves(job, token, job.token_end - token);
  Tiles::template AddTiles<kSpread>(walk, {job.panel, x, spread}, leaves);
}

// One panel times `tiles` tiles of tokens; or, where those are one, of at least kRing blocks, any
// number of panels.
template <class Format>
void WalkTiles(const PanelJob& job, int tiles) {
  using Tiles = TilesOf<Format>;
  auto* const spread = static_cast<typename Tiles::Block*>(job.spread);
  const TileRegisters<Tiles::kColumns> registers;
  Walk walk = {1, job.blocks, spread, spread + job.blocks, 0, 0, 0, kTileTokens};
  if (tiles == 1 && job.blocks >= Tiles::kRing) {
    const int64_t panel_bytes = static_cast<int64_t>(job.blocks) * Format::kBytes;
    walk = {job.panels,  job.blocks,  spread,     spread + Tiles::kRing,
            panel_bytes, -job.blocks, kPanelRows, 0};
  }
  AddTiles<true, Tiles>(job, walk, job.token_begin);
  if (tiles == 1) return;
  walk.tiles = tiles - 1;
  AddTiles<false, Tiles>(job, walk, job.token_begin + kTileTokens);
}

// All panels of the job times `tiles` tiles; what is left of its tokens, by rest(job of one panel).
template <class Format, class PanelOf, class Rest>
LANTERN_INLINE void TilePanels(const PanelJob& job, int tiles, const PanelOf& panel_of,
                               const Rest& rest) {
  const int end = job.token_begin + tiles * kTileTokens;
  if (tiles == 1 && end >= job.token_end && job.blocks >= TilesOf<Format>::kRing) {
    return WalkTiles<Format>(job, tiles);
  }
  for (int panel = 0; panel < job.panels; ++panel) {
    PanelJob one = panel_of(panel);
    WalkTiles<Format>(one, tiles);
    one.token_begin = end;
    if (end < one.token_end) rest(one);
  }
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
