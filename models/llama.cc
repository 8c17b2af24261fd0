#include "models/llama.h"

#include <optional>

#include "models/layers.h"
#include "models/residual.h"
#include "models/rope.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// One transformer layer: this rank's heads and this rank's part of the feed-forward network.
class LlamaLayer {
 public:
  LlamaLayer(const ModelPart& part, int index, Loader& loader)
      : index_(index),
        shard_(part.layers[index]),
        head_dim_(part.config.head_dim),
        window_(part.config.sliding_window),
        attn_norm_(loader, Name(part, "attn_norm"), part.config),
        qkv_(loader, std::span(shard_.slices).subspan(0, 3)),
        attn_out_(loader, shard_.slices[3], shard_.attn_out,
                  {part.first_layer + index, SumSite::kAttention}),
        ffn_norm_(loader, Name(part, "ffn_norm"), part.config),
        gate_up_(loader, std::span(shard_.slices).subspan(4, 2)),
        ffn_down_(loader, shard_.slices[6], shard_.ffn_down,
                  {part.first_layer + index, SumSite::kFeedForward}) {}

  void Forward(Run& run, const RopeTable& rope) const {
    Activations& a = run.act;
    attn_norm_(run, a.norm, a.x);
    Tensor qkv = a.Qkv(qkv_.cols());  // merged; local heads only
    qkv_(run, qkv, a.norm);
    const int q_end = shard_.heads.size() * head_dim_;
    const int k_end = q_end + shard_.kv_heads.size() * head_dim_;
    Tensor q = qkv.Columns(0, q_end), k = qkv.Columns(q_end, k_end);
    Backend::Rope(run.ctx, q, k, rope, run.batch.position);
    const KvView& kv = run.kv.View(index_);
    Backend::AppendKv(run.ctx, kv, k, qkv.Columns(k_end, qkv.cols), run.view);
    Tensor heads = a.Heads(q_end);
    Backend::Attention(run.ctx, heads, q, kv, run.view, shard_.head_map, window_);
    attn_out_(run, a.sum, heads);  // all-reduce inside
    Backend::Add(run.ctx, a.x, a.sum);

    ffn_norm_(run, a.norm, a.x);
    Tensor gate_up = a.GateUp(gate_up_.cols()), ffn = a.Ffn(shard_.ffn.size());
    gate_up_(run, gate_up, a.norm);  // merged
    Backend::SiluMul(run.ctx, ffn, gate_up);
    ffn_down_(run, a.sum, ffn);  // all-reduce inside
    Backend::Add(run.ctx, a.x, a.sum);
  }

 private:
  std::string Name(const ModelPart& part, const char* tensor) const {
    return "blk." + std::to_string(part.first_layer + index_) + "." + tensor + ".weight";
  }

  int index_;  // in this stage
  LayerShard shard_;
  int head_dim_, window_;
  Norm attn_norm_;
  Linear qkv_;
  SummedLinear attn_out_;
  Norm ffn_norm_;
  Linear gate_up_;
  SummedLinear ffn_down_;
};

// Every rank of a stage holds the same residual stream, so all of them stop here together. A pass
// over [n, dim] is nothing beside the layer's weights.
void LookAtResidual(Run& run, int first_layer, size_t i) {
  const std::span<const float> x = Backend::HostSpan(run.ctx, run.act.x, {});
  if (!AllFinite(x)) {
    Fail(ErrorKind::kIo,
         "Layer {} gave a value that is not a number: the weights are damaged, or too large for "
         "their type.",
         first_layer + i);
  }
  if (!run.residual.empty()) run.residual[i] = ResidualHash(x);
}

// The last stage's end: final norm and this rank's share of the vocabulary.
struct LlamaHead {
  LlamaHead(const ModelPart& part, Loader& loader)
      : norm(loader, "output_norm.weight", part.config), logits(loader, std::span(&part.head, 1)) {}
  Norm norm;
  Linear logits;
};

class Llama : public Model {
 public:
  Llama(const ModelPart& part, Loader& loader, int context_tokens)
      : first_layer_(part.first_layer), rope_(MakeRopeTable(part.config, context_tokens)) {
    if (part.first_stage) embedding_.emplace(loader, part.embedding);
    for (size_t i = 0; i < part.layers.size(); ++i) {
      layers_.emplace_back(part, static_cast<int>(i), loader);
    }
    if (part.last_stage) head_.emplace(part, loader);
  }

  void Forward(Run& run) const override {
    if (embedding_) (*embedding_)(run, run.act.x);
    for (size_t i = 0; i < layers_.size(); ++i) {
      layers_[i].Forward(run, rope_);
      // What the step before hands over may be longer than the wire takes at once.
      run.sums.group().Progress();
      LookAtResidual(run, first_layer_, i);
    }
  }

  void Logits(Run& run) const override {
    const auto& rows = run.batch.logits_at;
    Tensor picked = run.act.picked.Rows(0, static_cast<int>(rows.size()));
    Backend::Gather(run.ctx, picked, run.act.x, rows);
    head_->norm(run, picked, picked);
    head_->logits(run, run.act.logits.Rows(0, picked.rows), picked);
  }

 private:
  int first_layer_;
  RopeTable rope_;
  std::optional<Embedding> embedding_;
  std::vector<LlamaLayer> layers_;
  std::optional<LlamaHead> head_;
};

}  // namespace

std::unique_ptr<Model> MakeLlama(const ModelPart& part, Loader& loader, int context_tokens) {
  return std::make_unique<Llama>(part, loader, context_tokens);
}

}  // namespace lantern
