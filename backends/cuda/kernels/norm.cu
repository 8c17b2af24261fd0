// RmsNorm and AddRmsNorm: a block of threads per row, which is read once and kept in registers.
// Rows too wide for that are read again where they do not fit.
#include <algorithm>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/norm.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {
namespace {

constexpr int kHeld = 2;  // units that a thread keeps: 8192 columns in all
constexpr int kUnit = 4;

// x and what is added to it, if anything is, loaded; Sum waits for both.
template <int kN, bool adds>
struct Terms {
  Floats<kN> x;
  Floats<kN> y;

  __device__ void Fetch(const float* from_x, const float* from_y) {
    x = Load<kN>(from_x);
    if constexpr (adds) y = Load<kN>(from_y);
  }
  // Leaves the sum in memory, too.
  __device__ const Floats<kN>& Sum(float* to_x) {
    if constexpr (adds) {
#pragma unroll
      for (int i = 0; i < kN; ++i) x.of[i] += y.of[i];
      Store<kN>(to_x, x);
    }
    return x;
  }
};

template <int kN, bool adds, class Out>
__global__ void __launch_bounds__(kMostNormThreads, 1)
    NormKernel(Rows<Out> outs, Rows<float> xs, Rows<float> ys, const float* weight, int columns,
               float eps) {
  const int units = columns / kN, first = threadIdx.x, step = blockDim.x;
  Floats<kN> weights[kHeld];
  Terms<kN, adds> held[kHeld];
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int unit = first + k * step;
    if (unit < units) weights[k] = Load<kN>(weight + unit * kN);
  }
  WaitForInputs();
  LetNextBegin();
  float* const x = xs[blockIdx.x];
  const float* const y = ys[blockIdx.x];
  Out* const out = outs[blockIdx.x];
  if (first < units) {
    // Where a thread has fewer units it loads one twice: loads under no condition go out at once.
#pragma unroll
    for (int k = 0; k < kHeld; ++k) {
      const int unit = first + k * step < units ? first + k * step : first;
      held[k].Fetch(x + unit * kN, y + unit * kN);
    }
  }
  float squares = 0;
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int unit = first + k * step;
    if (unit < units) squares += SumOfSquares(held[k].Sum(x + unit * kN));
  }
  const int beyond = first + kHeld * step;
  for (int unit = beyond; unit < units; unit += step) {
    Terms<kN, adds> terms;
    terms.Fetch(x + unit * kN, y + unit * kN);
    squares += SumOfSquares(terms.Sum(x + unit * kN));
  }
  const float scale = 1 / sqrtf(SumOfBlock(squares) / static_cast<float>(columns) + eps);
#pragma unroll
  for (int k = 0; k < kHeld; ++k) {
    const int unit = first + k * step;
    if (unit < units) PutUnit(out + unit * kN, held[k].x, weights[k], scale);
  }
  for (int unit = beyond; unit < units; unit += step) {
    PutUnit(out + unit * kN, Load<kN>(x + unit * kN), Load<kN>(weight + unit * kN), scale);
  }
}

template <bool adds>
void Norm(const Queue& queue, const Matrix& out, const Matrix& x, Rows<float> y,
          const float* weight, float eps) {
  LANTERN_CHECK(out.rows == x.rows && out.columns == x.columns);
  LANTERN_CHECK_EQ(reinterpret_cast<uintptr_t>(weight) % 16, 0u);
  if (x.rows == 0) return;
  WithReal(out.type, [&](auto out_value) {
    WithUnit<kUnit>(x.columns, [&](auto unit) {
      using Out = decltype(out_value);
      constexpr int kN = decltype(unit)::value;
      // All units of the row are held if they can be.
      const int threads = std::clamp((x.columns / kN + 63) / 64 * 32, 32, kMostNormThreads);
      Launch(queue, NormKernel<kN, adds, Out>, x.rows, threads, 0, RowsOf<Out>(out),
             RowsOf<float>(x), y, weight, x.columns, eps);
    });
  });
}

}  // namespace

void RmsNorm(const Queue& queue, Matrix out, Matrix x, const float* weight, float eps) {
  Norm<false>(queue, out, x, {}, weight, eps);
}

void AddRmsNorm(const Queue& queue, Matrix out, Matrix x, Matrix y, const float* weight,
                float eps) {
  LANTERN_CHECK(y.rows == x.rows && y.columns == x.columns);
  Norm<true>(queue, out, x, RowsOf<float>(y), weight, eps);
}

}  // namespace lantern::cuda
