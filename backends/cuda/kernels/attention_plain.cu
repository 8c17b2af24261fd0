// Attention in f32 for checks, and for shapes that the fast kernels do not take: any head_dim that
// is a multiple of 8, any types, any runs. A block for each token and query head; eight lanes work
// on a position together, and a block's 16 such groups take positions in turn.
#include <cmath>

#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"
#include "backends/cuda/kernels/launch.cuh"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 128, kLanes = 8, kGroups = kThreads / kLanes;
constexpr int kMostDim = 256;

// Of a group: this lane has eight dimensions from each 8 * (lane + kLanes * c), where there are
// that many.
template <int kChunks>
struct GroupState {
  float query[kChunks][8] = {}, sums[kChunks][8] = {};
  float most = -INFINITY, total = 0;
};

__device__ inline int DimAt(int c) {
  return 8 * (static_cast<int>(threadIdx.x) % kLanes + kLanes * c);
}

template <class T, int kChunks>
__device__ inline float Product(const T* key, int dim, const GroupState<kChunks>& state) {
  float product = 0;
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    if (DimAt(c) >= dim) continue;
    float x[8];
    Load8(key + DimAt(c), x);
#pragma unroll
    for (int i = 0; i < 8; ++i) product += state.query[c][i] * x[i];
  }
  return product;
}

template <class T, int kChunks>
__device__ inline void AddValue(const T* value, int dim, float product,
                                GroupState<kChunks>& state) {
  const float most = fmaxf(state.most, product);
  const float correction = expf(state.most - most), weight = expf(product - most);
  state.most = most;
  state.total = state.total * correction + weight;
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    if (DimAt(c) >= dim) continue;
    float x[8];
    Load8(value + DimAt(c), x);
#pragma unroll
    for (int i = 0; i < 8; ++i) state.sums[c][i] = state.sums[c][i] * correction + weight * x[i];
  }
}

template <class T, int kChunks>
__device__ inline void AttendPositions(const StepTokens& step, const AttentionStep& a, int token,
                                       int head, GroupState<kChunks>& state) {
  const int dim = a.cache.head_dim, own = step.position[token];
  const int* table = TableOf(step, token);
  const int kv = (a.heads.q_begin + head) / a.heads.group - a.heads.kv_begin;
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    if (DimAt(c) >= dim) continue;
    Load8(a.qkv, QueryAt(a, token, head) + DimAt(c), state.query[c]);
    float turn[8];
    LoadTurn8(a, own, DimAt(c), turn);
    Rotate8(state.query[c], turn);
  }
  const float scale = 1 / sqrtf(static_cast<float>(dim));
  const int group = threadIdx.x / kLanes;
  for (int base = LowestSeen(own, a.window); base <= own; base += kGroups) {
    const int position = base + group;
    const bool seen = position <= own;
    size_t at = 0;
    float product = 0;
    if (seen) {
      at = BlockAt(a.cache, table[position / a.cache.block_tokens], kv) +
           position % a.cache.block_tokens * dim;
      product = Product(static_cast<const T*>(a.cache.keys) + at, dim, state);
    }
    for (int lanes = 1; lanes < kLanes; lanes *= 2) {
      product += __shfl_xor_sync(~0u, product, lanes);
    }
    if (seen) AddValue(static_cast<const T*>(a.cache.values) + at, dim, product * scale, state);
  }
}

__device__ inline void StoreOut(const Matrix& out, long long at, float value) {
  if (out.type == Real::kF32) {
    static_cast<float*>(out.data)[at] = value;
    return;
  }
  With16Bits(out.type, [&](auto of_type) {
    using A = decltype(of_type);
    static_cast<A*>(out.data)[at] = Saturated<A>(value);
  });
}

template <class T, int kChunks>
__global__ void __launch_bounds__(kThreads) PlainKernel(StepTokens step, AttentionStep a) {
  __shared__ float sums[kGroups][kMostDim];
  __shared__ float most[kGroups], total[kGroups];
  WaitForInputs();
  LetNextBegin();
  const int head = blockIdx.x, token = blockIdx.y, dim = a.cache.head_dim;
  const int group = threadIdx.x / kLanes;
  GroupState<kChunks> state;
  AttendPositions<T>(step, a, token, head, state);
#pragma unroll
  for (int c = 0; c < kChunks; ++c) {
    if (DimAt(c) < dim) Store8(&sums[group][DimAt(c)], state.sums[c]);
  }
  if (threadIdx.x % kLanes == 0) most[group] = state.most, total[group] = state.total;
  __syncthreads();
  float largest = -INFINITY, all = 0;
  for (int g = 0; g < kGroups; ++g) largest = fmaxf(largest, most[g]);
  for (int g = 0; g < kGroups; ++g) all += expf(most[g] - largest) * total[g];
  const long long out = token * a.out.stride + static_cast<long long>(head) * dim;
  for (int d = threadIdx.x; d < dim; d += kThreads) {
    float sum = 0;
    for (int g = 0; g < kGroups; ++g) sum += expf(most[g] - largest) * sums[g][d];
    StoreOut(a.out, out + d, sum / all);
  }
}

template <class T>
void LaunchPlain(const Queue& queue, const StepTokens& step, const AttentionStep& a) {
  const int dim = a.cache.head_dim;
  void (*kernel)(StepTokens, AttentionStep) = PlainKernel<T, 4>;
  if (dim <= 128) kernel = PlainKernel<T, 2>;
  if (dim <= 64) kernel = PlainKernel<T, 1>;
  Launch(queue, kernel, dim3(a.heads.query, step.tokens), dim3(kThreads), 0, step, a);
}

}  // namespace

void AttendPlainly(const Queue& queue, const StepTokens& step, const AttentionStep& a) {
  if (a.cache.type == DType::kF16) return LaunchPlain<__half>(queue, step, a);
  if (a.cache.type == DType::kBF16) return LaunchPlain<__nv_bfloat16>(queue, step, a);
  LaunchPlain<float>(queue, step, a);
}

}  // namespace lantern::cuda
