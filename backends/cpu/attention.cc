// The key/value cache and attention over it. A task is some query heads that share a kv head, of
// one token or of a few that follow each other; where there are fewer of those than threads, one
// chunk of positions of such a task.
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

// Bytes from the cache's start to head 0's part of a position's block; those of the other heads
// follow, block_tokens rows apart.
int64_t BlockOffset(const KvView& kv, std::span<const int> blocks, int position) {
  LANTERN_CHECK(position >= 0);
  LANTERN_CHECK_LT(static_cast<size_t>(position / kv.block_tokens), blocks.size());
  const int64_t rows = int64_t{blocks[position / kv.block_tokens]} * kv.heads * kv.block_tokens;
  return rows * static_cast<int64_t>(RowBytes(kv.type, kv.head_dim));
}

void CheckBatch(const KvView& kv, const BatchView& batch, int tokens) {
  LANTERN_CHECK_EQ(kv.block_tokens % kKeyGroup, 0);
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

// Runs of tokens that follow each other in one sequence, as long as their queries fit one pass.
void GroupTokens(const BatchView& batch, int longest, std::vector<TokenRun>& runs) {
  runs.clear();
  for (int token = 0; token < static_cast<int>(batch.position.size()); ++token) {
    const bool joins = !runs.empty() && runs.back().count < longest &&
                       batch.sequence[token] == batch.sequence[token - 1] &&
                       batch.position[token] == batch.position[token - 1] + 1;
    if (joins) {
      ++runs.back().count;
    } else {
      runs.push_back({token, 1});
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

  AttentionQuery Query(int token, int head) const {
    const int end = batch.position[token] + 1, column = head * kv.head_dim;
    const std::span<const int> blocks = batch.blocks[batch.sequence[token]];
    LANTERN_CHECK_LT(static_cast<size_t>((end - 1) / kv.block_tokens), blocks.size());
    const int begin = window > 0 && end > window ? end - window : 0;
    return {q.Row(token) + column, out.Row(token) + column, begin, end};
  }

  AttentionJob Job(const TokenRun& tokens, const HeadGroup& group) const {
    const int kv_head = heads.KvHead(group.first);
    LANTERN_CHECK(0 <= kv_head && kv_head < kv.heads);
    AttentionJob job = {.query = {},
                        .queries = 0,
                        .head_dim = kv.head_dim,
                        .scale = 1.0f / std::sqrt(static_cast<float>(kv.head_dim)),
                        .keys = reinterpret_cast<const uint8_t*>(kv.keys),
                        .values = reinterpret_cast<const uint8_t*>(kv.values),
                        .blocks = batch.blocks[batch.sequence[tokens.first]].data(),
                        .block_tokens = kv.block_tokens,
                        .heads = kv.heads,
                        .head = kv_head,
                        .part = nullptr};
    for (int token = tokens.first; token < tokens.first + tokens.count; ++token) {
      for (int head = group.first; head < group.first + group.count; ++head) {
        job.query[job.queries++] = Query(token, head);
      }
    }
    return job;
  }
};

// Chunks that a query's positions touch.
int FirstChunk(const AttentionQuery& query) { return query.begin / kAttentionChunk; }
int ChunkCount(const AttentionQuery& query) {
  return (query.end - 1) / kAttentionChunk - FirstChunk(query) + 1;
}

// Runs of one token: one task per chunk, into scratch; then one per token and group, which merges
// in order.
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
    AttentionJob job = work.Job({whole / group_count, 1}, groups[whole % group_count]);
    if (chunk >= ChunkCount(job.query[0])) return;
    const int position = (FirstChunk(job.query[0]) + chunk) * kAttentionChunk;
    for (AttentionQuery& query : std::span(job.query).first(job.queries)) {
      query.begin = std::max(query.begin, position);
      query.end = std::min(query.end, position + kAttentionChunk);
    }
    job.part = parts.data() + whole * task_size + chunk * chunk_size;
    attend(job);
  });
  context.ParallelFor(tasks, [&](int whole) {
    const AttentionJob job = work.Job({whole / group_count, 1}, groups[whole % group_count]);
    for (int q = 0; q < job.queries; ++q) {
      context.kernels().merge_parts(job.query[q].out,
                                    parts.data() + whole * task_size + q * part_size,
                                    ChunkCount(job.query[q]), chunk_size, job.head_dim);
    }
  });
}

}  // namespace

void CpuBackend::AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                          const BatchView& batch) {
  CheckBatch(kv, batch, k.rows);
  LANTERN_CHECK(k.cols == kv.heads * kv.head_dim && v.cols == k.cols && v.rows == k.rows);
  const KernelTable::Cache& kernels = CacheKernels(context.kernels(), kv.type);
  const int64_t row_bytes = static_cast<int64_t>(RowBytes(kv.type, kv.head_dim));
  auto* keys = reinterpret_cast<uint8_t*>(kv.keys);
  auto* values = reinterpret_cast<uint8_t*>(kv.values);
  context.ParallelFor(k.rows, [&](int token) {
    const int position = batch.position[token], place = position % kv.block_tokens;
    int64_t offset = BlockOffset(kv, batch.blocks[batch.sequence[token]], position);
    for (int head = 0; head < kv.heads; ++head, offset += kv.block_tokens * row_bytes) {
      const int column = head * kv.head_dim;
      kernels.store_keys(keys + offset, kv.block_tokens, place, k.Row(token) + column, kv.head_dim);
      kernels.store_values(values + offset + place * row_bytes, v.Row(token) + column, kv.head_dim);
    }
  });
}

void CpuBackend::Attention(Context& context, Tensor out, Tensor q, const KvView& kv,
                           const BatchView& batch, const HeadMap& heads, int window) {
  CheckBatch(kv, batch, q.rows);
  LANTERN_CHECK(out.rows == q.rows && out.cols == q.cols && q.cols % kv.head_dim == 0);
  LANTERN_CHECK_LE(kv.head_dim, kMaxHeadDim);
  auto& groups = context.attention_scratch().groups;
  auto& runs = context.attention_scratch().runs;
  GroupHeads(heads, q.cols / kv.head_dim, groups);
  const AttentionWork work{out, q, kv, batch, heads, window};
  const int group_count = static_cast<int>(groups.size());
  int most_chunks = 1, widest = 1;
  for (int token = 0; token < q.rows; ++token) {
    most_chunks = std::max(most_chunks, ChunkCount(work.Query(token, 0)));
  }
  const int few = 4 * context.threads();
  if (q.rows * group_count < few && context.threads() > 1 && most_chunks > 1) {
    return AttendInParts(context, work, groups, most_chunks);
  }
  for (const HeadGroup& group : groups) widest = std::max(widest, group.count);
  GroupTokens(batch, kAttentionQueries / widest, runs);
  const auto attend = CacheKernels(context.kernels(), kv.type).attend;
  context.ParallelFor(static_cast<int>(runs.size()) * group_count, [&](int task) {
    attend(work.Job(runs[task / group_count], groups[task % group_count]));
  });
}

}  // namespace lantern
