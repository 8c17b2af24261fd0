#include "backends/cuda/kernels/move.h"

#include <algorithm>

#include "backends/cuda/kernels/launch.cuh"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kMostBlocks = 64;

struct Units {
  uint4* to;
  const uint4* from;
  int count;
  uint32_t fill;
};

Units UnitsOf(const Move& move) {
  LANTERN_CHECK(reinterpret_cast<uintptr_t>(move.to) % sizeof(uint4) == 0 &&
                reinterpret_cast<uintptr_t>(move.from) % sizeof(uint4) == 0);
  const int count = static_cast<int>((move.bytes + sizeof(uint4) - 1) / sizeof(uint4));
  return {static_cast<uint4*>(move.to), static_cast<const uint4*>(move.from), count,
          0x01010101u * move.fill};
}

__device__ void MoveUnits(const Units& units) {
  for (int i = blockIdx.x * kThreads + threadIdx.x; i < units.count; i += gridDim.x * kThreads) {
    const uint32_t fill = units.fill;
    units.to[i] = units.from == nullptr ? make_uint4(fill, fill, fill, fill) : units.from[i];
  }
}

__global__ void __launch_bounds__(kThreads) MoveKernel(Units one, Units other) {
  WaitForInputs();
  LetNextBegin();
  MoveUnits(one);
  MoveUnits(other);
}

}  // namespace

void MoveBoth(const Queue& queue, const Move& one, const Move& other) {
  const Units a = UnitsOf(one), b = UnitsOf(other);
  const int blocks = (std::max(a.count, b.count) + kThreads - 1) / kThreads;
  if (blocks == 0) return;
  Launch(queue, MoveKernel, std::min(blocks, kMostBlocks), kThreads, 0, a, b);
}

}  // namespace lantern::cuda
