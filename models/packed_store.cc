#include "models/packed_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

#include "src/base/check.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

// A page with the header, and the weights.
constexpr size_t kHeaderBytes = 4096;
constexpr size_t kChunkBytes = size_t{4} << 20;
constexpr char kMagic[8] = {'L', 'N', 'T', 'R', 'P', 'A', 'C', 'K'};
constexpr char kSuffix[] = ".packed";
constexpr char kUnfinished[] = ".unfinished";
// Left free for everybody else.
constexpr uint64_t kSpareBytes = uint64_t{2} << 30;

struct Header {
  char magic[8];
  uint64_t key, bytes;
  uint64_t hash;  // of the weights
};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int fd() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  const int fd_;
};

std::shared_ptr<std::byte> Map(int fd, size_t bytes, int protection, int flags) {
  void* data = mmap(nullptr, bytes, protection, MAP_SHARED | flags, fd, 0);
  if (data == MAP_FAILED) return nullptr;
  return {static_cast<std::byte*>(data), [bytes](std::byte* p) { munmap(p, bytes); }};
}

// A hash of the hashes of all chunks, which as many threads as there are processors make: memory is
// the limit.
uint64_t HashOf(const std::byte* data, size_t bytes) {
  std::vector<uint64_t> hashes((bytes + kChunkBytes - 1) / kChunkBytes);
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t chunk; (chunk = next++) < hashes.size();) {
      const size_t begin = chunk * kChunkBytes;
      hashes[chunk] = XXH3_64bits(data + begin, std::min(kChunkBytes, bytes - begin));
    }
  };
  const size_t threads = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), 8);
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, hashes.size()); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof(hashes[0]));
}

struct KeptFile {
  fs::path path;
  fs::file_time_type used;
  uint64_t bytes;
};

// Removes the least recently used files beyond kMostBytes, and what a killed process left behind.
void Trim(const fs::path& folder) {
  std::vector<KeptFile> kept;
  uint64_t total = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    const auto used = entry.last_write_time(ignored);
    const bool old = fs::file_time_type::clock::now() - used > std::chrono::hours(24);
    if (entry.path().extension() == kUnfinished && old) fs::remove(entry.path(), ignored);
    if (entry.path().extension() != kSuffix) continue;
    kept.push_back({entry.path(), used, entry.file_size(ignored)});
    total += kept.back().bytes;
  }
  std::sort(kept.begin(), kept.end(),
            [](const KeptFile& a, const KeptFile& b) { return a.used < b.used; });
  for (size_t i = 0; total > PackedStore::kMostBytes && i + 1 < kept.size(); ++i) {
    fs::remove(kept[i].path, error);
    total -= kept[i].bytes;
  }
}

}  // namespace

PackedStore::PackedStore(const fs::path& folder, const std::string& key, size_t bytes)
    : folder_(folder),
      path_(folder / (fmt::format("{:016x}", XXH3_64bits(key.data(), key.size())) + kSuffix)),
      key_(XXH3_64bits_withSeed(key.data(), key.size(), 1)),
      bytes_(bytes) {
  if (folder.empty() || bytes == 0) return;
  filled_ = MapKept();
  if (!filled_) Begin();
}

PackedStore::~PackedStore() {
  std::error_code ignored;
  if (!begun_.empty()) fs::remove(begun_, ignored);
}

size_t PackedStore::file_bytes() const { return kHeaderBytes + bytes_; }

// False, and no such file any more, where it is not whole.
bool PackedStore::MapKept() {
  const Descriptor file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return false;
  struct stat status {};
  const bool right_size =
      fstat(file.fd(), &status) == 0 && static_cast<size_t>(status.st_size) == file_bytes();
  const auto data = right_size ? Map(file.fd(), file_bytes(), PROT_READ, MAP_POPULATE) : nullptr;
  if (data != nullptr) {
    Header header;
    std::memcpy(&header, data.get(), sizeof(header));
    const bool ours = std::memcmp(header.magic, kMagic, sizeof(kMagic)) == 0 &&
                      header.key == key_ && header.bytes == bytes_;
    if (ours && HashOf(data.get() + kHeaderBytes, bytes_) == header.hash) {
      data_ = data;
      futimens(file.fd(), nullptr);  // used just now
      return true;
    }
  }
  std::error_code ignored;
  fs::remove(path_, ignored);
  return false;
}

bool PackedStore::Begin() {
  std::error_code error;
  fs::create_directories(folder_, error);
  struct statvfs room {};
  if (statvfs(folder_.c_str(), &room) != 0 ||
      static_cast<uint64_t>(room.f_bavail) * room.f_frsize < file_bytes() + kSpareBytes) {
    return false;
  }
  std::string name = (folder_ / "XXXXXX").string() + kUnfinished;
  const Descriptor file(mkostemps(name.data(), sizeof(kUnfinished) - 1, O_CLOEXEC));
  if (!file) return false;
  begun_ = name;
  // Reserved now: writing to a mapped file on a full disk would end the process.
  if (posix_fallocate(file.fd(), 0, static_cast<off_t>(file_bytes())) == 0) {
    data_ = Map(file.fd(), file_bytes(), PROT_READ | PROT_WRITE, 0);
  }
  return data_ != nullptr;
}

std::shared_ptr<std::byte> PackedStore::Take(size_t bytes) {
  LANTERN_CHECK(usable());
  LANTERN_CHECK_LE(taken_ + bytes, bytes_);
  const size_t offset = kHeaderBytes + taken_;
  taken_ += bytes;
  return {data_, data_.get() + offset};
}

void PackedStore::Keep() {
  if (filled_) return;
  LANTERN_CHECK_EQ(taken_, bytes_);
  Header header{{}, key_, bytes_, HashOf(data_.get() + kHeaderBytes, bytes_)};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  std::memcpy(data_.get(), &header, sizeof(header));
  mprotect(data_.get(), file_bytes(), PROT_READ);
  std::error_code error;
  fs::rename(begun_, path_, error);
  if (error) return;  // the destructor removes it
  begun_.clear();
  Trim(folder_);
}

fs::path PackedStore::DefaultFolder() { return UserCacheFolder("packed"); }

}  // namespace lantern
