// Sixteen virtual lanes, in which every horizontal sum runs (backends/README.md): one register
// where the set has them so wide, else two. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

#if defined(__AVX512F__)

typedef float W __attribute__((vector_size(64)));
typedef int32_t WI __attribute__((vector_size(64)));
typedef uint32_t WU __attribute__((vector_size(64)));

LANTERN_INLINE W SplatW(float x) { return _mm512_set1_ps(x); }
LANTERN_INLINE W LoadW(const float* p) { return Load<W>(p); }
LANTERN_INLINE void StoreW(float* p, W v) { Store(p, v); }
LANTERN_INLINE W LoadHalfW(const void* p) { return _mm512_cvtph_ps(Load<__m256i>(p)); }
LANTERN_INLINE W LoadBFloat16W(const void* p) {
  return (W)_mm512_slli_epi32(_mm512_cvtepu16_epi32(Load<__m256i>(p)), 16);
}
LANTERN_INLINE W LoadBytesW(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(Load<__m128i>(p)));
}
LANTERN_INLINE W ExpW(W x) { return ExpOf<W, WI, WU>(x); }
LANTERN_INLINE float SumLanesW(W v) {
  return SumLanes((F8)_mm512_castps512_ps256(v), (F8)_mm512_extractf32x8_ps(v, 1));
}

// Lane i: the sum of rows[i], each in SumLanes' own tree. Halving works on two rows in one
// register, then on four.
LANTERN_INLINE W SumRows(const W (&rows)[16]) {
  __m512 four[4];
  LANTERN_UNROLL for (int k = 0; k < 4; ++k) {
    const __m512 a = rows[k], b = rows[k + 4], c = rows[k + 8], d = rows[k + 12];
    const __m512 ab = _mm512_shuffle_f32x4(a, b, 0x44) + _mm512_shuffle_f32x4(a, b, 0xee);
    const __m512 cd = _mm512_shuffle_f32x4(c, d, 0x44) + _mm512_shuffle_f32x4(c, d, 0xee);
    four[k] = _mm512_shuffle_f32x4(ab, cd, 0x88) + _mm512_shuffle_f32x4(ab, cd, 0xdd);
  }
  const __m512 low =
      _mm512_shuffle_ps(four[0], four[1], 0x44) + _mm512_shuffle_ps(four[0], four[1], 0xee);
  const __m512 high =
      _mm512_shuffle_ps(four[2], four[3], 0x44) + _mm512_shuffle_ps(four[2], four[3], 0xee);
  return _mm512_shuffle_ps(low, high, 0x88) + _mm512_shuffle_ps(low, high, 0xdd);
}

#else

struct W {
  F8 low, high;
};
LANTERN_INLINE W operator+(W a, W b) { return {a.low + b.low, a.high + b.high}; }
LANTERN_INLINE W operator*(W a, W b) { return {a.low * b.low, a.high * b.high}; }
LANTERN_INLINE W operator-(W a, W b) { return {a.low - b.low, a.high - b.high}; }
LANTERN_INLINE W operator/(W a, W b) { return {a.low / b.low, a.high / b.high}; }

LANTERN_INLINE W SplatW(float x) { return {Splat(x), Splat(x)}; }
LANTERN_INLINE W LoadW(const float* p) { return {Load<F8>(p), Load<F8>(p + 8)}; }
LANTERN_INLINE void StoreW(float* p, W v) {
  Store(p, v.low);
  Store(p + 8, v.high);
}
LANTERN_INLINE W LoadHalfW(const void* p) {
  return {LoadHalf(p), LoadHalf(static_cast<const uint16_t*>(p) + 8)};
}
LANTERN_INLINE W LoadBFloat16W(const void* p) {
  return {LoadBFloat16(p), LoadBFloat16(static_cast<const uint16_t*>(p) + 8)};
}
LANTERN_INLINE F8 EightBytes(const void* p) {
#if defined(__AVX2__)
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p))));
#else
  return ToFloat(__builtin_convertvector(Load<I8x8>(p), I32x8));
#endif
}
LANTERN_INLINE W LoadBytesW(const void* p) {
  return {EightBytes(p), EightBytes(static_cast<const int8_t*>(p) + 8)};
}
LANTERN_INLINE W ExpW(W x) { return {Exp(x.low), Exp(x.high)}; }
LANTERN_INLINE float SumLanesW(W v) { return SumLanes(v.low, v.high); }

#if defined(__AVX2__)
LANTERN_INLINE F8 SumEightRows(const W* rows) {
  __m256 four[4];
  LANTERN_UNROLL for (int k = 0; k < 4; ++k) {
    const __m256 a = rows[k].low + rows[k].high, b = rows[k + 4].low + rows[k + 4].high;
    four[k] = _mm256_permute2f128_ps(a, b, 0x20) + _mm256_permute2f128_ps(a, b, 0x31);
  }
  const __m256 low =
      _mm256_shuffle_ps(four[0], four[1], 0x44) + _mm256_shuffle_ps(four[0], four[1], 0xee);
  const __m256 high =
      _mm256_shuffle_ps(four[2], four[3], 0x44) + _mm256_shuffle_ps(four[2], four[3], 0xee);
  return _mm256_shuffle_ps(low, high, 0x88) + _mm256_shuffle_ps(low, high, 0xdd);
}
LANTERN_INLINE W SumRows(const W (&rows)[16]) {
  return {SumEightRows(rows), SumEightRows(rows + 8)};
}
#else
LANTERN_INLINE W SumRows(const W (&rows)[16]) {
  float sums[16];
  for (int i = 0; i < 16; ++i) sums[i] = SumLanesW(rows[i]);
  return LoadW(sums);
}
#endif

#endif

// `count` (1 to 16) floats, the other lanes zero.
LANTERN_INLINE W LoadPartW(const float* p, int count) {
  if (count == 16) return LoadW(p);
  float part[16] = {};
  __builtin_memcpy(part, p, static_cast<size_t>(count) * sizeof(float));
  return LoadW(part);
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
