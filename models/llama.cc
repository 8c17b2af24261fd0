#include "models/llama.h"

#include <optional>

#include "models/layers.h"
#include "models/rope.h"

namespace lantern {
namespace {

// One transformer layer: this rank's heads and this rank's part of the feed-forward network.
class LlamaLayer {
 public:
  LlamaLayer(const ModelPart& part, int index, Loader& loader)
      : index_(index),
        model_layer_(part.first_layer + index),
        shard_(part.layers[index]),
        head_dim_(part.config.head_dim),
        window_(part.config.sliding_window),
        attn_norm_(loader, Name("attn_norm"), part.config),
        qkv_(loader, std::span(shard_.slices).subspan(0, 3)),
        attn_out_(loader, shard_.slices[3], shard_.attn_out, {model_layer_, SumSite::kAttention}),
        ffn_norm_(loader, Name("ffn_norm"), part.config),
        gate_up_(loader, std::span(shard_.slices).subspan(4, 2)),
        ffn_down_(loader, shard_.slices[6], shard_.ffn_down,
                  {model_layer_, SumSite::kFeedForward}) {}

  // Starts the sum of the attention's output.
  void StartAttention(Run& run, const RopeTable& rope) const {
    Activations& a = run.act;
    const Tensor normed = attn_norm_(run, a.norm, a.x);
    Tensor qkv = a.Qkv(qkv_.cols());  // merged; local heads only
    qkv_(run, qkv, normed);
    run.Progress();
    const int q_end = shard_.heads.size() * head_dim_;
    const int k_end = q_end + shard_.kv_heads.size() * head_dim_;
    Tensor q = qkv.Columns(0, q_end), k = qkv.Columns(q_end, k_end);
    Backend::Rope(run.ctx, q, k, rope, run.view());
    const KvView& kv = run.kv.View(index_);
    Backend::AppendKv(run.ctx, kv, k, qkv.Columns(k_end, qkv.cols), run.view());
    Tensor heads = a.Heads(q_end);
    Backend::Attention(run.ctx, heads, q, kv, run.view(), shard_.head_map, window_);
    run.Advance();
    attn_out_.Start(run, heads);
  }

  // Takes that sum into the residual stream, and starts the one of the feed-forward network.
  void StartFeedForward(Run& run) const {
    Activations& a = run.act;
    SummedLinear::Finish(run);
    const Tensor normed = ffn_norm_(run, a.norm, a.x);
    Tensor gate_up = a.GateUp(gate_up_.cols()), ffn = a.Ffn(shard_.ffn.size());
    gate_up_(run, gate_up, normed);  // merged
    run.Advance();
    Backend::SiluMul(run.ctx, ffn, gate_up);
    ffn_down_.Start(run, ffn);
  }

  // Takes that sum too. The stage's last layer leaves the residual stream whole.
  void Finish(Run& run, bool last = false) const {
    SummedLinear::Finish(run);
    if (last) run.JoinRows();
    // A pass over [n, dim] is nothing beside the layer's weights.
    Backend::LookAtResidual(run.ctx, run.act.x, run.first_token(), model_layer_,
                            run.LooksAfter(last) ? index_ : -1);
  }

 private:
  std::string Name(const char* tensor) const {
    return "blk." + std::to_string(model_layer_) + "." + tensor + ".weight";
  }

  int index_;        // in this stage
  int model_layer_;  // the same in the model
  LayerShard shard_;
  int head_dim_, window_;
  Norm attn_norm_;
  Linear qkv_;
  SummedLinear attn_out_;
  Norm ffn_norm_;
  Linear gate_up_;
  SummedLinear ffn_down_;
};

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
      : rope_(MakeRopeTable(loader.context(), part.config, context_tokens)) {
    if (part.first_stage) embedding_.emplace(loader, part.embedding);
    for (size_t i = 0; i < part.layers.size(); ++i) {
      layers_.emplace_back(part, static_cast<int>(i), loader);
    }
    if (part.last_stage) head_.emplace(part, loader);
  }

  void Forward(Run& run) const override {
    if (embedding_) (*embedding_)(run, run.act.x);
    for (size_t i = 0; i < layers_.size(); ++i) {
      for (int part = 0; part < run.parts(); ++part) {
        run.Enter(part);
        if (i > 0) layers_[i - 1].Finish(run);
        layers_[i].StartAttention(run, rope_);
      }
      for (int part = 0; part < run.parts(); ++part) {
        run.Enter(part);
        layers_[i].StartFeedForward(run);
      }
      // What the step before hands over may be longer than the wire takes at once.
      run.sums.Progress();
    }
    for (int part = 0; part < run.parts(); ++part) {
      run.Enter(part);
      layers_.back().Finish(run, true);
    }
    run.EnterAll();
  }

  void Logits(Run& run) const override {
    const auto& rows = run.batch.logits_at;
    Tensor picked = run.act.picked.Rows(0, static_cast<int>(rows.size()));
    Backend::Gather(run.ctx, picked, run.act.x, run.view());
    const Tensor normed = head_->norm(run, run.act.picked_norm.Rows(0, picked.rows), picked);
    const Tensor logits = run.act.logits.Rows(0, picked.rows);
    head_->logits(run, logits, normed);
    Backend::LookAtLogits(run.ctx, logits, run.view());
    if (run.guesses_together()) GuessTogether(run);
  }

 private:
  // What a rank guesses, all of them must: of the whole vocabulary, from everybody's candidates.
  // These are added up, as each rank has zeros where others have theirs.
  static void GuessTogether(Run& run) {
    const CandidateLists lists = Backend::OfferCandidates(run.ctx, run.view());
    run.device_sums->AddExactSum(lists.all, lists.mine);
    Backend::GuessFrom(run.ctx, lists.all, run.view());
  }

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
