// MappedWeights: what weight files on disk have in common, a configuration and a table of tensors
// that point into mapped files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/weight_file.h"

namespace lantern {

class MappedWeights : public WeightFile {
 public:
  const ModelConfig& config() const override { return config_; }
  const StoredTensor* Find(std::string_view name) const override;
  std::vector<std::string> names() const override;  // sorted
  std::filesystem::path path() const override { return path_; }

 protected:
  MappedWeights(std::filesystem::path path, ModelConfig config)
      : path_(std::move(path)), config_(std::move(config)) {}

  // Adds `tensor` under its canonical name. Throws Error{kIo} for a name that a Llama of this
  // many layers does not have (ignoring a bias, say, would change the answers), a name that is
  // already there, and rows that are not whole heads where heads matter.
  void Add(const std::string& name, StoredTensor tensor);

 private:
  std::filesystem::path path_;
  ModelConfig config_;
  std::map<std::string, StoredTensor, std::less<>> tensors_;
};

}  // namespace lantern
