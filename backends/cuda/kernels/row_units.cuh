// What kernels over rows share: rows as kernels see them, and units, the elements that a thread
// takes at once: several in one wide access where the columns allow it, else one.
#pragma once

#include <cstdint>
#include <type_traits>

#include "backends/cuda/kernels/halves.cuh"
#include "backends/cuda/kernels/queue.h"
#include "src/base/check.h"

namespace lantern::cuda {

// No __restrict__ and no constant loads: these could be moved before WaitForInputs.
template <class T>
struct Rows {
  T* data;
  long long stride;
  __device__ T* operator[](int row) const { return data + row * stride; }
};

template <class T>
inline constexpr Real kRealOf = std::is_same_v<T, float>    ? Real::kF32
                                : std::is_same_v<T, __half> ? Real::kF16
                                                            : Real::kBF16;

template <class T>
Rows<T> RowsOf(const Matrix& matrix) {
  LANTERN_CHECK(matrix.type == kRealOf<T>);
  return {static_cast<T*>(matrix.data), matrix.stride};
}

template <int kUnit>
struct Floats {
  float of[kUnit];
};

template <int kBytes>
using AccessOf = std::conditional_t<
    kBytes == 16, uint4,
    std::conditional_t<kBytes == 8, uint2, std::conditional_t<kBytes == 4, uint32_t, uint16_t>>>;

template <int kUnit, class T>
__device__ Floats<kUnit> Load(const T* from) {
  using Access = AccessOf<kUnit * sizeof(T)>;
  const Access access = *reinterpret_cast<const Access*>(from);
  T values[kUnit];
  memcpy(values, &access, sizeof(access));
  Floats<kUnit> floats;
#pragma unroll
  for (int i = 0; i < kUnit; ++i) floats.of[i] = static_cast<float>(values[i]);
  return floats;
}

template <int kUnit, class T>
__device__ void Store(T* to, const Floats<kUnit>& floats) {
  if constexpr (kUnit == 1) {
    *to = Saturated<T>(floats.of[0]);
  } else {
    using Access = AccessOf<kUnit * sizeof(T)>;
    Access access;
    if constexpr (sizeof(T) == 4) {
      memcpy(&access, floats.of, sizeof(access));
    } else {
      uint32_t pairs[kUnit / 2];
#pragma unroll
      for (int i = 0; i < kUnit / 2; ++i) {
        pairs[i] = PackSaturated<T>(floats.of[2 * i], floats.of[2 * i + 1]);
      }
      memcpy(&access, pairs, sizeof(access));
    }
    *reinterpret_cast<Access*>(to) = access;
  }
}

// Calls f with a value of the type, or with the unit as an integral_constant.
template <class Function>
void WithReal(Real real, Function&& f) {
  if (real == Real::kBF16) return f(__nv_bfloat16{});
  if (real == Real::kF16) return f(__half{});
  f(float{});
}
template <int kUnit, class Function>
void WithUnit(int columns, Function&& f) {
  if (columns % kUnit == 0) return f(std::integral_constant<int, kUnit>{});
  f(std::integral_constant<int, 1>{});
}

// Elementwise kernels: a block takes 256 units of a row, and rows that are gridDim.y apart.
constexpr int kUnitThreads = 256;
constexpr int kMostGridRows = 65535;

inline int UnitBlocks(int units) { return (units + kUnitThreads - 1) / kUnitThreads; }
inline dim3 UnitGrid(int units, int rows) {
  return dim3(UnitBlocks(units), rows < kMostGridRows ? rows : kMostGridRows);
}
__device__ inline int UnitOfThread() { return blockIdx.x * kUnitThreads + threadIdx.x; }

}  // namespace lantern::cuda
