// Number formats of tensors and weights, and the facts about each: block length and bytes.
// What the bits of a block mean is in quant.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lantern {

enum class DType : uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ8_0,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ4_K,
  kQ5_K,
  kQ6_K,
};
inline constexpr int kDTypeCount = 11;

struct DTypeInfo {
  DType type;
  const char* name;    // as users type it and as `inspect` prints it: "f32", "q8_0", "q4_k"
  int block;           // elements that share scales; 1 for plain numbers
  int block_bytes;     // bytes of one block on disk
  uint32_t ggml_type;  // type id in GGUF files (ggml's enum ggml_type)
};

const DTypeInfo& Info(DType type);
// nullptr when no supported type has that id or name (names are compared without case).
const DTypeInfo* FindByGgmlType(uint32_t id);
const DTypeInfo* FindByName(std::string_view name);

inline bool IsBlockFormat(DType type) { return Info(type).block > 1; }

// Bytes of a row of `columns` elements. REQUIRES: columns is a multiple of the type's block.
size_t RowBytes(DType type, int64_t columns);

}  // namespace lantern
