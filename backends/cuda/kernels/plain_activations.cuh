// Activations as products with plain weights take them: bf16, or f16 beside f16 weights. For every
// block of 32 columns a token has 64 bytes, of which lane t of a quad reads its eight columns.
#pragma once

#include "backends/cuda/kernels/activations.cuh"

namespace lantern::cuda {

// bf16(value), as bf16 or as f16: then what f16 cannot hold becomes its largest number.
template <bool f16>
__device__ inline uint32_t Rounded(float value) {
  const __nv_bfloat16 bf16 = __float2bfloat16_rn(value);
  if constexpr (!f16) return __bfloat16_as_ushort(bf16);
  const float rounded = __bfloat162float(bf16);
  constexpr float kLargest = 65504;
  const bool beyond = fabsf(rounded) > kLargest;  // no NaN is
  return __half_as_ushort(__float2half_rn(beyond ? copysignf(kLargest, rounded) : rounded));
}

// `ragged`: the row's length is no multiple of four.
template <bool f16, bool ragged, bool one_token>
struct PlainPlaces {
  static constexpr bool kRagged = ragged;
  static constexpr bool kOneToken = one_token;
  std::byte* values;
  int tokens;  // room

  __device__ static int ColumnOf(int t, int run) { return 8 * t + 4 * run; }
  __device__ static uint2 RoundedFour(float4 v) {
    return {Rounded<f16>(v.x) | Rounded<f16>(v.y) << 16, Rounded<f16>(v.z) | Rounded<f16>(v.w)
                                                                                 << 16};
  }
  // Chunk `at` = 4 * block + t, if it is `there`.
  __device__ void Store(bool there, int token, int at, float4 first, float4 second) const {
    const uint2 low = RoundedFour(first), high = RoundedFour(second);
    std::byte* to = values + ((at >> 2) * tokens + token) * 64 + (at & 3) * 16;
    if (there) *reinterpret_cast<uint4*>(to) = {low.x, low.y, high.x, high.y};
  }
};

// What a lane sees of them. Lanes whose column has no token read what lies there: a column of B
// shows in that column of the sums only, and nobody looks at these.
struct PlainLane {
  const std::byte* values;  // of its token and its quarter, from the first block
  int tokens;               // room: 64 bytes each in a block

  __device__ uint4 LoadB(int block, int tile) const {
    return *reinterpret_cast<const uint4*>(values + (block * tokens + 8 * tile) * 64);
  }
};

}  // namespace lantern::cuda
