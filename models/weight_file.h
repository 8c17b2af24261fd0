// WeightFile: a model on disk as named tensors, whatever its format. Names are GGUF's
// ("blk.0.attn_q.weight"); rows of q and k are in GGUF's order (neighbouring pairs rotate).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "models/config.h"
#include "src/tensor/dtype.h"

namespace lantern {

class GgufFile;

struct StoredTensor {
  std::string where;  // "file.gguf: tensor blk.0.attn_q.weight", to open error sentences
  const std::byte* data = nullptr;  // not aligned in general
  DType type = DType::kF32;
  int64_t rows = 0, cols = 0;  // one-dimensional tensors have rows == 1
  // Hugging Face keeps the two halves of each rotated pair half a head apart: when > 0, row r of
  // the canonical order lies in the file at row FileRow(r). It divides rows.
  int paired_head_dim = 0;

  int64_t FileRow(int64_t row) const;
  const std::byte* Row(int64_t row) const;  // canonical order
};

class WeightFile {
 public:
  virtual ~WeightFile() = default;
  virtual const ModelConfig& config() const = 0;
  // nullptr when there is none of that name.
  virtual const StoredTensor* Find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
  virtual std::filesystem::path path() const = 0;
  // The GGUF file behind this, whose metadata holds the tokenizer; nullptr for other formats.
  virtual const GgufFile* gguf() const { return nullptr; }

  // Throws Error{kIo} naming the file, the tensor, and both shapes where it is missing or differs.
  const StoredTensor& Get(std::string_view name, int64_t rows, int64_t cols) const;
};

// A GGUF file, or a directory with config.json and *.safetensors. Everything about tensor extents
// is checked here; shapes against the model are checked by whoever asks for a tensor.
// Throws Error{kIo}: one sentence naming file, tensor and reason.
std::unique_ptr<WeightFile> OpenWeightFile(const std::filesystem::path& path);

}  // namespace lantern
