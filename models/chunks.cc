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

int BlockOf(const WeightFile& file, const std::string& name) {
  const StoredTensor* tensor = file.Find(name);
  return tensor == nullptr ? 1 : Info(tensor->type).block;
}

// Gate and up are cut where the down projection of their layer is.
std::string DownOf(const std::string& name) {
  return name.substr(0, name.find('.', 4)) + ".ffn_down.weight";
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

}  // namespace

LeafRange ChunkCuts::Covering(LeafRange rows, LeafRange cols) const {
  if (rows.size() == 0 || cols.size() == 0) return {0, 0};
  return CoveringCuts(cut, by_columns ? cols : rows);
}

ChunkCuts CutsOf(const ModelConfig& config, const WeightFile& file, const std::string& name) {
  const StoredTensor* tensor = file.Find(name);
  LANTERN_CHECK(tensor != nullptr);
  const std::string_view role = RoleOf(name);
  if (tensor->rows == 1) return {false, {0, 1}};
  if (role == "attn_output") return {true, AttentionLeaves(config, BlockOf(file, name))};
  if (role == "ffn_down") return {true, FfnLeaves(config, BlockOf(file, name))};
  if (role == "ffn_gate" || role == "ffn_up") {
    return {false, FfnLeaves(config, BlockOf(file, DownOf(name)))};
  }
  const bool heads = role == "attn_q" || role == "attn_k" || role == "attn_v";
  return {false, Every(heads ? config.head_dim : kVocabBlock, tensor->rows)};
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
