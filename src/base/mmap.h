// MappedFile: a whole file mapped read-only; pages are read when touched.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

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
  // Says which file this is and in which state: another content has another identity, as far as the
  // system's times tell.
  const std::string& identity() const { return identity_; }

 private:
  std::filesystem::path path_;
  std::string identity_;
  const std::byte* data_ = nullptr;
  size_t size_ = 0;
};

// Takes these bytes of a mapped file out of this process's memory. Whoever touches them reads them
// again, as a rule from the system's cache.
void GiveBackPages(std::span<const std::byte> mapped);

}  // namespace lantern
