// What kernels that norm rows share; a block of threads takes a row.
#pragma once

#include "backends/cuda/kernels/row_units.cuh"

namespace lantern::cuda {

constexpr int kMostNormThreads = 1024;

// The sum over the block's threads, in all of them. REQUIRES: whole warps.
__device__ inline float SumOfBlock(float value) {
  __shared__ float sums[kMostNormThreads / 32];
  const int warps = blockDim.x / 32, lane = threadIdx.x % 32;
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(~0u, value, distance);
  }
  if (lane == 0) sums[threadIdx.x / 32] = value;
  __syncthreads();
  value = lane < warps ? sums[lane] : 0;
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(~0u, value, distance);
  }
  return value;
}

template <int kN>
__device__ float SumOfSquares(const Floats<kN>& values) {
  float sum = 0;
#pragma unroll
  for (const float value : values.of) sum += value * value;
  return sum;
}

template <int kN, class Out>
__device__ void PutUnit(Out* out, Floats<kN> values, const Floats<kN>& weight, float scale) {
#pragma unroll
  for (int i = 0; i < kN; ++i) values.of[i] = values.of[i] * scale * weight.of[i];
  Store<kN>(out, values);
}

}  // namespace lantern::cuda
