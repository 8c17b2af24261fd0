// Shards: which rows and columns of each tensor a rank holds, and how its partial sums combine.
// Pure arithmetic over shapes, formats and the plan; loading, memory checks and `inspect` read it.
//
// Leaves (the sum tree's units) are fixed by the model, never by the layout:
//   attention output: lcm(head_dim, block) columns each, block being the weight format's;
//   ffn down: min(32, ffn / block) near-equal runs of blocks.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "backends/backend_concept.h"
#include "models/config.h"
#include "models/weight_file.h"
#include "net/parallel_plan.h"
#include "net/sum_plan.h"

namespace lantern {

// The part of a stored [rows, cols] matrix that a rank holds, and the format it is held in.
struct TensorSlice {
  std::string name;
  int64_t rows = 0, cols = 0;  // of the stored tensor: checked when it is read
  LeafRange row, col;          // held here, half-open
  DType type = DType::kF32;    // after --type conversion
};

// How one product whose inputs are spread over the tp ranks is cut and summed.
struct SumShard {
  LeafRange columns;  // of K, held here
  LeafCuts cuts;      // this rank's leaves and subtrees, columns counted from columns.begin
  SumPlan plan;
};

struct LayerShard {
  LeafRange heads, kv_heads;  // held here; kv heads are replicated where ranks share one
  LeafRange ffn;              // rows of gate and up held here = columns of down
  HeadMap head_map;
  SumShard attn_out, ffn_down;
  // attn_q, attn_k, attn_v, attn_output, ffn_gate, ffn_up, ffn_down, in this order.
  std::vector<TensorSlice> slices;
};

// Column boundaries of all leaves of the attention output (whole heads, whole blocks) and of the
// down projection, whose weights come in blocks of `block`.
std::vector<int> AttentionLeaves(const ModelConfig& config, int block);
std::vector<int> FfnLeaves(const ModelConfig& config, int block);

// What a stored type becomes under `--type`: `wanted` where rows of `cols` can hold it, else
// unchanged. none: unchanged.
DType ConvertedType(DType stored, int64_t cols, std::optional<DType> wanted);

// Throws Error{kConfig} where a tensor has fewer leaves than tp ranks, Error{kIo} where the file
// lacks a tensor or has it in another shape.
LayerShard ShardLayer(const ModelConfig& config, const WeightFile& file,
                      std::optional<DType> wanted, const ParallelPlan& plan, int rank, int layer);

// Ids per block of the vocabulary: the unit of head shards, of hashes and of normalisers.
inline constexpr int kVocabBlock = 256;

// Vocabulary ids [begin, end) whose logits a rank of the last stage computes (the same for its
// fellows in other stages). Whole blocks; may be empty.
LeafRange ShardVocab(const ModelConfig& config, const ParallelPlan& plan, int rank);

// The head's slice: output.weight, or the embedding where they are tied.
TensorSlice HeadSlice(const ModelConfig& config, const WeightFile& file,
                      std::optional<DType> wanted, LeafRange ids);

// Bytes that a rank will hold, before anything is loaded.
struct RankBytes {
  size_t weights = 0;
  size_t kv_cache = 0;
  size_t activations = 0;
  size_t between_gpus = 0;  // an allowance: see net/device_allowance.h
  size_t total() const { return weights + kv_cache + activations + between_gpus; }
};

}  // namespace lantern
