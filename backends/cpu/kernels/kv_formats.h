// The formats of the key/value cache: how a head's keys and values are stored, and read back
// sixteen at a time. Within a block and head, values lie position by position, and keys element by
// element, [head_dim][tokens], so that a vector holds sixteen positions. Included by kernels.cc
// only.
#pragma once

#include "backends/cpu/kernels/elementwise.h"
#include "backends/cpu/kernels/sixteen.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

struct F32Cache {
  LANTERN_INLINE constexpr int64_t RowBytes(int head_dim) {
    return 4 * static_cast<int64_t>(head_dim);
  }
  // Values i to i + count - 1 of a row, the other lanes zero.
  LANTERN_INLINE W ValuesAt(const uint8_t* row, int i, int count) {
    return LoadPartW(reinterpret_cast<const float*>(row) + i, count);
  }
  // Element i of the keys of positions `place` to place + 15.
  LANTERN_INLINE W KeysAt(const uint8_t* block, int tokens, int place, int i) {
    return LoadW(reinterpret_cast<const float*>(block) + i * tokens + place);
  }
  static void StoreValues(uint8_t* row, const float* x, int head_dim) {
    __builtin_memcpy(row, x, static_cast<size_t>(head_dim) * sizeof(float));
  }
  static void StoreKeys(uint8_t* block, int tokens, int place, const float* x, int head_dim) {
    float* out = reinterpret_cast<float*>(block) + place;
    for (int i = 0; i < head_dim; ++i) out[i * tokens] = x[i];
  }
};

LANTERN_INLINE void StoreBFloat16(void* p, F8 v) {
  lantern::LANTERN_ISA_NAMESPACE::Store(
      p, __builtin_convertvector(BFloat16Bits<U32x8>((U32x8)v), U16x8));
}

template <W (*kLoad)(const void*), void (*kStore)(void*, F8)>
struct SixteenBitCache {
  LANTERN_INLINE constexpr int64_t RowBytes(int head_dim) {
    return 2 * static_cast<int64_t>(head_dim);
  }
  LANTERN_INLINE W ValuesAt(const uint8_t* row, int i, int count) {
    if (count == 16) return kLoad(row + 2 * i);
    uint16_t part[16] = {};
    __builtin_memcpy(part, row + 2 * i, static_cast<size_t>(count) * 2);
    return kLoad(part);
  }
  LANTERN_INLINE W KeysAt(const uint8_t* block, int tokens, int place, int i) {
    return kLoad(block + 2 * (i * tokens + place));
  }
  static void StoreValues(uint8_t* row, const float* x, int head_dim) {
    ForEights(
        head_dim, [=](int i, int n) __attribute__((always_inline)) {
          uint16_t eight[8];
          kStore(eight, LoadUpTo8(x + i, n));
          __builtin_memcpy(row + 2 * i, eight, static_cast<size_t>(n) * sizeof(uint16_t));
        });
  }
  static void StoreKeys(uint8_t* block, int tokens, int place, const float* x, int head_dim) {
    uint16_t* out = reinterpret_cast<uint16_t*>(block) + place;
    ForEights(
        head_dim, [=](int i, int n) __attribute__((always_inline)) {
          uint16_t eight[8];
          kStore(eight, LoadUpTo8(x + i, n));
          for (int j = 0; j < n; ++j) out[(i + j) * tokens] = eight[j];
        });
  }
};
using F16Cache = SixteenBitCache<LoadHalfW, StoreHalf>;
using BF16Cache = SixteenBitCache<LoadBFloat16W, StoreBFloat16>;

// Blocks of 32 values with one 16-bit scale, as in src/tensor/quant.h.
struct Q8_0Cache {
  static constexpr int kBlock = 32, kBytes = 34;
  LANTERN_INLINE constexpr int64_t RowBytes(int head_dim) {
    return static_cast<int64_t>(head_dim) / kBlock * kBytes;
  }
  LANTERN_INLINE float Scale(const uint8_t* block) {
#if defined(__F16C__)
    uint16_t bits;
    __builtin_memcpy(&bits, block, sizeof(bits));
    return _cvtsh_ss(bits);
#else
    uint16_t eight[8] = {};
    __builtin_memcpy(eight, block, sizeof(eight[0]));
    return LoadHalf(eight)[0];
#endif
  }
  LANTERN_INLINE W ValuesAt(const uint8_t* row, int i, int /*count*/) {
    const uint8_t* block = row + i / kBlock * kBytes;
    return LoadBytesW(block + 2 + i % kBlock) * SplatW(Scale(block));
  }
  // Keys of a block, 32 elements at a time: their levels, then the positions' scales.
  LANTERN_INLINE W KeysAt(const uint8_t* block, int tokens, int place, int i) {
    const uint8_t* levels = block + i / kBlock * kBytes * tokens;
    return LoadBytesW(levels + i % kBlock * tokens + place) *
           LoadHalfW(levels + kBlock * tokens + 2 * place);
  }
  static void StoreValues(uint8_t* row, const float* x, int head_dim) {
    for (int i = 0; i < head_dim; i += kBlock, row += kBytes) StoreBlock(row, x + i);
  }
  static void StoreKeys(uint8_t* block, int tokens, int place, const float* x, int head_dim) {
    uint8_t one[kBytes];
    for (int i = 0; i < head_dim; i += kBlock, block += kBytes * tokens) {
      StoreBlock(one, x + i);
      for (int j = 0; j < kBlock; ++j) block[j * tokens + place] = one[2 + j];
      __builtin_memcpy(block + kBlock * tokens + 2 * place, one, 2);
    }
  }
  // As the scalar encoder does it: levels by the rounded scale. What is not finite becomes NaN.
  LANTERN_INLINE void StoreBlock(uint8_t* block, const float* x) {
    uint16_t half[8];
    StoreHalf(half, Splat(LargestMagnitude(x, kBlock) / 127.0f));
    const bool finite = (half[0] & 0x7c00) != 0x7c00;
    if (!finite) half[0] = 0x7e00;
    __builtin_memcpy(block, half, sizeof(half[0]));
    const float scale = Scale(block), inverse = finite && scale != 0 ? 1.0f / scale : 0.0f;
    for (int i = 0; i < kBlock; i += 8) {
      I32x8 levels = finite ? RoundToIntegers(x + i, inverse) : I32x8{};
      levels = levels < 127 ? levels : Splat(127);  // a scale that rounded down far, if subnormal
      levels = levels > -127 ? levels : Splat(-127);
      StoreAsBytes(block + 2 + i, levels);
    }
  }
};

}  // namespace lantern::LANTERN_ISA_NAMESPACE
