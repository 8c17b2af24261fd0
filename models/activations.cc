#include "models/activations.h"

#include "src/base/check.h"

namespace lantern {
namespace {

int QkvCols(const ActivationShape& s) { return (s.heads + 2 * s.kv_heads) * s.head_dim; }

}  // namespace

// As if all were f32: what lower types save is nothing beside the weights.
size_t ActivationShape::Bytes() const {
  const size_t per_token = size_t{3} * dim + QkvCols(*this) + size_t(heads) * head_dim +
                           size_t{3} * ffn + size_t(subtrees - 1) * dim;
  const size_t once = per_token * tokens + (2 * size_t(dim) + vocab) * logit_rows;
  const size_t per_step = size_t(dim) * tokens + size_t(vocab) * logit_rows;
  return sizeof(float) * (once + per_step * (steps - 1));
}

Activations::Activations(Backend::Context& context, const ActivationShape& shape)
    : context_(context), x_(shape.steps), logits_(shape.steps) {
  auto allocate = [&](Memory& memory, int rows, int cols) {
    memory.all = Backend::Allocate(context, memory.owner, rows, cols, DType::kF32);
  };
  auto allocate_operand = [&](Memory& memory, int rows, int cols) {
    memory.all =
        Backend::Allocate(context, memory.owner, rows, cols, Backend::OperandType(context));
  };
  for (Memory& memory : x_) allocate(memory, shape.tokens, shape.dim);
  allocate_operand(norm_, shape.tokens, shape.dim);
  allocate(sum_, shape.tokens, shape.dim);
  allocate_operand(qkv_, shape.tokens, QkvCols(shape));
  allocate_operand(heads_, shape.tokens, shape.heads * shape.head_dim);
  allocate_operand(gate_up_, shape.tokens, 2 * shape.ffn);
  allocate_operand(ffn_, shape.tokens, shape.ffn);
  allocate(picked_, shape.logit_rows, shape.dim);
  allocate_operand(picked_norm_, shape.logit_rows, shape.dim);
  for (Memory& memory : logits_) allocate(memory, shape.logit_rows, shape.vocab);
  picked = picked_.all;
  picked_norm = picked_norm_.all;
  logits = logits_[0].all;
  extra_partials_.resize(shape.subtrees - 1);
  for (Memory& memory : extra_partials_) allocate(memory, shape.tokens, shape.dim);
  Select(0, 0);
}

void Activations::Use(int slot) {
  LANTERN_CHECK(0 <= slot && slot < static_cast<int>(x_.size()));
  slot_ = slot;
  x = Selected(x_[slot_]);
  logits = logits_[slot_].all;
}

void Activations::Select(int begin, int end) {
  LANTERN_CHECK(0 <= begin && begin <= end && end <= norm_.all.rows);
  begin_ = begin;
  end_ = end;
  x = Selected(x_[slot_]);
  norm = norm_.all.Rows(0, end - begin);
  sum = Selected(sum_);
}

// A view of fewer columns: rows lie as kernels like them, not as those of the widest layer.
Tensor Activations::Cut(const Memory& memory, int cols) const {
  LANTERN_CHECK_LE(cols, memory.all.cols);
  return {memory.all.data, memory.all.type, end_ - begin_, cols,
          Backend::RowStride(context_, cols)};
}

const Activations::HostSums& Activations::OnHost(std::span<const Tensor> partials) {
  const bool in_place = Backend::OnHost(context_);
  if (!in_place && mirrors_.empty()) {
    mirrors_.resize(extra_partials_.size() + 1);
    for (auto& mirror : mirrors_) mirror.resize(size_t(sum_.all.rows) * sum_.all.cols);
  }
  host_sums_.partials.clear();
  for (size_t i = 0; i < partials.size(); ++i) {
    const std::span<float> mirror = in_place ? std::span<float>() : std::span(mirrors_[i]);
    const std::span<float> host = Backend::HostSpan(context_, partials[i], mirror);
    host_sums_.partials.push_back(host);
  }
  host_sums_.sum = in_place ? Backend::HostSpan(context_, sum, {})
                            : std::span(mirrors_[0]).first(size_t(sum.rows) * sum.cols);
  return host_sums_;
}

std::span<const Tensor> Activations::Partials(int subtrees) {
  LANTERN_CHECK_LE(subtrees, static_cast<int>(extra_partials_.size()) + 1);
  partials_.clear();
  for (int i = 0; i < subtrees; ++i) {
    partials_.push_back(i == 0 ? sum : Selected(extra_partials_[i - 1]));
  }
  return partials_;
}

}  // namespace lantern
