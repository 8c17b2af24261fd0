// Add, SiluMul and Gather: elementwise, bound by memory where there are many rows.
#include "backends/cuda/kernels/rows.h"

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"

namespace lantern::cuda {
namespace {

template <int kUnit>
__global__ void __launch_bounds__(kUnitThreads)
    AddKernel(Rows<float> x, Rows<float> y, int rows, int columns) {
  WaitForInputs();
  LetNextBegin();
  const int column = UnitOfThread() * kUnit;
  if (column >= columns) return;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    Floats<kUnit> sum = Load<kUnit>(x[row] + column);
    const Floats<kUnit> added = Load<kUnit>(y[row] + column);
#pragma unroll
    for (int i = 0; i < kUnit; ++i) sum.of[i] += added.of[i];
    Store<kUnit>(x[row] + column, sum);
  }
}

// The quick quotient is 2 ulp wide, and 0 for gates below -87, where silu is beneath 1e-36.
__device__ float Silu(float gate) { return __fdividef(gate, 1 + expf(-gate)); }

// A gate or an up as it is taken. cuBLASLt, which writes those of many tokens, leaves infinity for
// what is beyond f16: here as our own kernels' saturation would have left it, since of all
// activations these are the largest, and infinity would end the run. NaN stays NaN.
template <class T>
__device__ float Taken(float value) {
  if constexpr (!std::is_same_v<T, __half>) return value;
  constexpr float kMost = 65504;
  return value > kMost ? kMost : value < -kMost ? -kMost : value;
}

template <int kUnit, class T>
__global__ void __launch_bounds__(kUnitThreads)
    SiluMulKernel(Rows<T> out, Rows<T> gate_up, int rows, int columns) {
  WaitForInputs();
  LetNextBegin();
  const int column = UnitOfThread() * kUnit;
  if (column >= columns) return;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    const T* const gate_row = gate_up[row];
    const Floats<kUnit> gate = Load<kUnit>(gate_row + column);
    Floats<kUnit> product = Load<kUnit>(gate_row + columns + column);
#pragma unroll
    for (int i = 0; i < kUnit; ++i) {
      product.of[i] = Taken<T>(product.of[i]) * Silu(Taken<T>(gate.of[i]));
    }
    Store<kUnit>(out[row] + column, product);
  }
}

template <int kUnit>
__global__ void __launch_bounds__(kUnitThreads)
    GatherKernel(Rows<float> out, Rows<float> x, const int* picked, int rows, int columns) {
  WaitForInputs();
  LetNextBegin();
  const int column = UnitOfThread() * kUnit;
  if (column >= columns) return;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    Store<kUnit>(out[row] + column, Load<kUnit>(x[picked[row]] + column));
  }
}

}  // namespace

void Add(const Queue& queue, Matrix x, Matrix y) {
  LANTERN_CHECK(y.rows == x.rows && y.columns == x.columns);
  if (x.rows == 0) return;
  WithUnit<4>(x.columns, [&](auto unit) {
    constexpr int kUnit = decltype(unit)::value;
    Launch(queue, AddKernel<kUnit>, UnitGrid(x.columns / kUnit, x.rows), kUnitThreads, 0,
           RowsOf<float>(x), RowsOf<float>(y), x.rows, x.columns);
  });
}

void SiluMul(const Queue& queue, Matrix out, Matrix gate_up) {
  LANTERN_CHECK(gate_up.rows == out.rows && gate_up.columns == 2 * out.columns);
  if (out.rows == 0) return;
  WithReal(out.type, [&](auto value) {
    using T = decltype(value);
    WithUnit<16 / sizeof(T)>(out.columns, [&](auto unit) {
      constexpr int kUnit = decltype(unit)::value;
      Launch(queue, SiluMulKernel<kUnit, T>, UnitGrid(out.columns / kUnit, out.rows), kUnitThreads,
             0, RowsOf<T>(out), RowsOf<T>(gate_up), out.rows, out.columns);
    });
  });
}

void Gather(const Queue& queue, Matrix out, Matrix x, const int* rows) {
  LANTERN_CHECK_EQ(out.columns, x.columns);
  if (out.rows == 0) return;
  WithUnit<4>(out.columns, [&](auto unit) {
    constexpr int kUnit = decltype(unit)::value;
    Launch(queue, GatherKernel<kUnit>, UnitGrid(out.columns / kUnit, out.rows), kUnitThreads, 0,
           RowsOf<float>(out), RowsOf<float>(x), rows, out.rows, out.columns);
  });
}

}  // namespace lantern::cuda
