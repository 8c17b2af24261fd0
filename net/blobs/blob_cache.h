// BlobCache: blobs on this machine's disk, so that a worker is sent the same bytes only once. One
// file per blob, FOLDER/ab/cdef..., named by the hash of its bytes and holding nothing else.
//
// Several processes may use one folder at a time. A file appears whole (written under another name
// and renamed) and is verified whenever it is handed out, so that nothing needs fsync and no
// damage outlives its discovery. A cache that cannot write is no reason to end a run: see Put.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/blobs/blob.h"

namespace lantern {

class BlobCache {
 public:
  // Touches nothing yet. Files used least recently are removed to stay within `max_bytes`; those
  // that this object has handed out, found or put are not, so a bound below one run's blobs keeps
  // a part of them instead of turning all over at every start.
  BlobCache(std::filesystem::path folder, uint64_t max_bytes);

  // $XDG_CACHE_HOME/lantern/blobs or $HOME/.cache/lantern/blobs; empty when neither is set, which
  // makes a cache that holds nothing.
  static std::filesystem::path DefaultFolder();

  // The blob, mapped and verified, or nullopt. A file that is short or damaged is deleted and
  // counted. Any thread. A mapping stays valid when its file is removed.
  std::optional<Blob> Get(const BlobInfo& info);
  // Whether there is such a file of this size; its bytes are not read. Any thread.
  bool Contains(const BlobInfo& info);

  // Keeps the bytes. False when that is impossible (full disk, folder not writable, max_bytes
  // reached by this run): problem() then says so, and later calls return false at once unless room
  // may be left for smaller blobs. Never throws for what a disk can do. Any thread.
  // REQUIRES: `hash` is of `bytes`; 0 < bytes.size().
  bool Put(const BlobHash& hash, std::span<const std::byte> bytes);

  // One sentence for the user, naming folder and reason; empty when all is well.
  std::string problem() const;
  int damaged() const { return damaged_; }  // files found short or damaged, and deleted
  const std::filesystem::path& folder() const { return folder_; }

 private:
  struct OldFile {
    BlobHash hash;
    uint64_t bytes = 0;
    int64_t used_ns = 0;  // modification time when scanned
  };

  std::filesystem::path PathOf(const BlobHash& hash) const;
  void MarkUsed(const BlobHash& hash);
  bool Reserve(uint64_t bytes);
  bool EvictForDisk(uint64_t bytes);
  // REQUIRES of these: mutex_ is held.
  void Scan();
  void ScanFile(const std::filesystem::path& path);
  uint64_t Evict(uint64_t bytes);
  void GiveUp(const std::string& reason);

  const std::filesystem::path folder_;
  const uint64_t max_bytes_;
  std::atomic<int> damaged_{0};

  mutable std::mutex mutex_;  // guards what follows; not held while a blob's bytes move
  std::set<BlobHash> used_;   // by this object: never removed by it
  bool scanned_ = false;
  std::vector<OldFile> old_;  // found by the scan, the next to remove last
  uint64_t total_bytes_ = 0;
  bool broken_ = false;  // writing has failed for a reason that will stay
  std::string problem_;
};

}  // namespace lantern
