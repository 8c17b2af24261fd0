#include "net/blobs/blob_store.h"

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
BlobStore::BlobStore(BlobClient& client, BlobCache& cache, LocalCopy copy, BlobProgress progress)
    : client_(client), cache_(cache), copy_(std::move(copy)), progress_(std::move(progress)) {}

void BlobStore::Fetch(std::span<const BlobNeed> needed) {
  std::vector<uint32_t> tables;
  for (const BlobNeed& need : needed) {
    const auto [it, is_new] = entries_.try_emplace(need.id);
    if (!is_new) continue;
    if (need.size == 0 || need.size > kMaxBlobBytes) {
      Fail(ErrorKind::kPeerLost,
           "Rank 0 ({}) describes a model with a blob of {} bytes, not 1 to {}.",
           client_.endpoint(), need.size, kMaxBlobBytes);
    }
    it->second.info.size = static_cast<uint32_t>(need.size);
    needed_bytes_ += need.size;
  }
  for (const auto& [id, entry] : entries_) {  // by table
    if (tables.empty() || tables.back() != id.table) tables.push_back(id.table);
  }
  client_.Fetch(
      tables, [this](uint32_t table, const BlobList& list) { return Choose(table, list); },
      [this](const BlobId& id, std::span<const std::byte> bytes) { return OnFetched(id, bytes); },
      [this] { Tick(); });
}

std::vector<Blob> BlobStore::Read(std::span<const BlobId> ids) {
  std::vector<Blob> blobs(ids.size());
  std::vector<WantedBlob> missing;
  std::map<BlobId, size_t> places;  // of the missing ones
  for (size_t i = 0; i < ids.size(); ++i) {
    Entry& entry = entries_.at(ids[i]);
    if (auto blob = ReadHere(ids[i], entry)) {
      blobs[i] = *std::move(blob);
    } else {
      missing.push_back({ids[i], entry.info});
      places.emplace(ids[i], i);
    }
  }
  const auto sink = [&](const BlobId& id, std::span<const std::byte> bytes) {
    blobs[places.at(id)] = OnRead(entries_.at(id), bytes);
    return true;
  };
  if (!missing.empty()) client_.Fetch(missing, sink, [this] { Tick(); });
  return blobs;
}

// Which of a table's blobs rank 0 is to send.
std::vector<uint32_t> BlobStore::Choose(uint32_t table, const BlobList& list) {
  std::vector<uint32_t> missing;
  for (auto it = entries_.lower_bound({table, 0}); it != entries_.end(); ++it) {
    auto& [id, entry] = *it;
    if (id.table != table) break;
    Learn(id, entry, list);
    if (entry.where == Where::kRankZero) Find(id, entry);
    if (entry.where == Where::kRankZero && !cache_is_full_) missing.push_back(id.index);
    if (Clock::now() >= next_tick_) Tick();
  }
  return missing;
}

void BlobStore::Learn(const BlobId& id, Entry& entry, const BlobList& list) {
  const bool fits = id.index < list.size() && list[id.index].size == entry.info.size;
  const bool changed = entry.where != Where::kRankZero && fits && list[id.index] != entry.info;
  if (!fits || changed) {
    Fail(ErrorKind::kPeerLost,
         "Rank 0 ({}) has other weights than it said (blob {} of table {}): has its model file "
         "changed? Start it again.",
         client_.endpoint(), id.index, id.table);
  }
  entry.info = list[id.index];
}

// Where on this machine it is, if at all. The cache's bytes are not read now: Read does that, once.
void BlobStore::Find(const BlobId& id, Entry& entry) {
  if (FromCopy(id, entry.info)) {
    Found(entry, Where::kCopy);
  } else if (cache_.Contains(entry.info)) {
    Found(entry, Where::kCache);
  }
}

void BlobStore::Found(Entry& entry, Where where) {
  entry.where = where;
  here_bytes_ += entry.info.size;
  (where == Where::kCopy ? totals_.from_copy : totals_.from_cache) += entry.info.size;
}

// It was here, and is no longer or is damaged.
void BlobStore::Lost(Entry& entry) {
  here_bytes_ -= entry.info.size;
  if (entry.where == Where::kCopy) totals_.from_copy -= entry.info.size;
  if (entry.where == Where::kCache && !entry.sent) totals_.from_cache -= entry.info.size;
  entry.where = Where::kRankZero;
}

// Came from rank 0; whether the cache has it now.
bool BlobStore::Keep(Entry& entry, std::span<const std::byte> bytes) {
  entry.sent = true;
  here_bytes_ += bytes.size();
  totals_.from_network += bytes.size();
  const bool cached = cache_.Put(entry.info.hash, bytes);
  entry.where = cached ? Where::kCache : Where::kRankZero;
  return cached;
}

// False when there is no use in fetching ahead.
bool BlobStore::OnFetched(const BlobId& id, std::span<const std::byte> bytes) {
  Entry& entry = entries_.at(id);
  if (Keep(entry, bytes)) return true;
  cache_is_full_ = true;
  entry.where = Where::kMemory;
  entry.memory = Blob::Own({bytes.begin(), bytes.end()});
  return false;
}

std::optional<Blob> BlobStore::ReadHere(const BlobId& id, Entry& entry) {
  if (entry.where == Where::kMemory) {
    entry.where = Where::kRankZero;
    return std::exchange(entry.memory, {});
  }
  if (entry.where == Where::kCopy) {
    if (auto blob = FromCopy(id, entry.info)) return blob;
    Lost(entry);
  }
  auto blob = cache_.Get(entry.info);
  if (entry.where == Where::kCache && !blob) Lost(entry);
  if (entry.where != Where::kCache && blob) Found(entry, Where::kCache);  // by another process
  return blob;
}

Blob BlobStore::OnRead(Entry& entry, std::span<const std::byte> bytes) {
  if (Keep(entry, bytes)) {
    if (auto blob = cache_.Get(entry.info)) return *std::move(blob);  // needs no memory of its own
  }
  return Blob::Own({bytes.begin(), bytes.end()});
}

std::optional<Blob> BlobStore::FromCopy(const BlobId& id, const BlobInfo& info) const {
  if (!copy_) return std::nullopt;
  auto blob = copy_(id, info.size);
  if (!blob || blob->bytes.size() != info.size || BlobHash::Of(blob->bytes) != info.hash) {
    return std::nullopt;
  }
  return blob;
}

void BlobStore::Tick() {
  constexpr std::chrono::milliseconds kInterval{100};
  next_tick_ = Clock::now() + kInterval;
  if (progress_) progress_(std::min(here_bytes_, needed_bytes_), needed_bytes_);
}

}  // namespace lantern
