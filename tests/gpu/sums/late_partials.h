// Partial sums that a kernel makes anew in every replay of a graph, at times late. Whole numbers,
// so that sums of many replays are exact and no single wrong one goes unseen.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// How many, and of how many values: an odd number, so that replays begin with either half of the
// buffers.
constexpr int kPartialSizes[] = {4096, 5, 1000};
constexpr int kPartials = 3;
constexpr int kPartialsApart = 4096 + 16;  // from one partial's first value to the next one's

__host__ __device__ inline uint32_t Mixed(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ h >> 16;
}

// Value i of a rank's partial `which` in a replay: -500 .. 500.
__host__ __device__ inline int Part(int rank, unsigned replay, int which, int i) {
  const uint32_t key = (replay * 8 + rank) * 3 + which;
  return static_cast<int>(Mixed(Mixed(key) + i) % 1001) - 500;
}

// Writes them, one time in four up to 30 us late, and counts *replays.
void MakePartials(const Queue& queue, float* partials, unsigned* replays, int rank);

}  // namespace lantern::cuda
