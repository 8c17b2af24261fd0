#include "models/activations.h"

#include "src/base/check.h"

namespace lantern {
namespace {

int QkvCols(const ActivationShape& s) { return (s.heads + 2 * s.kv_heads) * s.head_dim; }

}  // namespace

size_t ActivationShape::Bytes() const {
  const size_t per_token = size_t{3} * dim + QkvCols(*this) + size_t(heads) * head_dim +
                           size_t{3} * ffn + size_t(subtrees - 1) * dim;
  const size_t once = per_token * tokens + (size_t(dim) + vocab) * logit_rows;
  const size_t per_step = size_t(dim) * tokens + size_t(vocab) * logit_rows;
  return sizeof(float) * (once + per_step * (steps - 1));
}

Activations::Activations(Backend::Context& context, const ActivationShape& shape)
    : x_(shape.steps), logits_(shape.steps) {
  auto allocate = [&](Memory& memory, int rows, int cols) {
    memory.all = Backend::Allocate(context, memory.owner, rows, cols);
  };
  for (Memory& memory : x_) allocate(memory, shape.tokens, shape.dim);
  allocate(norm_, shape.tokens, shape.dim);
  allocate(sum_, shape.tokens, shape.dim);
  allocate(qkv_, shape.tokens, QkvCols(shape));
  allocate(heads_, shape.tokens, shape.heads * shape.head_dim);
  allocate(gate_up_, shape.tokens, 2 * shape.ffn);
  allocate(ffn_, shape.tokens, shape.ffn);
  allocate(picked_, shape.logit_rows, shape.dim);
  for (Memory& memory : logits_) allocate(memory, shape.logit_rows, shape.vocab);
  picked = picked_.all;
  logits = logits_[0].all;
  extra_partials_.resize(shape.subtrees - 1);
  for (Memory& memory : extra_partials_) allocate(memory, shape.tokens, shape.dim);
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

// A dense view of fewer columns: rows are packed, so that kernels stream them.
Tensor Activations::Cut(const Memory& memory, int cols) const {
  LANTERN_CHECK_LE(cols, memory.all.cols);
  return Tensor::F32(memory.all.f32(), end_ - begin_, cols);
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
