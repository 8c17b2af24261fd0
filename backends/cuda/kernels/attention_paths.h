// The ways attention is computed, for attention.cu to choose from. Each takes the same arguments
// as Attend.
#pragma once

#include <algorithm>

#include "backends/cuda/kernels/attention.h"

namespace lantern::cuda {

// How the decoding kernel cuts its work. A unit is up to kUnitHeads query heads of one kv head and
// one token; its positions are cut into `splits` chunks, a block for each.
struct DecodePlan {
  static constexpr int kUnitHeads = 8;    // columns of a matrix instruction
  static constexpr int kLeastChunk = 64;  // 16 positions for each of a block's 4 warps
  static constexpr int kMostChunk = 2048;
  static constexpr int kMostSplits = 256;
  static constexpr int kBlocksPerMultiprocessor = 4;
  static constexpr int kMostWaves = 8;

  int parts = 1;  // units that share a kv head
  int units = 0;  // of all tokens
  int chunk = 0;  // positions
  int splits = 1;
};

// `positions`: the most that a token sees. Splits fill the device once where there are few units.
// With many units, one of which may be much longer than the rest, chunks end at kMostChunk, as
// long as that makes no more than kMostWaves of blocks, most of them empty.
inline DecodePlan PlanDecode(int multiprocessors, int tokens, int kv_heads, int width,
                             int positions) {
  using P = DecodePlan;
  DecodePlan plan;
  const auto ceil = [](int a, int b) { return (a + b - 1) / b; };
  plan.parts = std::max(1, ceil(width, P::kUnitHeads));
  plan.units = tokens * kv_heads * plan.parts;
  const int fill = multiprocessors * P::kBlocksPerMultiprocessor / plan.units;
  const int most = multiprocessors * P::kBlocksPerMultiprocessor * P::kMostWaves / plan.units;
  int splits = std::max(fill, std::min(ceil(positions, P::kMostChunk), most));
  splits = std::clamp(splits, 1, P::kMostSplits);
  plan.chunk = ceil(ceil(positions, splits), P::kLeastChunk) * P::kLeastChunk;
  plan.splits = ceil(positions, plan.chunk);
  return plan;
}

// Where parts of sums lie in scratch memory: counters first, one for each unit.
inline size_t DecodeCounterBytes(int multiprocessors) {
  return sizeof(int) * multiprocessors * DecodePlan::kBlocksPerMultiprocessor *
         DecodePlan::kMostWaves;
}

// Tokens that are their run alone (all of them, or those of a mixed step): one kernel, which also
// rotates and appends. Activations and cache in 16 bits, head_dim 64 or 128.
void AttendSingles(const Queue& queue, const StepTokens& step, const AttentionStep& attention,
                   std::byte* scratch);
// The other runs, on tensor cores, for the same types. Keys and values are in the cache.
void AttendRuns(const Queue& queue, const StepTokens& step, const AttentionStep& attention);
// Whether these two can compute it.
bool IsFast(const AttentionStep& attention);

// Any step, all arithmetic in f32. Keys and values are in the cache.
void AttendPlainly(const Queue& queue, const StepTokens& step, const AttentionStep& attention);

// The most query heads of a kv head.
inline int Width(const Heads& heads) { return std::min(heads.group, heads.query); }

}  // namespace lantern::cuda
