// BlockAllocator: which KV cache blocks are free. Pure bookkeeping at the leader; ranks follow the
// block tables in the plan.
#pragma once

#include <vector>

#include "src/base/check.h"

namespace lantern {

class BlockAllocator {
 public:
  explicit BlockAllocator(int blocks) : total_(blocks) {
    for (int b = blocks - 1; b >= 0; --b) free_.push_back(b);
  }
  int free() const { return static_cast<int>(free_.size()); }
  int total() const { return total_; }

  // REQUIRES: free() > 0.
  int Take() {
    LANTERN_CHECK(!free_.empty());
    const int block = free_.back();
    free_.pop_back();
    return block;
  }
  void Return(std::vector<int>& blocks) {
    free_.insert(free_.end(), blocks.rbegin(), blocks.rend());
    blocks.clear();
    LANTERN_CHECK_LE(free(), total_);
  }

 private:
  int total_;
  std::vector<int> free_;
};

}  // namespace lantern
