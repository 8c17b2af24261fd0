// Tensor: a 2-D view of the active backend's memory, row-major with a row stride. Owns nothing.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/check.h"
#include "src/tensor/dtype.h"

namespace lantern {

struct Tensor {
  void* data = nullptr;
  DType type = DType::kF32;
  int rows = 0;
  int cols = 0;
  int64_t stride = 0;  // elements from one row to the next

  static Tensor F32(float* data, int rows, int cols) {
    return {data, DType::kF32, rows, cols, cols};
  }

  float* f32() const {
    LANTERN_CHECK(type == DType::kF32);
    return static_cast<float*>(data);
  }
  float* Row(int row) const { return f32() + row * stride; }
  // Where an element lies. REQUIRES: a plain type.
  std::byte* At(int row, int col) const {
    return static_cast<std::byte*>(data) + (row * stride + col) * Info(type).block_bytes;
  }
  bool dense() const { return rows <= 1 || stride == cols; }

  // Columns [begin, end) of the same rows.
  Tensor Columns(int begin, int end) const {
    LANTERN_CHECK(0 <= begin && begin <= end && end <= cols);
    return {At(0, begin), type, rows, end - begin, stride};
  }
  // Rows [begin, end).
  Tensor Rows(int begin, int end) const {
    LANTERN_CHECK(0 <= begin && begin <= end && end <= rows);
    return {At(begin, 0), type, end - begin, cols, stride};
  }
};

}  // namespace lantern
