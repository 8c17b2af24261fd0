#include "backends/cuda/kernels/large_rounding.h"
#include "backends/cuda/kernels/launch.cuh"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256;
constexpr int kOnce = 8;  // elements of a thread: 16 bytes of the narrower type

template <class T>
struct alignas(16) Group {
  T values[kOnce];
};

__device__ void Round(__nv_bfloat16 from, __half& to) {
  constexpr float kLargest = 65504;
  const float value = __bfloat162float(from);
  to = __float2half_rn(isfinite(value) ? fminf(fmaxf(value, -kLargest), kLargest) : value);
}
__device__ void Round(float from, __nv_bfloat16& to) { to = __float2bfloat16_rn(from); }

// A block takes up to kThreads * kOnce columns of one row.
template <class From, class To>
__global__ void __launch_bounds__(kThreads)
    RoundRows(const From* from, long long from_pitch, To* to, long long to_pitch, int columns) {
  WaitForInputs();
  LetNextBegin();
  const int column = (blockIdx.y * kThreads + threadIdx.x) * kOnce;
  from += blockIdx.x * from_pitch + column;
  to += blockIdx.x * to_pitch + column;
  if (column + kOnce <= columns) {
    const Group<From> before = *reinterpret_cast<const Group<From>*>(from);
    Group<To> after;
#pragma unroll
    for (int i = 0; i < kOnce; ++i) Round(before.values[i], after.values[i]);
    *reinterpret_cast<Group<To>*>(to) = after;
  } else {
    for (int i = 0; column + i < columns; ++i) Round(from[i], to[i]);
  }
}

template <class From, class To>
void LaunchRounding(const Queue& queue, void* to, long long to_pitch, const Matrix& x) {
  if (x.rows == 0) return;
  const dim3 grid(x.rows, (x.columns + kThreads * kOnce - 1) / (kThreads * kOnce));
  Launch(queue, RoundRows<From, To>, grid, kThreads, 0, static_cast<const From*>(x.data), x.stride,
         static_cast<To*>(to), to_pitch, x.columns);
}

}  // namespace

void ToF16(const Queue& queue, std::byte* out, long long pitch, const Matrix& x) {
  LaunchRounding<__nv_bfloat16, __half>(queue, out, pitch, x);
}

void ToBF16(const Queue& queue, const Matrix& out, const Matrix& x) {
  LaunchRounding<float, __nv_bfloat16>(queue, out.data, out.stride, x);
}

}  // namespace lantern::cuda
