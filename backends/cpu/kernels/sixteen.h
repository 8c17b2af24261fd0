// Sixteen virtual lanes, in which every horizontal sum runs (backends/README.md): one register
// where the set has them so wide, else two. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

#if defined(__AVX512F__)

typedef float W __attribute__((vector_size(64)));
typedef uint32_t WU __attribute__((vector_size(64)));

LANTERN_INLINE W SplatW(float x) { return _mm512_set1_ps(x); }
LANTERN_INLINE W FmaW(W a, W b, W c) { return _mm512_fmadd_ps(a, b, c); }
LANTERN_INLINE W LoadW(const float* p) { return Load<W>(p); }
LANTERN_INLINE void StoreW(float* p, W v) { Store(p, v); }
LANTERN_INLINE W LoadHalfW(const void* p) { return _mm512_cvtph_ps(Load<__m256i>(p)); }
LANTERN_INLINE W LoadBFloat16W(const void* p) {
  return (W)_mm512_slli_epi32(_mm512_cvtepu16_epi32(Load<__m256i>(p)), 16);
}
LANTERN_INLINE W LoadBytesW(const void* p) {
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(Load<__m128i>(p)));
}
// What operations on single elements use: the widest vectors, and so many in turn.
typedef W Wide;
typedef WU WideU;
inline constexpr int kExpsTogether = 4;
template <int kCount>
LANTERN_INLINE void ExpBelowW(W (&x)[kCount]) {
  ExpBelowOverflow<W, WU>(x);
}
LANTERN_INLINE W LargerW(W a, W b) { return _mm512_max_ps(a, b); }
LANTERN_INLINE F8 LargerHalvesW(W v) {
  return _mm256_max_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
}
LANTERN_INLINE float SumLanesW(W v) {
  return SumLanes((F8)_mm512_castps512_ps256(v), (F8)_mm512_extractf32x8_ps(v, 1));
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
LANTERN_INLINE W FmaW(W a, W b, W c) {
  return {Fma(a.low, b.low, c.low), Fma(a.high, b.high, c.high)};
}
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
typedef F8 Wide;
typedef U32x8 WideU;
inline constexpr int kExpsTogether = 1;
LANTERN_INLINE void ExpBelowW(W (&x)[1]) {
  F8 halves[] = {x[0].low, x[0].high};
  ExpBelowOverflow<F8, U32x8>(halves);
  x[0] = {halves[0], halves[1]};
}
LANTERN_INLINE F8 Larger8(F8 a, F8 b) { return a > b ? a : b; }
LANTERN_INLINE W LargerW(W a, W b) { return {Larger8(a.low, b.low), Larger8(a.high, b.high)}; }
LANTERN_INLINE F8 LargerHalvesW(W v) { return Larger8(v.low, v.high); }
LANTERN_INLINE float SumLanesW(W v) { return SumLanes(v.low, v.high); }

#endif

inline constexpr int kWideLanes = sizeof(Wide) / sizeof(float);

LANTERN_INLINE float LargestLaneW(W v) {
  const F8 eight = LargerHalvesW(v);
  const F4 low = {eight[0], eight[1], eight[2], eight[3]};
  const F4 high = {eight[4], eight[5], eight[6], eight[7]};
  const F4 four = low > high ? low : high;
  const float even = four[0] > four[2] ? four[0] : four[2];
  const float odd = four[1] > four[3] ? four[1] : four[3];
  return even > odd ? even : odd;
}

// `count` (1 to 16) floats, the other lanes zero.
LANTERN_INLINE W LoadPartW(const float* p, int count) {
  if (count == 16) return LoadW(p);
  float part[16] = {};
  __builtin_memcpy(part, p, static_cast<size_t>(count) * sizeof(float));
  return LoadW(part);
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
