#include "net/blobs/blob_cache.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <system_error>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/mmap.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

// Smaller blobs are copied instead of mapped: a process has some 65,000 mappings at most.
constexpr size_t kMapFromBytes = 64 << 10;
constexpr size_t kReadBytes = 256 << 10;

// Writing a blob takes milliseconds, so a temporary this old has no writer any more.
constexpr std::chrono::hours kTemporaryLife{1};
constexpr char kTemporaryPrefix[] = "tmp-";

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  ~FileHandle() { Close(); }
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  int get() const { return fd_; }
  bool Close() {  // true when what was written has been taken (NFS says so only here)
    const int fd = std::exchange(fd_, -1);
    return fd < 0 || ::close(fd) == 0;
  }

 private:
  int fd_;
};

// False at the file's end, or where the disk cannot read.
bool ReadAt(int fd, std::span<std::byte> bytes, size_t offset) {
  while (!bytes.empty()) {
    const ssize_t count = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes = bytes.subspan(count);
    offset += count;
  }
  return true;
}

// Reads instead of hashing a mapping: an unreadable sector or a file being cut short is an error
// here and would be a SIGBUS there.
bool FileMatches(int fd, const BlobInfo& info) {
  const std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state(XXH3_createState(),
                                                                              XXH3_freeState);
  XXH3_128bits_reset(state.get());
  std::vector<std::byte> buffer(std::min<size_t>(info.size, kReadBytes));
  for (size_t offset = 0; offset < info.size; offset += buffer.size()) {
    const auto part = std::span(buffer).first(std::min(buffer.size(), info.size - offset));
    if (!ReadAt(fd, part, offset)) return false;
    XXH3_128bits_update(state.get(), part.data(), part.size());
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(state.get());
  return BlobHash{hash.high64, hash.low64} == info.hash;
}

// The verified bytes of an open file; nullopt when they are not what `info` says.
std::optional<Blob> LoadBlob(int fd, const fs::path& path, const BlobInfo& info) {
  struct stat status;
  if (::fstat(fd, &status) != 0 || status.st_size != info.size) return std::nullopt;
  if (info.size < kMapFromBytes) {
    std::vector<std::byte> bytes(info.size);
    if (!ReadAt(fd, bytes, 0) || BlobHash::Of(bytes) != info.hash) return std::nullopt;
    return Blob::Own(std::move(bytes));
  }
  if (!FileMatches(fd, info)) return std::nullopt;
  auto file = std::make_shared<const MappedFile>(path);
  if (file->bytes().size() != info.size) return std::nullopt;
  return Blob{file->bytes(), file};
}

int64_t Nanoseconds(const timespec& time) { return time.tv_sec * 1'000'000'000 + time.tv_nsec; }

bool StatFile(const fs::path& path, struct stat* status) {
  return ::stat(path.c_str(), status) == 0 && S_ISREG(status->st_mode);
}

// Where it fails (a folder of somebody else's), the file only looks older than it is.
void Touch(const fs::path& path) { ::utimensat(AT_FDCWD, path.c_str(), nullptr, 0); }

// 0 or errno.
int WriteAll(int fd, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return errno;
    bytes = bytes.subspan(count);
  }
  return 0;
}

// Makes the file appear with all of its bytes, or not at all; 0 or errno.
int WriteWholeFile(const fs::path& path, std::span<const std::byte> bytes) {
  std::error_code error;
  fs::create_directories(path.parent_path(), error);
  if (error) return error.value();
  std::string temporary = path.parent_path() / (std::string(kTemporaryPrefix) + "XXXXXX");
  FileHandle file(::mkostemp(temporary.data(), O_CLOEXEC));
  if (file.get() < 0) return errno;
  int result = WriteAll(file.get(), bytes);
  if (!file.Close() && result == 0) result = errno;
  if (result == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) result = errno;
  if (result != 0) ::unlink(temporary.c_str());
  return result;
}

bool IsDiskFull(int error) { return error == ENOSPC || error == EDQUOT; }

// Folders change while they are listed: what cannot be read is left out.
template <class Function>
void ForEachEntry(const fs::path& folder, const Function& function) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error)) {
    function(it->path());
  }
}

}  // namespace

BlobCache::BlobCache(fs::path folder, uint64_t max_bytes)
    : folder_(std::move(folder)), max_bytes_(max_bytes) {}

fs::path BlobCache::DefaultFolder() { return UserCacheFolder("blobs"); }

std::optional<Blob> BlobCache::Get(const BlobInfo& info) {
  if (folder_.empty()) return std::nullopt;
  const fs::path path = PathOf(info.hash);
  const FileHandle file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return std::nullopt;
  try {
    auto blob = LoadBlob(file.get(), path, info);
    if (blob) {
      MarkUsed(info.hash);
      Touch(path);
      return blob;
    }
  } catch (const Error&) {  // gone since it was opened, or no mapping to be had
    return std::nullopt;
  }
  ++damaged_;
  ::unlink(path.c_str());
  return std::nullopt;
}

bool BlobCache::Contains(const BlobInfo& info) {
  if (folder_.empty()) return false;
  const fs::path path = PathOf(info.hash);
  struct stat status;
  if (!StatFile(path, &status) || status.st_size != info.size) return false;
  MarkUsed(info.hash);
  Touch(path);
  return true;
}

bool BlobCache::Put(const BlobHash& hash, std::span<const std::byte> bytes) {
  LANTERN_CHECK(!bytes.empty() && bytes.size() <= kMaxBlobBytes);
  if (max_bytes_ == 0) return false;  // the user wants none
  if (Contains({hash, static_cast<uint32_t>(bytes.size())})) return true;
  if (!Reserve(bytes.size())) return false;
  int error = WriteWholeFile(PathOf(hash), bytes);
  while (IsDiskFull(error) && EvictForDisk(bytes.size())) {
    error = WriteWholeFile(PathOf(hash), bytes);
  }
  const std::lock_guard lock(mutex_);
  if (error == 0) {
    used_.insert(hash);
    return true;
  }
  total_bytes_ -= bytes.size();
  GiveUp(std::strerror(error));
  return false;
}

std::string BlobCache::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

fs::path BlobCache::PathOf(const BlobHash& hash) const {
  const std::string hex = hash.ToHex();
  return folder_ / hex.substr(0, 2) / hex.substr(2);
}

void BlobCache::MarkUsed(const BlobHash& hash) {
  const std::lock_guard lock(mutex_);
  used_.insert(hash);
}

// Counts `bytes` as kept, or says why they cannot be.
bool BlobCache::Reserve(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  if (folder_.empty() && !broken_) GiveUp("neither HOME nor XDG_CACHE_HOME is set");
  if (broken_) return false;
  if (!scanned_) Scan();
  if (bytes <= max_bytes_ && total_bytes_ + bytes > max_bytes_) {
    Evict(total_bytes_ + bytes - max_bytes_);
  }
  if (total_bytes_ + bytes > max_bytes_) {
    problem_ = fmt::format(
        "A part of this run's weights is kept in memory only, and will be sent again at the next "
        "start, because the cache {} may hold {} at most; raise that limit.",
        folder_.string(), HumanBytes(max_bytes_));
    return false;
  }
  total_bytes_ += bytes;
  return true;
}

bool BlobCache::EvictForDisk(uint64_t bytes) {
  const std::lock_guard lock(mutex_);
  return Evict(bytes) > 0;
}

void BlobCache::GiveUp(const std::string& reason) {
  broken_ = true;
  problem_ = fmt::format(
      "The weights of this run are kept in memory only, and will be sent again at the next start, "
      "because the cache {} cannot be written: {}.",
      folder_.empty() ? "folder" : folder_.string(), reason);
}

void BlobCache::Scan() {
  scanned_ = true;
  ForEachEntry(folder_, [this](const fs::path& folder) {
    if (folder.filename().string().size() == 2) {
      ForEachEntry(folder, [this](const fs::path& file) { ScanFile(file); });
    }
  });
  std::sort(old_.begin(), old_.end(),
            [](const OldFile& a, const OldFile& b) { return a.used_ns > b.used_ns; });
}

void BlobCache::ScanFile(const fs::path& path) {
  struct stat status;
  if (!StatFile(path, &status)) return;
  const std::string name = path.filename();
  if (name.starts_with(kTemporaryPrefix)) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (now - std::chrono::seconds(status.st_mtime) > kTemporaryLife) ::unlink(path.c_str());
    return;
  }
  const auto hash = BlobHash::Parse(path.parent_path().filename().string() + name);
  if (!hash) return;  // not ours
  const auto bytes = static_cast<uint64_t>(status.st_size);
  total_bytes_ += bytes;
  old_.push_back({*hash, bytes, Nanoseconds(status.st_mtim)});
}

// Removes files that this run has not used, the oldest first, until `bytes` are free or none is
// left; how many bytes that freed.
uint64_t BlobCache::Evict(uint64_t bytes) {
  uint64_t freed = 0;
  while (freed < bytes && !old_.empty()) {
    const OldFile file = old_.back();
    old_.pop_back();
    if (used_.contains(file.hash)) continue;
    const fs::path path = PathOf(file.hash);
    struct stat status;
    // Another process may have used it since the scan.
    if (StatFile(path, &status) && Nanoseconds(status.st_mtim) != file.used_ns) continue;
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) continue;
    total_bytes_ -= file.bytes;
    freed += file.bytes;
  }
  return freed;
}

}  // namespace lantern
