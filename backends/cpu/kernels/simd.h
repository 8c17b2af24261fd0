// Vectors of eight 32-bit lanes and the few operations on them that instruction sets do
// differently. GNU vector types carry every other operation: element by element, IEEE, the same
// bits anywhere. Included by kernels.cc only, inside no namespace; everything lands in the set's
// own.
#pragma once

#include <stddef.h>
#include <stdint.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include "src/tensor/exp_terms.h"

#define LANTERN_FORCE_INLINE inline __attribute__((always_inline))
#define LANTERN_INLINE static LANTERN_FORCE_INLINE
#define LANTERN_UNROLL _Pragma("GCC unroll 16")

namespace lantern::LANTERN_ISA_NAMESPACE {

typedef float F8 __attribute__((vector_size(32)));
typedef float F4 __attribute__((vector_size(16)));
typedef int32_t I32x8 __attribute__((vector_size(32)));
typedef uint32_t U32x8 __attribute__((vector_size(32)));
typedef uint16_t U16x8 __attribute__((vector_size(16)));
typedef int8_t I8x8 __attribute__((vector_size(8)));

template <class V>
LANTERN_INLINE V Load(const void* p) {
  V v;
  __builtin_memcpy(&v, p, sizeof(V));
  return v;
}
template <class V>
LANTERN_INLINE void Store(void* p, V v) {
  __builtin_memcpy(p, &v, sizeof(V));
}
LANTERN_INLINE F8 Splat(float x) { return F8{x, x, x, x, x, x, x, x}; }
LANTERN_INLINE I32x8 Splat(int32_t x) { return I32x8{x, x, x, x, x, x, x, x}; }
LANTERN_INLINE F8 ToFloat(I32x8 v) { return __builtin_convertvector(v, F8); }

// `count` (0 to 8) floats, the other lanes zero.
LANTERN_INLINE F8 LoadPart(const float* p, int count) {
  F8 v = {};
  if (count > 0) __builtin_memcpy(&v, p, static_cast<size_t>(count) * sizeof(float));
  return v;
}
LANTERN_INLINE void StorePart(float* p, F8 v, int count) {
  if (count >= 8) {
    Store(p, v);
  } else if (count > 0) {
    __builtin_memcpy(p, &v, static_cast<size_t>(count) * sizeof(float));
  }
}

// 16 virtual lanes (0-7, 8-15) to one number by halves: the fixed tree of every horizontal sum.
LANTERN_INLINE float SumLanes(F8 low, F8 high) {
  const F8 eight = low + high;
  const F4 four =
      F4{eight[0], eight[1], eight[2], eight[3]} + F4{eight[4], eight[5], eight[6], eight[7]};
  return (four[0] + four[2]) + (four[1] + four[3]);
}

#if defined(__FMA__)
LANTERN_INLINE F8 Fma(F8 a, F8 b, F8 c) { return _mm256_fmadd_ps(a, b, c); }
#elif defined(__aarch64__)
LANTERN_INLINE F8 Fma(F8 a, F8 b, F8 c) {
  F8 r;
  for (int i = 0; i < 8; ++i) r[i] = __builtin_fmaf(a[i], b[i], c[i]);  // two instructions
  return r;
}
#else
typedef double D8 __attribute__((vector_size(64)));
typedef uint64_t U64x8 __attribute__((vector_size(64)));

// In doubles, where the product is exact. The sum is rounded to odd (Boldo and Melquiond, 2008), so
// that rounding it once more, to float, gives what rounding the exact value would.
static __attribute__((noinline)) F8 CarefulFma(F8 a, F8 b, F8 c) {
  const D8 product = __builtin_convertvector(a, D8) * __builtin_convertvector(b, D8);
  const D8 addend = __builtin_convertvector(c, D8);
  const D8 sum = product + addend;
  const D8 rest = sum - product;
  const D8 error = (product - (sum - rest)) + (addend - rest);  // exact: Knuth's two-sum
  const U64x8 bits = (U64x8)sum, exponent = bits & 0x7ff0000000000000;
  const U64x8 even = (bits & 1) - 1, finite = (U64x8)(exponent != 0x7ff0000000000000);
  const U64x8 away = 1 - ((bits ^ (U64x8)error) >> 63 << 1);  // the neighbour on the error's side
  const U64x8 odd = bits + (away & even & finite & (U64x8)(error != 0));
  return __builtin_convertvector((D8)odd, F8);
}

#if defined(__SSE2__)
// Two of the products. A sum rounded to double and then to float is right unless the double lies
// half-way between two floats; `doubt` gets a bit then, and where floats are subnormal.
LANTERN_INLINE __m128 FmaPair(__m128 a, __m128 b, __m128 c, __m128i& doubt) {
  const __m128d sum = _mm_add_pd(_mm_mul_pd(_mm_cvtps_pd(a), _mm_cvtps_pd(b)), _mm_cvtps_pd(c));
  const __m128i bits = _mm_and_si128(_mm_castpd_si128(sum),
                                     _mm_set_epi32(0x7fffffff, 0x1fffffff, 0x7fffffff, 0x1fffffff));
  const __m128i half = _mm_cmpeq_epi32(bits, _mm_set_epi32(-1, 0x10000000, -1, 0x10000000));
  const __m128i tiny = _mm_cmplt_epi32(bits, _mm_set_epi32(0x38100000, 0, 0x38100000, 0));
  doubt = _mm_or_si128(doubt, _mm_or_si128(half, tiny));
  return _mm_cvtpd_ps(sum);
}
LANTERN_INLINE F8 Fma(F8 a, F8 b, F8 c) {
  const auto* x = reinterpret_cast<const __m128*>(&a);
  const auto* y = reinterpret_cast<const __m128*>(&b);
  const auto* z = reinterpret_cast<const __m128*>(&c);
  __m128i doubt = _mm_setzero_si128();
  __m128 sums[2];
  LANTERN_UNROLL for (int i = 0; i < 2; ++i) {
    const __m128 low = FmaPair(x[i], y[i], z[i], doubt);
    const __m128 high = FmaPair(_mm_movehl_ps(x[i], x[i]), _mm_movehl_ps(y[i], y[i]),
                                _mm_movehl_ps(z[i], z[i]), doubt);
    sums[i] = _mm_movelh_ps(low, high);
  }
  if (_mm_movemask_epi8(doubt) != 0) return CarefulFma(a, b, c);
  F8 result;
  __builtin_memcpy(&result, sums, sizeof(result));
  return result;
}
#else
LANTERN_INLINE F8 Fma(F8 a, F8 b, F8 c) { return CarefulFma(a, b, c); }
#endif
#endif

// ---- 16-bit floats ----

LANTERN_INLINE F8 LoadHalf(const void* p) {
#if defined(__F16C__)
  return _mm256_cvtph_ps(Load<__m128i>(p));
#else
  const U32x8 half = __builtin_convertvector(Load<U16x8>(p), U32x8);
  const U32x8 magnitude = half & 0x7fff;
  // Shifting puts a half's exponent, biased by 15, where a float's is biased by 127; the product
  // corrects it and is exact, subnormal halves included.
  const F8 finite = (F8)(magnitude << 13) * Splat(0x1p112f);
  const U32x8 special = (U32x8)(magnitude >= 0x7c00) & 0x7f800000;
  return (F8)((U32x8)finite | special | (half & 0x8000) << 16);
#endif
}

// Rounds to nearest even; overflow gives infinity, NaN a quiet NaN.
LANTERN_INLINE void StoreHalf(void* p, F8 v) {
#if defined(__F16C__)
  Store(p, _mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT));
#else
  const U32x8 bits = (U32x8)v, magnitude = bits & 0x7fffffff;
  const U32x8 normal = (magnitude + (0xfff - (112u << 23)) + ((magnitude >> 13) & 1)) >> 13;
  // Adding 0.5 aligns a tiny value's last kept bit with the float's, and the addition rounds.
  const U32x8 tiny = (U32x8)((F8)magnitude + Splat(0.5f)) - 0x3f000000;
  const U32x8 nan = (magnitude >> 13 & 0x3ff) | 0x7e00;
  U32x8 half = magnitude < 0x38800000 ? tiny : normal;
  half = magnitude >= 0x477ff000 ? (U32x8{} + 0x7c00) : half;
  half = magnitude > 0x7f800000 ? nan : half;
  Store(p, __builtin_convertvector(half | (bits >> 16 & 0x8000), U16x8));
#endif
}

// Eight integers within +-127 as bytes. g++ 12 takes apart what it should narrow, where a loop is
// unrolled: 1.9 times the time of all quantization.
LANTERN_INLINE void StoreAsBytes(void* p, I32x8 v) {
#if defined(__AVX512VL__)
  _mm_storel_epi64(static_cast<__m128i*>(p), _mm256_cvtepi32_epi8((__m256i)v));
#elif defined(__AVX2__)
  const __m256i words = _mm256_packs_epi32((__m256i)v, (__m256i)v);
  const __m256i bytes = _mm256_packs_epi16(words, words);  // of each half, in its lowest four
  _mm_storel_epi64(
      static_cast<__m128i*>(p),
      _mm_unpacklo_epi32(_mm256_castsi256_si128(bytes), _mm256_extracti128_si256(bytes, 1)));
#else
  Store(p, __builtin_convertvector(v, I8x8));
#endif
}

LANTERN_INLINE F8 LoadBFloat16(const void* p) {
#if defined(__AVX2__)  // g++ 12 widens by way of memory otherwise: 2.4 times as slow
  return (F8)_mm256_slli_epi32(_mm256_cvtepu16_epi32(Load<__m128i>(p)), 16);
#else
  return (F8)(__builtin_convertvector(Load<U16x8>(p), U32x8) << 16);
#endif
}

// The bits of bf16, in as many 32-bit lanes: rounds to nearest even, NaN stays a quiet NaN.
template <class U>
LANTERN_INLINE U BFloat16Bits(U bits) {
  const U rounded = bits + (0x7fff + (bits >> 16 & 1));
  const U nan = bits | 0x400000;
  return ((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded) >> 16;
}

// ---- exp ----

// Compilers compute one vector after the other, and a long chain of each fills the scheduler; this,
// after a step of each of several vectors, keeps them in turn.
template <class F>
LANTERN_INLINE void InTurn(F& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__AVX2__)
  asm("" : "+x"(v));
#else
  (void)v;
#endif
}

// OwnExp of src/tensor/own_math.h, operation by operation, so that the bits agree. F, U: vectors of
// as many floats and unsigned integers. REQUIRES: no element is above kOverflow.
template <class F, class U, int kCount>
LANTERN_INLINE void ExpBelowOverflow(F (&x)[kCount]) {
  U power[kCount];
  F r[kCount], p[kCount];
  LANTERN_UNROLL for (int v = 0; v < kCount; ++v) {
    const F shifted = x[v] * exp_terms::kLog2E + exp_terms::kRound;
    const F n = shifted - exp_terms::kRound;
    power[v] = (U)shifted << 23;
    r[v] = (x[v] - n * exp_terms::kLn2High) - n * exp_terms::kLn2Low;
    p[v] = F{} + exp_terms::kTaylor[0];
  }
  LANTERN_UNROLL for (int i = 1; i < exp_terms::kTaylorCount; ++i) {
    LANTERN_UNROLL for (int v = 0; v < kCount; ++v) {
      p[v] = p[v] * r[v] + exp_terms::kTaylor[i];
      InTurn(p[v]);
    }
  }
  LANTERN_UNROLL for (int v = 0; v < kCount; ++v) {
    const F y = (r[v] * r[v] * p[v] + r[v]) + 1.0f;
    // Times 2^n, exactly: y is near 1 and no result subnormal, so adding n to the exponent does.
    static_assert(exp_terms::kRoundBits << 23 == 0);
    const F result = (F)((U)y + power[v]);
    const F rest = 0.0f > x[v] ? F{} : x[v];  // where it is too small; or NaN
    x[v] = x[v] >= exp_terms::kUnderflow ? result : rest;
  }
}
template <class F, class U>
LANTERN_INLINE F ExpOf(F x) {
  F e[1] = {x};
  ExpBelowOverflow<F, U>(e);
  return x > exp_terms::kOverflow ? F{} + __builtin_inff() : e[0];
}
LANTERN_INLINE F8 Exp(F8 x) { return ExpOf<F8, U32x8>(x); }

}  // namespace lantern::LANTERN_ISA_NAMESPACE
