#include "tests/gpu/sums/late_partials.h"

#include "backends/cuda/kernels/launch.cuh"

namespace lantern::cuda {
namespace {

__device__ void ComeLate(int rank, unsigned replay) {
  const uint32_t luck = Mixed(replay * 8 + rank);
  if (luck % 4 != 0) return;
  const long long begin = clock64();
  while (clock64() - begin < luck / 4 % 50000) {
  }
}

__global__ void MakePartialsKernel(float* partials, unsigned* replays, int rank) {
  constexpr int kSizes[] = {kPartialSizes[0], kPartialSizes[1], kPartialSizes[2]};
  WaitForInputs();
  const unsigned replay = *replays;
  if (threadIdx.x == 0) ComeLate(rank, replay);
  __syncthreads();
#pragma unroll
  for (int which = 0; which < kPartials; ++which) {
    for (int i = threadIdx.x; i < kSizes[which]; i += blockDim.x) {
      partials[which * kPartialsApart + i] = Part(rank, replay, which, i);
    }
  }
  if (threadIdx.x == 0) *replays = replay + 1;
}

}  // namespace

void MakePartials(const Queue& queue, float* partials, unsigned* replays, int rank) {
  Launch(queue, MakePartialsKernel, 1, 1024, 0, partials, replays, rank);
}

}  // namespace lantern::cuda
