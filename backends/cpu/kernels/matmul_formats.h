// How each weight format's packed block of eight rows (pack.h) adds to the sums of some tokens.
// Everything a format is: its bytes, its input, and AddBlock, the arithmetic of one block in the
// order that backends/README.md fixes. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// ---- plain numbers: a block is one column, the sum a chain of fused multiply-adds ----

template <F8 (*kLoad)(const void*), int kElementBytes>
struct PlainFormat {
  using Input = float;
  static constexpr int kBytes = kPanelRows * kElementBytes, kTileTokens = 8;

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const uint8_t* w, const float* const (&in)[kTokens], int column,
                               F8 (&sum)[kTokens]) {
    const F8 weight = kLoad(w);
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      sum[t] = Fma(weight, Splat(in[t][column]), sum[t]);
    }
  }
};
using F32Format = PlainFormat<Load<F8>, 4>;
using F16Format = PlainFormat<LoadHalf, 2>;
using BF16Format = PlainFormat<LoadBFloat16, 2>;

// ---- integer sums ----
// `Levels` gives the quantized weights of columns 4 j to 4 j + 3 of all eight rows, as bytes, and
// says how many products' pairs 16 bits can hold.

struct NibbleLevels {               // low nibbles are columns 0-15, high ones 16-31
  static constexpr int kBatch = 8;  // 8 * 2 * 15 * 127 < 2^15
  const uint8_t* q;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const {
    return j < 4 ? LowNibbles(Load<U8x32>(q + 32 * j)) : HighNibbles(Load<U8x32>(q + 32 * (j - 4)));
  }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDot(w, a); }
};

struct NibbleHighLevels {           // bit j of the high bytes belongs to column 4 j + byte
  static constexpr int kBatch = 4;  // 4 * 2 * 31 * 127 < 2^15
  const uint8_t* q;
  U8x32 high;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const {
    const U16x16 bits = (U16x16)high;
    return NibbleLevels{q}(j) | ((U8x32)(j < 4 ? bits << (4 - j) : bits >> (j - 4)) & 16);
  }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDot(w, a); }
};

struct ByteLevels {
  static constexpr int kBatch = 1;  // 2 * 128 * 127 < 2^15
  const uint8_t* q;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const { return Load<U8x32>(q + 32 * j); }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDotSigned(w, a); }
};

LANTERN_INLINE I32x8 FourColumns(const int8_t* q, int j) {
  int32_t word;
  __builtin_memcpy(&word, q + 4 * j, sizeof(word));
  return Splat(word);
}

// sum[t] = the exact integer products over 4 * kVectors columns.
template <int kVectors, int kTokens, class Levels>
LANTERN_INLINE void IntegerSums(const Levels& levels, const int8_t* const (&q)[kTokens],
                                I32x8 (&sum)[kTokens]) {
  LANTERN_UNROLL for (int j = 0; j < kVectors; j += Levels::kBatch) {
    PairSums pairs[kTokens];
    LANTERN_UNROLL for (int i = j; i < j + Levels::kBatch; ++i) {
      const U8x32 weight = levels(i);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const PairSums dot = Levels::Dot(weight, FourColumns(q[t], i));
        pairs[t] = i == j ? dot : pairs[t] + dot;
        Pin(pairs[t]);
      }
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      sum[t] = j == 0 ? SumPairs(pairs[t]) : sum[t] + SumPairs(pairs[t]);
    }
  }
}

// ---- blocks of 32 with one scale, or a scale and a minimum ----

struct Q8_0Format {
  using Input = QuantBlock32;
  static constexpr int kBytes = kPanelRows * 34, kOffset = 0, kTileTokens = 4;
  static constexpr bool kMinimum = false;
  LANTERN_INLINE ByteLevels Levels(const uint8_t* w) { return {w + 16}; }
};

template <bool kHighBits, bool kHasMinimum>
struct NibbleFormat {
  using Input = QuantBlock32;
  static constexpr bool kMinimum = kHasMinimum;
  static constexpr int kHead = kPanelRows * (kMinimum ? 4 : 2);
  static constexpr int kBytes = kHead + kPanelRows * (kHighBits ? 20 : 16), kTileTokens = 4;
  static constexpr int kOffset = kMinimum ? 0 : kHighBits ? 16 : 8;  // the level that means zero
  LANTERN_INLINE auto Levels(const uint8_t* w) {
    if constexpr (kHighBits) {
      return NibbleHighLevels{w + kHead + 32, Load<U8x32>(w + kHead)};
    } else {
      return NibbleLevels{w + kHead};
    }
  }
};

template <class Format, int kTokens>
LANTERN_INLINE void AddSmallBlock(const uint8_t* w, const QuantBlock32* const (&in)[kTokens],
                                  int block, F8 (&sum)[kTokens]) {
  const int8_t* q[kTokens];
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q;
  I32x8 products[kTokens];
  IntegerSums<8>(Format::Levels(w), q, products);
  const F8 scale = LoadHalf(w);
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    const QuantBlock32& a = in[t][block];
    const I32x8 exact = products[t] - Splat(Format::kOffset * a.sum);
    sum[t] = sum[t] + ToFloat(exact) * (scale * Splat(a.scale));
    if constexpr (Format::kMinimum) {
      const F8 minimum = LoadHalf(w + 16);
      sum[t] = sum[t] + ToFloat(Splat(a.sum)) * (minimum * Splat(a.scale));
    }
  }
}

// ---- blocks of 256: sub-blocks with integer scales (and minimums) of their own ----

// The eight 6-bit scales and minimums of Q4_K and Q5_K. Each row's 12 bytes lie in one lane of
// three vectors: byte j of the first two holds scale j and minimum j (6 bits) and the top two bits
// of scale and minimum j + 4, whose low nibbles share byte j of the third.
LANTERN_INLINE void SixBitScales(const uint8_t* w, I32x8 (&scale)[8], I32x8 (&minimum)[8]) {
  const U32x8 first = Load<U32x8>(w), second = Load<U32x8>(w + 32), third = Load<U32x8>(w + 64);
  LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
    const U32x8 a = first >> (8 * j), b = second >> (8 * j), c = third >> (8 * j);
    scale[j] = (I32x8)(a & 63);
    minimum[j] = (I32x8)(b & 63);
    scale[j + 4] = (I32x8)((c & 15) | (a >> 2 & 48));
    minimum[j + 4] = (I32x8)((c >> 4 & 15) | (b >> 2 & 48));
  }
}

struct Q4KLevels {
  static constexpr int kBatch = 8;
  const uint8_t* q;
  int shift;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const {
    return (U8x32)(Load<U16x16>(q + 32 * j) >> shift) & 15;
  }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDot(w, a); }
};

struct Q5KLevels {
  static constexpr int kBatch = 4;
  const uint8_t *q, *high;
  int shift, bit;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const {
    const U16x16 bits = (Load<U16x16>(high + 32 * j) >> bit) << 4;
    return Q4KLevels{q, shift}(j) | ((U8x32)bits & 16);
  }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDot(w, a); }
};

struct Q6KLevels {
  static constexpr int kBatch = 2;  // 2 * 2 * 63 * 127 < 2^15
  const uint8_t *q, *high;
  int shift, high_shift;
  LANTERN_FORCE_INLINE U8x32 operator()(int j) const {
    const U16x16 bits = (Load<U16x16>(high + 32 * j) >> high_shift) << 4;
    return Q4KLevels{q, shift}(j) | ((U8x32)bits & 48);
  }
  LANTERN_INLINE PairSums Dot(U8x32 w, I32x8 a) { return PairDot(w, a); }
};

struct Q4KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 144, kTileTokens = 4;
  static constexpr bool kSixBitScales = true;
  LANTERN_INLINE Q4KLevels Levels(const uint8_t* w, int sub) {
    return {w + 128 + (sub / 2) * 256, sub % 2 * 4};
  }
};

struct Q5KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 176, kTileTokens = 4;
  static constexpr bool kSixBitScales = true;
  LANTERN_INLINE Q5KLevels Levels(const uint8_t* w, int sub) {
    return {w + 384 + (sub / 2) * 256, w + 128, sub % 2 * 4, sub};
  }
};

template <class Format, int kTokens>
LANTERN_INLINE void AddMinimumSuperBlock(const uint8_t* w,
                                         const QuantBlock256* const (&in)[kTokens], int block,
                                         F8 (&sum)[kTokens]) {
  I32x8 scale[8], minimum[8], products[kTokens], minimums[kTokens];
  SixBitScales(w + 32, scale, minimum);
  for (int t = 0; t < kTokens; ++t) products[t] = minimums[t] = I32x8{};
  for (int sub = 0; sub < 8; ++sub) {
    const int8_t* q[kTokens];
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q + 32 * sub;
    I32x8 part[kTokens];
    IntegerSums<8>(Format::Levels(w, sub), q, part);
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const int32_t* sums = in[t][block].sum + 2 * sub;
      products[t] += part[t] * scale[sub];
      minimums[t] += minimum[sub] * Splat(sums[0] + sums[1]);
    }
  }
  const F8 d = LoadHalf(w), d_minimum = LoadHalf(w + 16);
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    const F8 a = Splat(in[t][block].scale);
    sum[t] = sum[t] + ToFloat(products[t]) * (d * a);
    sum[t] = sum[t] - ToFloat(minimums[t]) * (d_minimum * a);
  }
}

// Q6_K: sixteen sub-blocks of 16 with 8-bit scales; levels 0 to 63 mean -32 to 31.
struct Q6KFormat {
  using Input = QuantBlock256;
  static constexpr int kBytes = kPanelRows * 210, kTileTokens = 4;
  // Half h of the block: low bits at q[64 h], nibbles of 32 + 32 bytes; high bits at high[32 h].
  LANTERN_INLINE Q6KLevels Levels(const uint8_t* w, int sub) {
    const int half = sub / 8, quarter = sub / 2 % 4, part = sub % 2;
    return {w + half * 512 + quarter % 2 * 256 + part * 128, w + 1024 + half * 256 + part * 128,
            quarter / 2 * 4, quarter * 2};
  }
  LANTERN_INLINE I32x8 Scale(const uint8_t* w, int sub) {
    return Load<I32x8>(w + 1536 + sub / 4 * 32) << (24 - sub % 4 * 8) >> 24;
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const uint8_t* w, const QuantBlock256* const (&in)[kTokens],
                               int block, F8 (&sum)[kTokens]) {
    I32x8 products[kTokens];
    for (int t = 0; t < kTokens; ++t) products[t] = I32x8{};
    for (int sub = 0; sub < 16; ++sub) {
      const int8_t* q[kTokens];
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q + 16 * sub;
      I32x8 part[kTokens];
      IntegerSums<4>(Levels(w, sub), q, part);
      const I32x8 scale = Scale(w, sub);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        products[t] += (part[t] - Splat(32 * in[t][block].sum[sub])) * scale;
      }
    }
    const F8 d = LoadHalf(w + 1664);
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      sum[t] = sum[t] + ToFloat(products[t]) * (d * Splat(in[t][block].scale));
    }
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
