// What a skinny product's kernel is told, and the plan of its work and shared memory: the host's
// part of skinny.cuh.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

#include "backends/cuda/kernels/skinny.h"

namespace lantern::cuda {

// Two kernels side by side fill an SM's shared memory: the next product then streams its first
// weights while this one ends. Of every two that follow each other one takes a little more than
// half: two of its own blocks do not fit on one SM, so that each SM has one, and room for one of
// the other's. Else SMs that attention leaves early get two blocks, others none, and so do all
// products behind it (a Q4_0 layer on an H200 took 62 us instead of 49).
struct SharedLimits {
  int half, more_than_half, whole;
  // Bytes of weights that an SM's rings hold, lest waiting for memory shows: on an H200, whose SMs
  // have 228 KB, 52, twice what 4.3 TB/s with 0.8 us of latency keep under way.
  int least_ahead;

  explicit SharedLimits(const Queue& queue) {
    constexpr int kReserved = 1 << 10;  // of every block, by CUDA
    half = queue.shared_bytes / 2 - 2 * kReserved;
    more_than_half = queue.shared_bytes / 2;
    whole = queue.block_shared_bytes - 2 * kReserved;
    least_ahead = queue.shared_bytes / 228 * 52;
  }
};
constexpr int kMostStages = 8;
// Sums of a warp: 20 floats from token to token keep the lanes of a store in different banks.
constexpr int kSumStride = 20;
constexpr int kSumBuffers = 3;  // see DoItems

struct SkinnyPart {
  const std::byte* data;
  long long strip_bytes;  // from 16 rows to the next 16
  int out, strips;
  int column;   // where its outputs begin in a row of out
  bool second;  // of a MixedFormat
};

struct SkinnyTask {
  SkinnyPart parts[3];
  int part_count;
  int pitch_bytes;  // of plain weights

  const void* x;
  long long x_stride;
  Real x_type;  // without a norm
  int tokens, columns;
  const float* norm;
  float eps;
  // Units of the weights' columns from the first that x has a part of, and the columns in it that
  // lie before x.
  int first_unit, units, lead;

  void* out;
  long long out_stride;
  Real out_type;
  SkinnyProduct::Into into;
  // Whether the next kernel may begin with this one, and not only when this one has its inputs.
  // Not where attention may be next: what comes behind it would be placed beside its blocks, two
  // on one multiprocessor and none on another (a layer of Q4_0 took 90 us instead of 75).
  __host__ __device__ bool LetsNextBeginAtOnce() const { return into != SkinnyProduct::kStore; }
  // Attention's output and the feed-forward network's: see SharedLimits.
  bool TakesMoreThanHalf() const {
    return into == SkinnyProduct::kAdd ||
           (into == SkinnyProduct::kStore && norm == nullptr && tokens == 1);
  }

  // A block does item after item: `slots` strips at once (a gate's and its up's side by side), each
  // by `turns` warps that take turns at its units. x is in shared memory whole (slab_units ==
  // units), or a slab at a time for each item.
  int items, slots, turns, slab_units, stages;
};

// Where things lie in a block's shared memory.
struct SkinnyShared {
  int x, factors, partials, inverses, barriers, bytes;
};

// What of a kernel's template decides its shared memory.
struct SkinnyShape {
  int warps, stage_bytes, unit_blocks;
  int tokens;        // that x and the warps' sums have room for
  int factor_bytes;  // of a block of x
};

__host__ __device__ inline int PartialFloats(const SkinnyShape& shape) {
  return shape.warps * shape.tokens * kSumStride;
}
__host__ __device__ inline SkinnyShared PlanShared(const SkinnyShape& shape, int slab_units,
                                                   int stages) {
  const int blocks = slab_units * shape.unit_blocks;
  SkinnyShared plan;
  plan.x = shape.warps * stages * shape.stage_bytes;
  plan.factors = plan.x + blocks * shape.tokens * 64;
  plan.partials = plan.factors + blocks * shape.tokens * shape.factor_bytes;
  plan.inverses = plan.partials + kSumBuffers * 4 * PartialFloats(shape);
  plan.barriers = plan.inverses + kSkinnyTokens * 4;
  plan.bytes = plan.barriers + (shape.warps * stages + 1) * 8;
  return plan;
}

// Fills in how the work is cut. Everything else of the task is there. False where shared memory is
// too small for so many tokens.
bool PlanWork(const SkinnyShape& shape, const Queue& queue, SkinnyTask* task);

// Tokens [begin, end) of a task.
SkinnyTask PartOfTokens(const SkinnyTask& task, int begin, int end);

// One for each format, in skinny_*.cu. Parts of Q6_K among those of another K format: as one
// launch.
constexpr int kMixedTokens = 8;  // that there are kernels for
void MultiplyF32Weights(const Queue& queue, SkinnyTask task);
void MultiplyF16(const Queue& queue, SkinnyTask task);
void MultiplyBF16(const Queue& queue, SkinnyTask task);
void MultiplyQ8_0(const Queue& queue, SkinnyTask task);
void MultiplyQ4_0(const Queue& queue, SkinnyTask task);
void MultiplyQ4_1(const Queue& queue, SkinnyTask task);
void MultiplyQ5_0(const Queue& queue, SkinnyTask task);
void MultiplyQ5_1(const Queue& queue, SkinnyTask task);
void MultiplyQ4_K(const Queue& queue, SkinnyTask task);
void MultiplyQ5_K(const Queue& queue, SkinnyTask task);
void MultiplyQ6_K(const Queue& queue, SkinnyTask task);
void MultiplyQ4_KAndQ6_K(const Queue& queue, SkinnyTask task);
void MultiplyQ5_KAndQ6_K(const Queue& queue, SkinnyTask task);

}  // namespace lantern::cuda
