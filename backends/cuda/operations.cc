// The operations of a step, in the order in which a layer calls them. Some wait until the next one
// is known: see CudaContext::Pending.
#include <algorithm>
#include <optional>
#include <utility>

#include "backends/cuda/context.h"
#include "backends/cuda/cuda_backend.h"
#include "backends/cuda/kernels/attention.h"
#include "backends/cuda/kernels/rows.h"
#include "backends/cuda/products.h"
#include "src/base/check.h"

namespace lantern {
namespace {

using cuda::MatrixOf;

// With more tokens every block of a product would norm them all again: one kernel does it before.
constexpr int kMostNormedInProducts = 1;
// Larger steps keep the device busy for longer than their launches take the host.
constexpr int kMostRecordedTokens = 256;

void LaunchSum(CudaContext& context) {
  if (!context.pending.sum) return;
  const CudaContext::Sum sum = *std::exchange(context.pending.sum, std::nullopt);
  cuda::Add(context.queue(), MatrixOf(sum.x), MatrixOf(sum.y));
}

void LaunchNorm(CudaContext& context) {
  if (!context.pending.norm) return;
  const CudaContext::Norm norm = *std::exchange(context.pending.norm, std::nullopt);
  cuda::RmsNorm(context.queue(), MatrixOf(norm.out), MatrixOf(norm.x), norm.weight.f32(), norm.eps);
}

void LaunchProduct(CudaContext& context) {
  if (!context.pending.product) return;
  cuda::Multiply(context.queue(), *std::exchange(context.pending.product, std::nullopt));
}

void Flush(CudaContext& context) { context.LaunchPending(); }

// Whether the pending product writes this tensor.
bool IsProduct(const CudaContext& context, const Tensor& tensor) {
  return context.pending.product && context.pending.product->out.data == tensor.data;
}

}  // namespace

void CudaContext::LaunchPending() {
  LaunchProduct(*this);
  LaunchSum(*this);
  LaunchNorm(*this);
  LANTERN_CHECK(!pending.turn && !pending.append);
}

void CudaBackend::RmsNorm(Context& context, Tensor out, Tensor x, Tensor weight, float eps) {
  LANTERN_CHECK(out.rows == x.rows && out.cols == x.cols && weight.cols == x.cols);
  LaunchProduct(context);
  const bool fits = cuda::RealBytes(context.compute()) == 2 && x.rows <= kMostNormedInProducts;
  if (context.pending.sum && context.pending.sum->x.data == x.data && !fits) {
    const CudaContext::Sum sum = *std::exchange(context.pending.sum, std::nullopt);
    cuda::AddRmsNorm(context.queue(), MatrixOf(out), MatrixOf(x), MatrixOf(sum.y), weight.f32(),
                     eps);
    return;
  }
  Flush(context);
  context.pending.norm = {out, x, weight, eps};
  if (!fits) Flush(context);
}

void CudaBackend::MatMul(Context& context, Tensor out, Tensor x,
                         std::span<const WeightMatrix> parts) {
  std::optional<CudaContext::Norm> norm;
  if (context.pending.norm && context.pending.norm->out.data == x.data) {
    norm = std::exchange(context.pending.norm, std::nullopt);
  }
  Flush(context);
  cuda::Product product{out, x, parts, 0};
  if (norm) {
    product.x = norm->x;
    product.norm = norm->weight.f32();
    product.eps = norm->eps;
  }
  context.pending.product = cuda::MultiplyOrPrepare(context, product, parts.size() == 2);
}

void CudaBackend::MatMulLeaves(Context& context, std::span<const Tensor> out, Tensor x,
                               const WeightMatrix& weight, const LeafCuts& cuts) {
  LANTERN_CHECK_EQ(static_cast<int>(out.size()), cuts.subtrees());
  Flush(context);
  for (int s = 0; s < cuts.subtrees(); ++s) {
    const int begin = cuts.column[cuts.subtree[s]], end = cuts.column[cuts.subtree[s + 1]];
    const cuda::Product product{out[s], x.Columns(begin, end), {&weight, 1}, begin};
    LaunchProduct(context);
    context.pending.product = cuda::MultiplyOrPrepare(context, product, true);
  }
}

void CudaBackend::SiluMul(Context& context, Tensor out, Tensor gate_up) {
  LANTERN_CHECK(out.rows == gate_up.rows && 2 * out.cols == gate_up.cols);
  if (IsProduct(context, gate_up) && cuda::CanGate(*context.pending.product)) {
    context.pending.product->into = cuda::SkinnyProduct::kGated;
    context.pending.product->out = MatrixOf(out);
    return LaunchProduct(context);
  }
  Flush(context);
  cuda::SiluMul(context.queue(), MatrixOf(out), MatrixOf(gate_up));
}

void CudaBackend::Add(Context& context, Tensor x, Tensor y) {
  LANTERN_CHECK(x.rows == y.rows && x.cols == y.cols);
  if (IsProduct(context, y)) {
    context.pending.product->into = cuda::SkinnyProduct::kAdd;
    context.pending.product->out = MatrixOf(x);
    return LaunchProduct(context);
  }
  Flush(context);
  context.pending.sum = {x, y};
}

void CudaBackend::Rope(Context& context, Tensor q, Tensor k, const RopeTable& rope,
                       const BatchView&) {
  Flush(context);
  context.pending.turn = {q, k, &rope};
}

void CudaBackend::AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                           const BatchView&) {
  LANTERN_CHECK(context.pending.turn && context.pending.turn->k.data == k.data);
  context.pending.append = {kv, k, v};
}

void CudaBackend::Attention(Context& context, Tensor out, Tensor q, const KvView& kv,
                            const BatchView& batch, const HeadMap& heads, int window) {
  LANTERN_CHECK(context.pending.turn && context.pending.append);
  const CudaContext::Turn turn = *std::exchange(context.pending.turn, std::nullopt);
  const CudaContext::Append append = *std::exchange(context.pending.append, std::nullopt);
  LANTERN_CHECK(turn.q.data == q.data && append.kv.keys == kv.keys);
  // q, k and v lie side by side, as one product wrote them.
  LANTERN_CHECK(static_cast<std::byte*>(append.k.data) == q.At(0, q.cols));
  LANTERN_CHECK(static_cast<std::byte*>(append.v.data) == append.k.At(0, append.k.cols));
  const cuda::StepTokens& tokens = context.step().tokens();
  LANTERN_CHECK_EQ(tokens.tokens, static_cast<int>(batch.position.size()));
  LANTERN_CHECK(turn.rope->cos_sin.dense());

  cuda::AttentionStep step;
  step.qkv = MatrixOf(q);
  step.qkv.columns = q.cols + append.k.cols + append.v.cols;
  step.rope = turn.rope->cos_sin.f32();
  step.cache = {kv.keys, kv.values, kv.type, kv.block_tokens, kv.heads, kv.head_dim};
  step.heads = {q.cols / kv.head_dim, heads.q_begin, heads.kv_begin, heads.group};
  step.window = window;
  step.out = MatrixOf(out);
  const size_t scratch =
      cuda::AttentionScratchBytes(context.queue().multiprocessors, tokens.tokens, step.heads.query,
                                  kv.head_dim, tokens.most_positions);
  cuda::Attend(context.queue(), tokens, step, context.AttentionScratch(scratch));
}

void CudaBackend::Embed(Context& context, Tensor out, const EmbeddingTable& table,
                        const BatchView& batch) {
  LANTERN_CHECK_EQ(static_cast<int>(batch.token.size()), out.rows);
  Flush(context);
  cuda::Embed(context.queue(), MatrixOf(out), table.data.get(), table.rows.type,
              context.step().token_ids(), context.step().guesses());
}

void CudaBackend::Gather(Context& context, Tensor out, Tensor x, const BatchView& batch) {
  LANTERN_CHECK_EQ(static_cast<int>(batch.logits_at.size()), out.rows);
  Flush(context);
  cuda::Gather(context.queue(), MatrixOf(out), MatrixOf(x), context.step().logits_at());
}

std::span<float> CudaBackend::HostSpan(Context& context, Tensor tensor, std::span<float> host) {
  context.Enter();
  Flush(context);
  const size_t count = static_cast<size_t>(tensor.rows) * tensor.cols;
  LANTERN_CHECK_LE(count, host.size());
  if (count == 0) return host.first(0);
  const size_t row_bytes = tensor.cols * sizeof(float);
  cuda::Require(
      cudaMemcpy2DAsync(host.data(), row_bytes, tensor.f32(), tensor.stride * sizeof(float),
                        row_bytes, tensor.rows, cudaMemcpyDeviceToHost, context.queue().stream),
      "copying from the device");
  context.Wait();
  return host.first(count);
}

void CudaBackend::RunStep(Context& context, const BatchView& batch, int slot, bool repeats,
                          const std::function<void()>& body) {
  context.Enter();
  cuda::StepMemory& step = context.step();
  bool moved = false;
  step.Set(context.queue(), batch, slot, moved);
  if (moved) context.recorded().Clear();
  const auto whole = [&] {
    step.Begin(context.queue());
    context.look.reset();
    body();
    Flush(context);
    if (context.look) {
      cuda::LookAt(context.queue(), MatrixOf(context.look->x), 0, context.look->layer,
                   step.bad_layer(), nullptr);
    }
    step.End(context.queue());
  };
  const bool decodes = step.shape().longest_run == 1 && step.shape().tokens <= kMostRecordedTokens;
  if (repeats && decodes) {
    context.recorded().Run(context.queue(), step.shape(), whole);
  } else {
    whole();
  }
  step.MarkEnd(context.queue());
}

void CudaBackend::LookAtResidual(Context& context, Tensor x, int row, int layer, int slot) {
  if (slot < 0) {
    context.look = {x, layer};
    return;
  }
  context.look.reset();
  Flush(context);
  cuda::LookAt(context.queue(), MatrixOf(x), row, layer, context.step().bad_layer(),
               context.step().residual_hash(slot));
}

ResidualLook CudaBackend::EndStep(Context& context, int slot) {
  context.Enter();
  return context.step().WaitForEnd(slot);
}

// How many of the largest are found is a matter of the step's shape, which knows the batch.
void CudaBackend::LookAtLogits(Context& context, Tensor logits, const BatchView&) {
  Flush(context);
  bool moved = false;
  context.step().LookAtLogits(context.queue(), MatrixOf(logits), moved);
  if (moved) context.recorded().Clear();
}

CandidateLists CudaBackend::OfferCandidates(Context& context, const BatchView&) {
  bool moved = false;
  const CandidateLists lists = context.step().OfferCandidates(context.queue(), moved);
  if (moved) context.recorded().Clear();
  return lists;
}

void CudaBackend::GuessFrom(Context& context, Tensor all, const BatchView&) {
  Flush(context);
  context.step().GuessFrom(context.queue(), all);
}

std::optional<LogitsLook> CudaBackend::GetLogitsLook(Context& context, Tensor logits, int row) {
  return context.step().logits(logits.data, row);
}

}  // namespace lantern
