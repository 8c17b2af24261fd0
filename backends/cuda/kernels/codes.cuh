// Where the codes and scales of block formats lie in packed weights. Packing, unpacking, products
// and a test on the host share this file; what a product does with them is in fragments.cuh.
//
// 16 rows are a strip, 256 columns of a strip a unit: the units of a strip lie one after the other.
// A unit has its codes first, 64 columns (a pair of blocks) at a time, then its scales. A warp's
// lane holds of every block of 32 columns what the matrix instruction m16n8k32 of bytes wants from
// it, four registers of four codes: lane = 4 g + t has rows g and g + 8, columns 4 t .. 4 t + 3 and
// 16 + 4 t .. 16 + 4 t + 3. So each of the registers stays within 16 columns, which share a scale
// in Q6_K.
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

// A block format: bits of a code, whether it is a number in two's complement, its scales.
template <int bits, bool is_signed, Scales scales>
struct BlockLayout {
  static constexpr int kBits = bits;
  static constexpr bool kSigned = is_signed;
  // Files have signed codes of less than eight bits with half of their range added.
  static constexpr int kFlipped = is_signed && bits < 8 ? 1 << (bits - 1) : 0;
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
struct LayoutOf<DType::kQ8_0> : BlockLayout<8, true, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ4_0> : BlockLayout<4, true, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ4_1> : BlockLayout<4, false, Scales::kHalfMin> {};
template <>
struct LayoutOf<DType::kQ5_0> : BlockLayout<5, true, Scales::kHalf> {};
template <>
struct LayoutOf<DType::kQ5_1> : BlockLayout<5, false, Scales::kHalfMin> {};
template <>
struct LayoutOf<DType::kQ4_K> : BlockLayout<4, false, Scales::kGroup> {};
template <>
struct LayoutOf<DType::kQ5_K> : BlockLayout<5, false, Scales::kGroup> {};
template <>
struct LayoutOf<DType::kQ6_K> : BlockLayout<6, true, Scales::kSigned> {};

// Byte b of register r of a block has the code of this row and column, of a strip and a pair of
// blocks. Bytes 0 and 2 are neighbours in a row, and 1 and 3: couples for formats of 16 bits.
struct CodePlace {
  int row, column;
};
__host__ __device__ inline CodePlace PlaceOfCode(int lane, int block, int reg, int byte) {
  const int g = lane >> 2, t = lane & 3, in_four = byte % 2 * 2 + byte / 2;
  return {g + 8 * (reg & 1), 32 * block + 16 * (reg >> 1) + 4 * t + in_four};
}

// Where word `word` of a lane's codes lies from the pair's begin: as many as possible in 16 bytes,
// so that a warp's wide loads are without gaps.
__host__ __device__ constexpr int WordOffset(int bits, int lane, int word) {
  const int whole = bits / 4 * 4;
  if (word < whole) return word / 4 * 512 + lane * 16 + word % 4 * 4;
  return bits / 4 * 512 + (lane * (bits % 4) + word % 4) * 4;
}

// 32 codes, [block][register][byte], to `bits` words. Codes of less than eight bits: word r has the
// low four bits of both blocks' register r, the second block's on top; the other bits are in words
// of their own, register by register in every byte: of 5 bits in one for both blocks, of 6 in one
// for each.
template <int bits>
__host__ __device__ inline void PackCodes(const uint8_t (&codes)[2][4][4],
                                          uint32_t (&words)[bits]) {
  for (uint32_t& word : words) word = 0;
  for (int block = 0; block < 2; ++block) {
    for (int reg = 0; reg < 4; ++reg) {
      for (int byte = 0; byte < 4; ++byte) {
        const uint32_t code = codes[block][reg][byte];
        if constexpr (bits == 8) {
          words[4 * block + reg] |= code << 8 * byte;
        } else {
          words[reg] |= (code & 15) << (8 * byte + 4 * block);
        }
        if constexpr (bits == 5) words[4] |= (code >> 4) << (8 * byte + 4 * block + reg);
        if constexpr (bits == 6) words[4 + block] |= (code >> 4) << (8 * byte + 2 * reg);
      }
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

// Shifts left, or right where `by` is negative.
__host__ __device__ constexpr uint32_t Shifted(uint32_t word, int by) {
  return by >= 0 ? word << by : word >> -by;
}

// Register `reg` of a block with its codes at the tops of the bytes: each times 2^(8 - bits), a
// number of eight bits with the code's sign.
template <int bits>
__host__ __device__ inline uint32_t TopCodes(const uint32_t (&words)[bits], int block, int reg) {
  if constexpr (bits == 8) {
    return words[4 * block + reg];
  } else {
    constexpr int kUp = 8 - bits;
    const uint32_t low = Shifted(words[reg], kUp - 4 * block) & 0x0f0f0f0fu << kUp;
    if constexpr (bits == 4) return low;
    if constexpr (bits == 5) return AndOr(words[4] << (7 - 4 * block - reg), 0x80808080, low);
    return AndOr(words[bits == 6 ? 4 + block : 0] << (6 - 2 * reg), 0xc0c0c0c0, low);
  }
}

// The codes of bytes `which` and 2 + `which` of a register, in the halves of a word, of which all
// other bits are those of `base`; bits that both have are flipped.
template <int bits>
__host__ __device__ inline uint32_t CoupleOf(const uint32_t (&words)[bits], int block, int reg,
                                             int which, uint32_t base = 0) {
  if constexpr (bits == 8) {
    return (words[4 * block + reg] >> 8 * which & 0x00ff00ff) ^ base;
  } else {
    const uint32_t couple = (words[reg] >> (4 * block + 8 * which) & 0x000f000f) ^ base;
    if constexpr (bits == 4) return couple;
    if constexpr (bits == 5) {
      return couple ^ (Shifted(words[4], 4 - 4 * block - reg - 8 * which) & 0x00100010);
    }
    const uint32_t high = words[bits == 6 ? 4 + block : 0];
    return couple ^ (Shifted(high, 4 - 2 * reg - 8 * which) & 0x00300030);
  }
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
