// A rank's packed weights on disk: a page with key, size and hash, then the weights.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

namespace lantern {

// Fills `out` from the file on several threads, hashing on the way. False where the file is missing
// or is not, to the last byte, what was written under `key`: `out` then holds anything.
bool ReadPackedFile(const std::filesystem::path& path, uint64_t key, std::span<std::byte> out);

// Writes such a file behind the packing, in a thread of its own, so that a slow disk delays no
// answer. Until it is whole it has another name.
class PackedFileWriter {
 public:
  static constexpr char kUnfinished[] = ".unfinished";  // ends the name until then
  // How long the destructor lets the disk finish a file.
  static constexpr std::chrono::seconds kPatience{2};

  // `data`: the weights, filled in ascending order. Null without rights or room for `path`.
  static std::unique_ptr<PackedFileWriter> Begin(const std::filesystem::path& path, uint64_t key,
                                                 std::shared_ptr<const std::byte> data,
                                                 size_t bytes);
  // Removes a file that is not whole: not everything was filled, or the disk was too slow.
  ~PackedFileWriter();
  PackedFileWriter(const PackedFileWriter&) = delete;
  PackedFileWriter& operator=(const PackedFileWriter&) = delete;

  // The first `bytes` bytes are filled and will not change; all of them: the file is to be kept.
  void Filled(size_t bytes);

 private:
  struct File;
  PackedFileWriter(std::unique_ptr<File> file, std::filesystem::path path, uint64_t key,
                   std::shared_ptr<const std::byte> data, size_t bytes);
  bool Write();  // all, as it is filled; false where it was given up
  // Waits for the bytes up to `end`; false: they will not come.
  bool AwaitFilled(size_t end);
  bool WriteHeader();

  const std::unique_ptr<File> file_;
  const std::filesystem::path path_;
  const uint64_t key_;
  const std::shared_ptr<const std::byte> data_;
  const size_t bytes_;
  std::vector<uint64_t> hashes_;  // of the chunks written so far

  std::mutex mutex_;
  std::condition_variable changed_;
  size_t filled_ = 0;
  bool given_up_ = false, done_ = false;
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lantern
