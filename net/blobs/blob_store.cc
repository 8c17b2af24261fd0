#include "net/blobs/blob_store.h"

#include <chrono>
#include <utility>
#include <vector>

#include "src/base/check.h"

namespace lantern {
namespace {

// Calls a progress callback no more often than anybody can see.
class PacedProgress {
 public:
  explicit PacedProgress(const BlobProgress& progress) : progress_(progress) {}
  void operator()(uint64_t done, uint64_t total) {
    constexpr std::chrono::milliseconds kInterval{100};
    const auto now = std::chrono::steady_clock::now();
    if (!progress_ || now < next_) return;
    next_ = now + kInterval;
    progress_(done, total);
  }

 private:
  const BlobProgress& progress_;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace

BlobStore::BlobStore(BlobClient& client, BlobCache& cache, LocalCopy copy)
    : client_(client), cache_(cache), copy_(std::move(copy)) {}

void BlobStore::Fetch(std::span<const WantedBlob> wanted, const BlobProgress& progress) {
  uint64_t total = 0, here = 0;
  for (const WantedBlob& blob : wanted) total += blob.info.size;
  std::vector<WantedBlob> missing;
  PacedProgress paced(progress);
  for (const WantedBlob& blob : wanted) {
    paced(here, total);
    if (Find(blob) == Where::kNowhere) {
      missing.push_back(blob);
    } else {
      here += blob.info.size;
    }
  }
  const auto sink = [this](const BlobId& id, std::span<const std::byte> bytes) { Keep(id, bytes); };
  client_.Fetch(missing, sink, [&](uint64_t done, uint64_t) {
    if (progress) progress(here + done, total);
  });
}

Blob BlobStore::Read(const BlobId& id) {
  Entry entry;
  {
    const std::lock_guard lock(mutex_);
    const auto it = entries_.find(id);
    LANTERN_CHECK(it != entries_.end());
    entry = it->second;
  }
  if (entry.where == Where::kMemory) return entry.memory;
  if (entry.where == Where::kCopy) {
    if (auto blob = FromCopy(id, entry.info)) return *blob;
  }
  if (auto blob = cache_.Get(entry.info)) return *blob;
  return FetchAgain({id, entry.info});
}

void BlobStore::Release(const BlobId& id) {
  const std::lock_guard lock(mutex_);
  const auto it = entries_.find(id);
  LANTERN_CHECK(it != entries_.end());
  if (it->second.where == Where::kMemory) totals_.in_memory -= it->second.info.size;
  entries_.erase(it);
}

BlobStore::Totals BlobStore::totals() const {
  const std::lock_guard lock(mutex_);
  return totals_;
}

// Notes what is wanted, and where on this machine it was found. The cache's bytes are not read now:
// Read does that, once.
BlobStore::Where BlobStore::Find(const WantedBlob& blob) {
  {
    const std::lock_guard lock(mutex_);
    const auto [it, is_new] = entries_.try_emplace(blob.id);
    if (is_new) it->second.info = blob.info;
    LANTERN_CHECK(it->second.info == blob.info);
    if (it->second.where != Where::kNowhere) return it->second.where;
  }
  const bool in_copy = FromCopy(blob.id, blob.info).has_value();
  if (!in_copy && !cache_.Contains(blob.info)) return Where::kNowhere;
  const std::lock_guard lock(mutex_);
  (in_copy ? totals_.from_copy : totals_.from_cache) += blob.info.size;
  return entries_.at(blob.id).where = in_copy ? Where::kCopy : Where::kCache;
}

std::optional<Blob> BlobStore::FromCopy(const BlobId& id, const BlobInfo& info) const {
  if (!copy_) return std::nullopt;
  auto blob = copy_(id, info.size);
  if (!blob || blob->bytes.size() != info.size || BlobHash::Of(blob->bytes) != info.hash) {
    return std::nullopt;
  }
  return blob;
}

void BlobStore::Keep(const BlobId& id, std::span<const std::byte> bytes) {
  BlobInfo info;
  {
    const std::lock_guard lock(mutex_);
    info = entries_.at(id).info;
  }
  const bool cached = cache_.Put(info.hash, bytes);
  Blob memory = cached ? Blob{} : Blob::Own({bytes.begin(), bytes.end()});
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_.at(id);
  entry.where = cached ? Where::kCache : Where::kMemory;
  entry.memory = std::move(memory);
  totals_.from_network += bytes.size();
  if (!cached) totals_.in_memory += bytes.size();
}

Blob BlobStore::FetchAgain(const WantedBlob& blob) {
  const std::lock_guard lock(network_mutex_);
  std::vector<std::byte> copy;
  client_.Fetch({&blob, 1}, [&](const BlobId& id, std::span<const std::byte> bytes) {
    Keep(id, bytes);
    copy.assign(bytes.begin(), bytes.end());
  });
  return Blob::Own(std::move(copy));
}

}  // namespace lantern
