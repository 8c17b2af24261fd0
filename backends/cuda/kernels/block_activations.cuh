// Activations as products with weights in blocks take them: every 32 columns of a token are whole
// numbers of 16 bits with an f32 scale, which leaves 2^-16 of a block's largest value (bf16: 2^-9
// of each). A number is 256 high + low, two signed bytes in two columns of the operand B, so that
// sums of products with codes are exact.
//
// B has eight columns: those of one token in four blocks, two in two, or four in one, a set. What
// the columns of other blocks than the one multiplied hold, lanes replace by zeros.
#pragma once

#include "backends/cuda/kernels/activations.cuh"
#include "backends/cuda/kernels/codes.cuh"

namespace lantern::cuda {

// `room`: tokens, 1, 2 or a multiple of 4.
template <int room>
struct BlockSets {
  static constexpr int kTokens = room < 4 ? room : 4;  // of a tile
  static constexpr int kTiles = room / kTokens;
  static constexpr int kSets = 2 * kTokens;   // of a unit's eight blocks and a tile
  static constexpr int kInSet = 4 / kTokens;  // blocks of a set: kSets apart
  static_assert(kTokens * kTiles == room);

  // Which columns of B, as pairs from the first unit on, a block of a token has.
  __device__ static int PairOf(int block, int token) {
    const int unit = block >> 3, in_unit = block & 7, tile = token / 4;
    const int set = (unit * kTiles + tile) * kSets + in_unit % kSets;
    return set * 4 + in_unit / kSets * kTokens + token % 4;
  }
};

// `sums`: whether the sums of blocks are asked for.
template <int room, bool sums>
struct BlockPlaces {
  static constexpr bool kRagged = false;
  static constexpr bool kOneToken = room == 1;
  static constexpr float kMost = 32512;  // 256 * 127
  std::byte* values;                     // 64 bytes of a pair of columns: high, low
  float2* factors;                       // of a pair: scale, scale * sum of the numbers

  __device__ static int ColumnOf(int t, int run) { return 4 * t + 16 * run; }

  // Chunk `at` = 4 * block + t, if it is `there`. Called by whole warps: quads share a block.
  __device__ void Store(bool there, int token, int at, float4 first, float4 second) const {
    const float largest = QuadMost(max(Most(first), Most(second)));
    // A value that is no number makes the scale one that is none either.
    const bool nothing = largest < 1e-30f;
    const float scale = nothing ? 0 : largest * (1 / kMost);
    const float inverse = nothing ? 0 : kMost / largest;
    int sum = 0;
    const uint2 low = FourOf(first, inverse, &sum), high = FourOf(second, inverse, &sum);
    if constexpr (sums) {
      sum += __shfl_xor_sync(~0u, sum, 1);
      sum += __shfl_xor_sync(~0u, sum, 2);
    }
    if (!there) return;
    const int pair = BlockSets<room>::PairOf(at >> 2, kOneToken ? 0 : token);
    auto* to = reinterpret_cast<uint2*>(values + pair * 64) + (at & 3);
    to[0] = {low.x, high.x};
    to[4] = {low.y, high.y};
    if ((at & 3) == 0) factors[pair] = {scale, scale * static_cast<float>(sum)};
  }

 private:
  // Bits of a size: compared as whole numbers, NaN is the largest.
  __device__ static uint32_t SizeOf(float value) { return __float_as_uint(value) & 0x7fffffff; }
  __device__ static uint32_t Most(float4 v) {
    return max(max(SizeOf(v.x), SizeOf(v.y)), max(SizeOf(v.z), SizeOf(v.w)));
  }
  __device__ static float QuadMost(uint32_t most) {
    most = max(most, __shfl_xor_sync(~0u, most, 1));
    return __uint_as_float(max(most, __shfl_xor_sync(~0u, most, 2)));
  }

  // The high and the low bytes of four numbers, in the order of codes.cuh, and their sum to `sum`.
  // Added to 1.5 * 2^23 + 2^15 a number is, with 2^15, in the lower half of the float's bits. The
  // upper byte of one more by 128 goes with a low byte that has a sign.
  __device__ static uint2 FourOf(float4 v, float inverse, int* sum) {
    constexpr float kWhole = 12582912 + 32768;
    const auto whole = [&](float value) { return __float_as_uint(fmaf(value, inverse, kWhole)); };
    const uint32_t xz = __byte_perm(whole(v.x), whole(v.z), 0x5410);
    const uint32_t yw = __byte_perm(whole(v.y), whole(v.w), 0x5410);
    const uint32_t high = __byte_perm(xz + 0x00800080, yw + 0x00800080, 0x7531) ^ 0x80808080;
    const uint32_t low = __byte_perm(xz, yw, 0x6420);
    const auto total = [](uint32_t four) { return __dp4a(static_cast<int>(four), 0x01010101, 0); };
    if constexpr (sums) *sum += 256 * total(high) + total(low);
    return {high, low};
  }
};

// What a lane sees of them.
struct BlockLane {
  const std::byte* values;  // its column of B
  const float2* factors;    // of the columns of the sums that it has

  __device__ uint2 LoadB(int set) const {
    return *reinterpret_cast<const uint2*>(values + set * 256);
  }
  __device__ float2 LoadFactors(int set) const { return factors[4 * set]; }
};

}  // namespace lantern::cuda
