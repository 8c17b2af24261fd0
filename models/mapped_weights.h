// MappedWeights: what weight files on disk have in common, a configuration and a table of tensors
// that point into mapped files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/weight_file.h"

namespace lantern {

// A tensor as it lies in a mapped file.
struct MappedTensor {
  std::string where;                // see StoredTensor
  const std::byte* data = nullptr;  // not aligned in general
  DType type = DType::kF32;
  int64_t rows = 0, cols = 0;
  // Hugging Face keeps the two halves of each rotated pair half a head apart: when > 0, row r of
  // the canonical order lies in the file at row FileRow(r). It divides rows.
  int paired_head_dim = 0;

  int64_t FileRow(int64_t row) const;
};

class MappedWeights : public WeightFile {
 public:
  const ModelConfig& config() const override { return config_; }
  const StoredTensor* Find(std::string_view name) const override;
  std::vector<std::string> names() const override;  // sorted
  std::filesystem::path path() const override { return path_; }
  void Release(const std::string& tensor) const override;

 protected:
  MappedWeights(std::filesystem::path path, ModelConfig config)
      : path_(std::move(path)), config_(std::move(config)) {}

  // Adds `tensor` under its canonical name. Throws Error{kIo} for a name that a Llama of this
  // many layers does not have (ignoring a bias, say, would change the answers), a name that is
  // already there, and rows that are not whole heads where heads matter.
  void Add(const std::string& name, const MappedTensor& tensor);

 private:
  std::filesystem::path path_;
  ModelConfig config_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace lantern
