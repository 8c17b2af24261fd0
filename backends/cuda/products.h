// Matrix products on the device: which kernel computes them.
#pragma once

#include <optional>
#include <span>

#include "backends/cuda/context.h"

namespace lantern::cuda {

inline Matrix MatrixOf(const Tensor& tensor) {
  return {tensor.data, RealOf(tensor.type), tensor.rows, tensor.cols, tensor.stride};
}

// out = x * W^T for the weights' columns from `begin` on; with a norm, of x normed by it.
struct Product {
  Tensor out, x;
  std::span<const WeightMatrix> parts;
  int begin = 0;
  const float* norm = nullptr;
  float eps = 0;
};

// Computes a product. Where a kernel may take in what follows it (`may_wait`), the launch is only
// prepared, and left to the caller.
std::optional<SkinnyProduct> MultiplyOrPrepare(CudaContext& context, const Product& product,
                                               bool may_wait);

// out = x * W^T with many tokens, in 16 bits: see LargeProducts.
void MultiplyRowsFirst(CudaContext& context, const Tensor& out, const Tensor& x,
                       const WeightMatrix& weight, int first, int count,
                       const LargeProducts::RowsMade& made);

// Whether it may end in silu(first part) * second part.
bool CanGate(const SkinnyProduct& product);

}  // namespace lantern::cuda
