// Bounds-checked little-endian reading and writing, used by every file and wire format.
// Machines of the other byte order are refused at compile time rather than supported untested.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "src/base/error.h"

namespace lantern {

static_assert(std::endian::native == std::endian::little);

// Reads from a span; a read past the end throws Error{kIo} naming `what` and the offset.
class ByteReader {
 public:
  // `what` names the source in errors, for example "tiny.gguf".
  ByteReader(std::span<const std::byte> bytes, std::string what)
      : bytes_(bytes), what_(std::move(what)) {}

  template <class T>
  requires std::is_trivially_copyable_v<T> T Read() {
    T value;
    std::memcpy(&value, Take(sizeof(T)).data(), sizeof(T));
    return value;
  }

  std::span<const std::byte> Take(uint64_t count) {
    if (count > remaining()) {
      Fail(ErrorKind::kIo, "{} ends early: {} bytes needed at offset {}, {} there.", what_, count,
           offset_, remaining());
    }
    auto result = bytes_.subspan(offset_, count);
    offset_ += count;
    return result;
  }

  std::string_view TakeString(uint64_t count) {
    auto bytes = Take(count);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }

  uint64_t offset() const { return offset_; }
  uint64_t remaining() const { return bytes_.size() - offset_; }
  const std::string& what() const { return what_; }

 private:
  std::span<const std::byte> bytes_;
  uint64_t offset_ = 0;
  std::string what_;
};

// Appends to a growing buffer.
class ByteWriter {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T>
  void Write(const T& value) { Append(std::as_bytes(std::span(&value, 1))); }
  void Append(std::span<const std::byte> bytes) {
    bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
  }
  void AppendString(std::string_view text) { Append(std::as_bytes(std::span(text))); }
  void PadTo(size_t alignment) {
    while (bytes_.size() % alignment != 0) bytes_.push_back(std::byte{0});
  }
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace lantern
