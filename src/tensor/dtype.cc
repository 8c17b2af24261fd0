#include "src/tensor/dtype.h"

#include <strings.h>

#include <string>

#include "src/base/check.h"

namespace lantern {
namespace {

// In the order of DType. Ids and block sizes: ggml's enum ggml_type and its GGUF specification.
constexpr DTypeInfo kTypes[kDTypeCount] = {
    {DType::kF32, "f32", 1, 4, 0},        {DType::kF16, "f16", 1, 2, 1},
    {DType::kBF16, "bf16", 1, 2, 30},     {DType::kQ8_0, "q8_0", 32, 34, 8},
    {DType::kQ4_0, "q4_0", 32, 18, 2},    {DType::kQ4_1, "q4_1", 32, 20, 3},
    {DType::kQ5_0, "q5_0", 32, 22, 6},    {DType::kQ5_1, "q5_1", 32, 24, 7},
    {DType::kQ4_K, "q4_k", 256, 144, 12}, {DType::kQ5_K, "q5_k", 256, 176, 13},
    {DType::kQ6_K, "q6_k", 256, 210, 14},
};

constexpr bool InOrder() {
  for (int i = 0; i < kDTypeCount; ++i) {
    if (static_cast<int>(kTypes[i].type) != i) return false;
  }
  return true;
}
static_assert(InOrder());

}  // namespace

const DTypeInfo& Info(DType type) {
  const int index = static_cast<int>(type);
  LANTERN_CHECK_LT(index, kDTypeCount);
  return kTypes[index];
}

const DTypeInfo* FindByGgmlType(uint32_t id) {
  for (const DTypeInfo& info : kTypes) {
    if (info.ggml_type == id) return &info;
  }
  return nullptr;
}

const DTypeInfo* FindByName(std::string_view name) {
  const std::string wanted(name);
  for (const DTypeInfo& info : kTypes) {
    if (strcasecmp(info.name, wanted.c_str()) == 0) return &info;
  }
  return nullptr;
}

size_t RowBytes(DType type, int64_t columns) {
  const DTypeInfo& info = Info(type);
  LANTERN_CHECK_GE(columns, 0);
  LANTERN_CHECK_EQ(columns % info.block, 0);
  return static_cast<size_t>(columns / info.block) * static_cast<size_t>(info.block_bytes);
}

}  // namespace lantern
