// BlobStore: the blobs that a rank needs, wherever they are: in a local copy of the model, in the
// cache, or still on rank 0. Fetch brings them to this machine's disk; Read gives the bytes.
//
// What the cache cannot keep stays on rank 0 until it is read, and is the reader's alone then: a
// rank whose cache is full or broken holds its packed weights and one tensor, not its slice twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "net/blobs/blob.h"
#include "net/blobs/blob_cache.h"
#include "net/blobs/blob_client.h"

namespace lantern {

struct BlobNeed {
  BlobId id;
  size_t size = 0;  // what the model's shape asks for; rank 0 may not say otherwise
};

// A blob's bytes from a local copy of the model, or nullopt when that has no such blob. Believed
// only when size and hash agree, so a copy of another model does no harm.
using LocalCopy = std::function<std::optional<Blob>(const BlobId& id, size_t size)>;

// Called several times a second while blobs are looked for or come. May throw to give up.
using BlobProgress = std::function<void(uint64_t done, uint64_t total)>;

class BlobStore {
 public:
  struct Totals {  // bytes of blobs, by where they were found
    uint64_t from_copy = 0;
    uint64_t from_cache = 0;
    uint64_t from_network = 0;
  };

  // `client` and `cache` must outlive the store. `copy` and `progress` may be empty; progress
  // counts bytes of what was asked for in Fetch, whatever their way.
  BlobStore(BlobClient& client, BlobCache& cache, LocalCopy copy = {}, BlobProgress progress = {});

  // Brings `needed` to this machine, from the first of copy, cache and network that has it, as far
  // as the cache can keep it. After an error (see BlobClient::Fetch) the same call goes on where
  // that one ended. Throws Error{kPeerLost} where rank 0's blobs have other sizes. By one thread at
  // a time, like Read. REQUIRES: no id twice.
  void Fetch(std::span<const BlobNeed> needed);

  // The bytes of some blobs, verified, in that order. What is not on this machine, or is no longer
  // there, or damaged, comes from rank 0, so this may take a while and throw as Fetch.
  // REQUIRES: the ids were in a Fetch that returned; none twice.
  std::vector<Blob> Read(std::span<const BlobId> ids);

  const Totals& totals() const { return totals_; }

 private:
  using Clock = std::chrono::steady_clock;
  enum class Where { kRankZero, kCopy, kCache, kMemory };
  struct Entry {
    BlobInfo info;
    Where where = Where::kRankZero;
    bool sent = false;  // by rank 0 in this run
    Blob memory;        // came while the cache broke; the first Read takes it
  };

  std::vector<uint32_t> Choose(uint32_t table, const BlobList& list);
  void Learn(const BlobId& id, Entry& entry, const BlobList& list);
  void Find(const BlobId& id, Entry& entry);
  void Found(Entry& entry, Where where);
  void Lost(Entry& entry);
  bool Keep(Entry& entry, std::span<const std::byte> bytes);
  bool OnFetched(const BlobId& id, std::span<const std::byte> bytes);
  Blob OnRead(Entry& entry, std::span<const std::byte> bytes);
  std::optional<Blob> ReadHere(const BlobId& id, Entry& entry);
  std::optional<Blob> FromCopy(const BlobId& id, const BlobInfo& info) const;
  void Tick();

  BlobClient& client_;
  BlobCache& cache_;
  const LocalCopy copy_;
  const BlobProgress progress_;

  std::map<BlobId, Entry> entries_;
  bool cache_is_full_ = false;  // or broken: no use in fetching ahead
  uint64_t here_bytes_ = 0, needed_bytes_ = 0;
  Clock::time_point next_tick_;
  Totals totals_;
};

}  // namespace lantern
