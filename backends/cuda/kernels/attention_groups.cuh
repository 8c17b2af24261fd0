// What the kernel for runs of tokens works on, and how the sums of its two groups of warps become
// one. attention_runs.cu computes them.
#pragma once

#include <cmath>

#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"

namespace lantern::cuda::runs {

constexpr int kWarps = 4, kThreads = kWarps * 32;  // of a group
constexpr int kMostGroups = 2;
constexpr int kRows = 128, kWarpRows = kRows / kWarps, kRowTiles = kWarpRows / 16;
constexpr int kKeys = 64;
constexpr int kStages = 2;  // tiles of keys and values in shared memory: one is on its way

struct RunArguments {
  StepTokens step;
  AttentionStep attention;
  int width;        // rows of a token: the most query heads of a kv head
  int tile_tokens;  // tokens of a block
  int inverse;      // 2^16 / width, rounded up: row * inverse >> 16 is row / width for all rows
  int block_shift;
  float scale;  // of products of queries and keys, to powers of two
};

// What a block works on.
struct Tile {
  int token, tokens, kv;
  int lowest, end;  // positions that any of its rows sees
  HeadRange heads;
  int table;  // its sequence's, in StepTokens::blocks
};

// Shared memory: rows of D values in 16-byte chunks; chunk c of row r lies at c ^ r % 8, so that
// eight rows' chunks of one column are in different banks.
template <int D>
struct KeyTiles {
  uint4 keys[kStages][kKeys * D / 8];
  uint4 values[kStages][kKeys * D / 8];
};
template <int D>
struct RunShared {
  alignas(1024) uint4 query[kRows * D / 8];
  int position[kRows];
  Tile tile;  // for the end: in the loop there is no register to keep it in
  alignas(1024) KeyTiles<D> of[kMostGroups];  // of as many as there are groups
};
template <int D>
constexpr int SharedBytes(int groups) {
  return sizeof(RunShared<D>) - (kMostGroups - groups) * sizeof(KeyTiles<D>);
}

// The thread's group, and what it is there.
__device__ inline int Group() { return threadIdx.x / kThreads; }
__device__ inline int ThreadOfGroup() { return threadIdx.x % kThreads; }
__device__ inline int WarpOfGroup() { return ThreadOfGroup() / 32; }
__device__ inline void SyncGroup() {
  asm volatile("bar.sync %0, %1;" ::"r"(1 + Group()), "n"(kThreads) : "memory");
}

template <int D>
__device__ inline int ChunkAt(int row, int chunk) {
  return row * (D / 8) + (chunk ^ (row % 8));
}

// A warp's rows: g and g + 8 of each of its 16-row tiles are this lane's. `most` is in powers of
// two, as products are when scaled.
template <int D>
struct WarpState {
  float sums[kRowTiles][D / 8][4];
  float most[kRowTiles][2], total[kRowTiles][2];  // total: of this lane's positions only
};

template <int D>
__device__ inline void Begin(WarpState<D>& state) {
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) state.most[m][half] = -INFINITY, state.total[m][half] = 0;
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) state.sums[m][n][i] = 0;
    }
  }
}

// The second group's sums, on their way to the first: a lane's, as they are.
template <int D>
struct LaneSums {
  float4 sums[kWarps][kRowTiles][D / 8][32];
  float2 most[kWarps][kRowTiles][32], total[kWarps][kRowTiles][32];
};

template <int D>
__device__ inline void GiveSums(const WarpState<D>& state, LaneSums<D>& given) {
  const int lane = threadIdx.x % 32, warp = WarpOfGroup();
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
    given.most[warp][m][lane] = {state.most[m][0], state.most[m][1]};
    given.total[warp][m][lane] = {state.total[m][0], state.total[m][1]};
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
      const float(&sums)[4] = state.sums[m][n];
      given.sums[warp][m][n][lane] = {sums[0], sums[1], sums[2], sums[3]};
    }
  }
}

template <int D>
__device__ inline void TakeSums(const LaneSums<D>& given, WarpState<D>& state) {
  const int lane = threadIdx.x % 32, warp = WarpOfGroup();
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
    const float2 given_most = given.most[warp][m][lane], given_total = given.total[warp][m][lane];
    float mine[2], theirs[2];
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const float other = half == 0 ? given_most.x : given_most.y;
      const float most = fmaxf(state.most[m][half], other);
      const float base = most == -INFINITY ? 0 : most;
      mine[half] = Exp2(state.most[m][half] - base);
      theirs[half] = Exp2(other - base);
      state.total[m][half] = state.total[m][half] * mine[half] +
                             (half == 0 ? given_total.x : given_total.y) * theirs[half];
    }
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
      const float4 four = given.sums[warp][m][n][lane];
      float(&sums)[4] = state.sums[m][n];
      sums[0] = sums[0] * mine[0] + four.x * theirs[0];
      sums[1] = sums[1] * mine[0] + four.y * theirs[0];
      sums[2] = sums[2] * mine[1] + four.z * theirs[1];
      sums[3] = sums[3] * mine[1] + four.w * theirs[1];
    }
  }
}

}  // namespace lantern::cuda::runs
