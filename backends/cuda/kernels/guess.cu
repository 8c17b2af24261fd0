// GuessTokens: the sampler (src/engine/sampling.h) for one block of threads a row, a candidate a
// thread. Exponentials and logarithms are the device's own and sums have another order, so that the
// host, whose choice counts, may differ where two candidates are next to equal.
#include <cmath>

#include "backends/cuda/kernels/answer_keys.cuh"
#include "backends/cuda/kernels/keyed_score.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/rows.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = kMostTop, kWarps = kThreads / 32;

// The sum of `value` over this thread and those before it. REQUIRES: all threads call it.
__device__ float SumUpTo(float value, float* warp_sums) {
  const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  for (int distance = 1; distance < 32; distance *= 2) {
    const float before = __shfl_up_sync(~0u, value, distance);
    if (lane >= distance) value += before;
  }
  if (lane == 31) warp_sums[warp] = value;
  __syncthreads();
  for (int w = 0; w < warp; ++w) value += warp_sums[w];
  return value;
}

// How many of the candidates, in descending order of weight, survive.
__device__ int Survivors(const ChoiceRule& rule, int kept, float weight, float largest) {
  __shared__ float warp_sums[kWarps], total;
  const int thread = threadIdx.x;
  if (rule.top_p < 1) {
    const float mass = SumUpTo(thread < kept ? expf(weight - largest) : 0, warp_sums);
    if (thread == kThreads - 1) total = mass;
    __syncthreads();
    kept = min(kept, 1 + __syncthreads_count(thread < kept && mass < rule.top_p * total));
  }
  if (rule.min_p > 0) {
    kept = max(1, __syncthreads_count(thread < kept && weight >= largest + logf(rule.min_p)));
  }
  return kept;
}

__global__ void __launch_bounds__(kThreads)
    GuessKernel(TopRows top, const ChoiceRule* rules, RowAnswer* best, int* guesses) {
  __shared__ uint64_t keys[kWarps];
  WaitForInputs();
  LetNextBegin();
  const int row = blockIdx.x, thread = threadIdx.x;
  const ChoiceRule rule = rules[row];
  if (rule.temperature == 0) return;
  const RowAnswer* const values = top.values + static_cast<size_t>(row) * top.stride;
  if (rule.keyed()) {  // they are in order of score
    if (thread == 0) guesses[row] = best[row].index = values[0].index;
    return;
  }
  // Without top-k what is beyond these is left out of the mass that top-p is a part of.
  const int seen = rule.top_k > 0 ? min(rule.top_k, top.count) : top.count;
  const RowAnswer mine = thread < seen ? values[thread] : RowAnswer{-INFINITY, 0};
  const float weight = mine.value / rule.temperature;
  const int kept = Survivors(rule, seen, weight, values[0].value / rule.temperature);
  uint64_t key = 0;
  if (thread < kept) key = KeyOf(KeyedScore(rule, weight, mine.index), mine.index);
  key = LargestOfWarp(key);
  if (thread % 32 == 0) keys[thread / 32] = key;
  __syncthreads();
  if (thread >= 32) return;
  key = LargestOfWarp(thread < kWarps ? keys[thread] : 0);
  if (thread == 0) guesses[row] = best[row].index = AnswerOf(key).index;
}

}  // namespace

void GuessTokens(const Queue& queue, int rows, TopRows top, const ChoiceRule* rules,
                 RowAnswer* best, int* guesses) {
  LANTERN_CHECK(0 < top.count && top.count <= kMostTop);
  if (rows == 0) return;
  Launch(queue, GuessKernel, rows, kThreads, 0, top, rules, best, guesses);
}

}  // namespace lantern::cuda
