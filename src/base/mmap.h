// MappedFile: a whole file mapped read-only; pages are read when touched.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>

namespace lantern {

class MappedFile {
 public:
  // Throws Error{kIo} when the file is missing, empty, not a regular file, or cannot be mapped.
  explicit MappedFile(const std::filesystem::path& path);
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  std::span<const std::byte> bytes() const { return {data_, size_}; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace lantern
