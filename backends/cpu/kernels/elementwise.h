// Norms, rotations, activations and the quantization of activations, row by row.
// Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"
#include "backends/cpu/kernels/simd.h"
#include "backends/cpu/kernels/sixteen.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Sum of x[i] * y[i]: element i in virtual lane i mod 16, then the fixed tree. Missing elements of
// the last sixteen add zero, which changes no sum.
template <class LoadX, class LoadY>
LANTERN_INLINE float DotLanes(int n, const LoadX& x, const LoadY& y) {
  F8 low = {}, high = {};
  int i = 0;
  for (; i + 16 <= n; i += 16) {
    low = low + x(i, 8) * y(i, 8);
    high = high + x(i + 8, 8) * y(i + 8, 8);
  }
  if (i < n) {
    const int rest = n - i;
    low = low + x(i, rest < 8 ? rest : 8) * y(i, rest < 8 ? rest : 8);
    if (rest > 8) high = high + x(i + 8, rest - 8) * y(i + 8, rest - 8);
  }
  return SumLanes(low, high);
}

// Calls body(i, count) for each eight elements, `count` of which exist.
template <class Body>
LANTERN_INLINE void ForEights(int n, const Body& body) {
  int i = 0;
  for (; i + 8 <= n; i += 8) body(i, 8);
  if (i < n) body(i, n - i);
}

LANTERN_INLINE F8 LoadUpTo8(const float* p, int count) {
  return count == 8 ? Load<F8>(p) : LoadPart(p, count);
}

void RmsNorm(float* out, const float* x, const float* weight, int n, float eps) {
  const auto load = [x](int i, int count) __attribute__((always_inline)) {
    return LoadUpTo8(x + i, count);
  };
  const float mean = DotLanes(n, load, load) / static_cast<float>(n);
  const F8 scale = Splat(1.0f / __builtin_sqrtf(mean + eps));
  ForEights(
      n, [=](int i, int count) __attribute__((always_inline)) {
        const F8 normal = LoadUpTo8(x + i, count) * scale;
        StorePart(out + i, normal * LoadUpTo8(weight + i, count), count);
      });
}

// Pairs (x0, x1) to (x0 c - x1 s, x1 c + x0 s); cos_sin holds (c, s) of each.
void Rope(float* x, const float* cos_sin, int head_dim) {
  const U32x8 minus = {0x80000000, 0, 0x80000000, 0, 0x80000000, 0, 0x80000000, 0};
  ForEights(
      head_dim, [=](int i, int count) __attribute__((always_inline)) {
        const F8 pairs = LoadUpTo8(x + i, count), turn = LoadUpTo8(cos_sin + i, count);
        const F8 c = __builtin_shufflevector(turn, turn, 0, 0, 2, 2, 4, 4, 6, 6);
        const F8 s = __builtin_shufflevector(turn, turn, 1, 1, 3, 3, 5, 5, 7, 7);
        const F8 other = __builtin_shufflevector(pairs, pairs, 1, 0, 3, 2, 5, 4, 7, 6);
        StorePart(x + i, pairs * c + other * (F8)((U32x8)s ^ minus), count);
      });
}

// silu(gate) * up of kCount vectors, one after the other in memory.
template <class F, class U, int kCount>
LANTERN_INLINE void SiluMulVectors(float* out, const float* gate, const float* up) {
  constexpr int kLanes = sizeof(F) / sizeof(float);
  F minus[kCount], e[kCount];
  LANTERN_UNROLL for (int v = 0; v < kCount; ++v) { minus[v] = e[v] = -Load<F>(gate + kLanes * v); }
  ExpBelowOverflow<F, U>(e);
  LANTERN_UNROLL for (int v = 0; v < kCount; ++v) {
    const F exp = minus[v] > exp_terms::kOverflow ? F{} + __builtin_inff() : e[v];
    const F silu = Load<F>(gate + kLanes * v) / (exp + 1.0f);
    Store(out + kLanes * v, silu * Load<F>(up + kLanes * v));
  }
}

void SiluMul(float* out, const float* gate, const float* up, int n) {
  constexpr int kStep = kExpsTogether * kWideLanes;
  int i = 0;
  for (; i + kStep <= n; i += kStep) {
    SiluMulVectors<Wide, WideU, kExpsTogether>(out + i, gate + i, up + i);
  }
  for (; i < n; i += 8) {
    const int count = n - i < 8 ? n - i : 8;
    const F8 g = LoadUpTo8(gate + i, count);
    StorePart(out + i, g / (Exp(-g) + 1.0f) * LoadUpTo8(up + i, count), count);
  }
}

void Add(float* x, const float* y, int n) {
  ForEights(
      n, [=](int i, int count) __attribute__((always_inline)) {
        StorePart(x + i, LoadUpTo8(x + i, count) + LoadUpTo8(y + i, count), count);
      });
}

void ExpRow(float* out, const float* x, int n) {
  ForEights(
      n, [=](int i, int count) __attribute__((always_inline)) {
        StorePart(out + i, Exp(LoadUpTo8(x + i, count)), count);
      });
}

// ---- quantization of activations ----

// The largest magnitude of n values (n a multiple of 8). Compared as bits, so that infinity and
// NaN win and cannot hide.
LANTERN_INLINE float LargestMagnitude(const float* x, int n) {
  I32x8 most = {};
  for (int i = 0; i < n; i += 8) {
    const I32x8 magnitude = Load<I32x8>(x + i) & 0x7fffffff;
    most = magnitude > most ? magnitude : most;
  }
  int32_t bits = 0;
  for (int i = 0; i < 8; ++i) bits = most[i] > bits ? most[i] : bits;
  float value;
  __builtin_memcpy(&value, &bits, sizeof(value));
  return value;
}

// Eight values times `inverse`, to the nearest integer, ties to even.
LANTERN_INLINE I32x8 RoundToIntegers(const float* x, float inverse) {
  const F8 shifted = Load<F8>(x) * inverse + exp_terms::kRound;
  return (I32x8)((U32x8)shifted - exp_terms::kRoundBits);
}

// kGroup values as bytes, and their sums: of every fourth one from the first in lane 0, from the
// second in lane 1, and so on; the upper lanes hold the same again.
template <int kGroup>
LANTERN_INLINE I32x8 QuantizeGroup(const float* x, float inverse, int8_t* q) {
  I32x8 total = {};
  LANTERN_UNROLL for (int i = 0; i < kGroup; i += 8) {
    const I32x8 rounded = RoundToIntegers(x + i, inverse);
    total += rounded;
    StoreAsBytes(q + i, rounded);
  }
  return total + __builtin_shufflevector(total, total, 4, 5, 6, 7, 0, 1, 2, 3);
}

// Of each of four groups' sums: lanes 0 and 1 together, then 2 and 3.
LANTERN_INLINE I32x8 HalvesOf(const I32x8 (&sums)[4]) {
  const I32x8 low = __builtin_shufflevector(sums[0], sums[1], 0, 1, 2, 3, 8, 9, 10, 11);
  const I32x8 high = __builtin_shufflevector(sums[2], sums[3], 0, 1, 2, 3, 8, 9, 10, 11);
  return __builtin_shufflevector(low, high, 0, 2, 4, 6, 8, 10, 12, 14) +
         __builtin_shufflevector(low, high, 1, 3, 5, 7, 9, 11, 13, 15);
}

// One block with one scale: q = x * 127 / amax, and the sums of every kGroup of them: of the first
// two of each four, and of the others. None is beyond 127: both roundings of x * (127 / amax) move
// it by less than a half. Sums are stored as they are read, in whole vectors: a load of what
// several stores wrote waits for all stores before it, and the other thread's core may hold their
// lines (4% of a token of Q4_K_M on two threads).
template <int kElements, int kGroup>
LANTERN_INLINE void QuantizeBlock(const float* x, float* scale, int8_t* q,
                                  int32_t (&sum)[kElements / kGroup][2]) {
  const float most = LargestMagnitude(x, kElements);
  const float inverse = 127.0f / most;
  const bool finite = most < __builtin_inff();
  if (!finite || most == 0 || !(inverse < __builtin_inff())) {
    // NaN and infinity must reach the output: zeros times a NaN scale are NaN.
    *scale = finite ? 0.0f : __builtin_nanf("");
    __builtin_memset(q, 0, kElements);
    __builtin_memset(sum, 0, sizeof(sum));
    return;
  }
  *scale = most / 127.0f;
  constexpr int kGroups = kElements / kGroup;
  if constexpr (kGroups == 1) {
    const I32x8 total = QuantizeGroup<kGroup>(x, inverse, q);
    sum[0][0] = total[0] + total[1];
    sum[0][1] = total[2] + total[3];
  } else {
    for (int group = 0; group < kGroups; group += 4) {
      I32x8 sums[4];
      LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
        const int at = (group + i) * kGroup;
        sums[i] = QuantizeGroup<kGroup>(x + at, inverse, q + at);
      }
      const I32x8 halves = HalvesOf(sums);
      __builtin_memcpy(sum[group], &halves, sizeof(halves));
    }
  }
}

void Quantize32(QuantBlock32* out, const float* x, int n) {
  for (int i = 0; i < n / 32; ++i) {
    int32_t half[1][2];
    QuantizeBlock<32, 32>(x + 32 * i, &out[i].scale, out[i].q, half);
    const int32_t sum = half[0][0] + half[0][1];
    out[i].sum = static_cast<float>(sum);
    out[i].minus_8_sum = -8 * sum;
  }
}

void Quantize256(QuantBlock256* out, const float* x, int n) {
  for (int i = 0; i < n / 256; ++i) {
    QuantBlock256& block = out[i];
    int32_t half[16][2], sum[16];
    QuantizeBlock<256, 16>(x + 256 * i, &block.scale, block.q, half);
    for (int j = 0; j < 16; ++j) {
      sum[j] = half[j][0] + half[j][1];
      block.minus_32_sum[j] = -32 * sum[j];
      block.minus_32_halves[j][0] = static_cast<int16_t>(-32 * half[j][0]);
      block.minus_32_halves[j][1] = static_cast<int16_t>(-32 * half[j][1]);
    }
    block.narrow = NarrowRuns(block.q);
    for (int j = 0; j < 8; ++j) {
      block.pair_sums[j / 4 * 2 + j % 2][j / 2 % 2] =
          static_cast<int16_t>(sum[2 * j] + sum[2 * j + 1]);
    }
  }
}

// Four sums, so that additions never wait for each other; with prefetches as products have them.
// As src/tensor/residual.cc defines it, eight elements at a time.
uint32_t ResidualHash(const float* x, int64_t n, uint32_t first) {
  constexpr uint32_t kStep = 0x9e3779b9;
  U32x8 offset = kStep * (U32x8{0, 1, 2, 3, 4, 5, 6, 7} + first), sums = {};
  int64_t i = 0;
  const auto add = [&](U32x8 h) __attribute__((always_inline)) {
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    sums += h ^ h >> 16;
  };
  for (; i + 8 <= n; i += 8, offset += 8 * kStep) add(Load<U32x8>(x + i) + offset);
  uint32_t sum = 0;
  LANTERN_UNROLL for (int lane = 0; lane < 8; ++lane) sum += sums[lane];
  if (i == n) return sum;
  sums = U32x8{};
  add((U32x8)LoadPart(x + i, static_cast<int>(n - i)) + offset);
  for (int lane = 0; lane < n - i; ++lane) sum += sums[lane];
  return sum;
}

uint64_t ReadSum(const uint8_t* data, int64_t bytes) {
  typedef uint64_t U64x4 __attribute__((vector_size(32)));
  U64x4 sum[4] = {};
  for (int64_t i = 0; i + 128 <= bytes; i += 128) {
    LANTERN_UNROLL for (int j = 0; j < 128; j += 64) {
      __builtin_prefetch(data + i + j + 8192, 0, 2);
      __builtin_prefetch(data + i + j + 1024);
    }
    LANTERN_UNROLL for (int j = 0; j < 4; ++j) sum[j] += Load<U64x4>(data + i + 32 * j);
  }
  const U64x4 all = (sum[0] + sum[1]) + (sum[2] + sum[3]);
  return all[0] + all[1] + all[2] + all[3];
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
