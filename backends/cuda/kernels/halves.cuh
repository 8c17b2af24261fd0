// Numbers in 16 bits, f16 or bf16, two in a register as they lie in memory: the first in the low
// half.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cmath>
#include <cstdint>
#include <type_traits>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

template <class T>
__device__ inline float2 Widen(uint32_t pair) {
  if constexpr (std::is_same_v<T, __half>) {
    return __half22float2(reinterpret_cast<const __half2&>(pair));
  } else {
    return {__uint_as_float(pair << 16), __uint_as_float(pair & 0xffff0000)};
  }
}

template <class T>
__device__ inline float4 WidenFour(const uint2& pairs) {
  const float2 first = Widen<T>(pairs.x), second = Widen<T>(pairs.y);
  return {first.x, first.y, second.x, second.y};
}

// Rounded; what is beyond f16 becomes infinity.
template <class T>
__device__ inline uint32_t Pack(float low, float high) {
  if constexpr (std::is_same_v<T, __half>) {
    const __half2 pair = __floats2half2_rn(low, high);
    return reinterpret_cast<const uint32_t&>(pair);
  } else {
    const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
    return reinterpret_cast<const uint32_t&>(pair);
  }
}

// Rounded, as activations and weights are: finite numbers beyond f16 become its largest, as a
// model that has some is better off with a number a little wrong than with none. What is no finite
// number stays none, and is found in the residual stream. bf16 ends where f32 does.
template <class T>
__device__ inline uint32_t PackSaturated(float low, float high) {
  if constexpr (std::is_same_v<T, __half>) {
    uint32_t pair;  // saturated, infinity too
    asm("cvt.rn.satfinite.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
    return fmaxf(fabsf(low), fabsf(high)) == INFINITY ? Pack<T>(low, high) : pair;
  } else {
    return Pack<T>(low, high);
  }
}

// The same of one number, to any of the three types.
template <class T>
__device__ inline T Saturated(float value) {
  if constexpr (std::is_same_v<T, float>) {
    return value;
  } else if constexpr (std::is_same_v<T, __half>) {
    return __ushort_as_half(static_cast<unsigned short>(PackSaturated<T>(value, value)));
  } else {
    return __float2bfloat16_rn(value);
  }
}

// Calls f with a value of a type in 16 bits that is known at run time only. All threads go the same
// way, which takes less than every kernel once for each type would.
template <class Function>
__device__ inline void With16Bits(Real type, const Function& f) {
  if (type == Real::kF16) {
    f(__half{});
  } else {
    f(__nv_bfloat16{});
  }
}

}  // namespace lantern::cuda
