// WeightFile: a model on disk as named tensors, whatever its format. Names are GGUF's
// ("blk.0.attn_q.weight"); rows of q and k are in GGUF's order (neighbouring pairs rotate).
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "models/config.h"
#include "src/tensor/dtype.h"
#include "src/tensor/sum_tree.h"

namespace lantern {

class GgufFile;

// Where the bytes of a tensor are: in a mapped file, or in chunks that came over the network.
class TensorBytes {
 public:
  virtual ~TensorBytes() = default;
  // Copies out.size() bytes of row `row` (in canonical order) from byte `offset` of it on.
  // REQUIRES: they lie within the row, and are here.
  virtual void Read(int64_t row, size_t offset, std::span<std::byte> out) const = 0;
  // Lets go of memory that holds what was read and can be read again: pages of a mapped file.
  virtual void GiveBack() const {}
};

struct StoredTensor {
  std::string where;  // "file.gguf: tensor blk.0.attn_q.weight", to open error sentences
  DType type = DType::kF32;
  int64_t rows = 0, cols = 0;  // one-dimensional tensors have rows == 1
  std::shared_ptr<const TensorBytes> bytes = nullptr;

  size_t row_bytes() const { return RowBytes(type, cols); }
  void ReadRow(int64_t row, size_t offset, std::span<std::byte> out) const;
  std::vector<std::byte> Row(int64_t row) const;
};

class WeightFile {
 public:
  virtual ~WeightFile() = default;
  virtual const ModelConfig& config() const = 0;
  // nullptr when there is none of that name.
  virtual const StoredTensor* Find(std::string_view name) const = 0;
  virtual std::vector<std::string> names() const = 0;
  virtual std::filesystem::path path() const = 0;
  // Says which files these are and in which state; empty where that is not known.
  virtual std::string identity() const { return {}; }
  // The GGUF file behind this, whose metadata holds the tokenizer; nullptr for other formats.
  virtual const GgufFile* gguf() const { return nullptr; }

  // Makes the bytes of these rows and columns of a tensor readable until a Release for each
  // Acquire. Where they come from elsewhere this may take its time and throw Error; a mapped file
  // has them, and gives its pages back.
  virtual void Acquire(const std::string& /*tensor*/, LeafRange /*rows*/,
                       LeafRange /*cols*/) const {}
  virtual void Release(const std::string& /*tensor*/) const {}

  // Throws Error{kIo} naming the file, the tensor, and both shapes where it is missing or differs.
  const StoredTensor& Get(std::string_view name, int64_t rows, int64_t cols) const;
};

// A GGUF file, or a directory with config.json and *.safetensors. Everything about tensor extents
// is checked here; shapes against the model are checked by whoever asks for a tensor.
// Throws Error{kIo}: one sentence naming file, tensor and reason.
std::unique_ptr<WeightFile> OpenWeightFile(const std::filesystem::path& path);

}  // namespace lantern
