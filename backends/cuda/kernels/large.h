// Products with many tokens, bound by arithmetic: cuBLASLt, which is loaded at run time, over
// weights of the activations' type; others are unpacked to it before, some rows at a time. And
// products in f32 for checks, by a kernel of our own.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>

#include "backends/cuda/kernels/queue.h"
#include "backends/cuda/kernels/weights.h"

namespace lantern::cuda {

// How many rows of a weight are unpacked at once, at most: so few that they are still in the GPU's
// second cache when they are multiplied, and enough to give every multiprocessor a large tile.
struct LargePanels {
  int rows = 4096;
  size_t bytes = size_t{64} << 20;
};

class LargeProducts {
 public:
  // Loads cuBLASLt. Throws Error{kConfig} naming what to install where there is none.
  explicit LargeProducts(const Queue& queue, const LargePanels& panels = {});
  ~LargeProducts();
  LargeProducts(const LargeProducts&) = delete;
  LargeProducts& operator=(const LargeProducts&) = delete;

  // out[n, sum of out] (+)= x[n, columns] * W[:, begin : begin + columns]^T for all weights, side
  // by side in columns. x in bf16 or f16, out of x's type or f32, added to what is there where
  // `add` (f32 only). Sums in f32; those beyond f16 become infinity there: whoever reads them
  // decides (see SiluMul, Attend). Weights of x's type that lie one behind the other are one
  // product where that is no slower; which bits a sum has depends on it, so on where they lie.
  void Multiply(const Queue& queue, Matrix out, Matrix x, std::span<const Weight> weights,
                int begin, bool add);

  // The same, rows [first, first + count) of out before all others, which are on one side of them:
  // `made` is called as soon as the product of a part of these rows is queued, with the part, and
  // which of these rows and columns it begins with.
  using RowsMade = std::function<void(const Matrix& part, int row, int column)>;
  void MultiplyRowsFirst(const Queue& queue, Matrix out, Matrix x, const Weight& weight, int first,
                         int count, const RowsMade& made);

  const std::string& library() const;  // "cuBLASLt 13.1.0"

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// out[n, weight.out] (+)= x * W^T in f32 throughout: every product and sum rounded once, columns in
// a fixed order. x and out are f32. Slow; for checks. `scratch`: for unpacked rows, f32, at least
// kF32ScratchBytes.
constexpr size_t kF32ScratchBytes = size_t{64} << 20;
void MultiplyF32(const Queue& queue, Matrix out, Matrix x, const Weight& weight, int begin,
                 bool add, float* scratch);

}  // namespace lantern::cuda
