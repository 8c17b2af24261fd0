#include "models/gguf_writer.h"

#include <cerrno>
#include <cstring>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Value type ids of the GGUF specification.
enum : uint32_t { kUint32 = 4, kInt32 = 5, kFloat32 = 6, kBool = 7, kString = 8, kArray = 9 };

uint64_t Padding(uint64_t bytes, uint64_t alignment) {
  return (alignment - bytes % alignment) % alignment;
}

}  // namespace

void GgufWriter::Text(const std::string& text) {
  metadata_.Write<uint64_t>(text.size());
  metadata_.AppendString(text);
}

void GgufWriter::Key(const std::string& key, uint32_t type) {
  ++keys_;
  Text(key);
  metadata_.Write(type);
}

void GgufWriter::Add(const std::string& key, uint32_t value) {
  Key(key, kUint32);
  metadata_.Write(value);
}

void GgufWriter::Add(const std::string& key, float value) {
  Key(key, kFloat32);
  metadata_.Write(value);
}

void GgufWriter::Add(const std::string& key, bool value) {
  Key(key, kBool);
  metadata_.Write<uint8_t>(value);
}

void GgufWriter::Add(const std::string& key, const std::string& value) {
  Key(key, kString);
  Text(value);
}

void GgufWriter::Add(const std::string& key, std::span<const std::string> values) {
  Key(key, kArray);
  metadata_.Write<uint32_t>(kString);
  metadata_.Write<uint64_t>(values.size());
  for (const std::string& value : values) Text(value);
}

void GgufWriter::Add(const std::string& key, std::span<const float> values) {
  Key(key, kArray);
  metadata_.Write<uint32_t>(kFloat32);
  metadata_.Write<uint64_t>(values.size());
  metadata_.Append(std::as_bytes(values));
}

void GgufWriter::Add(const std::string& key, std::span<const int32_t> values) {
  Key(key, kArray);
  metadata_.Write<uint32_t>(kInt32);
  metadata_.Write<uint64_t>(values.size());
  metadata_.Append(std::as_bytes(values));
}

void GgufWriter::Declare(const std::string& name, DType type, int64_t rows, int64_t cols) {
  tensors_.Write<uint64_t>(name.size());
  tensors_.AppendString(name);
  tensors_.Write<uint32_t>(rows > 0 ? 2 : 1);
  tensors_.Write<uint64_t>(cols);
  if (rows > 0) tensors_.Write<uint64_t>(rows);
  tensors_.Write<uint32_t>(Info(type).ggml_type);
  tensors_.Write<uint64_t>(data_bytes_);
  const uint64_t bytes = RowBytes(type, cols) * std::max<int64_t>(rows, 1);
  declared_.push_back({bytes});
  data_bytes_ += bytes + Padding(bytes, kAlignment);
}

void GgufWriter::Open(const std::filesystem::path& path) {
  path_ = path;
  part_ = path.string() + ".part";
  out_.open(part_, std::ios::binary | std::ios::trunc);
  if (!out_) {
    Fail(ErrorKind::kIo, "Cannot write {}: {}.", part_.string(), std::strerror(errno));
  }
  ByteWriter header;
  header.AppendString("GGUF");
  header.Write<uint32_t>(3);
  header.Write<uint64_t>(declared_.size());
  header.Write<uint64_t>(keys_);
  header.Append(metadata_.bytes());
  header.Append(tensors_.bytes());
  header.PadTo(kAlignment);
  Flush(header.bytes());
}

void GgufWriter::Flush(std::span<const std::byte> bytes) {
  out_.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  if (!out_) {
    std::error_code ignored;
    std::filesystem::remove(part_, ignored);
    Fail(ErrorKind::kIo, "Cannot write {}: is the disk full?", part_.string());
  }
}

void GgufWriter::Append(std::span<const std::byte> bytes) {
  LANTERN_CHECK_LT(current_, declared_.size());
  const uint64_t size = declared_[current_].bytes;
  current_bytes_ += bytes.size();
  LANTERN_CHECK_LE(current_bytes_, size);
  Flush(bytes);
  if (current_bytes_ == size) {
    const std::byte zeros[kAlignment] = {};
    Flush({zeros, Padding(size, kAlignment)});
    ++current_;
    current_bytes_ = 0;
  }
}

void GgufWriter::Close() {
  LANTERN_CHECK_EQ(current_, declared_.size());
  out_.close();
  std::error_code error;
  std::filesystem::rename(part_, path_, error);
  if (error) Fail(ErrorKind::kIo, "Cannot write {}: {}.", path_.string(), error.message());
}

}  // namespace lantern
