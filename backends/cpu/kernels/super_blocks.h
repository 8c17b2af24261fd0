// The formats in blocks of 256: Q4_K, Q5_K, Q6_K, whose sub-blocks have integer scales (and
// minimums) of their own. As matmul_formats.h otherwise; included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/matmul_formats.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

LANTERN_INLINE IV PairAt(const int16_t (&pair)[2]) { return SplatV(Load<int32_t>(pair)); }

// The eight 6-bit scales and minimums of Q4_K and Q5_K, a byte each. Each row's 12 bytes lie in one
// lane of three vectors: byte j of the first two holds scale j and minimum j (6 bits) and the top
// two bits of scale and minimum j + 4, whose low nibbles share byte j of the third.
LANTERN_INLINE void SixBitBytes(const uint8_t* w, int part, BV (&scales)[2], BV (&minimums)[2]) {
  const BV a = ByteVector(w, 0, part), b = ByteVector(w, 1, part), c = ByteVector(w, 2, part);
  scales[0] = a & 63;
  scales[1] = (c & 15) | Bits(a, 2, 48);
  minimums[0] = b & 63;
  minimums[1] = Bits(c, 4, 15) | Bits(b, 2, 48);
}

LANTERN_INLINE void SpreadScales(const BV (&scales)[2], IV (&scale)[8]) {
  LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
    scale[j] = Spread((IV)((UV)scales[j / 4] >> (8 * (j % 4)) & 255));
  }
}

// In pairs of neighbours, for NarrowProducts.
LANTERN_INLINE void PairScales(const BV (&scales)[2], IV (&pair)[4]) {
  LANTERN_UNROLL for (int half = 0; half < 2; ++half) {
    const UV four = (UV)scales[half];
    pair[2 * half] = (IV)((four & 0xff) | (four & 0xff00) << 8);
    pair[2 * half + 1] = (IV)((four >> 16 & 0xff) | (four >> 8 & 0xff0000));
  }
}

// As QuantBlock256 pairs the sums of its activations.
LANTERN_INLINE void PairMinimums(const BV (&minimums)[2], IV (&pair)[4]) {
  LANTERN_UNROLL for (int half = 0; half < 2; ++half) {
    pair[2 * half] = (IV)minimums[half] & 0xff00ff;
    pair[2 * half + 1] = (IV)((U16V)minimums[half] >> 8);
  }
}

LANTERN_INLINE void SixBitScales(const uint8_t* w, int part, IV (&scale)[8], IV (&minimums)[4]) {
  BV scale_bytes[2], minimum_bytes[2];
  SixBitBytes(w, part, scale_bytes, minimum_bytes);
  SpreadScales(scale_bytes, scale);
  PairMinimums(minimum_bytes, minimums);
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
  static constexpr bool kNarrow = true;
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
  static constexpr bool kNarrow = false;  // 32 * 31 * 127 is far above 2^15
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
        q, [&](int t) __attribute__((always_inline)) { return start(in[t][block], sub); },
        [&](int t, int p, const Sums& sums, bool)
            __attribute__((always_inline)) { products[t][p] += Total(sums, scale[p]); });
  };
  for (int sub = 0; sub < kSubs; sub += Format::kTogether) {
    LANTERN_UNROLL for (int i = 0; i < Format::kTogether; ++i) add(sub + i);
  }
}

// The same address, as one register: g++ would keep several for places at fixed distances.
template <class T>
LANTERN_INLINE const T* OneBase(const T* p) {
  asm("" : "+r"(p));
  return p;
}

template <int kTokens>
LANTERN_INLINE void Convert(const IV (&exact)[kTokens][kParts], FV (&products)[kTokens][kParts]) {
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) products[t][p] = ToFloatV(exact[t][p]);
  }
}

// Whether all tokens' activations are so narrow.
template <int32_t kNarrow, int kTokens>
LANTERN_INLINE bool AllNarrow(const QuantBlock256* const (&in)[kTokens], int block) {
  int32_t all = kNarrow;
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) all &= in[t][block].narrow;
  return all != 0;
}

// The same where AllNarrow: two sub-blocks' sums share a lane, and one instruction weighs both. The
// ports that multiply bound full tiles. scales_of(i, part): of sub-blocks 2 i and 2 i + 1.
template <int kSubs, class Format, int kTokens, class ScalesOf, class Start>
LANTERN_INLINE void NarrowProducts(const uint8_t* w, Ahead ahead,
                                   const QuantBlock256* const (&in)[kTokens], int block,
                                   const ScalesOf& scales_of, const Start& start,
                                   IV (&products)[kTokens][kParts]) {
  constexpr int kColumns = 256 / kSubs;
  const QuantBlock256* at[kTokens];
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) at[t] = OneBase(in[t] + block);
  w = OneBase(w);
  LANTERN_UNROLL for (int sub = 0; sub < kSubs; sub += 2) {
    Sums sums[2][kTokens][kParts];
    LANTERN_UNROLL for (int i = 0; i < 2; ++i) {
      const int8_t* x[kTokens];
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) x[t] = at[t]->q + kColumns * (sub + i);
      IntegerSums<kColumns / 4, Format::kSubBytes>(
          w + Format::kHead + Format::kSubBytes * (sub + i), ahead, Format::Levels(w, sub + i),
          x, [&](int t) __attribute__((always_inline)) { return start(*at[t], sub + i); },
          [&](int t, int p, const Sums& total, bool)
              __attribute__((always_inline)) { sums[i][t][p] = total; });
    }
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      const IV scales = scales_of(sub / 2, p);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const IV both = LowHalves(sums[0][t][p], sums[1][t][p]);
        products[t][p] = AddPairProducts(sub == 0 ? IV{} : products[t][p], both, scales);
      }
    }
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

// The sub-blocks' weighted products of a block with minimums, converted.
template <class Format, int kTokens>
LANTERN_INLINE void ScaledProducts(const uint8_t* w, Ahead ahead,
                                   const QuantBlock256* const (&in)[kTokens], int block,
                                   const BV (&scale_bytes)[kParts][2],
                                   FV (&products)[kTokens][kParts]) {
  const auto none = [](const QuantBlock256&, int) __attribute__((always_inline)) { return Sums{}; };
  IV exact[kTokens][kParts];
  if constexpr (kNarrowSums && Format::kNarrow && kTokens == Format::kTile) {
    if (AllNarrow<kNarrow32>(in, block)) {
      IV pair[kParts][4];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) PairScales(scale_bytes[p], pair[p]);
      NarrowProducts<8, Format>(
          w, ahead, in,
          block, [&](int i, int p) __attribute__((always_inline)) { return pair[p][i]; }, none,
          exact);
      return Convert(exact, products);
    }
  }
  IV scale[kParts][8];
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) SpreadScales(scale_bytes[p], scale[p]);
  if constexpr (kFloatScales && Format::kExactHalves) {
    HalvesProducts<kTokens, Format>(w, ahead, in, block, scale, products);
  } else {
    SubBlockProducts<8, Format>(
        w, ahead, in,
        block, [&](int sub, int p) __attribute__((always_inline)) { return scale[p][sub]; }, none,
        exact);
    Convert(exact, products);
  }
}

template <class Format, int kTokens>
LANTERN_INLINE void AddMinimumSuperBlock(const PanelJob& job,
                                         const QuantBlock256* const (&in)[kTokens], int block,
                                         PanelSums<kTokens>& sum) {
  const uint8_t* w = job.panel + static_cast<size_t>(block) * Format::kBytes;
  const Ahead ahead = AheadOf<kTokens, Format::kTile>(job);
  Prefetch<Format::kHead>(w, ahead);
  BV scales[kParts][2], minimum_bytes[kParts][2];
  IV minimums[kParts][4];
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    SixBitBytes(w + 4 * kPanelRows, p, scales[p], minimum_bytes[p]);
    PairMinimums(minimum_bytes[p], minimums[p]);
  }
  FV products[kTokens][kParts];
  ScaledProducts<Format>(w, ahead, in, block, scales, products);
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV d = LoadHalfV(PartOf(w, 2, p));
    const FV d_minimum = LoadHalfV(PartOf(w + 2 * kPanelRows, 2, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const QuantBlock256& x = in[t][block];
      IV minimum = {};
      LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
        minimum = AddPairProducts(minimum, minimums[p][j], PairAt(x.pair_sums[j]));
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
  LANTERN_INLINE void Products(const Place& at, Ahead ahead,
                               const QuantBlock256* const (&in)[kTokens], int block,
                               IV (&products)[kTokens][kParts]) {
    const uint8_t* scales = Scales(at);
    const auto start = [](const QuantBlock256& x, int sub) __attribute__((always_inline)) {
      return SplatSums(kWideSums ? x.minus_32_sum[sub] : Load<int32_t>(x.minus_32_halves[sub]));
    };
    if constexpr (kNarrowSums && kTokens == kTile) {
      if (AllNarrow<kNarrow16>(in, block)) {
        scales = OneBase(scales);
        return NarrowProducts<16, Q6KFormat>(
            Quants(at), ahead, in, block,
            [&](int i, int p) __attribute__((always_inline)) {
              return LowHalves(Scale(scales, 2 * i, p), Scale(scales, 2 * i + 1, p));
            },
            start, products);
      }
    }
    SubBlockProducts<16, Q6KFormat>(
        Quants(at), ahead, in, block,
        [&](int sub, int p)
            __attribute__((always_inline)) { return Spread(Scale(scales, sub, p)); },
        start, products);
  }

  template <int kTokens>
  LANTERN_INLINE void AddBlock(const PanelJob& job, const QuantBlock256* const (&in)[kTokens],
                               int block, PanelSums<kTokens>& sum) {
    const Place at(job.panel, block, job.blocks);
    const Ahead ahead = AheadOf<kTokens, kTile>(job);
    Prefetch<kFactors>(Factors(at), ahead);
    Prefetch<kScales>(Scales(at), ahead);
    IV products[kTokens][kParts];
    Products(at, ahead, in, block, products);
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
      const FV d = LoadHalfV(PartOf(Factors(at), 2, p));
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        sum[t][p] = sum[t][p] + ToFloatV(products[t][p]) * (d * SplatV(in[t][block].scale));
      }
    }
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
