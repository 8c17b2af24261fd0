// Embed: rows of the embedding table decoded from their stored blocks, an element a thread. Every
// rounding is written out, as src/tensor/quant.cc and quant_k.cc round: the same bits, but for
// NaNs that come of a damaged block's scale, whose payload no processor promises.
#include <cuda_fp16.h>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"
#include "src/tensor/quant_blocks.h"

namespace lantern::cuda {
namespace {

// Plain numbers as blocks of one.
struct PlainF32 {
  static constexpr int kElements = 1;
  float value;
};
struct PlainF16 {
  static constexpr int kElements = 1;
  uint16_t bits;
};
struct PlainBF16 {
  static constexpr int kElements = 1;
  uint16_t bits;
};

// As HalfToFloat: NaNs keep their payloads, which the processor's own conversion drops.
__device__ float Widen(uint16_t half) {
  const uint32_t fraction = half & 0x3ff;
  if ((half & 0x7c00) != 0x7c00) return __half2float(__ushort_as_half(half));
  const uint32_t nan = fraction == 0 ? 0 : fraction << 13 | 0x00400000;
  return __uint_as_float(static_cast<uint32_t>(half & 0x8000) << 16 | 0x7f800000 | nan);
}

__device__ float Scaled(float scale, int code) {
  return __fmul_rn(scale, static_cast<float>(code));
}

__device__ int Low(const uint8_t* low, int i) { return i < 16 ? low[i] & 15 : low[i - 16] >> 4; }
__device__ int FifthBit(const uint8_t* high, int i) { return ((high[i / 8] >> (i % 8)) & 1) << 4; }

__device__ float Element(const PlainF32& number, int) { return number.value; }
__device__ float Element(const PlainF16& number, int) { return Widen(number.bits); }
__device__ float Element(const PlainBF16& number, int) {
  return __uint_as_float(static_cast<uint32_t>(number.bits) << 16);
}
__device__ float Element(const BlockQ8_0& block, int i) {
  return Scaled(Widen(block.scale), block.codes[i]);
}
__device__ float Element(const BlockQ4_0& block, int i) {
  return Scaled(Widen(block.scale), Low(block.low, i) - 8);
}
__device__ float Element(const BlockQ4_1& block, int i) {
  return __fadd_rn(Scaled(Widen(block.scale), Low(block.low, i)), Widen(block.minimum));
}
__device__ float Element(const BlockQ5_0& block, int i) {
  return Scaled(Widen(block.scale), (Low(block.low, i) | FifthBit(block.high, i)) - 16);
}
__device__ float Element(const BlockQ5_1& block, int i) {
  return __fadd_rn(Scaled(Widen(block.scale), Low(block.low, i) | FifthBit(block.high, i)),
                   Widen(block.minimum));
}

// Q4_K and Q5_K, whose groups' scales lie alike: see GroupScales in quant_k.cc.
template <class Block>
__device__ float AffineElement(const Block& block, int group, int code) {
  const uint8_t* const bytes = block.groups;
  int scale, minimum;
  if (group < 4) {
    scale = bytes[group] & 63;
    minimum = bytes[group + 4] & 63;
  } else {
    scale = (bytes[group + 4] & 15) | bytes[group - 4] >> 6 << 4;
    minimum = bytes[group + 4] >> 4 | bytes[group] >> 6 << 4;
  }
  return __fsub_rn(Scaled(Scaled(Widen(block.scale), scale), code),
                   Scaled(Widen(block.min_scale), minimum));
}
__device__ int LowBits(const uint8_t* low, int group, int i) {
  return (low[group / 2 * 32 + i] >> (group % 2 * 4)) & 15;
}
__device__ float Element(const BlockQ4_K& block, int e) {
  const int group = e / 32, i = e % 32;
  return AffineElement(block, group, LowBits(block.low, group, i));
}
__device__ float Element(const BlockQ5_K& block, int e) {
  const int group = e / 32, i = e % 32;
  const int fifth = ((block.high[i] >> group) & 1) << 4;
  return AffineElement(block, group, LowBits(block.low, group, i) | fifth);
}

__device__ float Element(const BlockQ6_K& block, int e) {
  const int half = e / 128, run = e % 128 / 32, i = e % 32;
  const int low = (block.low[half * 64 + run % 2 * 32 + i] >> (run / 2 * 4)) & 15;
  const int high = (block.high[half * 32 + i] >> (run * 2)) & 3;
  const float factor = Scaled(Widen(block.scale), block.groups[e / 16]);
  return Scaled(factor, (low | high << 4) - 32);
}

template <class Block>
__global__ void __launch_bounds__(kUnitThreads)
    EmbedKernel(Rows<float> out, const Block* table, const int* ids, const int* guesses, int rows,
                int columns) {
  WaitForInputs();
  LetNextBegin();
  const int column = UnitOfThread();
  if (column >= columns) return;
  const size_t row_blocks = columns / Block::kElements;
  for (int row = blockIdx.y; row < rows; row += gridDim.y) {
    const int id = ids[row] < 0 ? guesses[-1 - ids[row]] : ids[row];
    const Block* const blocks = table + id * row_blocks;
    out[row][column] = Element(blocks[column / Block::kElements], column % Block::kElements);
  }
}

template <class Block>
void EmbedAs(const Queue& queue, const Matrix& out, const std::byte* table, const int* ids,
             const int* guesses) {
  LANTERN_CHECK_EQ(out.columns % Block::kElements, 0);
  LANTERN_CHECK_EQ(reinterpret_cast<uintptr_t>(table) % alignof(Block), 0u);
  Launch(queue, EmbedKernel<Block>, UnitGrid(out.columns, out.rows), kUnitThreads, 0,
         RowsOf<float>(out), reinterpret_cast<const Block*>(table), ids, guesses, out.rows,
         out.columns);
}

}  // namespace

void Embed(const Queue& queue, Matrix out, const std::byte* table, DType type, const int* ids,
           const int* guesses) {
  if (out.rows == 0) return;
  switch (type) {
    case DType::kF32:
      return EmbedAs<PlainF32>(queue, out, table, ids, guesses);
    case DType::kF16:
      return EmbedAs<PlainF16>(queue, out, table, ids, guesses);
    case DType::kBF16:
      return EmbedAs<PlainBF16>(queue, out, table, ids, guesses);
    case DType::kQ8_0:
      return EmbedAs<BlockQ8_0>(queue, out, table, ids, guesses);
    case DType::kQ4_0:
      return EmbedAs<BlockQ4_0>(queue, out, table, ids, guesses);
    case DType::kQ4_1:
      return EmbedAs<BlockQ4_1>(queue, out, table, ids, guesses);
    case DType::kQ5_0:
      return EmbedAs<BlockQ5_0>(queue, out, table, ids, guesses);
    case DType::kQ5_1:
      return EmbedAs<BlockQ5_1>(queue, out, table, ids, guesses);
    case DType::kQ4_K:
      return EmbedAs<BlockQ4_K>(queue, out, table, ids, guesses);
    case DType::kQ5_K:
      return EmbedAs<BlockQ5_K>(queue, out, table, ids, guesses);
    case DType::kQ6_K:
      return EmbedAs<BlockQ6_K>(queue, out, table, ids, guesses);
  }
}

}  // namespace lantern::cuda
