// GgufWriter: writes GGUF v3 files: metadata, tensor table, then tensor data in order.
// Format: the GGUF specification of the ggml project.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/tensor/dtype.h"

namespace lantern {

class GgufWriter {
 public:
  void Add(const std::string& key, uint32_t value);
  void Add(const std::string& key, int32_t value) = delete;  // say which: GGUF has both
  void Add(const std::string& key, float value);
  void Add(const std::string& key, bool value);
  void Add(const std::string& key, const std::string& value);
  void Add(const std::string& key, const char* value) { Add(key, std::string(value)); }
  void Add(const std::string& key, std::span<const std::string> values);
  void Add(const std::string& key, std::span<const float> values);
  void Add(const std::string& key, std::span<const int32_t> values);

  // Declares the next tensor; rows == 0 means one-dimensional. REQUIRES: before Open.
  void Declare(const std::string& name, DType type, int64_t rows, int64_t cols);
  size_t data_bytes() const { return data_bytes_; }

  // Writes header and tables to `path` + ".part". Throws Error{kIo}.
  void Open(const std::filesystem::path& path);
  // Appends data of the declared tensors, in order; each tensor is padded when it is complete.
  void Append(std::span<const std::byte> bytes);
  // Moves the finished file to its name. REQUIRES: all declared data was appended.
  void Close();

 private:
  struct Declared {
    uint64_t bytes;
  };
  void Key(const std::string& key, uint32_t type);
  void Text(const std::string& text);
  void Flush(std::span<const std::byte> bytes);

  static constexpr uint64_t kAlignment = 32;
  ByteWriter metadata_, tensors_;
  uint64_t keys_ = 0;
  std::vector<Declared> declared_;
  size_t data_bytes_ = 0;
  size_t current_ = 0;          // tensor being appended
  uint64_t current_bytes_ = 0;  // of it, so far
  std::filesystem::path path_, part_;
  std::ofstream out_;
};

}  // namespace lantern
