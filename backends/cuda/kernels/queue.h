// Queue: where kernels are launched, and how. Every launcher of this folder is an ordinary C++
// function over device pointers; only the .cu files behind them are compiled by nvcc.
#pragma once

#include <cuda_runtime.h>

#include "src/tensor/dtype.h"

namespace lantern::cuda {

struct Queue {
  cudaStream_t stream = nullptr;
  int multiprocessors = 132;
  // Bytes of a multiprocessor, and what of it one block of threads may have.
  int shared_bytes = 228 << 10, block_shared_bytes = 227 << 10;
};
// On a stream of the current device.
Queue QueueOn(cudaStream_t stream);

// How activations lie in memory between products: in 16 bits, or f32 for checks. The residual
// stream, partial sums and logits are f32 in all.
enum class Real { kBF16, kF16, kF32 };
constexpr int RealBytes(Real real) { return real == Real::kF32 ? 4 : 2; }
DType TypeOf(Real real);
// REQUIRES: one of these three.
Real RealOf(DType type);

// A matrix of activations: `columns` of them in rows that are `stride` elements apart. `data` and
// the rows' distance in bytes are multiples of 16.
struct Matrix {
  void* data = nullptr;
  Real type = Real::kF32;
  int rows = 0, columns = 0;
  long long stride = 0;
};

// Throws Error{kConfig} with CUDA's own sentence where a call or a launch before it failed.
void Require(cudaError_t code, const char* what);

}  // namespace lantern::cuda
