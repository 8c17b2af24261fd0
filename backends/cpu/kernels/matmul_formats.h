// How each weight format's packed block of sixteen rows (pack.h) adds to the sums of some tokens.
// Everything a format is: its bytes, its input, and AddBlock, the arithmetic of one block in the
// order that backends/README.md fixes. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"
#include "backends/cpu/kernels/leaves.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Rows of part `part` in a field of `unit` bytes a row.
LANTERN_INLINE const uint8_t* PartOf(const uint8_t* field, int unit, int part) {
  return field + unit * kLanes * part;
}

// ---- where a panel keeps its blocks' fields ----
// Formats whose block is an odd multiple of 32 bytes keep the fields of two blocks side by side, so
// that vectors of 64 bytes stay within cache lines; a last block without a neighbour is alone.

template <int kBlockBytes, bool kPaired>
struct BlockPlace {
  const uint8_t* base;
  int neighbours, place;  // blocks in this pair, and which of them this is

  LANTERN_FORCE_INLINE BlockPlace(const uint8_t* panel, int block, int blocks)
      : base(panel + static_cast<size_t>(kPaired ? block & ~1 : block) * kBlockBytes),
        neighbours(kPaired && (block | 1) < blocks ? 2 : 1),
        place(kPaired ? block & 1 : 0) {}
  // A field of `bytes` that begins `offset` bytes into a block that is alone.
  LANTERN_FORCE_INLINE const uint8_t* Field(int offset, int bytes) const {
    return base + neighbours * offset + place * bytes;
  }
};

// Weights arrive in the second-level cache 8 KB ahead of their use and in the first 1 KB ahead.
// Hardware prefetchers stop at page ends, and one distance is not enough: lines on their way from
// memory to the first level hold its few fill buffers.
template <int kBytes>
LANTERN_INLINE void PrefetchAhead(const uint8_t* w) {
  LANTERN_UNROLL for (int i = 0; i < kBytes; i += 64) {
    __builtin_prefetch(w + 8192 + i, 0, 2);
    __builtin_prefetch(w + 1024 + i);
  }
}

// ---- plain numbers: a block is one column, the sum a chain of fused multiply-adds ----

template <FV (*kLoad)(const void*), int kElementBytes>
struct PlainFormat {
  using Input = float;
  static constexpr int kBytes = kPanelRows * kElementBytes, kTile = kPlainTile;

  LANTERN_INLINE FV Column(const uint8_t* panel, int column, int part) {
    return kLoad(PartOf(panel + static_cast<size_t>(column) * kBytes, kElementBytes, part));
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const uint8_t* panel, int /*blocks*/,
                               const float* const (&in)[kTokens], int column,
                               PanelSums<kTokens>& sum) {
    const uint8_t* w = panel + static_cast<size_t>(column) * kBytes;
    if (column % (64 / kBytes) == 0) PrefetchAhead<64>(w);
    FV weight[kParts];
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) weight[p] = kLoad(PartOf(w, kElementBytes, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const FV x = SplatV(in[t][column]);
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) sum[t][p] = FmaV(weight[p], x, sum[t][p]);
    }
  }
};
using F32Format = PlainFormat<Load<FV>, 4>;
using F16Format = PlainFormat<LoadHalfV, 2>;
using BF16Format = PlainFormat<LoadBFloat16V, 2>;

// ---- integer sums ----
// `Levels` gives the quantized weights of columns 4 j to 4 j + 3 of a part's rows, as unsigned
// bytes (Q8_0: signed where the set takes those), and says how many products' pairs 16 bits hold.

LANTERN_INLINE BV LowNibbles(BV v) { return v & 15; }
LANTERN_INLINE BV HighNibbles(BV v) { return (BV)((U16V)v >> 4) & 15; }

struct NibbleLevels {               // low nibbles are columns 0-15, high ones 16-31
  static constexpr int kBatch = 8;  // 8 * 2 * 15 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const BV both = Load<BV>(PartOf(q + 4 * kPanelRows * (j % 4), 4, part));
    return j < 4 ? LowNibbles(both) : HighNibbles(both);
  }
};

struct NibbleHighLevels {           // bit j of the high bytes belongs to column 4 j + byte
  static constexpr int kBatch = 4;  // 4 * 2 * 31 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t *q, *high;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const U16V bits = Load<U16V>(PartOf(high, 4, part));
    return NibbleLevels{q}(j, part) | ((BV)(j < 4 ? bits << (4 - j) : bits >> (j - 4)) & 16);
  }
};

struct ByteLevels {
  static constexpr int kBatch = 1;       // 2 * 128 * 127 < 2^15
  static constexpr bool kSigned = true;  // without kWideSums
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const BV w = Load<BV>(PartOf(q + 4 * kPanelRows * j, 4, part));
    return kWideSums && !kWideSigned ? w ^ 128 : w;
  }
};

// The exact products over 4 * kVectors columns: finish(token, part, sums) for every batch of them,
// with kWideSums beginning at start(token).
template <int kVectors, int kTokens, class Levels, class Start, class Finish>
LANTERN_INLINE void IntegerSums(const Levels& levels, const int8_t* const (&q)[kTokens],
                                const Start& start, const Finish& finish) {
  constexpr int kBatch = kWideSums ? kVectors : Levels::kBatch;
  LANTERN_UNROLL for (int j = 0; j < kVectors; j += kBatch) {
    Sums sums[kTokens][kParts];
    LANTERN_UNROLL for (int i = j; i < j + kBatch; ++i) {
      BV weight[kParts];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) weight[p] = levels(i, p);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const Word word = LoadWord(q[t] + 4 * i);
        LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
          if constexpr (kWideSums) {
            const auto before = i == j ? start(t) : sums[t][p];
            sums[t][p] = AddDot(before, weight[p], word);
          } else {
            const Sums dot = PairDot<Levels::kSigned>(weight[p], word);
            sums[t][p] = i == j ? dot : sums[t][p] + dot;
            Pin(sums[t][p]);
          }
        }
      }
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) finish(t, p, sums[t][p]);
    }
  }
}

// ---- blocks of 32 with one scale, or a scale and a minimum ----

struct Q8_0Format {
  using Input = QuantBlock32;
  static constexpr int kBytes = kPanelRows * 34, kTile = kBlockTile;
  static constexpr int kOffset = kWideSums && !kWideSigned ? 128 : 0;  // what level means zero
  static constexpr bool kMinimum = false;
  using Place = BlockPlace<kBytes, true>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, 2 * kPanelRows); }
  LANTERN_INLINE ByteLevels Levels(const Place& at) {
    return {at.Field(2 * kPanelRows, 32 * kPanelRows)};
  }
};

template <bool kHighBits, bool kHasMinimum>
struct NibbleFormat {
  using Input = QuantBlock32;
  static constexpr bool kMinimum = kHasMinimum;
  static constexpr int kHead = kPanelRows * (kMinimum ? 4 : 2);
  static constexpr int kHigh = kHighBits ? kPanelRows * 4 : 0;
  static constexpr int kBytes = kHead + kHigh + kPanelRows * 16, kTile = kBlockTile;
  static constexpr int kOffset = kMinimum ? 0 : kHighBits ? 16 : 8;
  using Place = BlockPlace<kBytes, !kMinimum>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, kHead); }
  LANTERN_INLINE auto Levels(const Place& at) {
    const uint8_t* q = at.Field(kHead + kHigh, 16 * kPanelRows);
    if constexpr (kHighBits) {
      return NibbleHighLevels{q, at.Field(kHead, kHigh)};
    } else {
      return NibbleLevels{q};
    }
  }
};

template <class Format, int kTokens>
LANTERN_INLINE void AddSmallBlock(const uint8_t* panel, int blocks,
                                  const QuantBlock32* const (&in)[kTokens], int block,
                                  PanelSums<kTokens>& sum) {
  const typename Format::Place at(panel, block, blocks);
  PrefetchAhead<Format::kBytes>(panel + static_cast<size_t>(block) * Format::kBytes);
  const int8_t* q[kTokens];
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q;
  IV exact[kTokens][kParts];
  const auto start = [&](int t) __attribute__((always_inline)) {
    return Format::kOffset == 0 ? IV{} : SplatV(in[t][block].minus_8_sum) * (Format::kOffset / 8);
  };
  for (int t = 0; !kWideSums && t < kTokens; ++t) {
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) exact[t][p] = start(t);
  }
  IntegerSums<8>(
      Format::Levels(at), q,
      start, [&](int t, int p, const Sums& sums) __attribute__((always_inline)) {
        exact[t][p] = kWideSums ? Total(sums) : exact[t][p] + Total(sums);
      });
  const uint8_t* scales = Format::Scales(at);
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV scale = LoadHalfV(PartOf(scales, 2, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const QuantBlock32& a = in[t][block];
      sum[t][p] = sum[t][p] + ToFloatV(exact[t][p]) * (scale * SplatV(a.scale));
      if constexpr (Format::kMinimum) {
        const FV minimum = LoadHalfV(PartOf(scales + 2 * kPanelRows, 2, p));
        sum[t][p] = sum[t][p] + SplatV(a.sum) * (minimum * SplatV(a.scale));
      }
    }
  }
}

// ---- blocks of 256: sub-blocks with integer scales (and minimums) of their own ----

// Neighbouring integers of 16 bits as the two halves of each lane.
LANTERN_INLINE IV Pair(IV low, IV high) { return (IV)(((UV)low & 0xffff) | (UV)high << 16); }
LANTERN_INLINE IV PairAt(const int16_t* sums) {
  int32_t word;
  __builtin_memcpy(&word, sums, sizeof(word));
  return SplatV(word);
}

// The eight 6-bit scales and minimums of Q4_K and Q5_K, minimums in pairs. Each row's 12 bytes lie
// in one lane of three vectors: byte j of the first two holds scale j and minimum j (6 bits) and
// the top two bits of scale and minimum j + 4, whose low nibbles share byte j of the third.
LANTERN_INLINE void SixBitScales(const uint8_t* w, int part, IV (&scale)[8], IV (&minimums)[4]) {
  const UV first = Load<UV>(PartOf(w, 4, part));
  const UV second = Load<UV>(PartOf(w + 4 * kPanelRows, 4, part));
  const UV third = Load<UV>(PartOf(w + 8 * kPanelRows, 4, part));
  IV minimum[8];
  LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
    const UV a = first >> (8 * j), b = second >> (8 * j), c = third >> (8 * j);
    scale[j] = Spread((IV)(a & 63));
    minimum[j] = (IV)(b & 63);
    scale[j + 4] = Spread((IV)((c & 15) | (a >> 2 & 48)));
    minimum[j + 4] = (IV)((c >> 4 & 15) | (b >> 2 & 48));
  }
  LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
    minimums[j] = Pair(minimum[2 * j], minimum[2 * j + 1]);
  }
}

struct Q4KLevels {
  static constexpr int kBatch = 8;
  static constexpr bool kSigned = false;
  const uint8_t* q;
  int shift;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    return (BV)(Load<U16V>(PartOf(q + 4 * kPanelRows * j, 4, part)) >> shift) & 15;
  }
};

struct Q5KLevels {
  static constexpr int kBatch = 4;
  static constexpr bool kSigned = false;
  const uint8_t *q, *high;
  int shift, bit;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const U16V bits = (Load<U16V>(PartOf(high + 4 * kPanelRows * j, 4, part)) >> bit) << 4;
    return Q4KLevels{q, shift}(j, part) | ((BV)bits & 16);
  }
};

struct Q6KLevels {
  static constexpr int kBatch = 2;  // 2 * 2 * 63 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t *q, *high;
  int shift, high_shift;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const U16V bits = (Load<U16V>(PartOf(high + 4 * kPanelRows * j, 4, part)) >> high_shift) << 4;
    return Q4KLevels{q, shift}(j, part) | ((BV)bits & 48);
  }
};

struct Q4KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 144, kTile = kBlockTile;
  static constexpr bool kSixBitScales = true;
  static constexpr bool kExactHalves = true;  // 4 * 63 * 32 * 15 * 127 < 2^24
  LANTERN_INLINE Q4KLevels Levels(const uint8_t* w, int sub) {
    return {w + kPanelRows * (16 + sub / 2 * 32), sub % 2 * 4};
  }
};

struct Q5KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 176, kTile = kBlockTile;
  static constexpr bool kSixBitScales = true;
  static constexpr bool kExactHalves = false;
  LANTERN_INLINE Q5KLevels Levels(const uint8_t* w, int sub) {
    return {w + kPanelRows * (48 + sub / 2 * 32), w + kPanelRows * 16, sub % 2 * 4, sub};
  }
};

// Weighted sums of the levels, by kSubs sub-blocks: products += scale * levels.
template <int kSubs, int kTokens, class Format, class ScaleOf>
LANTERN_INLINE void SubBlockProducts(const uint8_t* w, const QuantBlock256* const (&in)[kTokens],
                                     int block, const ScaleOf& scale_of,
                                     IV (&products)[kTokens][kParts]) {
  constexpr int kColumns = 256 / kSubs;
  for (int t = 0; t < kTokens; ++t) {
    for (int p = 0; p < kParts; ++p) products[t][p] = IV{};
  }
  for (int sub = 0; sub < kSubs; ++sub) {
    PrefetchAhead<Format::kBytes / kSubs>(w + Format::kBytes / kSubs * sub);
    const int8_t* q[kTokens];
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q + kColumns * sub;
    IV scale[kParts];
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) scale[p] = scale_of(sub, p);
    IntegerSums<kColumns / 4>(
        Format::Levels(w, sub), q, [](int) __attribute__((always_inline)) { return IV{}; },
        [&](int t, int p, const Sums& sums)
            __attribute__((always_inline)) { products[t][p] += Total(sums, scale[p]); });
  }
}

// The same as floats, where those hold a half's sum exactly: what is left is the one rounding that
// converting the integer takes.
template <int kTokens, class Format>
LANTERN_INLINE void HalvesProducts(const uint8_t* w, const QuantBlock256* const (&in)[kTokens],
                                   int block, const IV (&scale)[kParts][8],
                                   FV (&products)[kTokens][kParts]) {
  constexpr int kSubBytes = Format::kBytes / 8;
  for (int half = 0; half < 2; ++half) {
    FV sum[kTokens][kParts] = {};
    for (int sub = 4 * half; sub < 4 * half + 4; ++sub) {
      PrefetchAhead<kSubBytes>(w + kSubBytes * sub);
      const int8_t* q[kTokens];
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q + 32 * sub;
      FV factor[kParts];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) factor[p] = ToFloatV(scale[p][sub]);
      IntegerSums<8>(
          Format::Levels(w, sub), q, [](int) __attribute__((always_inline)) { return IV{}; },
          [&](int t, int p, const Sums& sums) __attribute__((always_inline)) {
            sum[t][p] = FmaV(ToFloatV(Total(sums)), factor[p], sum[t][p]);
          });
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
        products[t][p] = half == 0 ? sum[t][p] : products[t][p] + sum[t][p];
      }
    }
  }
}

template <class Format, int kTokens>
LANTERN_INLINE void AddMinimumSuperBlock(const uint8_t* panel,
                                         const QuantBlock256* const (&in)[kTokens], int block,
                                         PanelSums<kTokens>& sum) {
  const uint8_t* w = panel + static_cast<size_t>(block) * Format::kBytes;
  IV scale[kParts][8], minimums[kParts][4];
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    SixBitScales(w + 4 * kPanelRows, p, scale[p], minimums[p]);
  }
  FV products[kTokens][kParts];
  if constexpr (kFloatScales && Format::kExactHalves) {
    HalvesProducts<kTokens, Format>(w, in, block, scale, products);
  } else {
    IV exact[kTokens][kParts];
    SubBlockProducts<8, kTokens, Format>(
        w, in, block, [&](int sub, int p) __attribute__((always_inline)) { return scale[p][sub]; },
        exact);
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) products[t][p] = ToFloatV(exact[t][p]);
    }
  }
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV d = LoadHalfV(PartOf(w, 2, p));
    const FV d_minimum = LoadHalfV(PartOf(w + 2 * kPanelRows, 2, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const QuantBlock256& x = in[t][block];
      IV minimum = {};
      LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
        minimum += PairProducts(minimums[p][j], PairAt(x.sum32 + 2 * j));
      }
      const FV a = SplatV(x.scale);
      sum[t][p] = sum[t][p] + products[t][p] * (d * a);
      sum[t][p] = sum[t][p] - ToFloatV(minimum) * (d_minimum * a);
    }
  }
}

// Q6_K: sixteen sub-blocks of 16 with 8-bit scales; levels 0 to 63 mean -32 to 31.
struct Q6KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 210, kTile = kBlockTile;
  static constexpr int kScales = 192 * kPanelRows, kFactor = 208 * kPanelRows;
  using Place = BlockPlace<kBytes, true>;

  // Half h of the block: low bits at q[64 h], nibbles of 32 + 32 bytes; high bits at high[32 h].
  LANTERN_INLINE Q6KLevels Levels(const uint8_t* w, int sub) {
    const int half = sub / 8, quarter = sub / 2 % 4, part = sub % 2;
    return {w + kPanelRows * (half * 64 + quarter % 2 * 32 + part * 16),
            w + kPanelRows * (128 + half * 32 + part * 16), quarter / 2 * 4, quarter * 2};
  }
  LANTERN_INLINE IV Scale(const uint8_t* w, int sub, int part) {
    const IV four = Load<IV>(PartOf(w + kScales + sub / 4 * 4 * kPanelRows, 4, part));
    return four << (24 - sub % 4 * 8) >> 24;
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const uint8_t* panel, int blocks,
                               const QuantBlock256* const (&in)[kTokens], int block,
                               PanelSums<kTokens>& sum) {
    const Place at(panel, block, blocks);
    const uint8_t* w = at.Field(0, kFactor);
    IV products[kTokens][kParts];
    SubBlockProducts<16, kTokens, Q6KFormat>(
        w, in, block,
        [&](int sub, int p) __attribute__((always_inline)) { return Spread(Scale(w, sub, p)); },
        products);
    const uint8_t* factors = at.Field(kFactor, 2 * kPanelRows);
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      IV scales[8];
      LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
        scales[j] = Pair(Scale(w, 2 * j, p), Scale(w, 2 * j + 1, p));
      }
      const FV d = LoadHalfV(PartOf(factors, 2, p));
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const QuantBlock256& x = in[t][block];
        IV offset = {};
        LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
          offset += PairProducts(scales[j], PairAt(x.sum16 + 2 * j));
        }
        const IV exact = products[t][p] - 32 * offset;
        sum[t][p] = sum[t][p] + ToFloatV(exact) * (d * SplatV(x.scale));
      }
    }
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
