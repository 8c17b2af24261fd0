// The key/value cache and attention over it. A task is some query heads of one token that share a
// kv head; where there are fewer of those than threads, one chunk of positions of such a task.
#include <algorithm>
#include <cmath>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "src/base/check.h"

namespace lantern {
namespace {

const KernelTable::Cache& CacheKernels(const KernelTable& kernels, DType type) {
  switch (type) {
    case DType::kF32:
      return kernels.cache_f32;
    case DType::kF16:
      return kernels.cache_f16;
    case DType::kBF16:
      return kernels.cache_bf16;
    default:
      LANTERN_CHECK(type == DType::kQ8_0);
      return kernels.cache_q8_0;
  }
}

// Bytes from the cache's start to head 0's row of a position; heads follow block_tokens rows apart.
int64_t RowOffset(const KvView& kv, std::span<const int> blocks, int position) {
  LANTERN_CHECK(position >= 0);
  LANTERN_CHECK_LT(static_cast<size_t>(position / kv.block_tokens), blocks.size());
  const int64_t block = blocks[position / kv.block_tokens];
  const int64_t row = block * kv.heads * kv.block_tokens + position % kv.block_tokens;
  return row * static_cast<int64_t>(RowBytes(kv.type, kv.head_dim));
}

void CheckBatch(const BatchView& batch, int tokens) {
  LANTERN_CHECK_EQ(static_cast<int>(batch.position.size()), tokens);
  LANTERN_CHECK_EQ(static_cast<int>(batch.sequence.size()), tokens);
}

// Runs of query heads that share a kv head, as long as kernels take them.
void GroupHeads(const HeadMap& heads, int head_count, std::vector<HeadGroup>& groups) {
  groups.clear();
  for (int head = 0; head < head_count; ++head) {
    const bool joins = !groups.empty() && groups.back().count < kAttentionQueries &&
                       heads.KvHead(head) == heads.KvHead(groups.back().first);
    if (joins) {
      ++groups.back().count;
    } else {
      groups.push_back({head, 1});
    }
  }
}

// What all jobs of one operation have in common.
struct AttentionWork {
  const Tensor out, q;
  const KvView& kv;
  const BatchView& batch;
  const HeadMap& heads;
  const int window;

  AttentionJob Job(int token, const HeadGroup& group) const {
    const int kv_head = heads.KvHead(group.first), end = batch.position[token] + 1;
    const std::span<const int> blocks = batch.blocks[batch.sequence[token]];
    LANTERN_CHECK(0 <= kv_head && kv_head < kv.heads);
    LANTERN_CHECK_LT(static_cast<size_t>((end - 1) / kv.block_tokens), blocks.size());
    const int column = group.first * kv.head_dim;
    return {.out = out.Row(token) + column,
            .q = q.Row(token) + column,
            .queries = group.count,
            .head_dim = kv.head_dim,
            .scale = 1.0f / std::sqrt(static_cast<float>(kv.head_dim)),
            .keys = reinterpret_cast<const uint8_t*>(kv.keys),
            .values = reinterpret_cast<const uint8_t*>(kv.values),
            .blocks = blocks.data(),
            .block_tokens = kv.block_tokens,
            .heads = kv.heads,
            .head = kv_head,
            .begin = window > 0 && end > window ? end - window : 0,
            .end = end,
            .part = nullptr};
  }
};

// Chunks that positions [begin, end) touch.
int FirstChunk(const AttentionJob& job) { return job.begin / kAttentionChunk; }
int ChunkCount(const AttentionJob& job) {
  return (job.end - 1) / kAttentionChunk - FirstChunk(job) + 1;
}

// One task per chunk, into scratch; then one per task of before, which merges in order.
void AttendInParts(CpuContext& context, const AttentionWork& work,
                   std::span<const HeadGroup> groups, int most_chunks) {
  const int group_count = static_cast<int>(groups.size());
  const int64_t part_size = kPartHead + work.kv.head_dim;
  const int64_t chunk_size = kAttentionQueries * part_size, task_size = most_chunks * chunk_size;
  const int tasks = work.q.rows * group_count;
  auto& parts = context.attention_scratch().parts;
  if (parts.size() < static_cast<size_t>(tasks * task_size)) parts.resize(tasks * task_size);
  const auto attend = CacheKernels(context.kernels(), work.kv.type).attend;
  context.ParallelFor(tasks * most_chunks, [&](int task) {
    const int whole = task / most_chunks, chunk = task % most_chunks;
    AttentionJob job = work.Job(whole / group_count, groups[whole % group_count]);
    if (chunk >= ChunkCount(job)) return;
    const int position = (FirstChunk(job) + chunk) * kAttentionChunk;
    job.begin = std::max(job.begin, position);
    job.end = std::min(job.end, position + kAttentionChunk);
    job.part = parts.data() + whole * task_size + chunk * chunk_size;
    attend(job);
  });
  context.ParallelFor(tasks, [&](int whole) {
    const AttentionJob job = work.Job(whole / group_count, groups[whole % group_count]);
    for (int query = 0; query < job.queries; ++query) {
      context.kernels().merge_parts(job.out + query * job.head_dim,
                                    parts.data() + whole * task_size + query * part_size,
                                    ChunkCount(job), chunk_size, job.head_dim);
    }
  });
}

}  // namespace

void CpuBackend::AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                          const BatchView& batch) {
  CheckBatch(batch, k.rows);
  LANTERN_CHECK(k.cols == kv.heads * kv.head_dim && v.cols == k.cols && v.rows == k.rows);
  const auto store = CacheKernels(context.kernels(), kv.type).store;
  const int64_t head_bytes = kv.block_tokens * static_cast<int64_t>(RowBytes(kv.type, kv.head_dim));
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
  auto& groups = context.attention_scratch().groups;
  GroupHeads(heads, q.cols / kv.head_dim, groups);
  const AttentionWork work{out, q, kv, batch, heads, window};
  const int group_count = static_cast<int>(groups.size()), tasks = q.rows * group_count;
  int most_chunks = 1;
  for (int token = 0; token < q.rows; ++token) {
    most_chunks = std::max(most_chunks, ChunkCount(work.Job(token, groups[0])));
  }
  if (tasks < 4 * context.threads() && context.threads() > 1 && most_chunks > 1) {
    return AttendInParts(context, work, groups, most_chunks);
  }
  const auto attend = CacheKernels(context.kernels(), kv.type).attend;
  context.ParallelFor(
      tasks, [&](int task) { attend(work.Job(task / group_count, groups[task % group_count])); });
}

}  // namespace lantern
