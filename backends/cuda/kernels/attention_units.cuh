// What the kernel for single new tokens works on, and how the sums of its warps and blocks become
// one. attention_decode.cu computes them.
#pragma once

#include <cmath>

#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"

namespace lantern::cuda::decode {

constexpr int kWarps = 4, kThreads = kWarps * 32;
constexpr int kTile = 16;  // positions that a warp works on at a time
constexpr int kUnitHeads = DecodePlan::kUnitHeads;

struct DecodeArguments {
  StepTokens step;
  AttentionStep attention;
  int chunk, splits;
  bool mixed;  // grid.z counts runs, and longer ones are not ours
  int block_shift;
  float scale;  // of products of queries and keys, to powers of two
  int* counters;
  float2* stats;    // [z, query heads, splits]: the largest product, and the sum of exponentials
  float* partials;  // [z, query heads, splits, head_dim]
};

// What a block works on.
struct Unit {
  int token, kv, part;
  int own;                  // the token's position
  int lowest;               // the first position it sees
  int begin, end;           // this block's positions
  int head = 0, count = 0;  // its query heads
  int table;                // its sequence's, in StepTokens::blocks
};

// Where the unit's first chunk begins: tiles lie in one block of the cache.
__device__ inline int FirstOf(const Unit& unit) { return unit.lowest / kTile * kTile; }

__device__ inline bool FindUnit(const DecodeArguments& d, Unit& unit) {
  unit.token = blockIdx.z;
  if (d.mixed) {
    unit.token = d.step.run_begin[blockIdx.z];
    if (d.step.run_begin[blockIdx.z + 1] - unit.token != 1) return false;
  }
  unit.own = d.step.position[unit.token];
  unit.table = d.step.blocks_begin[d.step.sequence[unit.token]];
  const int kv_heads = d.attention.cache.heads;
  unit.kv = blockIdx.y;
  for (unit.part = 0; unit.kv >= kv_heads; ++unit.part) unit.kv -= kv_heads;
  unit.lowest = LowestSeen(unit.own, d.attention.window);
  unit.begin = FirstOf(unit) + blockIdx.x * d.chunk;
  if (unit.begin > unit.own) return false;
  unit.end = min(unit.begin + d.chunk, unit.own + 1);
  const HeadRange heads = HeadsOf(d.attention.heads, unit.kv);
  unit.head = heads.begin + unit.part * kUnitHeads;
  unit.count = max(0, min(kUnitHeads, heads.count - unit.part * kUnitHeads));
  return true;
}

// Blocks of this unit that have any positions.
__device__ inline int ChunksOf(const DecodeArguments& d, const Unit& unit) {
  return (unit.own - FirstOf(unit)) / d.chunk + 1;
}

// The token's own key and value in the cache's type.
template <int D>
struct OwnRows {
  uint4 key[D / 8], value[D / 8];
};

template <int D>
struct DecodeShared {
  static constexpr int kRow = D + 8;  // 16-byte stores of a warp's quarter then meet twice at most
  union {
    float sums[kWarps][kUnitHeads][kRow];
    float weights[kUnitHeads][DecodePlan::kMostSplits];
  };
  float most[kWarps][kUnitHeads], total[kWarps][kUnitHeads];
  OwnRows<D> own;
  int is_last;
};

__device__ inline int Warp() { return threadIdx.x / 32; }

__device__ inline void AddScaled(float4& sum, float scale, const float4& x) {
  sum.x += scale * x.x, sum.y += scale * x.y, sum.z += scale * x.z, sum.w += scale * x.w;
}

__device__ inline void StoreOut(const AttentionStep& a, const Unit& unit, int head, int at,
                                const float4& x, float scale) {
  auto* out = static_cast<uint16_t*>(a.out.data) + unit.token * a.out.stride +
              static_cast<long long>(unit.head + head) * a.cache.head_dim + at;
  With16Bits(a.out.type, [&](auto value) {
    using A = decltype(value);
    *reinterpret_cast<uint2*>(out) = {PackSaturated<A>(x.x * scale, x.y * scale),
                                      PackSaturated<A>(x.z * scale, x.w * scale)};
  });
}

// Adds up the warps' sums: into `out` where this block is its unit's only one, else to scratch.
template <int D>
__device__ inline void MergeWarps(const DecodeArguments& d, const Unit& unit, int chunks,
                                  const DecodeShared<D>& shared) {
#pragma unroll 1
  for (int i = threadIdx.x; i < unit.count * (D / 4); i += kThreads) {
    const int head = i / (D / 4), at = i % (D / 4) * 4;
    float most = shared.most[0][head], total = 0;
#pragma unroll
    for (int w = 1; w < kWarps; ++w) most = fmaxf(most, shared.most[w][head]);
    float4 sum = {0, 0, 0, 0};
#pragma unroll
    for (int w = 0; w < kWarps; ++w) {
      const float scale = Exp2(shared.most[w][head] - most);
      total += scale * shared.total[w][head];
      AddScaled(sum, scale, *reinterpret_cast<const float4*>(&shared.sums[w][head][at]));
    }
    if (chunks == 1) {
      StoreOut(d.attention, unit, head, at, sum, 1 / total);
      continue;
    }
    const size_t row =
        (static_cast<size_t>(blockIdx.z) * d.attention.heads.query + unit.head + head) * d.splits +
        blockIdx.x;
    *reinterpret_cast<float4*>(d.partials + row * D + at) = sum;
    if (at == 0) d.stats[row] = {most, total};
  }
}

// Adds one after what this thread, and threads that met it at a barrier, have written; what others
// wrote before they added is seen after.
__device__ inline int AddInOrder(int* counter) {
  int before;
  asm volatile("atom.add.acq_rel.gpu.global.s32 %0, [%1], 1;"
               : "=r"(before)
               : "l"(counter)
               : "memory");
  return before;
}

// True in the block of a unit that arrives last, whose counter then is zero again.
template <int D>
__device__ inline bool ArriveLast(const DecodeArguments& d, int chunks, DecodeShared<D>& shared) {
  __syncthreads();
  if (threadIdx.x == 0) {
    int* counter = d.counters + blockIdx.z * gridDim.y + blockIdx.y;
    shared.is_last = AddInOrder(counter) == chunks - 1;
    if (shared.is_last) *counter = 0;
  }
  __syncthreads();
  return shared.is_last;
}

// Adds up the blocks' sums, in the order of their positions, some of which are loaded together.
template <int D>
__device__ inline void MergeChunks(const DecodeArguments& d, const Unit& unit, int chunks,
                                   DecodeShared<D>& shared) {
  constexpr int kBatch = 16;
  const size_t rows =
      (static_cast<size_t>(blockIdx.z) * d.attention.heads.query + unit.head) * d.splits;
  const int lane = threadIdx.x % 32;
#pragma unroll 1
  for (int head = Warp(); head < unit.count; head += kWarps) {
    const float2* stats = d.stats + rows + static_cast<size_t>(head) * d.splits;
    float most = -INFINITY, total = 0;
#pragma unroll 2
    for (int s = lane; s < chunks; s += 32) most = fmaxf(most, __ldcg(stats + s).x);
    for (int lanes = 16; lanes > 0; lanes /= 2) {
      most = fmaxf(most, __shfl_xor_sync(~0u, most, lanes));
    }
#pragma unroll 2
    for (int s = lane; s < chunks; s += 32) {
      const float2 of = __ldcg(stats + s);
      const float weight = Exp2(of.x - most);
      shared.weights[head][s] = weight;
      total += weight * of.y;
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) total += __shfl_xor_sync(~0u, total, lanes);
    if (lane == 0) shared.total[0][head] = total;
  }
  __syncthreads();
#pragma unroll 1
  for (int i = threadIdx.x; i < unit.count * (D / 4); i += kThreads) {
    const int head = i / (D / 4), at = i % (D / 4) * 4;
    const float* partial = d.partials + (rows + static_cast<size_t>(head) * d.splits) * D + at;
    float4 sum = {0, 0, 0, 0};
    for (int begin = 0; begin < chunks; begin += kBatch) {
      float4 parts[kBatch];
#pragma unroll
      for (int i = 0; i < kBatch; ++i) {
        const size_t s = min(begin + i, chunks - 1);
        parts[i] = __ldcg(reinterpret_cast<const float4*>(partial + s * D));
      }
#pragma unroll
      for (int i = 0; i < kBatch; ++i) {
        if (begin + i < chunks) AddScaled(sum, shared.weights[head][begin + i], parts[i]);
      }
    }
    StoreOut(d.attention, unit, head, at, sum, 1 / shared.total[0][head]);
  }
}

}  // namespace lantern::cuda::decode
