// BlobStore: the blobs that a rank needs, wherever they are: in a local copy of the model, in the
// cache, or still on rank 0. Fetch brings all of them to this machine; Read gives the bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>

#include "net/blobs/blob.h"
#include "net/blobs/blob_cache.h"
#include "net/blobs/blob_client.h"

namespace lantern {

// A blob's bytes from a local copy of the model, or nullopt when that has no such blob. Believed
// only when size and hash agree, so a copy of another model does no harm. Any thread.
using LocalCopy = std::function<std::optional<Blob>(const BlobId& id, size_t size)>;

class BlobStore {
 public:
  struct Totals {  // bytes of the blobs, by where Fetch found them
    uint64_t from_copy = 0;
    uint64_t from_cache = 0;
    uint64_t from_network = 0;  // Read's included
    uint64_t in_memory = 0;     // of those, now kept in memory as the cache could not
  };

  // `client` and `cache` must outlive the store. `copy` may be empty.
  BlobStore(BlobClient& client, BlobCache& cache, LocalCopy copy = {});

  // Brings `wanted` to this machine, from the first of copy, cache and network that has it. After
  // an error (see BlobClient::Fetch) the same call goes on where that one ended.
  // Progress counts bytes of `wanted`, whatever their way. REQUIRES: no id twice.
  void Fetch(std::span<const WantedBlob> wanted, const BlobProgress& progress = {});

  // The bytes of a blob, verified. What has vanished from the disk since Fetch, or is damaged, is
  // asked for again, so this may take a while and throw as BlobClient::Fetch. Any thread, but not
  // while Fetch runs. REQUIRES: `id` was in a Fetch and has not been released.
  Blob Read(const BlobId& id);

  // No more Read of this one: frees its memory when it was kept there.
  void Release(const BlobId& id);

  Totals totals() const;

 private:
  enum class Where { kNowhere, kCopy, kCache, kMemory };
  struct Entry {
    BlobInfo info;
    Where where = Where::kNowhere;
    Blob memory;
  };

  Where Find(const WantedBlob& blob);
  std::optional<Blob> FromCopy(const BlobId& id, const BlobInfo& info) const;
  void Keep(const BlobId& id, std::span<const std::byte> bytes);
  Blob FetchAgain(const WantedBlob& blob);

  BlobClient& client_;
  BlobCache& cache_;
  const LocalCopy copy_;

  std::mutex network_mutex_;  // one Read at a time asks rank 0; taken before mutex_
  mutable std::mutex mutex_;  // guards what follows
  std::map<BlobId, Entry> entries_;
  Totals totals_;
};

}  // namespace lantern
