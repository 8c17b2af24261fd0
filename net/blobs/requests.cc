#include "net/blobs/requests.h"

#include <algorithm>

#include "net/blobs/blob_messages.h"

namespace lantern::blobs {
namespace {

// Lists that are on their way at most; each may have up to kMaxBlobsPerTable records.
constexpr size_t kMaxListsAsked = 64;
constexpr size_t kMaxBlobsAsked = kMaxAsked - kMaxListsAsked;

}  // namespace

std::vector<uint32_t> ListRequests::Take() {
  std::vector<uint32_t> tables;
  while (!to_ask_.empty() && asked_.size() < kMaxListsAsked) {
    tables.push_back(to_ask_.front());
    asked_.insert(to_ask_.front());
    to_ask_.pop_front();
  }
  return tables;
}

void ListRequests::AskAllAgain() {
  to_ask_.insert(to_ask_.begin(), asked_.begin(), asked_.end());
  asked_.clear();
}

bool BlobRequests::Fits(const WantedBlob& blob) const {
  if (asked_.empty()) return true;
  return asked_.size() < kMaxBlobsAsked && asked_bytes_ + blob.info.size <= window_bytes_;
}

std::vector<BlobId> BlobRequests::Take() {
  std::vector<BlobId> ids;
  if (asked_bytes_ > window_bytes_ / 4 * 3 || asked_.size() > kMaxBlobsAsked / 4 * 3) return ids;
  while (!to_ask_.empty() && Fits(to_ask_.front())) {
    const WantedBlob& blob = to_ask_.front();
    ids.push_back(blob.id);
    asked_bytes_ += blob.info.size;
    asked_.emplace(blob.id, blob);
    to_ask_.pop_front();
  }
  return ids;
}

std::optional<WantedBlob> BlobRequests::Arrived(const BlobId& id) {
  const auto it = asked_.find(id);
  if (it == asked_.end()) return std::nullopt;
  const WantedBlob blob = it->second;
  asked_.erase(it);
  asked_bytes_ -= blob.info.size;
  return blob;
}

void BlobRequests::AskAllAgain() {
  for (auto it = asked_.rbegin(); it != asked_.rend(); ++it) to_ask_.push_front(it->second);
  asked_.clear();
  asked_bytes_ = 0;
}

}  // namespace lantern::blobs
