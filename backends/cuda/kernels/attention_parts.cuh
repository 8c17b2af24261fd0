// What the attention kernels share: which heads and positions a block works on, eight values at a
// time in any type, and their rotation. Nothing here is known to callers of attention.h.
#pragma once

#include "backends/cuda/kernels/attention.h"
#include "backends/cuda/kernels/halves.cuh"

namespace lantern::cuda {

constexpr float kLog2E = 1.4426950408889634f;

// The query heads of one local kv head: a contiguous range, cut where the rank's heads begin or
// end.
struct HeadRange {
  int begin, count;
};
__host__ __device__ inline HeadRange HeadsOf(const Heads& heads, int kv) {
  const int first = (heads.kv_begin + kv) * heads.group - heads.q_begin;
  const int last = first + heads.group;
  const int begin = first > 0 ? first : 0, end = last < heads.query ? last : heads.query;
  return {begin, end > begin ? end - begin : 0};
}

// The positions that a token at `position` sees begin here.
__host__ __device__ inline int LowestSeen(int position, int window) {
  return window > 0 && position >= window ? position - window + 1 : 0;
}

// 2 to the x, within 2 units of the last place; 0 for minus infinity.
__device__ inline float Exp2(float x) {
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
}

// Eight values that lie side by side, aligned to their size or to 16 bytes.
template <class T>
__device__ inline void Widen8(const uint4& words, float (&x)[8]) {
  const uint32_t pairs[4] = {words.x, words.y, words.z, words.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float2 pair = Widen<T>(pairs[i]);
    x[2 * i] = pair.x, x[2 * i + 1] = pair.y;
  }
}
template <class T>
__device__ inline void Load8(const T* from, float (&x)[8]) {
  Widen8<T>(*reinterpret_cast<const uint4*>(from), x);
}
template <>
__device__ inline void Load8<float>(const float* from, float (&x)[8]) {
  const float4 a = reinterpret_cast<const float4*>(from)[0];
  const float4 b = reinterpret_cast<const float4*>(from)[1];
  x[0] = a.x, x[1] = a.y, x[2] = a.z, x[3] = a.w;
  x[4] = b.x, x[5] = b.y, x[6] = b.z, x[7] = b.w;
}

// Eight activations of any type, from element `at` on.
__device__ inline void Load8(const Matrix& from, long long at, float (&x)[8]) {
  if (from.type == Real::kF32) return Load8(static_cast<const float*>(from.data) + at, x);
  With16Bits(from.type,
             [&](auto value) { Load8(static_cast<const decltype(value)*>(from.data) + at, x); });
}

template <class T>
__device__ inline uint4 Pack8(const float (&x)[8]) {
  return {Pack<T>(x[0], x[1]), Pack<T>(x[2], x[3]), Pack<T>(x[4], x[5]), Pack<T>(x[6], x[7])};
}

template <class T>
__device__ inline void Store8(T* to, const float (&x)[8]) {
  *reinterpret_cast<uint4*>(to) = Pack8<T>(x);
}
template <>
__device__ inline void Store8<float>(float* to, const float (&x)[8]) {
  reinterpret_cast<float4*>(to)[0] = {x[0], x[1], x[2], x[3]};
  reinterpret_cast<float4*>(to)[1] = {x[4], x[5], x[6], x[7]};
}

// Rotates neighbouring pairs by `turn`: cos and sin of each.
__device__ inline void Rotate8(float (&x)[8], const float (&turn)[8]) {
#pragma unroll
  for (int i = 0; i < 8; i += 2) {
    const float a = x[i], b = x[i + 1];
    x[i] = a * turn[i] - b * turn[i + 1];
    x[i + 1] = a * turn[i + 1] + b * turn[i];
  }
}
// cos and sin of eight dimensions from `dim`: those of pair i lie at 2 i, where the pair does.
__device__ inline void LoadTurn8(const AttentionStep& a, int position, int dim, float (&turn)[8]) {
  Load8(a.rope + static_cast<size_t>(position) * a.cache.head_dim + dim, turn);
}

// Elements from the beginning of qkv to a token's query head, key or value.
__device__ inline long long QueryAt(const AttentionStep& a, int token, int head) {
  return token * a.qkv.stride + static_cast<long long>(head) * a.cache.head_dim;
}
__device__ inline long long KeyAt(const AttentionStep& a, int token, int kv) {
  return QueryAt(a, token, a.heads.query + kv);
}
__device__ inline long long ValueAt(const AttentionStep& a, int token, int kv) {
  return QueryAt(a, token, a.heads.query + a.cache.heads + kv);
}

// Elements from the beginning of the cache to slot 0 of a block's head.
__device__ inline size_t BlockAt(const Cache& cache, int block, int kv) {
  return (static_cast<size_t>(block) * cache.heads + kv) * cache.block_tokens * cache.head_dim;
}

__device__ inline const int* TableOf(const StepTokens& step, int token) {
  return step.blocks + step.blocks_begin[step.sequence[token]];
}

// D += A * B on tensor cores: 16 x 16 times 16 x 8. With g = lane / 4, t = lane % 4:
// A a0 (g, 2t..) a1 (g+8, 2t..) a2 (g, 2t+8..) a3 (g+8, 2t+8..); B b0 (2t.., g) b1 (2t+8.., g);
// D d0 d1 (g, 2t..) d2 d3 (g+8, 2t..).
template <class T>
__device__ inline void MatrixMultiply(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2,
                                      uint32_t a3, uint32_t b0, uint32_t b1);
template <>
__device__ inline void MatrixMultiply<__half>(float (&d)[4], uint32_t a0, uint32_t a1, uint32_t a2,
                                              uint32_t a3, uint32_t b0, uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
      "{%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}
template <>
__device__ inline void MatrixMultiply<__nv_bfloat16>(float (&d)[4], uint32_t a0, uint32_t a1,
                                                     uint32_t a2, uint32_t a3, uint32_t b0,
                                                     uint32_t b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
      "{%8,%9}, {%0,%1,%2,%3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(b0), "r"(b1));
}

}  // namespace lantern::cuda
