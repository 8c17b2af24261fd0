// What tests of backend operations share: random tensors and weights, and the variants (kernel
// sets times thread counts) that must all give the same bits.
#pragma once

#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/cpu_backend.h"
#include "src/tensor/quant.h"

namespace lantern::testing_support {

inline constexpr DType kAllTypes[] = {DType::kF32,  DType::kF16,  DType::kBF16, DType::kQ8_0,
                                      DType::kQ4_0, DType::kQ4_1, DType::kQ5_0, DType::kQ5_1,
                                      DType::kQ4_K, DType::kQ5_K, DType::kQ6_K};

// Host memory with a view of it. Elements between `cols` and `stride` belong to nobody: they hold
// a mark, and Intact() says whether an operation wrote there.
class Buffer {
 public:
  Buffer(int rows, int cols, int padding = 0)
      : memory_(static_cast<size_t>(rows) * (cols + padding), kMark) {
    view_ = Tensor::F32(memory_.data(), rows, cols + padding).Columns(0, cols);
  }
  Buffer(const Buffer&) = delete;
  Buffer(Buffer&& other) = default;

  Tensor view() const { return view_; }
  float& At(int row, int col) { return view_.Row(row)[col]; }

  // The values without the padding, for comparison bit by bit.
  std::vector<uint32_t> Bits() const {
    std::vector<uint32_t> bits(static_cast<size_t>(view_.rows) * view_.cols);
    for (int row = 0; row < view_.rows; ++row) {
      std::memcpy(bits.data() + static_cast<size_t>(row) * view_.cols, view_.Row(row),
                  view_.cols * sizeof(float));
    }
    return bits;
  }
  bool Intact() const {
    for (int row = 0; row < view_.rows; ++row) {
      for (int col = view_.cols; col < view_.stride; ++col) {
        if (view_.Row(row)[col] != kMark) return false;
      }
    }
    return true;
  }

 private:
  static constexpr float kMark = -12345.5f;
  std::vector<float> memory_;
  Tensor view_;
};

inline Buffer RandomBuffer(int rows, int cols, unsigned seed, int padding = 0) {
  Buffer buffer(rows, cols, padding);
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  for (int row = 0; row < rows; ++row) {
    for (int col = 0; col < cols; ++col) buffer.At(row, col) = normal(random);
  }
  return buffer;
}

// Offsets of the 16-bit scales in a block: the bytes that may not be random.
inline std::vector<int> ScaleOffsets(DType type) {
  switch (type) {
    case DType::kQ8_0:
    case DType::kQ4_0:
    case DType::kQ5_0:
      return {0};
    case DType::kQ6_K:
      return {208};
    default:
      return {0, 2};
  }
}

// Encodes random numbers as plain types, and fills blocks with random bits: every level and every
// sub-block scale occurs, whatever an encoder would choose.
inline std::vector<std::byte> RandomWeightBytes(DType type, int out, int in, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<std::byte> bytes(RowBytes(type, in) * out);
  if (!IsBlockFormat(type)) {
    std::vector<float> values(static_cast<size_t>(out) * in);
    for (float& value : values) value = normal(random);
    EncodeRow(type, values.data(), static_cast<int64_t>(values.size()), bytes.data());
    return bytes;
  }
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random() & 255);
  for (size_t block = 0; block < bytes.size(); block += Info(type).block_bytes) {
    for (int offset : ScaleOffsets(type)) {
      const uint16_t half = FloatToHalf(0.01f * normal(random));
      std::memcpy(bytes.data() + block + offset, &half, sizeof(half));
    }
  }
  return bytes;
}

// Columns [begin, end) of a matrix held in `bytes`, rows of `in` columns.
inline RawWeight SliceOf(DType type, std::shared_ptr<const std::vector<std::byte>> bytes, int out,
                         int in, int begin, int end) {
  const size_t stride = RowBytes(type, in), offset = RowBytes(type, begin);
  const size_t length = RowBytes(type, end - begin);
  return {"random", type, out, end - begin, [=](int row, std::byte* to) {
            std::memcpy(to, bytes->data() + row * stride + offset, length);
          }};
}

inline RawWeight RandomWeight(DType type, int out, int in, unsigned seed) {
  auto bytes =
      std::make_shared<const std::vector<std::byte>>(RandomWeightBytes(type, out, in, seed));
  return SliceOf(type, std::move(bytes), out, in, 0, in);
}

// The one-thread generic set comes first: what the others are compared with.
inline std::vector<ContextOptions> Variants() {
  std::vector<ContextOptions> variants = {{1, true, "generic"}};
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    for (int threads : {1, 2, 3}) variants.push_back({threads, threads != 3, isa});
  }
  return variants;
}

inline std::string NameOf(const ContextOptions& options) {
  return options.isa + " with " + std::to_string(options.threads) + " threads";
}

}  // namespace lantern::testing_support
