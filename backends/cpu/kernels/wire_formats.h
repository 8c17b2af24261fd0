// How vectors are encoded for the wire, as net/wire_format.h defines it. Included by kernels.cc
// only.
#pragma once

#include "backends/cpu/kernels/kv_formats.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Finite values beyond +-limit, given as bits, become +-limit; infinities and NaN stay.
template <int32_t kLimitBits>
LANTERN_INLINE F8 Saturated(F8 x) {
  const I32x8 magnitude = (I32x8)x & 0x7fffffff, sign = (I32x8)x ^ magnitude;
  const I32x8 beyond = (I32x8)(magnitude > kLimitBits) & (I32x8)(magnitude < 0x7f800000);
  return (F8)(((magnitude & ~beyond) | (beyond & kLimitBits)) | sign);
}

struct F32Wire {
  typedef float Element;
  LANTERN_INLINE void Put(void* p, F8 v) { lantern::LANTERN_ISA_NAMESPACE::Store(p, v); }
  LANTERN_INLINE W Get(const void* p) { return LoadW(static_cast<const float*>(p)); }
};
struct BF16Wire {
  typedef uint16_t Element;
  LANTERN_INLINE void Put(void* p, F8 v) { StoreBFloat16(p, Saturated<0x7f7f0000>(v)); }
  LANTERN_INLINE W Get(const void* p) { return LoadBFloat16W(p); }
};
struct F16Wire {
  typedef uint16_t Element;
  LANTERN_INLINE void Put(void* p, F8 v) { StoreHalf(p, Saturated<0x477fe000>(v)); }  // 65504
  LANTERN_INLINE W Get(const void* p) { return LoadHalfW(p); }
};

template <bool kAdd>
LANTERN_INLINE void PutDecoded(float* out, W v) {
  StoreW(out, kAdd ? LoadW(out) + v : v);
}

template <class Wire>
void EncodeElements(uint8_t* out, const float* x, int64_t n) {
  constexpr int64_t kBytes = sizeof(typename Wire::Element);
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) Wire::Put(out + i * kBytes, Load<F8>(x + i));
  if (i == n) return;
  typename Wire::Element rest[8];
  Wire::Put(rest, LoadPart(x + i, static_cast<int>(n - i)));
  __builtin_memcpy(out + i * kBytes, rest, static_cast<size_t>((n - i) * kBytes));
}

template <class Wire, bool kAdd>
void DecodeElements(float* out, const uint8_t* in, int64_t n) {
  constexpr int64_t kBytes = sizeof(typename Wire::Element);
  int64_t i = 0;
  for (; i + 16 <= n; i += 16) PutDecoded<kAdd>(out + i, Wire::Get(in + i * kBytes));
  if (i == n) return;
  const size_t count = static_cast<size_t>(n - i);
  typename Wire::Element rest[16] = {};
  __builtin_memcpy(rest, in + i * kBytes, count * kBytes);
  float sum[16] = {};
  __builtin_memcpy(sum, out + i, count * sizeof(float));
  PutDecoded<kAdd>(sum, Wire::Get(rest));
  __builtin_memcpy(out + i, sum, count * sizeof(float));
}

// All levels, then all blocks' scales. Blocks go by groups of eight, so that a vector computes
// their scales.
struct Q8Wire {
  static constexpr int kBlock = 32, kGroup = 8;
  static constexpr float kLargest = 127 * 65504.0f;    // what the largest scale reaches
  static constexpr int32_t kLargestBits = 0x4afde040;  // its bits

  template <class V>
  LANTERN_INLINE V Larger(V a, V b) {
    return a > b ? a : b;
  }

  // Bits of the largest magnitude: those of a NaN are larger than all others.
  LANTERN_INLINE int32_t LargestBits(const float* x) {
    I32x8 v[4];
    LANTERN_UNROLL for (int i = 0; i < 4; ++i) v[i] = Load<I32x8>(x + 8 * i) & 0x7fffffff;
    const I32x8 all = Larger(Larger(v[0], v[1]), Larger(v[2], v[3]));
    typedef int32_t I32x4 __attribute__((vector_size(16)));
    I32x4 four = Larger(__builtin_shufflevector(all, all, 0, 1, 2, 3),
                        __builtin_shufflevector(all, all, 4, 5, 6, 7));
    four = Larger(four, __builtin_shufflevector(four, four, 2, 3, 0, 1));
    return Larger(four, __builtin_shufflevector(four, four, 1, 0, 3, 2))[0];
  }

  // Scales of eight blocks, as halves, and what to multiply by for levels: 0 where the scale is 0
  // or NaN.
  LANTERN_INLINE F8 Scales(uint16_t (&half)[kGroup], I32x8 largest) {
    const F8 exact = (F8)largest / 127.0f;
    StoreHalf(half, exact);  // to nearest: the next one up where that is too small
    I32x8 bits = __builtin_convertvector(Load<U16x8>(half), I32x8);
    bits -= (I32x8)(LoadHalf(half) < exact);
    bits = bits > 0x7bff ? I32x8{} + 0x7bff : bits;
    bits = largest >= 0x7f800000 ? I32x8{} + 0x7e00 : bits;
    lantern::LANTERN_ISA_NAMESPACE::Store(half, __builtin_convertvector(bits, U16x8));
    const F8 scale = LoadHalf(half);
    return scale > 0.0f ? 1.0f / scale : F8{};
  }

  // Blocks that their scale does not reach: zeros where something is no number, else saturated.
  static __attribute__((noinline)) void Tame(float (&tame)[kBlock], const float* x, bool finite) {
    for (int i = 0; i < kBlock; ++i) {
      const float most = x[i] > kLargest ? kLargest : x[i];
      tame[i] = !finite ? 0.0f : most < -kLargest ? -kLargest : most;
    }
  }

  // `count` (1 to 8) whole blocks.
  LANTERN_INLINE void EncodeGroup(uint8_t* levels, uint8_t* scales, const float* x, int count) {
    I32x8 largest = {};
    if (count == kGroup) {
      int32_t each[kGroup];
      LANTERN_UNROLL for (int b = 0; b < kGroup; ++b) each[b] = LargestBits(x + kBlock * b);
      largest = Load<I32x8>(each);
    } else {
      for (int b = 0; b < count; ++b) largest[b] = LargestBits(x + kBlock * b);
    }
    uint16_t half[kGroup];
    float inverse[kGroup];
    lantern::LANTERN_ISA_NAMESPACE::Store(inverse, Scales(half, largest));
    __builtin_memcpy(scales, half, static_cast<size_t>(count) * sizeof(uint16_t));
    for (int b = 0; b < count; ++b) {
      const float* block = x + kBlock * b;
      float tame[kBlock];
      if (largest[b] > kLargestBits) {
        Tame(tame, block, largest[b] < 0x7f800000);
        block = tame;
      }
      RoundBlock(levels + kBlock * b, block, inverse[b]);
    }
  }
  // To nearest even. REQUIRES: the scale reaches every value.
  LANTERN_INLINE void RoundBlock(uint8_t* levels, const float* x, float inverse) {
    U32x8 v[4];  // each level in a float's low bits
    LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
      v[i] = (U32x8)(Load<F8>(x + 8 * i) * inverse + exp_terms::kRound) & 0xff;
    }
#if defined(__AVX2__)  // g++ 12 narrows one by one otherwise: 2.7 times as slow
    const __m256i low = _mm256_packus_epi32((__m256i)v[0], (__m256i)v[1]);
    const __m256i high = _mm256_packus_epi32((__m256i)v[2], (__m256i)v[3]);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    lantern::LANTERN_ISA_NAMESPACE::Store(
        levels, _mm256_permutevar8x32_epi32(_mm256_packus_epi16(low, high), order));
#else
    typedef uint8_t U8x8 __attribute__((vector_size(8)));
    for (int i = 0; i < 4; ++i) {
      lantern::LANTERN_ISA_NAMESPACE::Store(levels + 8 * i, __builtin_convertvector(v[i], U8x8));
    }
#endif
  }

  static void Encode(uint8_t* out, const float* x, int64_t n) {
    const int64_t whole = n / kBlock * kBlock;
    uint8_t* scales = out + n;
    for (int64_t i = 0; i < whole; i += kGroup * kBlock, scales += 2 * kGroup) {
      const int64_t blocks = (whole - i) / kBlock;
      EncodeGroup(out + i, scales, x + i, blocks < kGroup ? static_cast<int>(blocks) : kGroup);
    }
    if (whole == n) return;
    float rest[kBlock] = {};
    uint8_t levels[kBlock];
    __builtin_memcpy(rest, x + whole, static_cast<size_t>(n - whole) * sizeof(float));
    EncodeGroup(levels, out + n + 2 * (whole / kBlock), rest, 1);
    __builtin_memcpy(out + whole, levels, static_cast<size_t>(n - whole));
  }

  template <bool kAdd>
  LANTERN_INLINE void DecodeBlock(float* out, const uint8_t* levels, float scale) {
    PutDecoded<kAdd>(out, LoadBytesW(levels) * SplatW(scale));
    PutDecoded<kAdd>(out + 16, LoadBytesW(levels + 16) * SplatW(scale));
  }

  template <bool kAdd>
  static void Decode(float* out, const uint8_t* in, int64_t n) {
    const uint8_t* scales = in + n;
    for (int64_t i = 0; i < n; i += kGroup * kBlock, scales += 2 * kGroup) {
      const int64_t count = n - i < kGroup * kBlock ? n - i : kGroup * kBlock;
      const int whole = static_cast<int>(count / kBlock), rest = static_cast<int>(count % kBlock);
      uint16_t half[kGroup] = {};
      __builtin_memcpy(half, scales, sizeof(uint16_t) * static_cast<size_t>(whole + (rest != 0)));
      float scale[kGroup];
      lantern::LANTERN_ISA_NAMESPACE::Store(scale, LoadHalf(half));
      for (int b = 0; b < whole; ++b) {
        DecodeBlock<kAdd>(out + i + kBlock * b, in + i + kBlock * b, scale[b]);
      }
      if (rest != 0) DecodePart<kAdd>(out + n - rest, in + n - rest, scale[whole], rest);
    }
  }

  template <bool kAdd>
  static void DecodePart(float* out, const uint8_t* levels, float scale, int count) {
    uint8_t part[kBlock] = {};
    float sum[kBlock] = {};
    __builtin_memcpy(part, levels, static_cast<size_t>(count));
    __builtin_memcpy(sum, out, static_cast<size_t>(count) * sizeof(float));
    DecodeBlock<kAdd>(sum, part, scale);
    __builtin_memcpy(out, sum, static_cast<size_t>(count) * sizeof(float));
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
