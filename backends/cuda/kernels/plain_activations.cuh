// Activations as products with plain weights take them: bf16 beside bf16 weights, else f16. For
// every block of 32 columns a token has 64 bytes, of which lane t of a quad reads its eight
// columns.
#pragma once

#include "backends/cuda/kernels/activations.cuh"

namespace lantern::cuda {

// T: __half or __nv_bfloat16. `ragged`: the row's length is no multiple of four.
template <class T, bool ragged, bool one_token>
struct PlainPlaces {
  static constexpr bool kRagged = ragged;
  static constexpr bool kOneToken = one_token;
  std::byte* values;
  int tokens;  // room

  __device__ static int ColumnOf(int t, int run) { return 8 * t + 4 * run; }
  __device__ static uint2 RoundedFour(float4 v) {
    return {PackSaturated<T>(v.x, v.y), PackSaturated<T>(v.z, v.w)};
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
