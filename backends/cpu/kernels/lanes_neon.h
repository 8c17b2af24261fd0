// lanes.h for Arm: four rows to a vector, four vectors to a panel; 8-bit products by the dot
// product instruction (Armv8.2) or by widening multiplications, of tiles by i8mm.h where there are
// matrix products. Included by lanes.h only.
#pragma once

#include <arm_neon.h>

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

inline constexpr int kLanes = 4;
inline constexpr int kBlockTile = 4, kPlainTile = 4;

typedef float FV __attribute__((vector_size(16)));
typedef int32_t IV __attribute__((vector_size(16)));
typedef uint32_t UV __attribute__((vector_size(16)));
typedef uint16_t U16V __attribute__((vector_size(16)));
typedef uint8_t BV __attribute__((vector_size(16)));

LANTERN_INLINE IV SplatV(int32_t x) { return (IV)vdupq_n_s32(x); }
LANTERN_INLINE FV SplatV(float x) { return (FV)vdupq_n_f32(x); }
LANTERN_INLINE FV FmaV(FV a, FV b, FV c) {
  return (FV)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}
LANTERN_INLINE FV LoadHalfV(const void* p) {
  return (FV)vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(static_cast<const uint16_t*>(p))));
}
LANTERN_INLINE IV LoadBytesV(const void* p) {
  const int8x8_t bytes = vreinterpret_s8_u32(vdup_n_u32(Load<uint32_t>(p)));
  return (IV)vmovl_s16(vget_low_s16(vmovl_s8(bytes)));
}
LANTERN_INLINE FV LoadBFloat16V(const void* p) {
  return (FV)vshll_n_u16(vld1_u16(static_cast<const uint16_t*>(p)), 16);
}
LANTERN_INLINE void StorePartV(float* p, FV v, int count) {
  __builtin_memcpy(p, &v, static_cast<size_t>(count < 4 ? count : 4) * sizeof(float));
}

using Word = IV;
LANTERN_INLINE Word LoadWord(const int8_t* q) { return SplatV(Load<int32_t>(q)); }

// Per lane, the sum of the products of its two 16-bit halves.
LANTERN_INLINE IV PairProducts(IV a, IV b) {
  const int16x8_t x = (int16x8_t)a, y = (int16x8_t)b;
  return (IV)vpaddq_s32(vmull_s16(vget_low_s16(x), vget_low_s16(y)), vmull_high_s16(x, y));
}

// The same, added to `sum`.
LANTERN_INLINE IV AddPairProducts(IV sum, IV a, IV b) { return sum + PairProducts(a, b); }

// Whether the set multiplies tiles of sixteen tokens (i8mm.h), and how many are worth one more: by
// the number of instructions, a tile takes as long as eight tokens alone.
#if defined(__ARM_FEATURE_MATMUL_INT8)
#define LANTERN_TILES 1
inline constexpr int kFirstTileTokens = 24, kLeastTileTokens = 8, kLeastNarrowTileTokens = 8;
#endif

#if defined(__ARM_FEATURE_DOTPROD)

inline constexpr bool kWideSums = true, kWideSigned = true, kFloatScales = false;
using Sums = IV;
LANTERN_INLINE Sums AddDot(Sums sums, BV weight, Word activation) {
  return (IV)vdotq_s32((int32x4_t)sums, (int8x16_t)weight, (int8x16_t)activation);
}
LANTERN_INLINE Sums SplatSums(int32_t word) { return SplatV(word); }
LANTERN_INLINE IV Total(Sums sums) { return sums; }
LANTERN_INLINE IV Total(Sums sums, IV scale) { return sums * scale; }
LANTERN_INLINE IV Spread(IV scale) { return scale; }
template <bool kSigned>
Sums PairDot(BV weight, Word activation);  // never called: of the other sets

#else

inline constexpr bool kWideSums = false, kWideSigned = false, kFloatScales = false;
typedef int16_t Sums __attribute__((vector_size(16)));
Sums AddDot(Sums sums, BV weight, Word activation);  // never called: of the other set
template <bool kSigned>                              // all weights' levels are signed bytes, too
LANTERN_INLINE Sums PairDot(BV weight, Word activation) {
  const int8x16_t w = (int8x16_t)weight, a = (int8x16_t)activation;
  return (Sums)vpaddq_s16(vmull_s8(vget_low_s8(w), vget_low_s8(a)), vmull_high_s8(w, a));
}
LANTERN_INLINE IV Spread(IV scale) { return (IV)(((UV)scale & 0xffff) | (UV)scale << 16); }
LANTERN_INLINE Sums SplatSums(int32_t word) { return (Sums)SplatV(word); }
LANTERN_INLINE IV Total(Sums sums, IV scale) { return PairProducts((IV)sums, scale); }
LANTERN_INLINE IV Total(Sums sums) { return (IV)vpaddlq_s16((int16x8_t)sums); }
LANTERN_INLINE void Pin(Sums& sums) { asm("" : "+w"(sums)); }

#endif

inline constexpr bool kNarrowSums = false, kSpreadNibbles = false;
IV LowHalves(IV low, IV high);  // never called
LANTERN_INLINE int32_t NarrowRuns(const int8_t* /*q*/) { return 0; }

}  // namespace lantern::LANTERN_ISA_NAMESPACE
