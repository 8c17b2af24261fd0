// KvCache: this rank's keys and values, paged. Every layer has the same blocks; a block holds
// kBlockTokens positions of one sequence. Which block belongs to whom is the leader's business
// (engine/block_allocator); ranks only follow the block tables in the step plan.
#pragma once

#include <vector>

#include "backends/backend.h"

namespace lantern {

class KvCache {
 public:
  static constexpr int kBlockTokens = 32;

  // kv_heads[i]: heads that this rank keeps of its layer i.
  KvCache(Backend::Context& context, DType type, int blocks, int head_dim,
          const std::vector<int>& kv_heads);

  const KvView& View(int layer) const { return views_[layer]; }

  static int BlocksFor(int tokens) { return (tokens + kBlockTokens - 1) / kBlockTokens; }
  static size_t Bytes(DType type, int blocks, int head_dim, const std::vector<int>& kv_heads);

 private:
  BufferOwner memory_;
  std::vector<KvView> views_;
};

}  // namespace lantern
