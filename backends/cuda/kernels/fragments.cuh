// From packed weights in shared memory to the operands of matrix instructions, and to the factors
// of their sums. Where codes lie: codes.cuh.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "backends/cuda/kernels/codes.cuh"

namespace lantern::cuda {

// sum += A * B, 16 x 8 x 16. A: (rows g, g + 8) x (columns 2 t.., 2 t + 8..) in the order of PTX.
template <bool f16>
__device__ inline void MultiplyAdd(float (&sum)[4], const uint32_t* a, uint32_t b0, uint32_t b1) {
  if constexpr (f16) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  } else {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, "
        "{%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
}

// sum += A * B of bytes, 16 x 8 x 32: those of A with a sign or not, those of B with one.
template <bool is_signed>
__device__ inline void MultiplyAddBytes(int (&sum)[4], const uint32_t (&a)[4], uint2 b) {
  if constexpr (is_signed) {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
  } else {
    asm("mma.sync.aligned.m16n8k32.row.col.s32.u8.s8.s32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b.x), "r"(b.y));
  }
}

// The same over 16 columns, of signed bytes.
__device__ inline void MultiplyAddHalf(int (&sum)[4], uint32_t a0, uint32_t a1, uint32_t b) {
  asm("mma.sync.aligned.m16n8k16.row.col.s32.s8.s8.s32 {%0,%1,%2,%3}, {%4,%5}, {%6}, "
      "{%0,%1,%2,%3};"
      : "+r"(sum[0]), "+r"(sum[1]), "+r"(sum[2]), "+r"(sum[3])
      : "r"(a0), "r"(a1), "r"(b));
}

__device__ inline uint32_t Minus(uint32_t a, uint32_t b) {
  const __nv_bfloat162 difference = __hsub2(reinterpret_cast<const __nv_bfloat162&>(a),
                                            reinterpret_cast<const __nv_bfloat162&>(b));
  return reinterpret_cast<const uint32_t&>(difference);
}

// A lane's words of a pair of blocks.
template <int bits>
__device__ inline void LoadWords(const std::byte* pair, int lane, uint32_t (&words)[bits]) {
#pragma unroll
  for (int i = 0; i < bits / 4; ++i) {
    const uint4 four = *reinterpret_cast<const uint4*>(pair + WordOffset(bits, lane, 4 * i));
    words[4 * i] = four.x;
    words[4 * i + 1] = four.y;
    words[4 * i + 2] = four.z;
    words[4 * i + 3] = four.w;
  }
  if constexpr (bits % 4 == 1) {
    words[4] = *reinterpret_cast<const uint32_t*>(pair + WordOffset(bits, lane, 4));
  } else if constexpr (bits % 4 == 2) {
    const uint2 two = *reinterpret_cast<const uint2*>(pair + WordOffset(bits, lane, 4));
    words[4] = two.x;
    words[5] = two.y;
  }
}

// A couple of codes as two whole numbers in bf16, which has all of them. 0x4300 is 128, whose last
// mantissa bit counts 1: a code of up to seven bits put there is 128 + code.
template <class Layout>
__device__ inline uint32_t WholeNumbers(const uint32_t (&words)[Layout::kBits], int block, int reg,
                                        int which) {
  constexpr uint32_t k128 = 0x43004300;
  if constexpr (Layout::kBits == 8) {  // two's complement: seven bits less 128 for the eighth
    const uint32_t code = words[4 * block + reg] >> 8 * which;
    return Minus(AndOr(code, 0x007f007f, k128), AndOr(code, 0x00800080, k128));
  } else {
    constexpr uint32_t kFlipped = Layout::kFlipped * 0x10001u;
    const uint32_t couple = CoupleOf<Layout::kBits>(words, block, reg, which, k128 ^ kFlipped);
    return Minus(couple, k128 | kFlipped);
  }
}

__device__ inline float2 HalvesToFloats(uint32_t halves) {
  return __half22float2(reinterpret_cast<const __half2&>(halves));
}

// Two integers below 1024 in the halves of a word.
__device__ inline float2 IntegersToFloats(uint32_t both) {
  const uint32_t sum = both | 0x64006400, k1024 = 0x64006400;
  const __half2 exact =
      __hsub2(reinterpret_cast<const __half2&>(sum), reinterpret_cast<const __half2&>(k1024));
  return __half22float2(exact);
}

// The factors of a pair of blocks in rows g and g + 8: value = scale * code - minimum.
template <Scales kind>
struct PairFactors {
  static constexpr int kHalves = kind == Scales::kSigned ? 2 : 1;  // scales of a block
  static constexpr bool kHasMinimum = kind == Scales::kHalfMin || kind == Scales::kGroup;
  float scale[2][2][kHalves];  // [row][block]
  float minimum[2][2];
};

__device__ inline void HalfFactors(const std::byte* scales, int entry, float sign,
                                   float* (&rows)[2]) {
  const uint2 halves = *reinterpret_cast<const uint2*>(scales + entry * 8);
  const float2 first = HalvesToFloats(halves.x), second = HalvesToFloats(halves.y);
  rows[0][0] = sign * first.x;
  rows[0][1] = sign * first.y;
  rows[1][0] = sign * second.x;
  rows[1][1] = sign * second.y;
}

__device__ inline void LoadFactors(const std::byte* scales, int g, int pair,
                                   PairFactors<Scales::kHalf>& factors) {
  float* rows[2] = {factors.scale[0][0], factors.scale[1][0]};
  HalfFactors(scales, 4 * g + pair, 1, rows);
}

__device__ inline void LoadFactors(const std::byte* scales, int g, int pair,
                                   PairFactors<Scales::kHalfMin>& factors) {
  float* rows[2] = {factors.scale[0][0], factors.scale[1][0]};
  HalfFactors(scales, 4 * g + pair, 1, rows);
  float* minimums[2] = {factors.minimum[0], factors.minimum[1]};
  HalfFactors(scales + 256, 4 * g + pair, -1, minimums);
}

// Products of f16 with integers of 6 or 8 bits are exact in f32.
__device__ inline void LoadFactors(const std::byte* scales, int g, int pair,
                                   PairFactors<Scales::kGroup>& factors) {
  const int place = 4 * g + pair;
  const GroupEntry entry{*reinterpret_cast<const uint32_t*>(scales + place * 4),
                         *reinterpret_cast<const uint16_t*>(scales + 128 + place * 2)};
  const uint2 both = *reinterpret_cast<const uint2*>(scales + 192 + g * 8);
  const float2 scale = HalvesToFloats(both.x), min_scale = HalvesToFloats(both.y);
#pragma unroll
  for (int block = 0; block < 2; ++block) {
    const float2 groups = IntegersToFloats(GroupScales(entry, block));
    factors.scale[0][block][0] = scale.x * groups.x;
    factors.scale[1][block][0] = scale.y * groups.y;
    const float2 minimums = IntegersToFloats(GroupMinimums(entry, block));
    factors.minimum[0][block] = min_scale.x * minimums.x;
    factors.minimum[1][block] = min_scale.y * minimums.y;
  }
}

__device__ inline void LoadFactors(const std::byte* scales, int g, int pair,
                                   PairFactors<Scales::kSigned>& factors) {
  const uint2 groups = *reinterpret_cast<const uint2*>(scales + (4 * g + pair) * 8);
  const float2 scale = HalvesToFloats(*reinterpret_cast<const uint32_t*>(scales + 256 + g * 4));
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    factors.scale[0][i / 2][i % 2] = scale.x * static_cast<int8_t>(groups.x >> 8 * i);
    factors.scale[1][i / 2][i % 2] = scale.y * static_cast<int8_t>(groups.y >> 8 * i);
  }
}

}  // namespace lantern::cuda
