#include "models/packed_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace lantern {
namespace {

namespace fs = std::filesystem;

constexpr size_t kHeaderBytes = 4096;
constexpr size_t kChunkBytes = size_t{4} << 20;  // hashed, read and written as one
constexpr char kMagic[8] = {'L', 'N', 'T', 'R', 'P', 'A', 'C', 'K'};
// Left free for everybody else.
constexpr uint64_t kSpareBytes = uint64_t{2} << 30;

struct Header {
  char magic[8];
  uint64_t key, bytes;
  uint64_t hash;  // of the chunks' hashes
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

bool ReadAll(int fd, std::byte* out, size_t bytes, size_t offset) {
  while (bytes > 0) {
    const ssize_t got = pread(fd, out, bytes, static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return false;
    out += got, offset += got, bytes -= got;
  }
  return true;
}

bool WriteAll(int fd, const std::byte* data, size_t bytes, size_t offset) {
  while (bytes > 0) {
    const ssize_t put = pwrite(fd, data, bytes, static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return false;
    data += put, offset += put, bytes -= put;
  }
  return true;
}

size_t Chunks(size_t bytes) { return (bytes + kChunkBytes - 1) / kChunkBytes; }
size_t ChunkBytes(size_t chunk, size_t bytes) {
  return std::min(kChunkBytes, bytes - chunk * kChunkBytes);
}
uint64_t HashOf(const std::vector<uint64_t>& hashes) {
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof(hashes[0]));
}

// Every chunk by one of as many threads as there are processors: filling fresh pages takes longer
// than reading what the system has cached.
bool ReadChunks(int fd, std::span<std::byte> out, std::vector<uint64_t>& hashes) {
  std::atomic<size_t> next{0};
  std::atomic<bool> whole{true};
  const auto work = [&] {
    for (size_t chunk; whole && (chunk = next++) < hashes.size();) {
      std::byte* const data = out.data() + chunk * kChunkBytes;
      const size_t bytes = ChunkBytes(chunk, out.size());
      if (!ReadAll(fd, data, bytes, kHeaderBytes + chunk * kChunkBytes)) whole = false;
      hashes[chunk] = XXH3_64bits(data, bytes);
    }
  };
  const size_t threads = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), 8);
  std::vector<std::thread> helpers;
  for (size_t i = 1; i < std::min(threads, hashes.size()); ++i) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
  return whole;
}

}  // namespace

bool ReadPackedFile(const fs::path& path, uint64_t key, std::span<std::byte> out) {
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.fd(), &status) != 0) return false;
  if (static_cast<uint64_t>(status.st_size) != kHeaderBytes + out.size()) return false;
  Header header;
  if (!ReadAll(file.fd(), reinterpret_cast<std::byte*>(&header), sizeof(header), 0)) return false;
  if (std::memcmp(header.magic, kMagic, sizeof(kMagic)) != 0 || header.key != key ||
      header.bytes != out.size()) {
    return false;
  }
  std::vector<uint64_t> hashes(Chunks(out.size()));
  return ReadChunks(file.fd(), out, hashes) && HashOf(hashes) == header.hash;
}

// The file under its first name, which its destructor removes.
struct PackedFileWriter::File {
  Descriptor descriptor;
  fs::path name;

  File(int fd, fs::path file_name) : descriptor(fd), name(std::move(file_name)) {}
  ~File() {
    std::error_code ignored;
    if (!name.empty()) fs::remove(name, ignored);
  }
  bool RenameTo(const fs::path& path) {
    std::error_code error;
    fs::rename(name, path, error);
    if (!error) name.clear();
    return !error;
  }
};

std::unique_ptr<PackedFileWriter> PackedFileWriter::Begin(const fs::path& path, uint64_t key,
                                                          std::shared_ptr<const std::byte> data,
                                                          size_t bytes) {
  const fs::path folder = path.parent_path();
  std::error_code ignored;
  fs::create_directories(folder, ignored);
  struct statvfs room {};
  if (statvfs(folder.c_str(), &room) != 0 ||
      static_cast<uint64_t>(room.f_bavail) * room.f_frsize < bytes + kSpareBytes) {
    return nullptr;
  }
  std::string name = (folder / "XXXXXX").string() + kUnfinished;
  const int fd = mkostemps(name.data(), sizeof(kUnfinished) - 1, O_CLOEXEC);
  if (fd < 0) return nullptr;
  return std::unique_ptr<PackedFileWriter>(
      new PackedFileWriter(std::make_unique<File>(fd, name), path, key, std::move(data), bytes));
}

PackedFileWriter::PackedFileWriter(std::unique_ptr<File> file, fs::path path, uint64_t key,
                                   std::shared_ptr<const std::byte> data, size_t bytes)
    : file_(std::move(file)),
      path_(std::move(path)),
      key_(key),
      data_(std::move(data)),
      bytes_(bytes) {
  thread_ = std::thread([this] {
    if (Write()) file_->RenameTo(path_);
    std::lock_guard lock(mutex_);
    done_ = true;
    changed_.notify_all();
  });
}

PackedFileWriter::~PackedFileWriter() {
  {
    std::unique_lock lock(mutex_);
    if (filled_ == bytes_) changed_.wait_for(lock, kPatience, [this] { return done_; });
    given_up_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void PackedFileWriter::Filled(size_t bytes) {
  std::lock_guard lock(mutex_);
  filled_ = bytes;
  changed_.notify_all();
}

bool PackedFileWriter::AwaitFilled(size_t end) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return filled_ >= end || given_up_; });
  return !given_up_;
}

bool PackedFileWriter::Write() {
  for (size_t chunk = 0; chunk < Chunks(bytes_); ++chunk) {
    const size_t begin = chunk * kChunkBytes, bytes = ChunkBytes(chunk, bytes_);
    if (!AwaitFilled(begin + bytes)) return false;
    hashes_.push_back(XXH3_64bits(data_.get() + begin, bytes));
    if (!WriteAll(file_->descriptor.fd(), data_.get() + begin, bytes, kHeaderBytes + begin)) {
      return false;
    }
  }
  return AwaitFilled(bytes_) && WriteHeader();
}

bool PackedFileWriter::WriteHeader() {
  Header header{{}, key_, bytes_, HashOf(hashes_)};
  std::memcpy(header.magic, kMagic, sizeof(kMagic));
  return WriteAll(file_->descriptor.fd(), reinterpret_cast<const std::byte*>(&header),
                  sizeof(header), 0);
}

}  // namespace lantern
