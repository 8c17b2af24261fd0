// Requests: what a transfer still wants, and which part of it is on its way. Two queues without a
// socket or clock: of tables' lists, and of blobs, whose bytes are bounded by a window.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "net/blobs/blob.h"

namespace lantern::blobs {

class ListRequests {
 public:
  void Add(uint32_t table) { to_ask_.push_back(table); }
  std::vector<uint32_t> Take();  // what may be asked for now; it is then on its way
  bool Arrived(uint32_t table) { return asked_.erase(table) > 0; }  // false: not on its way
  void AskAllAgain();  // what is on its way will not come
  bool done() const { return to_ask_.empty() && asked_.empty(); }

 private:
  std::deque<uint32_t> to_ask_;
  std::set<uint32_t> asked_;
};

class BlobRequests {
 public:
  explicit BlobRequests(size_t window_bytes) : window_bytes_(window_bytes) {}

  void Add(const WantedBlob& blob) { to_ask_.push_back(blob); }
  // What the window has room for, in order of Add; at least one when none is on its way. Nothing
  // until a quarter of the window is free, so that small blobs are not asked for one by one.
  std::vector<BlobId> Take();
  std::optional<WantedBlob> Arrived(const BlobId& id);  // nullopt: not on its way
  void AskAllAgain();
  void ForgetUnasked() { to_ask_.clear(); }
  bool done() const { return to_ask_.empty() && asked_.empty(); }

 private:
  bool Fits(const WantedBlob& blob) const;

  const size_t window_bytes_;
  std::deque<WantedBlob> to_ask_;
  std::map<BlobId, WantedBlob> asked_;
  size_t asked_bytes_ = 0;
};

}  // namespace lantern::blobs
