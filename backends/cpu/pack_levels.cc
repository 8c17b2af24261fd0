#include "backends/cpu/pack_levels.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "src/base/check.h"
#include "src/tensor/quant_blocks.h"

namespace lantern {
namespace {

// A word holds the levels of four columns that follow each other, one in each byte.
using Word = uint32_t;

Word WordAt(const void* bytes) {
  Word word;
  std::memcpy(&word, bytes, sizeof(word));
  return word;
}
// Bits [shift, shift + count) of every byte.
Word Bits(Word word, int shift, int count) {
  return word >> shift & 0x01010101u * ((1u << count) - 1);
}

// 32 columns of 5 bits in five words, word for word; what is left over lies above them: level 5 in
// words 0 (its three low bits) and 1, level 6 in words 2 and 3, level 7 in 4 and the top of 1
// and 3.
void StoreFiveBits(const std::array<Word, 8>& level, std::byte* out) {
  const std::array<Word, 5> packed = {
      level[0] | Bits(level[5], 0, 3) << 5,
      level[1] | Bits(level[5], 3, 2) << 5 | Bits(level[7], 3, 1) << 7,
      level[2] | Bits(level[6], 0, 3) << 5,
      level[3] | Bits(level[6], 3, 2) << 5 | Bits(level[7], 4, 1) << 7,
      level[4] | Bits(level[7], 0, 3) << 5,
  };
  std::memcpy(out, packed.data(), sizeof(packed));
}

// 16 columns of 6 bits in three words: level 3 above the others, two bits each.
void StoreSixBits(const std::array<Word, 4>& level, std::byte* out) {
  std::array<Word, 3> packed;
  for (int j = 0; j < 3; ++j) packed[j] = level[j] | Bits(level[3], 2 * j, 2) << 6;
  std::memcpy(out, packed.data(), sizeof(packed));
}

// Q5_0 and Q5_1.
template <class Block>
void RearrangeSmall(std::byte* out) {
  Block block;
  std::memcpy(&block, out, sizeof(block));
  const Word high = WordAt(block.high);
  std::array<Word, 8> level;
  for (int j = 0; j < 8; ++j) {
    level[j] = Bits(WordAt(block.low + 4 * (j % 4)), j / 4 * 4, 4);
    for (int i = 0; i < 4; ++i) level[j] |= (high >> (4 * j + i) & 1) << (8 * i + 4);
  }
  StoreFiveBits(level, out + offsetof(Block, high));
}

void RearrangeQ5_K(std::byte* out) {
  BlockQ5_K block;
  std::memcpy(&block, out, sizeof(block));
  for (int group = 0; group < 8; ++group) {
    std::array<Word, 8> level;
    for (int j = 0; j < 8; ++j) {
      level[j] = Bits(WordAt(block.low + group / 2 * 32 + 4 * j), group % 2 * 4, 4) |
                 Bits(WordAt(block.high + 4 * j), group, 1) << 4;
    }
    StoreFiveBits(level, out + offsetof(BlockQ5_K, high) + 20 * group);
  }
}

// Of each half's four quarters of 32 columns, two share bytes of `low`, all four those of `high`.
void RearrangeQ6_K(std::byte* out) {
  BlockQ6_K block;
  std::memcpy(&block, out, sizeof(block));
  for (int group = 0; group < 16; ++group) {
    const int half = group / 8, quarter = group / 2 % 4;
    const uint8_t* low = block.low + half * 64 + quarter % 2 * 32 + group % 2 * 16;
    const uint8_t* high = block.high + half * 32 + group % 2 * 16;
    std::array<Word, 4> level;
    for (int j = 0; j < 4; ++j) {
      level[j] = Bits(WordAt(low + 4 * j), quarter / 2 * 4, 4) |
                 Bits(WordAt(high + 4 * j), 2 * quarter, 2) << 4;
    }
    StoreSixBits(level, out + 12 * group);
  }
}

}  // namespace

bool HasRearrangedLevels(DType type) {
  return type == DType::kQ5_0 || type == DType::kQ5_1 || type == DType::kQ5_K ||
         type == DType::kQ6_K;
}

void RearrangeLevels(DType type, std::byte* block) {
  switch (type) {
    case DType::kQ5_0:
      return RearrangeSmall<BlockQ5_0>(block);
    case DType::kQ5_1:
      return RearrangeSmall<BlockQ5_1>(block);
    case DType::kQ5_K:
      return RearrangeQ5_K(block);
    case DType::kQ6_K:
      return RearrangeQ6_K(block);
    default:
      LANTERN_CHECK(false);
  }
}

}  // namespace lantern
