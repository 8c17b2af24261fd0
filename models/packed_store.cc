#include "models/packed_store.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <vector>

#include "src/base/check.h"
#include "src/base/huge_memory.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

constexpr char kSuffix[] = ".packed";

struct KeptFile {
  fs::path path;
  fs::file_time_type used;
  uint64_t bytes;
};

// Removes the least recently used files beyond kMostBytes, `coming` bytes included, and what a
// killed process left behind.
void Trim(const fs::path& folder, uint64_t coming) {
  std::vector<KeptFile> kept;
  uint64_t total = coming;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    const auto used = entry.last_write_time(ignored);
    const bool old = fs::file_time_type::clock::now() - used > std::chrono::hours(24);
    if (entry.path().extension() == PackedFileWriter::kUnfinished && old) {
      fs::remove(entry.path(), ignored);
    }
    if (entry.path().extension() != kSuffix) continue;
    kept.push_back({entry.path(), used, entry.file_size(ignored)});
    total += kept.back().bytes;
  }
  std::sort(kept.begin(), kept.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.used < b.used; });
  for (size_t i = 0; total > PackedStore::kMostBytes && i < kept.size(); ++i) {
    fs::remove(kept[i].path, error);
    total -= kept[i].bytes;
  }
}

}  // namespace

PackedStore::PackedStore(const fs::path& folder, const std::string& key, size_t bytes)
    : bytes_(bytes), data_(HugeMemory(bytes)) {
  if (folder.empty() || bytes == 0) return;
  const fs::path path =
      folder / (fmt::format("{:016x}", XXH3_64bits(key.data(), key.size())) + kSuffix);
  const uint64_t check = XXH3_64bits_withSeed(key.data(), key.size(), 1);
  filled_ = ReadPackedFile(path, check, {data_.get(), bytes_});
  std::error_code ignored;
  if (filled_) {
    fs::last_write_time(path, fs::file_time_type::clock::now(), ignored);  // used just now
    return;
  }
  fs::remove(path, ignored);
  writer_ = PackedFileWriter::Begin(path, check, data_, bytes_);
  if (writer_ != nullptr) Trim(folder, bytes_);
}

std::shared_ptr<std::byte> PackedStore::Take(size_t bytes) {
  LANTERN_CHECK_LE(taken_ + bytes, bytes_);
  if (writer_ != nullptr) writer_->Filled(taken_);
  const size_t offset = taken_;
  taken_ += bytes;
  return {data_, data_.get() + offset};
}

void PackedStore::Keep() {
  LANTERN_CHECK_EQ(taken_, bytes_);
  if (writer_ != nullptr) writer_->Filled(bytes_);
}

fs::path PackedStore::DefaultFolder() { return UserCacheFolder("packed"); }

}  // namespace lantern
