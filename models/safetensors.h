// SafetensorsFile: one .safetensors container, its header checked completely when opened.
// Which tensor plays which part is hf_weights' business.
// Format: github.com/huggingface/safetensors, README, "Format": u64 header length, a JSON object
// name -> {dtype, shape, data_offsets}, then the data; offsets count from the start of the data.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "src/base/mmap.h"

namespace lantern {

struct SafetensorsTensor {
  std::string name;
  std::string dtype;           // as written: "F32", "BF16", ...
  std::vector<int64_t> shape;  // outermost first; a size of 0 is possible
  // Not aligned in general. For F32, F16 and BF16 its length agrees with the shape.
  std::span<const std::byte> data;
};

class SafetensorsFile {
 public:
  // Throws Error{kIo} naming the file, the tensor and the reason. Tensors that overlap are
  // refused; gaps between them are not, since nothing reads those.
  explicit SafetensorsFile(const std::filesystem::path& path);
  // The same over bytes that the caller keeps alive. `name` stands for the file in errors.
  SafetensorsFile(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }
  // See MappedFile; empty where there is no file.
  std::string identity() const { return file_ ? file_->identity() : std::string(); }
  const std::vector<SafetensorsTensor>& tensors() const { return tensors_; }  // by name

 private:
  void Parse();
  SafetensorsTensor ReadTensor(const std::string& tensor, const nlohmann::json& entry,
                               std::span<const std::byte> data) const;
  void CheckBytes(const SafetensorsTensor& tensor) const;
  void CheckOverlaps() const;

  std::unique_ptr<MappedFile> file_;  // absent when the caller holds the bytes
  std::span<const std::byte> bytes_;
  std::string name_;
  std::vector<SafetensorsTensor> tensors_;
};

}  // namespace lantern
