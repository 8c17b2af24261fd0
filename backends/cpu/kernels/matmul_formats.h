// How each weight format's packed block of sixteen rows (pack.h) adds to the sums of some tokens.
// Everything a format is: its bytes, its input, and AddBlock, the arithmetic of one block in the
// order that backends/README.md fixes. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"
#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/prefetch.h"

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

// ---- plain numbers: a block is one column, the sum a chain of fused multiply-adds ----

template <FV (*kLoad)(const void*), int kElementBytes>
struct PlainFormat {
  using Input = float;
  static constexpr int kBytes = kPanelRows * kElementBytes, kTile = kPlainTile;
  static constexpr bool kPairs = true;  // has AddPair

  LANTERN_INLINE FV Column(const uint8_t* panel, int column, int part) {
    return kLoad(PartOf(panel + static_cast<size_t>(column) * kBytes, kElementBytes, part));
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const PanelJob& job, const float* const (&in)[kTokens], int column,
                               PanelSums<kTokens>& sum) {
    const uint8_t* w = job.panel + static_cast<size_t>(column) * kBytes;
    if (column % (64 / kBytes) == 0) Prefetch<64>(w, AheadOf<kTokens, kTile>(job));
    AddColumn(w, in, column, sum);
  }

  // The same of two panels, the second right behind the first. Each is asked for half as far ahead:
  // together they read as fast as one. Ahead of their ends lies the next pair, not each other.
  template <int kTokens>
  LANTERN_INLINE void AddPair(const PanelJob& job, const float* const (&in)[kTokens], int column,
                              PanelSums<kTokens> (&sum)[2]) {
    const size_t panel_bytes = static_cast<size_t>(job.blocks) * kBytes;
    const size_t at = static_cast<size_t>(column) * kBytes;
    const uint8_t* const w[] = {job.panel + at, job.panel + panel_bytes + at};
    if (column % (64 / kBytes) == 0) {
      const size_t half_far = job.ahead.far / 2, half_near = job.ahead.near / 2;
      const size_t far = half_far + (at + half_far < panel_bytes ? 0 : panel_bytes);
      const size_t near = half_near + (at + half_near < panel_bytes ? 0 : panel_bytes);
      LANTERN_UNROLL for (int i = 0; i < 2; ++i) {
        __builtin_prefetch(w[i] + far, 0, 2);
        __builtin_prefetch(w[i] + near);
      }
    }
    LANTERN_UNROLL for (int i = 0; i < 2; ++i) AddColumn(w[i], in, column, sum[i]);
  }

 private:
  template <int kTokens>
  LANTERN_INLINE void AddColumn(const uint8_t* w, const float* const (&in)[kTokens], int column,
                                PanelSums<kTokens>& sum) {
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

// Levels of 5 and 6 bits fill vectors that hold the levels of other columns, in pieces, in their
// bytes' upper bits (pack_levels.cc): most levels are one operation, and nothing lies elsewhere.

LANTERN_INLINE BV ByteVector(const uint8_t* q, int i, int part) {
  return Load<BV>(PartOf(q + 4 * kPanelRows * i, 4, part));
}
LANTERN_INLINE BV Bits(BV v, int shift, int mask) {
  return (BV)((U16V)v >> shift) & static_cast<uint8_t>(mask);
}

struct FiveBitLevels {              // 32 columns in five vectors
  static constexpr int kBatch = 4;  // 4 * 2 * 31 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const auto at = [&](int i) __attribute__((always_inline)) { return ByteVector(q, i, part); };
    if (j < 5) return at(j) & 31;
    if (j < 7) return Bits(at(2 * j - 10), 5, 7) | Bits(at(2 * j - 9), 2, 24);
    return Bits(at(4), 5, 7) | Bits(at(1), 4, 8) | Bits(at(3), 3, 16);
  }
};

struct SixBitLevels {               // 16 columns in three vectors
  static constexpr int kBatch = 4;  // less 32, 4 * 2 * 32 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const auto at = [&](int i) __attribute__((always_inline)) { return ByteVector(q, i, part); };
    if (j < 3) return at(j) & 63;
    return Bits(at(0), 6, 3) | Bits(at(1), 4, 12) | Bits(at(2), 2, 48);
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

// The exact products over 4 * kVectors columns: finish(token, part, sums, whether it is the first)
// for every batch of them, each beginning at start(token). Meanwhile as many bytes as kBytes at `w`
// are prefetched.
template <int kVectors, int kBytes, int kTokens, class Levels, class Start, class Finish>
LANTERN_INLINE void IntegerSums(const uint8_t* w, Ahead ahead, const Levels& levels,
                                const int8_t* const (&q)[kTokens], const Start& start,
                                const Finish& finish) {
  constexpr int kBatch = kWideSums ? kVectors : Levels::kBatch;
  LANTERN_UNROLL for (int j = 0; j < kVectors; j += kBatch) {
    Sums sums[kTokens][kParts];
    LANTERN_UNROLL for (int i = j; i < j + kBatch; ++i) {
      PrefetchStep<kBytes, kVectors>(w, ahead, i);
      BV weight[kParts];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) weight[p] = levels(i, p);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const Word word = LoadWord(q[t] + 4 * i);
        LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
          const Sums before = i == j ? start(t) : sums[t][p];
          if constexpr (kWideSums) {
            sums[t][p] = AddDot(before, weight[p], word);
          } else {
            sums[t][p] = before + PairDot<Levels::kSigned>(weight[p], word);
            Pin(sums[t][p]);
          }
        }
      }
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) finish(t, p, sums[t][p], j == 0);
    }
  }
}

// ---- blocks of 32 with one scale, or a scale and a minimum ----

struct Q8_0Format {
  using Input = QuantBlock32;
  static constexpr int kBytes = kPanelRows * 34, kTile = kBlockTile;
  static constexpr int kOffset = kWideSums && !kWideSigned ? 128 : 0;  // what level means zero
  static constexpr bool kMinimum = false;
  static constexpr bool kSignedBytes = true;  // its levels as they are packed
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
  static constexpr int kQuants = kPanelRows * (kHighBits ? 20 : 16);
  static constexpr int kBytes = kHead + kQuants, kTile = kBlockTile;
  static constexpr int kOffset = kMinimum ? 0 : kHighBits ? 16 : 8;
  using Place = BlockPlace<kBytes, !kMinimum>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, kHead); }
  LANTERN_INLINE auto Levels(const Place& at) {
    const uint8_t* q = at.Field(kHead, kQuants);
    if constexpr (kHighBits) {
      return FiveBitLevels{q};
    } else {
      return NibbleLevels{q};
    }
  }
};

template <class Format, int kTokens>
LANTERN_INLINE void AddSmallBlock(const PanelJob& job, const QuantBlock32* const (&in)[kTokens],
                                  int block, PanelSums<kTokens>& sum) {
  const typename Format::Place at(job.panel, block, job.blocks);
  const Ahead ahead = AheadOf<kTokens, Format::kTile>(job);
  const int8_t* q[kTokens];
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q;
  IV exact[kTokens][kParts];
  const auto offset = [&](int t) __attribute__((always_inline)) {
    return Format::kOffset == 0 ? IV{} : SplatV(in[t][block].minus_8_sum) * (Format::kOffset / 8);
  };
  const auto start = [&](int t) __attribute__((always_inline)) {
    if constexpr (kWideSums) {
      return offset(t);
    } else {
      return Sums{};
    }
  };
  IntegerSums<8, Format::kBytes>(
      job.panel + static_cast<size_t>(block) * Format::kBytes, ahead, Format::Levels(at), q,
      start, [&](int t, int p, const Sums& sums, bool first) __attribute__((always_inline)) {
        exact[t][p] = kWideSums ? Total(sums) : Total(sums) + (first ? offset(t) : exact[t][p]);
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

LANTERN_INLINE IV PairAt(const int16_t (&pair)[2]) { return SplatV(Load<int32_t>(pair)); }

// The eight 6-bit scales and minimums of Q4_K and Q5_K, minimums in pairs (see QuantBlock256). Each
// row's 12 bytes lie in one lane of three vectors: byte j of the first two holds scale j and
// minimum j (6 bits) and the top two bits of scale and minimum j + 4, whose low nibbles share byte
// j of the third.
LANTERN_INLINE void SixBitScales(const uint8_t* w, int part, IV (&scale)[8], IV (&minimums)[4]) {
  const BV a = ByteVector(w, 0, part), b = ByteVector(w, 1, part), c = ByteVector(w, 2, part);
  const BV scales[2] = {a & 63, (c & 15) | Bits(a, 2, 48)};
  const BV minimum[2] = {b & 63, Bits(c, 4, 15) | Bits(b, 2, 48)};
  LANTERN_UNROLL for (int half = 0; half < 2; ++half) {
    LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
      scale[4 * half + j] = Spread((IV)((UV)scales[half] >> (8 * j) & 255));
    }
    minimums[2 * half] = (IV)minimum[half] & 0xff00ff;
    minimums[2 * half + 1] = (IV)((U16V)minimum[half] >> 8);
  }
}

struct Q4KLevels {
  static constexpr int kBatch = 8;
  static constexpr bool kSigned = false;
  const uint8_t* q;
  int shift;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    return Bits(ByteVector(q, j, part), shift, 15);
  }
};

// kHead bytes of scales, then kSubBytes for each sub-block; kTogether of them in one turn of a
// loop, so that Q4_K's two that share bytes shift by constants.

struct Q4KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 144, kTile = kBlockTile;
  static constexpr bool kSixBitScales = true;
  static constexpr bool kExactHalves = true;  // 4 * 63 * 32 * 15 * 127 < 2^24
  static constexpr int kHead = kPanelRows * 16, kSubBytes = kPanelRows * 16, kTogether = 2;
  LANTERN_INLINE Q4KLevels Levels(const uint8_t* w, int sub) {
    return {w + kHead + sub / 2 * 2 * kSubBytes, sub % 2 * 4};
  }
};

struct Q5KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 176, kTile = kBlockTile;
  static constexpr bool kSixBitScales = true;
  static constexpr bool kExactHalves = false;
  static constexpr int kHead = kPanelRows * 16, kSubBytes = kPanelRows * 20, kTogether = 1;
  LANTERN_INLINE FiveBitLevels Levels(const uint8_t* w, int sub) {
    return {w + kHead + kSubBytes * sub};
  }
};

// Where each token's activations of a sub-block begin. Where products take them from memory, g++
// would keep a pointer to every four of them, and sums in memory: so it shall not look through.
template <int kTokens>
LANTERN_INLINE void ActivationsAt(const QuantBlock256* const (&in)[kTokens], int block, int column,
                                  const int8_t* (&q)[kTokens]) {
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    q[t] = in[t][block].q + column;
    if constexpr (__is_same(Word, const uint8_t*)) asm("" : "+r"(q[t]));
  }
}

// Weighted sums of the levels, by kSubs sub-blocks: products += scale * levels.
template <int kSubs, class Format, int kTokens, class ScaleOf, class Start>
LANTERN_INLINE void SubBlockProducts(const uint8_t* w, Ahead ahead,
                                     const QuantBlock256* const (&in)[kTokens], int block,
                                     const ScaleOf& scale_of, const Start& start,
                                     IV (&products)[kTokens][kParts]) {
  constexpr int kColumns = 256 / kSubs;
  for (int t = 0; t < kTokens; ++t) {
    for (int p = 0; p < kParts; ++p) products[t][p] = IV{};
  }
  const auto add = [&](int sub) __attribute__((always_inline)) {
    const int8_t* q[kTokens];
    ActivationsAt(in, block, kColumns * sub, q);
    IV scale[kParts];
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) scale[p] = scale_of(sub, p);
    IntegerSums<kColumns / 4, Format::kSubBytes>(
        w + Format::kHead + Format::kSubBytes * sub, ahead, Format::Levels(w, sub),
        q, [&](int t) __attribute__((always_inline)) { return start(t, sub); },
        [&](int t, int p, const Sums& sums, bool)
            __attribute__((always_inline)) { products[t][p] += Total(sums, scale[p]); });
  };
  for (int sub = 0; sub < kSubs; sub += Format::kTogether) {
    LANTERN_UNROLL for (int i = 0; i < Format::kTogether; ++i) add(sub + i);
  }
}

// The same as floats, where those hold a half's sum exactly: what is left is the one rounding that
// converting the integer takes.
template <int kTokens, class Format>
LANTERN_INLINE void HalvesProducts(const uint8_t* w, Ahead ahead,
                                   const QuantBlock256* const (&in)[kTokens], int block,
                                   const IV (&scale)[kParts][8], FV (&products)[kTokens][kParts]) {
  for (int half = 0; half < 2; ++half) {
    FV sum[kTokens][kParts] = {};
    const auto add = [&](int sub) __attribute__((always_inline)) {
      const int8_t* q[kTokens];
      ActivationsAt(in, block, 32 * sub, q);
      FV factor[kParts];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) factor[p] = ToFloatV(scale[p][sub]);
      IntegerSums<8, Format::kSubBytes>(
          w + Format::kHead + Format::kSubBytes * sub, ahead, Format::Levels(w, sub), q,
          [](int) __attribute__((always_inline)) { return Sums{}; },
          [&](int t, int p, const Sums& sums, bool) __attribute__((always_inline)) {
            sum[t][p] = FmaV(ToFloatV(Total(sums)), factor[p], sum[t][p]);
          });
    };
    for (int sub = 4 * half; sub < 4 * half + 4; sub += Format::kTogether) {
      LANTERN_UNROLL for (int i = 0; i < Format::kTogether; ++i) add(sub + i);
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
        products[t][p] = half == 0 ? sum[t][p] : products[t][p] + sum[t][p];
      }
    }
  }
}

template <class Format, int kTokens>
LANTERN_INLINE void AddMinimumSuperBlock(const PanelJob& job,
                                         const QuantBlock256* const (&in)[kTokens], int block,
                                         PanelSums<kTokens>& sum) {
  const uint8_t* w = job.panel + static_cast<size_t>(block) * Format::kBytes;
  const Ahead ahead = AheadOf<kTokens, Format::kTile>(job);
  Prefetch<Format::kHead>(w, ahead);
  IV scale[kParts][8], minimums[kParts][4];
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    SixBitScales(w + 4 * kPanelRows, p, scale[p], minimums[p]);
  }
  FV products[kTokens][kParts];
  if constexpr (kFloatScales && Format::kExactHalves) {
    HalvesProducts<kTokens, Format>(w, ahead, in, block, scale, products);
  } else {
    IV exact[kTokens][kParts];
    SubBlockProducts<8, Format>(
        w, ahead, in,
        block, [&](int sub, int p) __attribute__((always_inline)) { return scale[p][sub]; },
        [](int, int) __attribute__((always_inline)) { return Sums{}; }, exact);
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
        minimum += PairProducts(minimums[p][j], PairAt(x.pair_sums[j]));
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
  static constexpr int kFactors = 2 * kPanelRows, kScales = 16 * kPanelRows;
  static constexpr int kHead = 0, kSubBytes = 12 * kPanelRows, kTogether = 1;
  using Place = BlockPlace<kBytes, true>;

  LANTERN_INLINE const uint8_t* Factors(const Place& at) { return at.Field(0, kFactors); }
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(kFactors, kScales); }
  LANTERN_INLINE const uint8_t* Quants(const Place& at) {
    return at.Field(kFactors + kScales, 16 * kSubBytes);
  }
  LANTERN_INLINE SixBitLevels Levels(const uint8_t* quants, int sub) {
    return {quants + kSubBytes * sub};
  }
  LANTERN_INLINE IV Scale(const uint8_t* scales, int sub, int part) {
    return LoadBytesV(PartOf(scales + kPanelRows * sub, 1, part));
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const PanelJob& job, const QuantBlock256* const (&in)[kTokens],
                               int block, PanelSums<kTokens>& sum) {
    const Place at(job.panel, block, job.blocks);
    const uint8_t* const scales = Scales(at);
    const Ahead ahead = AheadOf<kTokens, kTile>(job);
    Prefetch<kFactors>(Factors(at), ahead);
    Prefetch<kScales>(scales, ahead);
    IV products[kTokens][kParts];
    SubBlockProducts<16, Q6KFormat>(
        Quants(at), ahead, in, block,
        [&](int sub, int p)
            __attribute__((always_inline)) { return Spread(Scale(scales, sub, p)); },
        [&](int t, int sub) __attribute__((always_inline)) {
          const QuantBlock256& x = in[t][block];
          return SplatSums(kWideSums ? x.minus_32_sum[sub] : Load<int32_t>(x.minus_32_halves[sub]));
        },
        products);
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      const FV d = LoadHalfV(PartOf(Factors(at), 2, p));
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        sum[t][p] = sum[t][p] + ToFloatV(products[t][p]) * (d * SplatV(in[t][block].scale));
      }
    }
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
