// MassesOfRows: a warp takes a block of the vocabulary, which it holds in registers.
#include <cmath>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kVocabBlock = 256, kEach = kVocabBlock / 32;

__device__ float LargestInWarp(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value = fmaxf(value, __shfl_xor_sync(~0u, value, distance));
  }
  return value;
}
__device__ float SumInWarp(float value) {
  for (int distance = 16; distance > 0; distance /= 2) {
    value += __shfl_xor_sync(~0u, value, distance);
  }
  return value;
}

__global__ void __launch_bounds__(kThreads)
    MassKernel(Rows<float> logits, int ids, const ChoiceRule* rules, Mass* masses) {
  WaitForInputs();
  LetNextBegin();
  const int row = blockIdx.y, lane = threadIdx.x % 32;
  const int block = blockIdx.x * kWarps + threadIdx.x / 32;
  const int blocks = (ids + kVocabBlock - 1) / kVocabBlock;
  const float temperature = rules[row].temperature;
  if (block >= blocks || temperature == 0) return;
  const float* const values = logits[row] + block * kVocabBlock;
  const int count = min(kVocabBlock, ids - block * kVocabBlock);
  float weights[kEach], most = -INFINITY, sum = 0;
#pragma unroll
  for (int i = 0; i < kEach; ++i) {
    const int at = i * 32 + lane;
    weights[i] = at < count ? values[at] / temperature : -INFINITY;
    most = fmaxf(most, weights[i]);
  }
  most = LargestInWarp(most);
#pragma unroll
  for (const float weight : weights) sum += expf(weight - most);
  sum = SumInWarp(sum);
  if (lane == 0) masses[static_cast<size_t>(row) * blocks + block] = {most, sum};
}

}  // namespace

void MassesOfRows(const Queue& queue, Matrix logits, const ChoiceRule* rules, Mass* masses) {
  const int blocks = (logits.columns + kVocabBlock - 1) / kVocabBlock;
  if (logits.rows == 0 || blocks == 0) return;
  Launch(queue, MassKernel, dim3((blocks + kWarps - 1) / kWarps, logits.rows), kThreads, 0,
         RowsOf<float>(logits), logits.columns, rules, masses);
}

}  // namespace lantern::cuda
