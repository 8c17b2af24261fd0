// Builders that write GGUF and safetensors files byte by byte, also wrong ones: every count,
// offset and type can be set to a lie. Independent of the readers under test.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "src/base/bytes.h"

namespace lantern::testing_files {

// Value type ids of GGUF metadata.
enum : uint32_t {
  kUint8,
  kInt8,
  kUint16,
  kInt16,
  kUint32,
  kInt32,
  kFloat32,
  kBool,
  kString,
  kArray,
  kUint64,
  kInt64,
  kFloat64,
};

class GgufBuilder {
 public:
  uint32_t magic = 0x46554747;
  uint32_t version = 3;
  uint64_t alignment = 32;            // of the layout; write general.alignment as a key too
  std::optional<uint64_t> key_count;  // lies about the counts
  std::optional<uint64_t> tensor_count;
  size_t cut_bytes = 0;  // left out at the end of the file

  struct Tensor {
    std::string name;
    std::vector<uint64_t> dims;  // GGUF's order: columns first
    uint32_t type = 0;           // F32
    std::vector<std::byte> data;
    std::optional<uint64_t> offset;  // default: after the tensor before it, aligned
  };

  // Adds a key with a value of any type id and payload.
  GgufBuilder& Raw(std::string_view key, uint32_t type, const ByteWriter& payload);
  template <class T>
  GgufBuilder& Number(std::string_view key, uint32_t type, T value) {
    ByteWriter payload;
    payload.Write(value);
    return Raw(key, type, payload);
  }
  GgufBuilder& U32(std::string_view key, uint32_t value) { return Number(key, kUint32, value); }
  GgufBuilder& F32(std::string_view key, float value) { return Number(key, kFloat32, value); }
  GgufBuilder& String(std::string_view key, std::string_view value);
  GgufBuilder& Strings(std::string_view key, const std::vector<std::string>& values);
  template <class T>
  GgufBuilder& Numbers(std::string_view key, uint32_t type, const std::vector<T>& values) {
    ByteWriter payload;
    payload.Write(type);
    payload.Write(static_cast<uint64_t>(values.size()));
    for (const T& value : values) payload.Write(value);
    return Raw(key, kArray, payload);
  }
  GgufBuilder& Remove(std::string_view key);  // a key added before

  GgufBuilder& Add(Tensor tensor);
  // An f32 tensor of `dims` filled with `value`.
  GgufBuilder& AddF32(const std::string& name, std::vector<uint64_t> dims, float value = 0);

  std::vector<std::byte> Build() const;

 private:
  std::vector<std::pair<std::string, std::vector<std::byte>>> keys_;  // value: type and payload
  std::vector<Tensor> tensors_;
};

// A complete tiny Llama: 1 layer, width 8, ffn 16, 2 heads of 4, 1 kv head, vocabulary 6.
GgufBuilder TinyGgufLlama();

class SafetensorsBuilder {
 public:
  std::optional<std::string> header;     // instead of the generated one
  std::optional<uint64_t> header_bytes;  // a lie about its length
  size_t cut_bytes = 0;

  struct Tensor {
    std::string name;
    std::vector<int64_t> shape;
    std::string dtype = "F32";
    std::vector<std::byte> data;
    std::optional<std::pair<uint64_t, uint64_t>> offsets;
  };

  SafetensorsBuilder& Add(Tensor tensor);
  SafetensorsBuilder& AddF32(const std::string& name, std::vector<int64_t> shape, float value = 0);

  std::vector<std::byte> Build() const;

 private:
  std::vector<Tensor> tensors_;
};

// The same tiny Llama: its config.json and its tensors.
std::string TinyHfConfig();
SafetensorsBuilder TinyHfLlama();

// A folder of its own under the system's temporary folder, removed with all its files at the end.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path Write(const std::string& name, const std::vector<std::byte>& bytes) const;
  std::filesystem::path WriteText(const std::string& name, std::string_view text) const;

 private:
  std::filesystem::path path_;
};

}  // namespace lantern::testing_files
