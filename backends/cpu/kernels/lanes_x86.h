// lanes.h for x86-64, and in plain C++ for everything else. Included by lanes.h only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

#if defined(__AVX512F__)
inline constexpr int kLanes = 16;
#else
inline constexpr int kLanes = 8;
#endif

#if defined(__AVX512F__)
inline constexpr int kBlockTile = 8, kPlainTile = 16;
#elif defined(__AVX2__)
inline constexpr int kBlockTile = 4, kPlainTile = 6;
#else
inline constexpr int kBlockTile = 2, kPlainTile = 4;
#endif

typedef float FV __attribute__((vector_size(4 * kLanes)));
typedef int32_t IV __attribute__((vector_size(4 * kLanes)));
typedef uint32_t UV __attribute__((vector_size(4 * kLanes)));
typedef int16_t I16V __attribute__((vector_size(4 * kLanes)));
typedef uint16_t U16V __attribute__((vector_size(4 * kLanes)));
typedef uint8_t BV __attribute__((vector_size(4 * kLanes)));  // four columns of each row

#if defined(__AVX2__) && !defined(__AVX512F__) && !defined(__AVXVNNI__)
inline constexpr bool kSpreadNibbles = true;
#else
inline constexpr bool kSpreadNibbles = false;
#endif

// Whether the set multiplies tiles of sixteen tokens (amx.h), and how many are worth one more.
#if defined(__AMX_INT8__)
#define LANTERN_TILES 1
inline constexpr int kFirstTileTokens = 10, kLeastTileTokens = 10, kLeastNarrowTileTokens = 16;
#endif

#if defined(__AVX512F__)
LANTERN_INLINE IV SplatV(int32_t x) { return (IV)_mm512_set1_epi32(x); }
LANTERN_INLINE FV SplatV(float x) { return _mm512_set1_ps(x); }
LANTERN_INLINE FV FmaV(FV a, FV b, FV c) { return _mm512_fmadd_ps(a, b, c); }
LANTERN_INLINE FV LoadHalfV(const void* p) { return _mm512_cvtph_ps(Load<__m256i>(p)); }
LANTERN_INLINE IV LoadBytesV(const void* p) { return (IV)_mm512_cvtepi8_epi32(Load<__m128i>(p)); }
LANTERN_INLINE FV LoadBFloat16V(const void* p) {
  return (FV)_mm512_slli_epi32(_mm512_cvtepu16_epi32(Load<__m256i>(p)), 16);
}
LANTERN_INLINE void StorePartV(float* p, FV v, int count) {
  _mm512_mask_storeu_ps(p, (__mmask16)(count >= 16 ? 0xffff : (1 << count) - 1), v);
}
#else
LANTERN_INLINE IV SplatV(int32_t x) { return Splat(x); }
LANTERN_INLINE FV SplatV(float x) { return Splat(x); }
LANTERN_INLINE FV FmaV(FV a, FV b, FV c) { return Fma(a, b, c); }
LANTERN_INLINE FV LoadHalfV(const void* p) { return LoadHalf(p); }
LANTERN_INLINE IV LoadBytesV(const void* p) {
#if defined(__AVX2__)
  return (IV)_mm256_cvtepi8_epi32(_mm_loadl_epi64(static_cast<const __m128i*>(p)));
#else
  return __builtin_convertvector(Load<I8x8>(p), IV);
#endif
}
LANTERN_INLINE FV LoadBFloat16V(const void* p) { return LoadBFloat16(p); }
LANTERN_INLINE void StorePartV(float* p, FV v, int count) { StorePart(p, v, count); }
#endif

#if defined(__GFNI__) && defined(__AVX512BW__)
#define LANTERN_BIT_MATRICES 1
// Every byte times a matrix of bits, rows from the last one's byte down, then flips bits of kFlip.
template <uint64_t kRows, int kFlip>
LANTERN_INLINE BV BitMatrix(BV v) {
  const __m512i rows = _mm512_set1_epi64(static_cast<int64_t>(kRows));
  return (BV)_mm512_gf2p8affine_epi64_epi8((__m512i)v, rows, kFlip);
}
#endif

// ---- sums of 8-bit products ----

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
#define LANTERN_WIDE_SUMS 1

inline constexpr bool kWideSums = true, kWideSigned = false;
inline constexpr bool kFloatScales = true;  // 32-bit products take two operations of one port
using Sums = IV;
#if defined(__AVX512VNNI__)
// An instruction of its own to load the word would be half of all: it is an operand here, which
// g++ 12 does not manage by itself.
using Word = const uint8_t*;
LANTERN_INLINE Word LoadWord(const int8_t* q) { return (const uint8_t*)q; }
LANTERN_INLINE Sums AddDot(Sums sums, BV weight, Word activation) {
  typedef int32_t Unaligned __attribute__((may_alias, aligned(1)));
  asm("vpdpbusd %2%{1to16%}, %1, %0"
      : "+v"(sums)
      : "v"(weight), "m"(*(const Unaligned*)activation));
  return sums;
}
#else
using Word = IV;
LANTERN_INLINE Word LoadWord(const int8_t* q) { return SplatV(Load<int32_t>(q)); }
LANTERN_INLINE Sums AddDot(Sums sums, BV weight, Word activation) {
  return (IV)_mm256_dpbusd_avx_epi32((__m256i)sums, (__m256i)weight, (__m256i)activation);
}
#endif
LANTERN_INLINE Sums SplatSums(int32_t word) { return SplatV(word); }
LANTERN_INLINE IV Total(Sums sums) { return sums; }
LANTERN_INLINE IV Total(Sums sums, IV scale) { return sums * scale; }
LANTERN_INLINE IV Spread(IV scale) { return scale; }
template <bool kSigned>
Sums PairDot(BV weight, Word activation);  // never called: of the other sets

#else
#define LANTERN_WIDE_SUMS 0

inline constexpr bool kWideSums = false, kWideSigned = false, kFloatScales = false;
using Word = IV;
LANTERN_INLINE Word LoadWord(const int8_t* q) { return SplatV(Load<int32_t>(q)); }

#if defined(__SSE4_1__) && !defined(__AVX2__)
// A vector as its two registers: g++ keeps one of 32 bytes in memory where no register holds it.
struct Halves {
  __m128i low, high;
};
template <class V>
LANTERN_INLINE Halves Split(const V& v) {
  static_assert(sizeof(V) == sizeof(Halves));
  Halves halves;
  __builtin_memcpy(&halves, &v, sizeof(halves));
  return halves;
}
using Sums = Halves;
LANTERN_INLINE Sums operator+(Sums a, Sums b) {
  return {_mm_add_epi16(a.low, b.low), _mm_add_epi16(a.high, b.high)};
}
#else
using Sums = I16V;
#endif
Sums AddDot(Sums sums, BV weight, Word activation);  // never called: of the other sets

// Sums of neighbouring products. REQUIRES: none leaves 16 bits.
LANTERN_INLINE Sums UnsignedDot(BV weight, IV activation) {
#if defined(__AVX512BW__)
  return (I16V)_mm512_maddubs_epi16((__m512i)weight, (__m512i)activation);
#elif defined(__AVX2__)
  return (I16V)_mm256_maddubs_epi16((__m256i)weight, (__m256i)activation);
#elif defined(__SSE4_1__)
  const Halves w = Split(weight), a = Split(activation);
  return {_mm_maddubs_epi16(w.low, a.low), _mm_maddubs_epi16(w.high, a.high)};
#else
  const I16V a = (I16V)activation;
  return (I16V)((U16V)weight & 0xff) * ((I16V)((U16V)a << 8) >> 8) +
         (I16V)((U16V)weight >> 8) * (a >> 8);
#endif
}

// The same with signed weights.
LANTERN_INLINE Sums SignedDot(BV weight, IV activation) {
#if defined(__AVX512BW__)
  // There is no sign instruction: activations change theirs where the weight is negative.
  const __m512i w = (__m512i)weight, a = (__m512i)activation;
  const __m512i turned = _mm512_mask_sub_epi8(a, _mm512_movepi8_mask(w), __m512i{}, a);
  return (I16V)_mm512_maddubs_epi16(_mm512_abs_epi8(w), turned);
#elif defined(__AVX2__)
  const __m256i w = (__m256i)weight;
  return (I16V)_mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8((__m256i)activation, w));
#elif defined(__SSE4_1__)
  const Halves w = Split(weight), a = Split(activation);
  return {_mm_maddubs_epi16(_mm_abs_epi8(w.low), _mm_sign_epi8(a.low, w.low)),
          _mm_maddubs_epi16(_mm_abs_epi8(w.high), _mm_sign_epi8(a.high, w.high))};
#else
  const I16V a = (I16V)activation, w = (I16V)weight;
  return ((I16V)((U16V)w << 8) >> 8) * ((I16V)((U16V)a << 8) >> 8) + (w >> 8) * (a >> 8);
#endif
}

template <bool kSigned>
LANTERN_INLINE Sums PairDot(BV weight, IV activation) {
  if constexpr (kSigned) return SignedDot(weight, activation);
  return UnsignedDot(weight, activation);
}

// g++ reassociates integer vector sums and spills a tile's accumulators; this keeps one in place.
LANTERN_INLINE void Pin(Sums& sums) {
#if defined(__AVX512F__)
  asm("" : "+v"(sums));
#elif defined(__AVX2__)
  asm("" : "+x"(sums));
#elif defined(__SSE4_1__)
  asm("" : "+x"(sums.low), "+x"(sums.high));
#else
  (void)sums;
#endif
}

#endif

#if defined(__AVX512VNNI__)
inline constexpr bool kNarrowSums = true;
LANTERN_INLINE IV LowHalves(IV low, IV high) {
  const __m512i order = _mm512_set4_epi32(0x0d0c0d0c, 0x09080908, 0x05040504, 0x01000100);
  return (IV)_mm512_mask_shuffle_epi8((__m512i)low, 0xcccccccccccccccc, (__m512i)high, order);
}
LANTERN_INLINE int32_t NarrowRuns(const int8_t* q) {
  __m512i most16 = {}, most32 = {};  // sums of magnitudes, in halves of 64-bit lanes
  LANTERN_UNROLL for (int i = 0; i < 256; i += 64) {
    const __m512i of8 = _mm512_sad_epu8(_mm512_abs_epi8(Load<__m512i>(q + i)), __m512i{});
    const __m512i of16 = _mm512_add_epi64(of8, _mm512_permutex_epi64(of8, 0xb1));
    const __m512i of32 = _mm512_add_epi64(of16, _mm512_permutex_epi64(of16, 0x4e));
    most16 = _mm512_max_epu32(most16, of16);
    most32 = _mm512_max_epu32(most32, of32);
  }
  const auto fit = [](__m512i most, int level) __attribute__((always_inline)) {
    return _mm512_cmpgt_epi32_mask(most, _mm512_set1_epi32(0x7fff / level)) == 0;
  };
  return (fit(most32, 15) ? kNarrow32 : 0) | (fit(most16, 32) ? kNarrow16 : 0);
}
#else
inline constexpr bool kNarrowSums = false;
IV LowHalves(IV low, IV high);  // never called
LANTERN_INLINE int32_t NarrowRuns(const int8_t* /*q*/) { return 0; }
#endif

// Per lane, the sum of the products of its two 16-bit halves.
LANTERN_INLINE IV PairProducts(IV a, IV b) {
#if defined(__AVX512BW__)
  return (IV)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
  return (IV)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
  return ((IV)((UV)a << 16) >> 16) * ((IV)((UV)b << 16) >> 16) + (a >> 16) * (b >> 16);
#endif
}

// The same, added to `sum`.
LANTERN_INLINE IV AddPairProducts(IV sum, IV a, IV b) {
#if defined(__AVX512VNNI__)
  return (IV)_mm512_dpwssd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#else
  return sum + PairProducts(a, b);
#endif
}

#if !LANTERN_WIDE_SUMS
LANTERN_INLINE IV Spread(IV scale) {
#if defined(__AVX512BW__)
  return (IV)_mm512_shuffle_epi8((__m512i)scale,
                                 _mm512_set4_epi32(0x0d0c0d0c, 0x09080908, 0x05040504, 0x01000100));
#elif defined(__AVX2__)
  const __m128i order = _mm_set_epi32(0x0d0c0d0c, 0x09080908, 0x05040504, 0x01000100);
  return (IV)_mm256_shuffle_epi8((__m256i)scale, _mm256_broadcastsi128_si256(order));
#else
  return (IV)(((UV)scale & 0xffff) | (UV)scale << 16);
#endif
}
#if defined(__SSE4_1__) && !defined(__AVX2__)
LANTERN_INLINE Sums SplatSums(int32_t word) { return {_mm_set1_epi32(word), _mm_set1_epi32(word)}; }
LANTERN_INLINE IV Total(Sums sums, IV scale) {
  const Halves s = Split(scale);
  const Halves total = {_mm_madd_epi16(sums.low, s.low), _mm_madd_epi16(sums.high, s.high)};
  return Load<IV>(&total);
}
#else
LANTERN_INLINE Sums SplatSums(int32_t word) { return (Sums)SplatV(word); }
LANTERN_INLINE IV Total(Sums sums, IV scale) { return PairProducts((IV)sums, scale); }
#endif
LANTERN_INLINE IV Total(Sums sums) { return Total(sums, SplatV(0x10001)); }
#endif

}  // namespace lantern::LANTERN_ISA_NAMESPACE
