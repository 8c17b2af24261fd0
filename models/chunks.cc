#include "models/chunks.h"

#include <algorithm>
#include <cstring>

#include "models/shard.h"
#include "src/base/check.h"

namespace lantern {
namespace {

std::vector<int> Every(int step, int64_t end) {
  std::vector<int> cut;
  for (int64_t at = 0; at < end; at += step) cut.push_back(static_cast<int>(at));
  cut.push_back(static_cast<int>(end));
  return cut;
}

// "blk.3.ffn_down.weight" -> "ffn_down"; other names as they are.
std::string_view RoleOf(std::string_view name) {
  if (!name.starts_with("blk.")) return name;
  name.remove_prefix(name.find('.', 4) + 1);
  return name.substr(0, name.find('.'));
}

// The block that the layer's down projection is stored in: gate and up are cut where it is. A file
// whose shapes are not the configuration's is refused when it is loaded; until then it must not be
// cut outside its bytes.
int DownBlock(const ModelConfig& config, const WeightFile& file, const std::string& name) {
  const std::string down = name.substr(0, name.find('.', 4)) + ".ffn_down.weight";
  const StoredTensor* tensor = file.Find(down);
  return tensor == nullptr || tensor->cols != config.ffn ? 1 : Info(tensor->type).block;
}

// Where ranks of any layout may part.
ChunkCuts CutAtLeaves(const ModelConfig& config, const WeightFile& file, const StoredTensor& tensor,
                      const std::string& name) {
  const std::string_view role = RoleOf(name);
  const int block = Info(tensor.type).block;
  if (tensor.rows == 1) return {false, {0, 1}};
  if (role == "attn_output" && tensor.cols == int64_t{config.heads} * config.head_dim) {
    return {true, AttentionLeaves(config, block)};
  }
  if (role == "ffn_down" && tensor.cols == config.ffn) return {true, FfnLeaves(config, block)};
  if ((role == "ffn_gate" || role == "ffn_up") && tensor.rows == config.ffn) {
    return {false, FfnLeaves(config, DownBlock(config, file, name))};
  }
  const bool heads = role == "attn_q" || role == "attn_k" || role == "attn_v";
  return {false, Every(heads ? config.head_dim : kVocabBlock, tensor.rows)};
}

LeafRange CoveringCuts(const std::vector<int>& cut, LeafRange range) {
  if (range.size() == 0) return {0, 0};
  const auto first = std::upper_bound(cut.begin(), cut.end(), range.begin) - 1;
  const auto last = std::lower_bound(cut.begin(), cut.end(), range.end);
  return {static_cast<int>(first - cut.begin()), static_cast<int>(last - cut.begin())};
}

LeafRange Between(const ChunkCuts& cuts, int chunk) {
  return {cuts.cut.at(chunk), cuts.cut.at(chunk + 1)};
}

// Cuts what is larger than a message should be into near-equal parts, at rows or blocks.
ChunkCuts CutLarge(const StoredTensor& tensor, ChunkCuts leaves) {
  ChunkCuts cuts{leaves.by_columns, {0}};
  const int unit = leaves.by_columns ? Info(tensor.type).block : 1;
  for (int leaf = 0; leaf < leaves.count(); ++leaf) {
    const LeafRange range = Between(leaves, leaf);
    const int64_t units = range.size() / unit;
    const size_t bytes = ChunkBytes(tensor, leaves, leaf);
    const int64_t parts = std::min<int64_t>((bytes + kMaxChunkBytes - 1) / kMaxChunkBytes, units);
    for (int64_t i = 1; i < parts; ++i) {
      cuts.cut.push_back(range.begin + static_cast<int>(i * units / parts) * unit);
    }
    cuts.cut.push_back(range.end);
  }
  return cuts;
}

}  // namespace

LeafRange ChunkCuts::Covering(LeafRange rows, LeafRange cols) const {
  if (rows.size() == 0 || cols.size() == 0) return {0, 0};
  return CoveringCuts(cut, by_columns ? cols : rows);
}

ChunkCuts CutsOf(const ModelConfig& config, const WeightFile& file, const std::string& name) {
  const StoredTensor* tensor = file.Find(name);
  LANTERN_CHECK(tensor != nullptr);
  return CutLarge(*tensor, CutAtLeaves(config, file, *tensor, name));
}

size_t ChunkBytes(const StoredTensor& tensor, const ChunkCuts& cuts, int chunk) {
  const int size = Between(cuts, chunk).size();
  return cuts.by_columns ? tensor.rows * RowBytes(tensor.type, size) : size * tensor.row_bytes();
}

std::vector<std::byte> ReadChunk(const StoredTensor& tensor, const ChunkCuts& cuts, int chunk) {
  const LeafRange range = Between(cuts, chunk);
  const int64_t rows = cuts.by_columns ? tensor.rows : range.size();
  const int64_t first = cuts.by_columns ? 0 : range.begin;
  const size_t offset = cuts.by_columns ? RowBytes(tensor.type, range.begin) : 0;
  std::vector<std::byte> bytes(ChunkBytes(tensor, cuts, chunk));
  const size_t row_bytes = bytes.size() / rows;
  for (int64_t row = 0; row < rows; ++row) {
    tensor.ReadRow(first + row, offset, std::span(bytes).subspan(row * row_bytes, row_bytes));
  }
  return bytes;
}

int ChunkedBytes::ChunkAt(int64_t position) const {
  const auto after = std::upper_bound(cuts_.cut.begin(), cuts_.cut.end(), position);
  return static_cast<int>(after - cuts_.cut.begin()) - 1;
}

// Where the chunk's part of a row begins.
const std::byte* ChunkedBytes::RowOf(int chunk, int64_t row) const {
  const LeafRange range = Between(cuts_, chunk);
  const std::byte* bytes = chunks_.at(chunk).get();
  LANTERN_CHECK(bytes != nullptr);
  return cuts_.by_columns ? bytes + row * RowBytes(type_, range.size())
                          : bytes + (row - range.begin) * RowBytes(type_, cols_);
}

void ChunkedBytes::Read(int64_t row, size_t offset, std::span<std::byte> out) const {
  if (!cuts_.by_columns) {
    std::memcpy(out.data(), RowOf(ChunkAt(row), row) + offset, out.size());
    return;
  }
  // Cuts lie between blocks, so byte offsets translate to columns block by block.
  const size_t block_bytes = RowBytes(type_, Info(type_).block);
  int chunk = ChunkAt(static_cast<int64_t>(offset / block_bytes) * Info(type_).block);
  while (!out.empty()) {
    const size_t begin = RowBytes(type_, cuts_.cut[chunk]);
    const size_t end = RowBytes(type_, cuts_.cut[chunk + 1]);
    const size_t take = std::min(out.size(), end - offset);
    std::memcpy(out.data(), RowOf(chunk, row) + (offset - begin), take);
    out = out.subspan(take);
    offset += take;
    ++chunk;
  }
}

}  // namespace lantern
