#include "models/kv_cache.h"

#include <numeric>

namespace lantern {
namespace {

size_t LayerBytes(DType type, int blocks, int head_dim, int heads) {
  return RowBytes(type, head_dim) * heads * KvCache::kBlockTokens * blocks;
}

}  // namespace

// All layers lie in one piece of memory, which has huge pages even where a layer's half is smaller
// than one: with its own pages of 4 KB a long context took up to a tenth longer.
KvCache::KvCache(Backend::Context& context, DType type, int blocks, int head_dim,
                 const std::vector<int>& kv_heads) {
  constexpr size_t kPage = 4096;
  std::vector<size_t> pages;  // of a layer's keys, and as many of its values
  for (int heads : kv_heads) {
    pages.push_back((LayerBytes(type, blocks, head_dim, heads) + kPage - 1) / kPage);
  }
  // A row of the tensor is a page: sizes stay in int range for any context length.
  const auto rows = static_cast<int>(2 * std::accumulate(pages.begin(), pages.end(), size_t{0}));
  auto* next = static_cast<std::byte*>(
      Backend::Allocate(context, memory_, rows, kPage / sizeof(float), DType::kF32).data);
  for (size_t layer = 0; layer < kv_heads.size(); ++layer) {
    std::byte *const keys = next, *const values = next + pages[layer] * kPage;
    views_.push_back({keys, values, type, kBlockTokens, blocks, kv_heads[layer], head_dim});
    next = values + pages[layer] * kPage;
  }
}

size_t KvCache::Bytes(DType type, int blocks, int head_dim, const std::vector<int>& kv_heads) {
  size_t bytes = 0;
  for (int heads : kv_heads) bytes += 2 * LayerBytes(type, blocks, head_dim, heads);
  return bytes;
}

}  // namespace lantern
