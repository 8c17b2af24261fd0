// Chunks: how a tensor is cut for the way over the network and for the cache: at the leaves of the
// model, so that ranks of every layout take whole chunks, and a change of the layout moves only
// those that change hands. Pure arithmetic over shapes and stored formats.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "models/config.h"
#include "models/weight_file.h"
#include "src/tensor/sum_tree.h"

namespace lantern {

// Chunk i of a [rows, cols] tensor holds rows (or columns) [cut[i], cut[i + 1]), row by row, each
// as stored.
struct ChunkCuts {
  bool by_columns = false;
  std::vector<int> cut;

  int count() const { return static_cast<int>(cut.size()) - 1; }
  // The chunks [begin, end) that hold anything of these rows and columns.
  LeafRange Covering(LeafRange rows, LeafRange cols) const;
};

// Larger leaves are cut further. In f32, one of llama-2-70b's down projection has 29 MB.
inline constexpr size_t kMaxChunkBytes = 8 << 20;

// Attention: one head (attention output: one leaf); feed-forward: one leaf; tables: 256 ids;
// vectors: whole. Source of the leaves: models/shard.h. Every chunk lies within the tensor, also
// where that has another shape than the configuration says.
ChunkCuts CutsOf(const ModelConfig& config, const WeightFile& file, const std::string& name);

size_t ChunkBytes(const StoredTensor& tensor, const ChunkCuts& cuts, int chunk);
std::vector<std::byte> ReadChunk(const StoredTensor& tensor, const ChunkCuts& cuts, int chunk);

// A tensor whose chunks are put here one by one; reading what was not put is a broken invariant.
class ChunkedBytes final : public TensorBytes {
 public:
  using Chunk = std::shared_ptr<const std::byte>;  // with whatever keeps it alive

  ChunkedBytes(ChunkCuts cuts, DType type, int64_t cols)
      : cuts_(std::move(cuts)), type_(type), cols_(cols), chunks_(cuts_.count()) {}

  const ChunkCuts& cuts() const { return cuts_; }
  bool Has(int chunk) const { return chunks_.at(chunk) != nullptr; }
  void Put(int chunk, Chunk bytes) { chunks_.at(chunk) = std::move(bytes); }
  void Clear() { std::fill(chunks_.begin(), chunks_.end(), nullptr); }
  void Read(int64_t row, size_t offset, std::span<std::byte> out) const override;

 private:
  int ChunkAt(int64_t position) const;
  const std::byte* RowOf(int chunk, int64_t row) const;

  const ChunkCuts cuts_;
  const DType type_;
  const int64_t cols_;
  std::vector<Chunk> chunks_;
};

}  // namespace lantern
