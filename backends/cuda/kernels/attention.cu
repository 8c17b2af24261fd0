// Attend: which kernels a step takes; and the kernel that rotates and appends for those that do
// not do so themselves.
#include "backends/cuda/kernels/attention.h"

#include <algorithm>

#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"
#include "backends/cuda/kernels/launch.cuh"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kAppendThreads = 256;

// One block per token; a thread moves eight values of a key or of a value at a time.
template <class T>
__global__ void AppendKernel(StepTokens step, AttentionStep a) {
  WaitForInputs();
  LetNextBegin();
  const int token = blockIdx.x;
  const int position = step.position[token];
  const int block = TableOf(step, token)[position / a.cache.block_tokens];
  const int slot = position % a.cache.block_tokens;
  const int dim = a.cache.head_dim, chunks = dim / 8;
  for (int i = threadIdx.x; i < 2 * a.cache.heads * chunks; i += kAppendThreads) {
    const int head = i / chunks, d = i % chunks * 8;
    const bool is_key = head < a.cache.heads;
    const int kv = is_key ? head : head - a.cache.heads;
    float x[8], turn[8];
    LoadTurn8(a, position, d, turn);
    Load8(a.qkv, KeyAt(a, token, head) + d, x);
    if (is_key) Rotate8(x, turn);
    T* to = static_cast<T*>(is_key ? a.cache.keys : a.cache.values);
    Store8(to + BlockAt(a.cache, block, kv) + slot * dim + d, x);
  }
}

void Append(const Queue& queue, const StepTokens& step, const AttentionStep& a) {
  void (*kernel)(StepTokens, AttentionStep) = AppendKernel<float>;
  if (a.cache.type == DType::kF16) kernel = AppendKernel<__half>;
  if (a.cache.type == DType::kBF16) kernel = AppendKernel<__nv_bfloat16>;
  Launch(queue, kernel, dim3(step.tokens), dim3(kAppendThreads), 0, step, a);
}

}  // namespace

// Splits beyond the first are only made for so few units that the sums of all of them stay within
// as many rows as that makes blocks; a unit has up to kUnitHeads heads.
size_t AttentionScratchBytes(int multiprocessors, int tokens, int query_heads, int head_dim,
                             int most_positions) {
  using P = DecodePlan;
  const long long blocks =
      static_cast<long long>(multiprocessors) * P::kBlocksPerMultiprocessor * P::kMostWaves;
  const long long chunks = (most_positions + P::kLeastChunk - 1) / P::kLeastChunk;
  const long long rows =
      std::min(static_cast<long long>(tokens) * query_heads * chunks, blocks * P::kUnitHeads);
  return DecodeCounterBytes(multiprocessors) + rows * (head_dim + 2) * sizeof(float);
}

bool IsFast(const AttentionStep& a) {
  const int block = a.cache.block_tokens;
  return RealBytes(a.qkv.type) == 2 &&
         (a.cache.type == DType::kF16 || a.cache.type == DType::kBF16) &&
         (a.cache.head_dim == 64 || a.cache.head_dim == 128) && block >= 16 &&
         (block & (block - 1)) == 0 && Width(a.heads) <= 128;
}

void Attend(const Queue& queue, const StepTokens& step, const AttentionStep& attention,
            std::byte* scratch) {
  if (step.tokens == 0) return;
  LANTERN_CHECK(attention.out.type == attention.qkv.type);
  const bool fast = IsFast(attention), singles = step.longest_run == 1;
  if (fast && singles) return AttendSingles(queue, step, attention, scratch);
  Append(queue, step, attention);
  if (!fast) return AttendPlainly(queue, step, attention);
  AttendRuns(queue, step, attention);
  if (step.runs > 1) AttendSingles(queue, step, attention, scratch);
}

}  // namespace lantern::cuda
