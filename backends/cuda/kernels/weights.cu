// Packing and unpacking of weights. Where codes and scales lie: codes.cuh; what a block means:
// src/tensor/quant_blocks.h, whose decoding arithmetic Unpack follows rounding by rounding.
#include "backends/cuda/kernels/weights.h"

#include <algorithm>

#include "backends/cuda/kernels/fragments.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "src/base/check.h"
#include "src/tensor/quant_blocks.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256;

// A block's code of an element, and its scales, as bytes of files have them. Blocks are not
// aligned in memory to more than 2 bytes.
__device__ int CodeOf(const BlockQ8_0& block, int i) {
  return static_cast<uint8_t>(block.codes[i]);
}
template <class Block>
__device__ int LowOf32(const Block& block, int i) {
  return i < 16 ? block.low[i] & 15 : block.low[i - 16] >> 4;
}
template <class Block>
__device__ int HighOf32(const Block& block, int i) {
  return (block.high[i / 8] >> i % 8 & 1) << 4;
}
__device__ int CodeOf(const BlockQ4_0& block, int i) { return LowOf32(block, i); }
__device__ int CodeOf(const BlockQ4_1& block, int i) { return LowOf32(block, i); }
__device__ int CodeOf(const BlockQ5_0& block, int i) {
  return LowOf32(block, i) | HighOf32(block, i);
}
__device__ int CodeOf(const BlockQ5_1& block, int i) {
  return LowOf32(block, i) | HighOf32(block, i);
}
template <class Block>
__device__ int LowOfGroup(const Block& block, int i) {
  return block.low[i / 64 * 32 + i % 32] >> i / 32 % 2 * 4 & 15;
}
__device__ int CodeOf(const BlockQ4_K& block, int i) { return LowOfGroup(block, i); }
__device__ int CodeOf(const BlockQ5_K& block, int i) {
  return LowOfGroup(block, i) | (block.high[i % 32] >> i / 32 & 1) << 4;
}
__device__ int CodeOf(const BlockQ6_K& block, int i) {
  const int half = i / 128, run = i % 128 / 32, at = i % 32;
  const int low = block.low[half * 64 + run % 2 * 32 + at] >> run / 2 * 4 & 15;
  return low | (block.high[half * 32 + at] >> run * 2 & 3) << 4;
}

// The group's scale and minimum: see GroupScales in quant_k.cc.
__device__ void GroupOf(const uint8_t* bytes, int group, uint8_t* scale, uint8_t* minimum) {
  if (group < 4) {
    *scale = bytes[group] & 63;
    *minimum = bytes[group + 4] & 63;
  } else {
    *scale = (bytes[group + 4] & 15) | bytes[group - 4] >> 6 << 4;
    *minimum = bytes[group + 4] >> 4 | bytes[group] >> 6 << 4;
  }
}

template <DType type>
struct StoredOf;
template <>
struct StoredOf<DType::kQ8_0> {
  using Block = BlockQ8_0;
};
template <>
struct StoredOf<DType::kQ4_0> {
  using Block = BlockQ4_0;
};
template <>
struct StoredOf<DType::kQ4_1> {
  using Block = BlockQ4_1;
};
template <>
struct StoredOf<DType::kQ5_0> {
  using Block = BlockQ5_0;
};
template <>
struct StoredOf<DType::kQ5_1> {
  using Block = BlockQ5_1;
};
template <>
struct StoredOf<DType::kQ4_K> {
  using Block = BlockQ4_K;
};
template <>
struct StoredOf<DType::kQ5_K> {
  using Block = BlockQ5_K;
};
template <>
struct StoredOf<DType::kQ6_K> {
  using Block = BlockQ6_K;
};

// Stored rows [first, first + count) of a matrix.
struct StoredRows {
  const std::byte* rows;
  int first, count, in;
};

// The stored block with an element of a row; null outside of the matrix.
template <class Block>
__device__ const Block* BlockAt(const StoredRows& from, int row, int column) {
  row -= from.first;
  if (row < 0 || row >= from.count || column >= from.in) return nullptr;
  const long long at = static_cast<long long>(row) * (from.in / Block::kElements);
  return reinterpret_cast<const Block*>(from.rows) + at + column / Block::kElements;
}

// A lane's scales of a unit: rows g and g + 8, blocks 2 t and 2 t + 1.
template <Scales kind, class Block>
__device__ void PackScales(const StoredRows& from, int row, int column, int lane, std::byte* to) {
  const int g = lane >> 2, t = lane & 3;
  uint8_t scale[2][2] = {}, minimum[2][2] = {};
  for (int r = 0; r < 2; ++r) {
    for (int b = 0; b < 2; ++b) {
      const int element = column + 32 * (2 * t + b);
      const Block* block = BlockAt<Block>(from, row + g + 8 * r, element);
      auto* halves = reinterpret_cast<uint16_t*>(to) + lane * 4 + 2 * r + b;
      if constexpr (kind == Scales::kHalf || kind == Scales::kHalfMin) {
        halves[0] = block == nullptr ? 0 : block->scale;
        if constexpr (kind == Scales::kHalfMin) halves[128] = block == nullptr ? 0 : block->minimum;
      } else if constexpr (kind == Scales::kGroup) {
        if (block != nullptr) GroupOf(block->groups, 2 * t + b, &scale[r][b], &minimum[r][b]);
        auto* factors = reinterpret_cast<uint16_t*>(to + 192) + g * 4 + r;
        if (t == 0) factors[0] = block == nullptr ? 0 : block->scale;
        if (t == 0) factors[2] = block == nullptr ? 0 : block->min_scale;
      } else {
        for (int half = 0; half < 2; ++half) {
          auto* bytes = reinterpret_cast<int8_t*>(to) + lane * 8 + 4 * r + 2 * b + half;
          *bytes = block == nullptr ? 0 : block->groups[2 * (2 * t + b) + half];
        }
        auto* factors = reinterpret_cast<uint16_t*>(to + 256) + g * 2 + r;
        if (t == 0) *factors = block == nullptr ? 0 : block->scale;
      }
    }
  }
  if constexpr (kind == Scales::kGroup) {
    const GroupEntry entry = PackGroups(scale, minimum);
    *reinterpret_cast<uint32_t*>(to + lane * 4) = entry.word;
    *reinterpret_cast<uint16_t*>(to + 128 + lane * 2) = entry.low;
  }
}

// A warp for each pair of blocks of a strip.
template <DType type>
__global__ void PackBlocks(StoredRows from, int strips, int units, std::byte* packed) {
  using Layout = LayoutOf<type>;
  using Block = typename StoredOf<type>::Block;
  LetNextBegin();
  WaitForInputs();
  const long long warp = (static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x) >> 5;
  if (warp >= static_cast<long long>(strips) * units * kPairs) return;
  const int lane = threadIdx.x & 31, pair = warp % kPairs, unit = warp / kPairs % units;
  const long long strip = warp / kPairs / units;
  const int row = from.first + static_cast<int>(strip) * kStripRows, column = unit * kUnitColumns;
  std::byte* to = packed + (strip * units + unit) * Layout::kUnitBytes;
  uint8_t codes[2][4][4];
  for (int i = 0; i < 32; ++i) {
    const CodePlace place = PlaceOfCode(lane, i / 16, i / 4 % 4, i % 4);
    const int element = column + 64 * pair + place.column;
    const Block* block = BlockAt<Block>(from, row + place.row, element);
    const int code =
        block == nullptr ? 0 : CodeOf(*block, element % Block::kElements) ^ Layout::kFlipped;
    codes[i / 16][i / 4 % 4][i % 4] = static_cast<uint8_t>(code);
  }
  uint32_t words[Layout::kBits];
  PackCodes<Layout::kBits>(codes, words);
  for (int i = 0; i < Layout::kBits; ++i) {
    const int offset = pair * Layout::kPairBytes + WordOffset(Layout::kBits, lane, i);
    *reinterpret_cast<uint32_t*>(to + offset) = words[i];
  }
  if (pair == 0) {
    PackScales<Layout::kScales, Block>(from, row, column, lane, to + Layout::kCodeBytes);
  }
}

// Rows of plain numbers to rows padded with zeros.
template <class T>
__global__ void PackPlain(const T* rows, long long count, int in, int pitch, T* packed) {
  LetNextBegin();
  WaitForInputs();
  const long long step = static_cast<long long>(gridDim.x) * kThreads;
  for (long long i = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x; i < count * pitch;
       i += step) {
    const long long row = i / pitch;
    const int column = static_cast<int>(i - row * pitch);
    packed[i] = column < in ? rows[row * in + column] : T{0};
  }
}

int GridFor(long long threads) {
  return static_cast<int>(std::min<long long>((threads + kThreads - 1) / kThreads, 1 << 30));
}

int UnitsOf(int in) { return (in + kUnitColumns - 1) / kUnitColumns; }
int StripsOf(int rows) { return (rows + kStripRows - 1) / kStripRows; }

template <DType type>
void PackInto(const Queue& queue, const StoredRows& from, std::byte* packed) {
  const int units = UnitsOf(from.in), strips = StripsOf(from.count);
  const long long offset = static_cast<long long>(from.first / kStripRows) * units;
  Launch(queue, PackBlocks<type>, dim3(GridFor(32ll * strips * units * kPairs)), dim3(kThreads), 0,
         from, strips, units, packed + offset * LayoutOf<type>::kUnitBytes);
}

template <class T>
void PackPlainInto(const Queue& queue, const StoredRows& from, int pitch, std::byte* packed) {
  const long long count = from.count;
  Launch(queue, PackPlain<T>, dim3(std::min(GridFor(count * pitch), 32 * queue.multiprocessors)),
         dim3(kThreads), 0, reinterpret_cast<const T*>(from.rows), count, from.in, pitch,
         reinterpret_cast<T*>(packed) + static_cast<long long>(from.first) * pitch);
}

int UnitBytes(DType type) {
  switch (type) {
    case DType::kQ8_0:
      return LayoutOf<DType::kQ8_0>::kUnitBytes;
    case DType::kQ4_0:
      return LayoutOf<DType::kQ4_0>::kUnitBytes;
    case DType::kQ4_1:
      return LayoutOf<DType::kQ4_1>::kUnitBytes;
    case DType::kQ5_0:
      return LayoutOf<DType::kQ5_0>::kUnitBytes;
    case DType::kQ5_1:
      return LayoutOf<DType::kQ5_1>::kUnitBytes;
    case DType::kQ4_K:
      return LayoutOf<DType::kQ4_K>::kUnitBytes;
    case DType::kQ5_K:
      return LayoutOf<DType::kQ5_K>::kUnitBytes;
    case DType::kQ6_K:
      return LayoutOf<DType::kQ6_K>::kUnitBytes;
    default:
      return 0;
  }
}

}  // namespace

bool Supports(DType type) { return static_cast<int>(type) < kDTypeCount; }

int Pitch(DType type, int in) {
  const int line = IsBlockFormat(type) ? kUnitColumns : 128 / Info(type).block_bytes;
  return (in + line - 1) / line * line;
}

size_t PackedBytes(DType type, int out, int in) {
  if (IsBlockFormat(type)) {
    return static_cast<size_t>(StripsOf(out)) * UnitsOf(in) * UnitBytes(type);
  }
  return static_cast<size_t>(out) * Pitch(type, in) * Info(type).block_bytes;
}

void PackRows(const Queue& queue, DType type, const std::byte* rows, int first, int count, int out,
              int in, std::byte* packed) {
  LANTERN_CHECK(first % 64 == 0 && (count % 64 == 0 || first + count == out));
  if (count == 0) return;
  const StoredRows from{rows, first, count, in};
  switch (type) {
    case DType::kF32:
      return PackPlainInto<uint32_t>(queue, from, Pitch(type, in), packed);
    case DType::kF16:
    case DType::kBF16:
      return PackPlainInto<uint16_t>(queue, from, Pitch(type, in), packed);
    case DType::kQ8_0:
      return PackInto<DType::kQ8_0>(queue, from, packed);
    case DType::kQ4_0:
      return PackInto<DType::kQ4_0>(queue, from, packed);
    case DType::kQ4_1:
      return PackInto<DType::kQ4_1>(queue, from, packed);
    case DType::kQ5_0:
      return PackInto<DType::kQ5_0>(queue, from, packed);
    case DType::kQ5_1:
      return PackInto<DType::kQ5_1>(queue, from, packed);
    case DType::kQ4_K:
      return PackInto<DType::kQ4_K>(queue, from, packed);
    case DType::kQ5_K:
      return PackInto<DType::kQ5_K>(queue, from, packed);
    case DType::kQ6_K:
      return PackInto<DType::kQ6_K>(queue, from, packed);
  }
}

}  // namespace lantern::cuda
