// The key/value cache and attention over it. A task is some query heads that share a kv head, of
// one token or of a few that follow each other; where there are fewer of those than threads need,
// some chunks of such a task.
#include <algorithm>
#include <cmath>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "src/base/check.h"

namespace lantern {
namespace {

// Into which a thread's share of one token's work is cut: more of them even out threads that are
// slowed, and each starts with nothing prefetched.
constexpr int kPieces = 8;

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

// Bytes that a head's part of a block takes, of keys or of values.
int64_t BlockBytes(const KvView& kv) {
  return static_cast<int64_t>(RowBytes(kv.type, kv.head_dim)) * kv.block_tokens;
}

// Bytes from a head's start to a position's block.
int64_t BlockOffset(const KvView& kv, std::span<const int> blocks, int position) {
  LANTERN_CHECK(position >= 0);
  LANTERN_CHECK_LT(static_cast<size_t>(position / kv.block_tokens), blocks.size());
  const int block = blocks[position / kv.block_tokens];
  LANTERN_CHECK(0 <= block && block < kv.blocks);
  return block * BlockBytes(kv);
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
                        .head_blocks = kv.blocks,
                        .head = kv_head,
                        .part = nullptr,
                        .part_stride = 0,
                        .next = {}};
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

// Calls work(unit, next) for every unit in [0, units), `next` being what this thread will likely
// get after it (`units`: nothing). Each thread begins with a range of its own, one unit after the
// other, and then helps with the others' ranges.
template <class Work>
void ForUnits(CpuContext& context, int units, const Work& work) {
  const int lanes = context.threads();
  auto& taken = context.attention_scratch().taken;
  if (taken.empty()) taken = std::vector<std::atomic<int>>(lanes);
  for (std::atomic<int>& count : taken) count.store(0, std::memory_order_relaxed);
  const auto begin = [=](int lane) { return static_cast<int>(int64_t{units} * lane / lanes); };
  context.ParallelFor(lanes, [&](int own) {
    for (int i = 0; i < lanes; ++i) {
      const int lane = (own + i) % lanes, end = begin(lane + 1);
      for (;;) {
        const int unit = begin(lane) + taken[lane].fetch_add(1, std::memory_order_relaxed);
        if (unit >= end) break;
        work(unit, unit + 1 < end ? unit + 1 : units);
      }
    }
  });
}

// Each token and group in pieces of some chunks, which leave what a chunk gives in scratch; whoever
// finishes the last piece merges the chunks in order.
class AttentionParts {
 public:
  AttentionParts(CpuContext& context, const AttentionWork& work, std::span<const HeadGroup> groups,
                 int most_chunks)
      : context_(context),
        kernels_(context.kernels()),
        scratch_(context.attention_scratch()),
        type_(work.kv.type),
        part_size_(kPartHead + work.kv.head_dim) {
    const int group_count = static_cast<int>(groups.size()), jobs = work.q.rows * group_count;
    piece_chunks_ = std::max(jobs * most_chunks / (kPieces * context.threads()), 1);
    pieces_ = (most_chunks + piece_chunks_ - 1) / piece_chunks_;
    const int64_t job_size = most_chunks * chunk_size();
    if (scratch_.parts.size() < static_cast<size_t>(jobs * job_size)) {
      scratch_.parts.resize(jobs * job_size);
    }
    if (static_cast<int>(scratch_.unfinished.size()) < jobs) {
      scratch_.unfinished = std::vector<std::atomic<int>>(jobs);
    }
    scratch_.jobs.clear();
    for (int i = 0; i < jobs; ++i) {
      AttentionJob job = work.Job({i / group_count, 1}, groups[i % group_count]);
      job.part = scratch_.parts.data() + i * job_size;
      job.part_stride = chunk_size();
      scratch_.jobs.push_back(job);
      scratch_.unfinished[i].store(pieces_, std::memory_order_relaxed);
    }
  }

  void Run() {
    const auto attend = CacheKernels(kernels_, type_).attend;
    const int units = static_cast<int>(scratch_.jobs.size()) * pieces_;
    ForUnits(context_, units, [&](int unit, int next_unit) {
      AttentionJob job = Piece(unit, piece_chunks_);
      if (job.query[0].begin < job.query[0].end) {
        if (next_unit < units) {
          const AttentionJob next = Piece(next_unit, 1);
          job.next = {next.blocks, next.head, next.query[0].begin, next.query[0].end};
        }
        attend(job);
      }
      const int whole = unit / pieces_;
      if (scratch_.unfinished[whole].fetch_sub(1, std::memory_order_acq_rel) == 1) Merge(whole);
    });
  }

 private:
  int64_t chunk_size() const { return kAttentionQueries * part_size_; }

  // The first `chunks` chunks of a piece, none where that begins behind the token.
  AttentionJob Piece(int unit, int chunks) const {
    AttentionJob job = scratch_.jobs[unit / pieces_];
    const int chunk = unit % pieces_ * piece_chunks_;
    const int position = (FirstChunk(job.query[0]) + chunk) * kAttentionChunk;
    for (AttentionQuery& query : std::span(job.query).first(job.queries)) {
      query.begin = std::max(query.begin, position);
      query.end = std::min(query.end, position + chunks * kAttentionChunk);
    }
    job.part += chunk * chunk_size();
    return job;
  }

  void Merge(int whole) const {
    const AttentionJob& job = scratch_.jobs[whole];
    for (int q = 0; q < job.queries; ++q) {
      kernels_.merge_parts(job.query[q].out, job.part + q * part_size_, ChunkCount(job.query[q]),
                           chunk_size(), job.head_dim);
    }
  }

  CpuContext& context_;
  const KernelTable& kernels_;
  CpuContext::AttentionScratch& scratch_;
  const DType type_;
  const int64_t part_size_;
  int piece_chunks_, pieces_;  // chunks of a piece; pieces of a job
};

}  // namespace

void CpuBackend::AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                          const BatchView& batch) {
  CheckBatch(kv, batch, k.rows);
  LANTERN_CHECK(k.cols == kv.heads * kv.head_dim && v.cols == k.cols && v.rows == k.rows);
  const KernelTable::Cache& kernels = CacheKernels(context.kernels(), kv.type);
  const int64_t row_bytes = static_cast<int64_t>(RowBytes(kv.type, kv.head_dim));
  const int64_t head_bytes = kv.blocks * BlockBytes(kv);
  auto* keys = reinterpret_cast<uint8_t*>(kv.keys);
  auto* values = reinterpret_cast<uint8_t*>(kv.values);
  context.ParallelFor(k.rows, [&](int token) {
    const int position = batch.position[token], place = position % kv.block_tokens;
    int64_t offset = BlockOffset(kv, batch.blocks[batch.sequence[token]], position);
    for (int head = 0; head < kv.heads; ++head, offset += head_bytes) {
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
    return AttentionParts(context, work, groups, most_chunks).Run();
  }
  for (const HeadGroup& group : groups) widest = std::max(widest, group.count);
  GroupTokens(batch, kAttentionQueries / widest, runs);
  const auto attend = CacheKernels(context.kernels(), kv.type).attend;
  context.ParallelFor(static_cast<int>(runs.size()) * group_count, [&](int task) {
    attend(work.Job(runs[task / group_count], groups[task % group_count]));
  });
}

}  // namespace lantern
