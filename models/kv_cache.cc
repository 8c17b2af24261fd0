#include "models/kv_cache.h"

namespace lantern {
namespace {

size_t LayerBytes(DType type, int blocks, int head_dim, int heads) {
  return RowBytes(type, head_dim) * heads * KvCache::kBlockTokens * blocks;
}

}  // namespace

KvCache::KvCache(Backend::Context& context, DType type, int blocks, int head_dim,
                 const std::vector<int>& kv_heads) {
  for (int heads : kv_heads) {
    // One allocation row per block: sizes stay in int range for any context length.
    const size_t block_bytes = LayerBytes(type, 1, head_dim, heads);
    const int cols = static_cast<int>((block_bytes + sizeof(float) - 1) / sizeof(float));
    KvView view{nullptr, nullptr, type, kBlockTokens, blocks, heads, head_dim};
    for (std::byte** half : {&view.keys, &view.values}) {
      BufferOwner owner;
      *half = static_cast<std::byte*>(
          Backend::Allocate(context, owner, blocks, cols, DType::kF32).data);
      memory_.push_back(std::move(owner));
    }
    views_.push_back(view);
  }
}

size_t KvCache::Bytes(DType type, int blocks, int head_dim, const std::vector<int>& kv_heads) {
  size_t bytes = 0;
  for (int heads : kv_heads) bytes += 2 * LayerBytes(type, blocks, head_dim, heads);
  return bytes;
}

}  // namespace lantern
