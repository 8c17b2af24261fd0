// Where the codes and scales of block formats lie in packed weights. Packing, unpacking, products
// and a test on the host share this file; what a product does with them is in fragments.cuh.
//
// 16 rows are a strip, 256 columns of a strip a unit: the units of a strip lie one after the other.
// A unit has its codes first, 64 columns (a pair of blocks) at a time, then its scales. A warp's
// lane holds of every block of 32 columns what the matrix instruction m16n8k16 wants from it:
// lane = 4 g + t has rows g and g + 8, columns 4 t .. 4 t + 3 and 16 + 4 t .. 16 + 4 t + 3. So each
// of the two instructions over a block stays within 16 columns, which share a scale in Q6_K too.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

#include "src/tensor/dtype.h"

namespace lantern::cuda {

constexpr int kStripRows = 16;
constexpr int kUnitColumns = 256;
constexpr int kBlockColumns = 32;
constexpr int kPairs = kUnitColumns / 64;  // pairs of blocks in a unit

enum class Scales {
  kHalf,     // an f16 of each block
  kHalfMin,  // and an f16 to add
  kGroup,    // K formats: of 6 bits with an f16 factor, and as much to subtract
  kSigned,   // Q6_K: of 8 bits for 16 columns, with an f16 factor
};

// A block format: bits of a code, what is subtracted from it, its scales.
template <int bits, int zero, Scales scales>
struct BlockLayout {
  static constexpr int kBits = bits;
  static constexpr int kZero = zero;
  static constexpr Scales kScales = scales;
  static constexpr int kPairBytes = 32 * 4 * bits;
  static constexpr int kCodeBytes = kPairs * kPairBytes;
  static constexpr int kScaleBytes =
      scales == Scales::kHalfMin ? 512 : (scales == Scales::kSigned ? 288 : 256);
  static constexpr int kUnitBytes = kCodeBytes + kScaleBytes;
};

template <DType type>
struct LayoutOf;
template <>
struct LayoutOf<DType::kQ8_0> : BlockLayout<8, 0, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ4_0> : BlockLayout<4, 8, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ4_1> : BlockLayout<4, 0, Scales::kHalfMin> {};
template <>
struct LayoutOf<DType::kQ5_0> : BlockLayout<5, 16, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ5_1> : BlockLayout<5, 0, Scales::kHalfMin> {};
template <>
struct LayoutOf<DType::kQ4_K> : BlockLayout<4, 0, Scales::kGroup> {};
template <>
struct LayoutOf<DType::kQ5_K> : BlockLayout<5, 0, Scales::kGroup> {};
template <>
struct LayoutOf<DType::kQ6_K> : BlockLayout<6, 32, Scales::kSigned> {};

// A lane's 32 codes of a pair of blocks are 16 couples: couple 8 b + p is register p of the A
// fragments of block b, its two codes are neighbours in a row.
struct CodePlace {
  int row, column;  // in the strip, in the pair's 64 columns
};
__host__ __device__ inline CodePlace PlaceOfCode(int lane, int couple, int half) {
  const int g = lane >> 2, t = lane & 3, block = couple >> 3, p = couple & 7;
  return {g + 8 * (p & 1), 32 * block + 16 * (p >> 2) + 4 * t + 2 * ((p >> 1) & 1) + half};
}

// Where word `word` of a lane's codes lies from the pair's begin: as many as possible in 16 bytes,
// so that a warp's wide loads are without gaps.
__host__ __device__ constexpr int WordOffset(int bits, int lane, int word) {
  const int whole = bits / 4 * 4;
  if (word < whole) return word / 4 * 512 + lane * 16 + word % 4 * 4;
  return bits / 4 * 512 + (lane * (bits % 4) + word % 4) * 4;
}

// 32 codes, [couple][half], to `bits` words. The first code of a couple lies in the lower half of
// a word, the second in the same bits of the upper half.
template <int bits>
__host__ __device__ inline void PackCodes(const uint8_t (&codes)[16][2], uint32_t (&words)[bits]) {
  const auto couple = [&](int index) {
    return static_cast<uint32_t>(codes[index][0]) | static_cast<uint32_t>(codes[index][1]) << 16;
  };
  for (int word = 0; word < bits; ++word) {
    if constexpr (bits == 4) {
      words[word] = 0;
      for (int s = 0; s < 4; ++s) words[word] |= couple(4 * word + s) << 4 * s;
    } else if constexpr (bits == 5) {  // three couples, and a bit of the last one on top
      words[word] = (couple(15) >> word & 0x10001) << 15;
      for (int s = 0; s < 3; ++s) words[word] |= couple(3 * word + s) << 5 * s;
    } else if constexpr (bits == 6) {  // two couples, and four bits of the last two of a block
      const int first = word / 3 * 8, v = word % 3;
      words[word] = couple(first + 2 * v) | couple(first + 2 * v + 1) << 6;
      const uint32_t seventh = couple(first + 6), eighth = couple(first + 7);
      if (v == 0) words[word] |= (seventh & 0xf000f) << 12;
      if (v == 1) words[word] |= (eighth & 0xf000f) << 12;
      if (v == 2) {
        words[word] |= (seventh >> 4 & 0x30003) << 12 | (eighth >> 4 & 0x30003) << 14;
      }
    } else {
      words[word] = couple(2 * word) | couple(2 * word + 1) << 8;
    }
  }
}

// (a & mask) | bits, which the compiler makes two instructions of where mask and bits are
// constants.
__host__ __device__ inline uint32_t AndOr(uint32_t a, uint32_t mask, uint32_t bits) {
#ifdef __CUDA_ARCH__
  uint32_t result;
  asm("lop3.b32 %0, %1, %2, %3, 0xea;" : "=r"(result) : "r"(a), "r"(mask), "r"(bits));
  return result;
#else
  return (a & mask) | bits;
#endif
}

// The reverse, a couple at a time: `base` with its codes put in, in both halves of the word from
// bit `up` on.
template <int bits, int up = 0>
__host__ __device__ inline uint32_t CoupleOf(const uint32_t (&words)[bits], int couple,
                                             uint32_t base = 0) {
  const auto field = [base](uint32_t word, int from) {
    constexpr uint32_t kMask = ((1u << bits) - 1) * 0x10001 << up;
    return AndOr(from >= up ? word >> (from - up) : word << (up - from), kMask, base);
  };
  if constexpr (bits == 4) return field(words[couple / 4], 4 * (couple % 4));
  if constexpr (bits == 5) {
    if (couple < 15) return field(words[couple / 3], 5 * (couple % 3));
    for (int bit = 0; bit < 5; ++bit) {
      base = AndOr(words[bit] >> (15 - bit - up), 0x10001u << (bit + up), base);
    }
    return base;
  }
  if constexpr (bits == 6) {
    static_assert(up == 0);
    const int first = couple / 8 * 3, p = couple % 8;
    if (p < 6) return field(words[first + p / 2], 6 * (p % 2));
    const uint32_t high = AndOr(words[first + 2] >> (p == 6 ? 8 : 10), 0x00300030, base);
    return AndOr(words[first + p - 6] >> 12, 0x000f000f, high);
  }
  return field(words[couple / 2], 8 * (couple % 2));
}

// Scales of K formats. Lane 4 g + t has those of rows g and g + 8, blocks 2 t and 2 t + 1: eight
// numbers of 6 bits in a word and 16 bits. A half of the word is a row: the scales of both blocks,
// then the two high bits of both minimums, whose low four bits are the 16 bits.
struct GroupEntry {
  uint32_t word;
  uint16_t low;
};
// [row][block]
__host__ __device__ inline GroupEntry PackGroups(const uint8_t (&scale)[2][2],
                                                 const uint8_t (&minimum)[2][2]) {
  GroupEntry entry{0, 0};
  for (int row = 0; row < 2; ++row) {
    for (int block = 0; block < 2; ++block) {
      const uint32_t high = minimum[row][block] >> 4;
      entry.word |=
          (static_cast<uint32_t>(scale[row][block]) << 6 * block | high << (12 + 2 * block))
          << 16 * row;
      entry.low |= static_cast<uint16_t>((minimum[row][block] & 15) << (4 * block + 8 * row));
    }
  }
  return entry;
}
// Of a block: both rows, in the halves of a word.
__host__ __device__ inline uint32_t GroupScales(GroupEntry entry, int block) {
  return entry.word >> 6 * block & 0x003f003f;
}
__host__ __device__ inline uint32_t GroupMinimums(GroupEntry entry, int block) {
  const uint32_t low = entry.low >> 4 * block;
  return (low & 15) | (low & 0xf00) << 8 | (entry.word >> (8 + 2 * block) & 0x00300030);
}

}  // namespace lantern::cuda
