#include "models/shard.h"

#include <algorithm>
#include <numeric>

#include "src/base/error.h"

namespace lantern {
namespace {

constexpr int kMaxFfnLeaves = 32;

std::string LayerName(int layer, const char* tensor) {
  return "blk." + std::to_string(layer) + "." + tensor + ".weight";
}

const StoredTensor& Stored(const WeightFile& file, const std::string& name) {
  const StoredTensor* tensor = file.Find(name);
  if (tensor == nullptr) {
    Fail(ErrorKind::kIo, "{} lacks tensor {}: the file is incomplete or not a Llama.",
         file.path().string(), name);
  }
  return *tensor;
}

SumShard ShardSum(const std::vector<int>& column, const ParallelPlan& plan, int rank,
                  const std::string& what) {
  const int leaves = static_cast<int>(column.size()) - 1;
  if (leaves < plan.tp) {
    Fail(ErrorKind::kConfig,
         "{} splits into at most {} parts, fewer than --tp {}: use --tp {} or less and a pipeline "
         "(--pp) over the other ranks.",
         what, leaves, plan.tp, leaves);
  }
  const std::vector<LeafRange> owned = CutByShare(plan, plan.StageOf(rank), leaves);
  const LeafRange mine = owned[plan.TpRankOf(rank)];
  SumShard shard;
  shard.columns = {column[mine.begin], column[mine.end]};
  shard.plan = SumPlan(leaves, owned);
  for (int leaf = mine.begin; leaf <= mine.end; ++leaf) {
    shard.cuts.column.push_back(column[leaf] - shard.columns.begin);
  }
  for (const LeafRange& subtree : SubtreesOf(mine, leaves)) {
    shard.cuts.subtree.push_back(subtree.begin - mine.begin);
  }
  shard.cuts.subtree.push_back(mine.size());
  return shard;
}

}  // namespace

std::vector<int> AttentionLeaves(const ModelConfig& config, int block) {
  const int columns = config.heads * config.head_dim;
  const int leaf = std::lcm(config.head_dim, block);
  std::vector<int> column;
  for (int c = 0; c < columns; c += leaf) column.push_back(c);
  column.push_back(columns);
  return column;
}

std::vector<int> FfnLeaves(const ModelConfig& config, int block) {
  const int64_t blocks = config.ffn / block;
  const int64_t leaves = std::min<int64_t>(kMaxFfnLeaves, blocks);
  std::vector<int> column;
  for (int64_t i = 0; i <= leaves; ++i) {
    column.push_back(static_cast<int>(i * blocks / leaves * block));
  }
  return column;
}

DType ConvertedType(DType stored, int64_t cols, std::optional<DType> wanted) {
  return wanted.has_value() && cols % Info(*wanted).block == 0 ? *wanted : stored;
}

LayerShard ShardLayer(const ModelConfig& config, const WeightFile& file,
                      std::optional<DType> wanted, const ParallelPlan& plan, int rank, int layer) {
  LayerShard shard;
  auto slice = [&](const char* tensor, int64_t rows, int64_t cols) {
    const std::string name = LayerName(layer, tensor);
    const DType type = ConvertedType(Stored(file, name).type, cols, wanted);
    file.Get(name, rows, cols);  // the type's block divides the file's columns, and so these
    const LeafRange all_rows{0, static_cast<int>(rows)}, all_cols{0, static_cast<int>(cols)};
    return TensorSlice{name, rows, cols, all_rows, all_cols, type};
  };
  const int head_dim = config.head_dim;
  TensorSlice q = slice("attn_q", int64_t{config.heads} * head_dim, config.dim);
  TensorSlice k = slice("attn_k", int64_t{config.kv_heads} * head_dim, config.dim);
  TensorSlice v = slice("attn_v", int64_t{config.kv_heads} * head_dim, config.dim);
  TensorSlice out = slice("attn_output", config.dim, int64_t{config.heads} * head_dim);
  TensorSlice gate = slice("ffn_gate", config.ffn, config.dim);
  TensorSlice up = slice("ffn_up", config.ffn, config.dim);
  TensorSlice down = slice("ffn_down", config.dim, config.ffn);

  auto cut = [&](const TensorSlice& of, std::vector<int> leaves) {
    return ShardSum(leaves, plan, rank, of.name + " (" + Info(of.type).name + ")");
  };
  shard.attn_out = cut(out, AttentionLeaves(config, Info(out.type).block));
  shard.ffn_down = cut(down, FfnLeaves(config, Info(down.type).block));
  shard.heads = {shard.attn_out.columns.begin / head_dim, shard.attn_out.columns.end / head_dim};
  const int group = config.heads / config.kv_heads;
  shard.kv_heads = {shard.heads.begin / group, (shard.heads.end + group - 1) / group};
  shard.head_map = {shard.heads.begin, shard.kv_heads.begin, group};
  shard.ffn = shard.ffn_down.columns;

  q.row = shard.attn_out.columns;
  k.row = v.row = {shard.kv_heads.begin * head_dim, shard.kv_heads.end * head_dim};
  out.col = shard.attn_out.columns;
  gate.row = up.row = down.col = shard.ffn;
  shard.slices = {q, k, v, out, gate, up, down};
  return shard;
}

LeafRange ShardVocab(const ModelConfig& config, const ParallelPlan& plan, int rank) {
  const int blocks = (config.vocab + kVocabBlock - 1) / kVocabBlock;
  const LeafRange mine = CutByShare(plan, plan.pp - 1, blocks)[plan.TpRankOf(rank)];
  return {std::min(mine.begin * kVocabBlock, config.vocab),
          std::min(mine.end * kVocabBlock, config.vocab)};
}

TensorSlice HeadSlice(const ModelConfig& config, const WeightFile& file,
                      std::optional<DType> wanted, LeafRange ids) {
  const std::string name = config.tied ? "token_embd.weight" : "output.weight";
  const DType type = ConvertedType(Stored(file, name).type, config.dim, wanted);
  return {name, config.vocab, config.dim, ids, {0, config.dim}, type};
}

}  // namespace lantern
