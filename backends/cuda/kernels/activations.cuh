// Activations on their way into shared memory: normed, rounded to what the matrix instructions
// take, and in the order in which their lanes read them. For every block of 32 columns a token has
// 64 bytes: lane t of a quad reads 16 of them, 8 columns (which ones: `consecutive`).
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "backends/cuda/kernels/skinny_task.h"

namespace lantern::cuda {

// Where activations go. `sums`: of each block's values, [block][tokens], or null.
struct SharedActivations {
  std::byte* values;
  float* sums;
  float* inverses;  // scratch: 1 / rms of each token
  int tokens;       // room
};

// Columns of lane t: 8 t .. 8 t + 7 of a block; or as codes.cuh has them.
template <bool consecutive>
__device__ inline int ColumnOf(int t, int half) {
  return consecutive ? 8 * t + 4 * half : 4 * t + 16 * half;
}

// Four values of x, some of which it may not have. Rare, and kept out of the code of the others.
__device__ __noinline__ inline float4 LoadFourAtEnd(const void* x, bool is_f32, long long at,
                                                    int count) {
  float value[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    value[i] = 0;
    if (i >= count) continue;
    if (is_f32) {
      value[i] = __ldcg(static_cast<const float*>(x) + at + i);
    } else {
      const uint32_t bits = __ldcg(static_cast<const unsigned short*>(x) + at + i);
      value[i] = __uint_as_float(bits << 16);
    }
  }
  return {value[0], value[1], value[2], value[3]};
}

// Four values of x; zeros where it has none. Past L1, which may hold what another kernel replaced.
// `ragged`: x may end within the four. Of block formats, whose columns are multiples of 32, it does
// not.
template <bool ragged>
__device__ inline float4 LoadFour(const SkinnyTask& task, int token, int column) {
  if (column < 0 || column >= task.columns) return {0, 0, 0, 0};
  const long long at = token * task.x_stride + column;
  if (ragged && column + 4 > task.columns) {
    return LoadFourAtEnd(task.x, task.x_is_f32, at, task.columns - column);
  }
  if (task.x_is_f32) {
    return __ldcg(reinterpret_cast<const float4*>(static_cast<const float*>(task.x) + at));
  }
  const auto* x = static_cast<const unsigned short*>(task.x) + at;
  const uint2 four = __ldcg(reinterpret_cast<const uint2*>(x));
  return {__uint_as_float(four.x << 16), __uint_as_float(four.x & 0xffff0000),
          __uint_as_float(four.y << 16), __uint_as_float(four.y & 0xffff0000)};
}

// The norm's weights are constants: they may be loaded before WaitForInputs.
template <bool ragged>
__device__ inline float4 LoadNorm(const SkinnyTask& task, int column) {
  if (column < 0 || column >= task.columns) return {0, 0, 0, 0};
  if (ragged && column + 4 > task.columns) {
    return LoadFourAtEnd(task.norm, true, column, task.columns - column);
  }
  return __ldg(reinterpret_cast<const float4*>(task.norm + column));
}

__device__ inline float SumOfSquares(float4 v) {
  return (v.x * v.x + v.y * v.y) + (v.z * v.z + v.w * v.w);
}
__device__ inline float4 Scaled(float4 v, float factor, float4 norm) {
  return {v.x * factor * norm.x, v.y * factor * norm.y, v.z * factor * norm.z,
          v.w * factor * norm.w};
}

__device__ inline float WarpSum(float value) {
#pragma unroll
  for (int other = 16; other > 0; other >>= 1) value += __shfl_xor_sync(~0u, value, other);
  return value;
}

// bf16(value), as bf16 or as f16: then what f16 cannot hold becomes its largest number.
template <bool f16>
__device__ inline unsigned short Rounded(float value, float* rounded) {
  const __nv_bfloat16 bf16 = __float2bfloat16_rn(value);
  *rounded = __bfloat162float(bf16);
  if constexpr (!f16) return __bfloat16_as_ushort(bf16);
  constexpr float kLargest = 65504;
  const bool beyond = fabsf(*rounded) > kLargest;  // no NaN is
  return __half_as_ushort(__float2half_rn(beyond ? copysignf(kLargest, *rounded) : *rounded));
}

template <bool f16>
__device__ inline uint2 RoundedFour(float4 v, float* sum) {
  float r[4];
  const uint32_t x = Rounded<f16>(v.x, r), y = Rounded<f16>(v.y, r + 1);
  const uint32_t z = Rounded<f16>(v.z, r + 2), w = Rounded<f16>(v.w, r + 3);
  *sum = (r[0] + r[1]) + (r[2] + r[3]);
  return {x | y << 16, z | w << 16};
}

// Stores what lane t of a quad reads, `at` = 4 * block + t. Quads of threads store blocks together.
template <bool f16>
__device__ inline void StoreEight(const SharedActivations& to, int at, int token, float4 first,
                                  float4 second) {
  const int place = (at >> 2) * to.tokens + token;
  float sum, more;
  const uint2 low = RoundedFour<f16>(first, &sum), high = RoundedFour<f16>(second, &more);
  *reinterpret_cast<uint4*>(to.values + place * 64 + (at & 3) * 16) = {low.x, low.y, high.x,
                                                                       high.y};
  if (to.sums == nullptr) return;
  sum += more;
  const unsigned quad = 0xfu << (threadIdx.x & 28);
  sum += __shfl_xor_sync(quad, sum, 1);
  sum += __shfl_xor_sync(quad, sum, 2);
  if ((at & 3) == 0) to.sums[place] = sum;
}

// `sum` over the block's threads, the same bits in all of them. Uses `inverses`, one for each warp.
__device__ inline float BlockSum(float sum, float* inverses) {
  sum = WarpSum(sum);
  if ((threadIdx.x & 31) == 0) inverses[threadIdx.x >> 5] = sum;
  __syncthreads();
  sum = 0;
  for (int i = 0; i < static_cast<int>(blockDim.x >> 5); ++i) sum += inverses[i];
  return sum;
}

// One token, normed: what a thread has loaded for the mean it keeps for the product. On the way of
// every layer of a decoded token, so the norm's weights are loaded before the wait.
template <bool consecutive, bool f16>
class NormedRow {
 public:
  __device__ NormedRow(const SkinnyTask& task, int blocks) : task_(task), chunks_(4 * blocks) {
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      norm_[i][0] = LoadNorm<consecutive>(task, Column(Chunk(i), 0));
      norm_[i][1] = LoadNorm<consecutive>(task, Column(Chunk(i), 1));
    }
  }
  __device__ void Load(const SharedActivations& to) {
    float4 x[kKept][2];
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      for (int half = 0; half < 2; ++half) x[i][half] = Four(Chunk(i), half);
    }
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) sum += SumOfSquares(x[i][0]) + SumOfSquares(x[i][1]);
#pragma unroll 1
    for (int c = Chunk(kKept); c < chunks_; c += blockDim.x) {
      sum += SumOfSquares(Four(c, 0)) + SumOfSquares(Four(c, 1));
    }
    const float inverse =
        1 / sqrtf(BlockSum(sum, to.inverses) / static_cast<float>(task_.columns) + task_.eps);
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      if (Chunk(i) >= chunks_) break;
      StoreEight<f16>(to, Chunk(i), 0, Scaled(x[i][0], inverse, norm_[i][0]),
                      Scaled(x[i][1], inverse, norm_[i][1]));
    }
#pragma unroll 1
    for (int c = Chunk(kKept); c < chunks_; c += blockDim.x) {
      StoreEight<f16>(to, c, 0,
                      Scaled(Four(c, 0), inverse, LoadNorm<consecutive>(task_, Column(c, 0))),
                      Scaled(Four(c, 1), inverse, LoadNorm<consecutive>(task_, Column(c, 1))));
    }
  }

 private:
  static constexpr int kKept = 2;  // 4096 columns
  __device__ int Chunk(int i) const { return threadIdx.x + i * blockDim.x; }
  __device__ int Column(int chunk, int half) const {
    return (chunk >> 2) * 32 + ColumnOf<consecutive>(chunk & 3, half) - task_.lead;
  }
  __device__ float4 Four(int chunk, int half) const {
    return LoadFour<consecutive>(task_, 0, Column(chunk, half));
  }

  const SkinnyTask& task_;
  int chunks_;
  float4 norm_[kKept][2];
};

// 1 / rms of every token, a warp for each.
template <bool consecutive>
__device__ inline void FindInverses(const SkinnyTask& task, float* inverses) {
  constexpr int kAtOnce = 4;  // loads under way
#pragma unroll 1
  for (int token = threadIdx.x >> 5; token < task.tokens; token += blockDim.x >> 5) {
    float sums[kAtOnce] = {};
#pragma unroll 1
    for (int column = 4 * (threadIdx.x & 31); column < task.columns; column += 128 * kAtOnce) {
      float4 x[kAtOnce];
#pragma unroll
      for (int i = 0; i < kAtOnce; ++i) x[i] = LoadFour<consecutive>(task, token, column + 128 * i);
#pragma unroll
      for (int i = 0; i < kAtOnce; ++i) sums[i] += SumOfSquares(x[i]);
    }
    const float sum = WarpSum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    inverses[token] = 1 / sqrtf(sum / static_cast<float>(task.columns) + task.eps);
  }
  __syncthreads();
}

// Blocks [first, first + count) of all tokens, whose inverses have been found where there is a
// norm. Loads come before stores, some at a time, as none waits for another.
template <bool consecutive, bool f16, bool normed>
__device__ inline void LoadRows(const SkinnyTask& task, int first, int count,
                                const SharedActivations& to) {
  constexpr int kAtOnce = normed ? 1 : (consecutive ? 2 : 4);
  const int chunks = 4 * count;
  int token = 0, at = threadIdx.x;
  const auto wrap = [&] {
    for (; at >= chunks && token < task.tokens; at -= chunks) ++token;
  };
#pragma unroll 1
  for (wrap(); token < task.tokens;) {
    float4 low[kAtOnce], high[kAtOnce];
    int tokens[kAtOnce], ats[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      tokens[k] = token;
      ats[k] = at;
      const int column = (first + (at >> 2)) * 32 - task.lead;
      const int one = column + ColumnOf<consecutive>(at & 3, 0);
      const int two = column + ColumnOf<consecutive>(at & 3, 1);
      at += blockDim.x;
      wrap();
      if (tokens[k] >= task.tokens) continue;
      low[k] = LoadFour<consecutive>(task, tokens[k], one);
      high[k] = LoadFour<consecutive>(task, tokens[k], two);
      if constexpr (normed) {
        low[k] = Scaled(low[k], to.inverses[tokens[k]], LoadNorm<consecutive>(task, one));
        high[k] = Scaled(high[k], to.inverses[tokens[k]], LoadNorm<consecutive>(task, two));
      }
    }
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (tokens[k] < task.tokens) StoreEight<f16>(to, ats[k], tokens[k], low[k], high[k]);
    }
  }
}

template <bool consecutive, bool f16>
__device__ inline void LoadRows(const SkinnyTask& task, int first, int count,
                                const SharedActivations& to) {
  if (task.norm != nullptr) {
    LoadRows<consecutive, f16, true>(task, first, count, to);
  } else {
    LoadRows<consecutive, f16, false>(task, first, count, to);
  }
}

}  // namespace lantern::cuda
