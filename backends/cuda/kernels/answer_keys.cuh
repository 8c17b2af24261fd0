// Values of a row and their indices as whole numbers that compare as answers do: larger for larger
// values, and of equal ones for lower indices.
#pragma once

#include <cstdint>

#include "src/tensor/row_answer.h"

namespace lantern::cuda {

// NaN is smaller than all numbers. Never 0, which stands for no value.
__device__ inline uint64_t KeyOf(float value, int index) {
  const uint32_t bits = __float_as_uint(value + 0.0f);  // -0 becomes +0
  const uint32_t order = bits >> 31 != 0 ? ~bits : bits | 0x80000000;
  return static_cast<uint64_t>(value != value ? 0 : order) << 32 | ~static_cast<uint32_t>(index);
}
// The value of 0, too, is NaN; its index is -1.
__device__ inline RowAnswer AnswerOf(uint64_t key) {
  const uint32_t order = key >> 32;
  const uint32_t bits = order >> 31 != 0 ? order & 0x7fffffff : ~order;
  return {__uint_as_float(bits), static_cast<int>(~static_cast<uint32_t>(key))};
}

__device__ inline uint64_t LargestOfWarp(uint64_t key) {
  for (int distance = 16; distance > 0; distance /= 2) {
    key = max(key, __shfl_xor_sync(~0u, key, distance));
  }
  return key;
}

}  // namespace lantern::cuda
