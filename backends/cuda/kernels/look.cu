// LookAt: whether the residual stream holds numbers only, and its hash. Sums of integers, so that
// blocks may add theirs in any order. The host's own: models/residual.h.
#include <algorithm>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {
namespace {

constexpr uint32_t kStep = 0x9e3779b9;

__device__ uint32_t Mix(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ h >> 16;
}

// The highest bit is set where the value is no finite number: its exponent is all ones then.
__device__ uint32_t Carry(uint32_t bits) { return (bits & 0x7f800000) + 0x00800000; }

// `first`: the place of x's first element in the step's residual stream.
template <int kUnit>
__global__ void __launch_bounds__(kUnitThreads)
    LookAtKernel(Rows<float> x, int rows, int columns, uint32_t first, int layer, int* bad,
                 uint32_t* hash) {
  __shared__ uint32_t sums[kUnitThreads / 32];
  WaitForInputs();
  LetNextBegin();
  const int column = UnitOfThread() * kUnit;
  uint32_t sum = 0, seen = 0;
  if (column < columns) {
    for (int row = blockIdx.y; row < rows; row += gridDim.y) {
      const Floats<kUnit> values = Load<kUnit>(x[row] + column);
      const uint32_t place = first + static_cast<uint32_t>(row) * columns + column;
#pragma unroll
      for (int i = 0; i < kUnit; ++i) {
        const uint32_t bits = __float_as_uint(values.of[i]);
        seen |= Carry(bits);
        sum += Mix(bits + kStep * (place + i));
      }
    }
  }
  sum = __reduce_add_sync(~0u, sum);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = sum;
  const bool any_bad = __syncthreads_or(seen >> 31);
  if (threadIdx.x != 0) return;
  if (any_bad) atomicMin(bad, layer);
  if (hash == nullptr) return;
  uint32_t all = 0;
  for (const uint32_t part : sums) all += part;
  atomicAdd(hash, all);
}

}  // namespace

void LookAt(const Queue& queue, Matrix x, int first_row, int layer, int* bad, uint32_t* hash) {
  if (x.rows == 0) return;
  WithUnit<4>(x.columns, [&](auto unit) {
    constexpr int kUnit = decltype(unit)::value;
    // No more blocks than run at once: each ends with an atomic operation.
    dim3 grid = UnitGrid(x.columns / kUnit, x.rows);
    const unsigned resident = 2048 / kUnitThreads * queue.multiprocessors;
    grid.y = std::clamp(resident / grid.x, 1u, grid.y);
    const uint32_t first = static_cast<uint32_t>(first_row) * static_cast<uint32_t>(x.columns);
    Launch(queue, LookAtKernel<kUnit>, grid, kUnitThreads, 0, RowsOf<float>(x), x.rows, x.columns,
           first, layer, bad, hash);
  });
}

}  // namespace lantern::cuda
