// GgufFile: a GGUF container (metadata and named tensors), completely checked when it is opened.
// What the keys mean for a Llama is gguf_weights' business, what they mean for a tokenizer the
// tokenizer's. Format: GGUF specification, ggml/docs/gguf.md, versions 2 and 3, little endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/mmap.h"
#include "src/tensor/dtype.h"

namespace lantern {

// Type ids of metadata values in the file.
enum class GgufType : uint32_t {
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

// A metadata value as it lies in the file; decoded when asked for, so that opening a file with a
// vocabulary of 128k strings allocates nothing for them.
struct GgufValue {
  GgufType type = GgufType::kUint8;  // of the value, or of an array's elements
  bool is_array = false;
  uint64_t count = 1;                  // elements of an array
  std::span<const std::byte> payload;  // the elements' bytes
};

struct GgufTensor {
  std::string_view name;
  DType type = DType::kF32;
  int64_t rows = 0, cols = 0;       // one-dimensional: rows == 1; more than two: rows multiplied
  std::span<const std::byte> data;  // rows * RowBytes(type, cols) bytes
};

class GgufFile {
 public:
  // Throws Error{kIo} naming the file, the key or tensor, and the reason. A file without tensors
  // (a vocabulary alone) is a valid one.
  explicit GgufFile(const std::filesystem::path& path);
  // The same over bytes that the caller keeps alive. `name` stands for the file in errors.
  GgufFile(std::span<const std::byte> bytes, std::string name);

  const std::string& name() const { return name_; }
  // See MappedFile; empty where there is no file.
  std::string identity() const { return file_ ? file_->identity() : std::string(); }
  const std::vector<GgufTensor>& tensors() const { return tensors_; }  // in file order
  const GgufTensor* FindTensor(std::string_view name) const;           // nullptr when absent

  // Metadata: nothing when the key is absent, Error{kIo} when its value is of another kind. Views
  // point into the file and live as long as this object.
  const GgufValue* Find(std::string_view key) const;
  std::optional<int64_t> Int(std::string_view key) const;   // any integer type
  std::optional<double> Float(std::string_view key) const;  // f32 or f64
  std::optional<bool> Bool(std::string_view key) const;
  std::optional<std::string_view> String(std::string_view key) const;
  std::optional<std::vector<std::string_view>> Strings(std::string_view key) const;
  std::optional<std::vector<int64_t>> Ints(std::string_view key) const;
  std::optional<std::vector<float>> Floats(std::string_view key) const;  // f32 only

 private:
  struct Extent {
    uint64_t begin, end;  // bytes after the start of the tensor data
  };

  void Parse();
  void ReadKey(ByteReader& reader);
  GgufValue ReadValue(ByteReader& reader, std::string_view key) const;
  void SkipElements(ByteReader& reader, std::string_view key, GgufType type, uint64_t count,
                    int depth) const;
  Extent ReadTensor(ByteReader& reader, uint64_t alignment);
  void ReadShape(ByteReader& reader, GgufTensor& tensor) const;
  void ReadType(ByteReader& reader, GgufTensor& tensor) const;
  void PlaceTensors(uint64_t data_begin, const std::vector<Extent>& extents);
  uint64_t Alignment() const;
  const GgufValue* FindOf(std::string_view key, bool array, std::span<const GgufType> types,
                          std::string_view expected) const;

  std::unique_ptr<MappedFile> file_;  // absent when the caller holds the bytes
  std::span<const std::byte> bytes_;
  std::string name_;
  std::unordered_map<std::string_view, GgufValue> values_;
  std::vector<GgufTensor> tensors_;
  std::unordered_map<std::string_view, size_t> tensor_index_;
};

}  // namespace lantern
