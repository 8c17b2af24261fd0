// How weights lie on the device: packed so that a warp's loads are the fragments of its matrix
// instructions. Packing and unpacking run on the device.
#pragma once

#include <cstddef>

#include "backends/cuda/kernels/queue.h"
#include "src/tensor/dtype.h"

namespace lantern::cuda {

// A packed matrix of `out` rows and `in` columns. f32, f16 and bf16 lie row by row, each row padded
// with zeros to Pitch(type, in) elements, so that libraries can read them too; block formats lie in
// an order of their own.
struct Weight {
  const std::byte* data = nullptr;
  DType type = DType::kF32;
  int out = 0, in = 0;
};

// Whether there are kernels for weights of this type.
bool Supports(DType type);
// Elements from one row of a plain matrix to the next: `in` rounded up to whole 128-byte lines.
int Pitch(DType type, int in);
// Bytes of the packed form.
size_t PackedBytes(DType type, int out, int in);

// Packs rows [first, first + count) of a matrix; `rows` are their stored bytes (RowBytes each, one
// after the other, 16-byte aligned), on the device. REQUIRES: first is a multiple of 64, and count
// too unless these are the last rows; padding is written with the last rows.
void PackRows(const Queue& queue, DType type, const std::byte* rows, int first, int count, int out,
              int in, std::byte* packed);

// Writes rows [first, first + count) and columns [begin, begin + columns), decoded and rounded, to
// dst (in `to`), dst_pitch elements from row to row. begin and columns of block formats
// are multiples of 32, but where the row ends. In f16, what is below 2^-14 has fewer bits than
// others, 2^-25 off at most, which is nothing beside a row's other weights; what is finite and
// beyond 65504, as in no model known, becomes that.
void Unpack(const Queue& queue, const Weight& weight, int first, int count, int begin, int columns,
            Real to, void* dst, long long dst_pitch);

}  // namespace lantern::cuda
