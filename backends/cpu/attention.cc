// The key/value cache and attention over it: one task per token (stores) or per token and head.
#include <cmath>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "src/base/check.h"

namespace lantern {
namespace {

int ElementBytes(const KvView& kv) {
  LANTERN_CHECK(kv.type == DType::kF32 || kv.type == DType::kF16);
  return Info(kv.type).block_bytes;
}

// Bytes from the cache's start to head 0's row of a position; heads follow block_tokens rows apart.
int64_t RowOffset(const KvView& kv, std::span<const int> blocks, int position) {
  LANTERN_CHECK(position >= 0);
  LANTERN_CHECK_LT(static_cast<size_t>(position / kv.block_tokens), blocks.size());
  const int64_t block = blocks[position / kv.block_tokens];
  const int64_t row = block * kv.heads * kv.block_tokens + position % kv.block_tokens;
  return row * kv.head_dim * ElementBytes(kv);
}

void CheckBatch(const BatchView& batch, int tokens) {
  LANTERN_CHECK_EQ(static_cast<int>(batch.position.size()), tokens);
  LANTERN_CHECK_EQ(static_cast<int>(batch.sequence.size()), tokens);
}

}  // namespace

void CpuBackend::AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                          const BatchView& batch) {
  CheckBatch(batch, k.rows);
  LANTERN_CHECK(k.cols == kv.heads * kv.head_dim && v.cols == k.cols && v.rows == k.rows);
  const auto store =
      kv.type == DType::kF16 ? context.kernels().store_f16 : context.kernels().store_f32;
  const int64_t head_bytes = static_cast<int64_t>(kv.block_tokens) * kv.head_dim * ElementBytes(kv);
  context.ParallelFor(k.rows, [&](int token) {
    int64_t offset = RowOffset(kv, batch.blocks[batch.sequence[token]], batch.position[token]);
    for (int head = 0; head < kv.heads; ++head, offset += head_bytes) {
      store(kv.keys + offset, k.Row(token) + head * kv.head_dim, kv.head_dim);
      store(kv.values + offset, v.Row(token) + head * kv.head_dim, kv.head_dim);
    }
  });
}

void CpuBackend::Attention(Context& context, Tensor out, Tensor q, const KvView& kv,
                           const BatchView& batch, const HeadMap& heads, int window) {
  CheckBatch(batch, q.rows);
  LANTERN_CHECK(out.rows == q.rows && out.cols == q.cols && q.cols % kv.head_dim == 0);
  LANTERN_CHECK_LE(kv.head_dim, kMaxHeadDim);
  ElementBytes(kv);
  const int head_count = q.cols / kv.head_dim;
  const float scale = 1.0f / std::sqrt(static_cast<float>(kv.head_dim));
  const auto attend =
      kv.type == DType::kF16 ? context.kernels().attend_f16 : context.kernels().attend_f32;
  context.ParallelFor(q.rows * head_count, [&](int task) {
    const int token = task / head_count, head = task % head_count;
    const int kv_head = heads.KvHead(head), end = batch.position[token] + 1;
    const std::span<const int> blocks = batch.blocks[batch.sequence[token]];
    LANTERN_CHECK(0 <= kv_head && kv_head < kv.heads);
    LANTERN_CHECK_LT(static_cast<size_t>((end - 1) / kv.block_tokens), blocks.size());
    const int column = head * kv.head_dim;
    attend({.out = out.Row(token) + column,
            .q = q.Row(token) + column,
            .head_dim = kv.head_dim,
            .scale = scale,
            .keys = reinterpret_cast<const uint8_t*>(kv.keys),
            .values = reinterpret_cast<const uint8_t*>(kv.values),
            .blocks = blocks.data(),
            .block_tokens = kv.block_tokens,
            .heads = kv.heads,
            .head = kv_head,
            .begin = window > 0 && end > window ? end - window : 0,
            .end = end});
  });
}

}  // namespace lantern
