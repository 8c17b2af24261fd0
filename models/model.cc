#include "models/model.h"

#include <algorithm>

#include "models/llama.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Factory = std::unique_ptr<Model> (*)(const ModelPart&, Loader&, int);

struct Architecture {
  std::string_view name;
  Factory make;
};

// Dense Mistral is a Llama whose attention may have a sliding window.
constexpr Architecture kArchitectures[] = {{"llama", MakeLlama}, {"mistral", MakeLlama}};

}  // namespace

std::vector<int> ModelPart::KvHeads() const {
  std::vector<int> heads;
  for (const LayerShard& layer : layers) heads.push_back(layer.kv_heads.size());
  return heads;
}

ActivationShape ModelPart::Activations(int tokens, int logit_rows, int steps) const {
  ActivationShape shape;
  shape.tokens = tokens;
  shape.logit_rows = last_stage ? logit_rows : 0;
  shape.steps = steps;
  shape.dim = config.dim;
  shape.head_dim = config.head_dim;
  shape.vocab = last_stage ? head.row.size() : 0;
  for (const LayerShard& layer : layers) {
    shape.heads = std::max(shape.heads, layer.heads.size());
    shape.kv_heads = std::max(shape.kv_heads, layer.kv_heads.size());
    shape.ffn = std::max(shape.ffn, layer.ffn.size());
    shape.subtrees =
        std::max({shape.subtrees, layer.attn_out.cuts.subtrees(), layer.ffn_down.cuts.subtrees()});
  }
  return shape;
}

std::vector<TensorSlice> ModelPart::Slices() const {
  std::vector<TensorSlice> slices;
  const auto norm = [&](const std::string& name) {
    slices.push_back({name, 1, config.dim, {0, 1}, {0, config.dim}, DType::kF32});
  };
  if (first_stage) slices.push_back(embedding);
  for (size_t i = 0; i < layers.size(); ++i) {
    const std::string layer = "blk." + std::to_string(first_layer + i);
    norm(layer + ".attn_norm.weight");
    norm(layer + ".ffn_norm.weight");
    slices.insert(slices.end(), layers[i].slices.begin(), layers[i].slices.end());
  }
  if (last_stage) norm("output_norm.weight");
  if (last_stage) slices.push_back(head);
  return slices;
}

size_t ModelPart::PackedBytes(const DeviceOptions& device) const {
  auto packed = [&](const TensorSlice& slice) {
    return Backend::PackedBytes(device, slice.type, slice.row.size(), slice.col.size());
  };
  size_t bytes = last_stage ? packed(head) : 0;
  for (const LayerShard& layer : layers) {
    for (const TensorSlice& slice : layer.slices) bytes += packed(slice);
  }
  return bytes;
}

size_t ModelPart::WeightBytes(const DeviceOptions& device) const {
  size_t bytes = PackedBytes(device) + 2 * sizeof(float) * config.dim * layers.size();  // norms
  if (first_stage) {
    bytes +=
        Backend::TableBytes(device, embedding.type, embedding.row.size(), embedding.col.size());
  }
  return bytes;
}

ModelPart PartOf(const WeightFile& file, std::optional<DType> wanted, const ParallelPlan& plan,
                 int rank) {
  ModelPart part;
  part.config = file.config();
  const int stage = plan.StageOf(rank);
  part.first_layer = plan.layer_begin[stage];
  for (int layer = part.first_layer; layer < plan.layer_begin[stage + 1]; ++layer) {
    part.layers.push_back(ShardLayer(part.config, file, wanted, plan, rank, layer));
  }
  part.first_stage = stage == 0;
  part.last_stage = stage == plan.pp - 1;
  const StoredTensor& table = file.Get("token_embd.weight", part.config.vocab, part.config.dim);
  part.embedding = {"token_embd.weight",  part.config.vocab,
                    part.config.dim,      {0, part.config.vocab},
                    {0, part.config.dim}, ConvertedType(table.type, part.config.dim, wanted)};
  part.head = HeadSlice(part.config, file, wanted, ShardVocab(part.config, plan, rank));
  return part;
}

std::unique_ptr<Model> LoadModel(const ModelPart& part, Loader& loader, int context_tokens) {
  for (const Architecture& architecture : kArchitectures) {
    if (architecture.name == part.config.architecture) {
      return architecture.make(part, loader, context_tokens);
    }
  }
  Fail(ErrorKind::kConfig, "Architecture '{}' is not supported; llama and mistral are.",
       part.config.architecture);
}

}  // namespace lantern
