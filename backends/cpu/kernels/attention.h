// Attention of some queries over their positions, in chunks of 256 positions aligned to the
// sequence's start: each chunk gives (maximum, sum, weighted values), chunks merge in position
// order. What a query gets depends on its own positions alone; queries that share a kv head share
// the pass over its keys and values. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/kv_formats.h"
#include "backends/cpu/kernels/sixteen.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Sums that the registers hold, of sixteen lanes each: queries x groups of positions for scores,
// queries x columns of sixteen elements for values.
#if defined(__AVX512F__)
inline constexpr int kQueryTile = 8, kTileWidth = 2;
#elif defined(__AVX2__) || defined(__aarch64__)
inline constexpr int kQueryTile = 4, kTileWidth = 1;
#else
inline constexpr int kQueryTile = 8, kTileWidth = 1;
#endif
inline constexpr int kRowsAhead = 8;  // positions ahead that values reach the first-level cache
template <int kQueries>
inline constexpr int kTileOf = kQueries < kQueryTile ? kQueries : kQueryTile;

// Running result over chunks, or one chunk's own.
struct Softmax {
  float maximum, sum;
  float values[kMaxHeadDim];
};

// What a block of the cache holds of a chunk, for the job's head. Slot i of a chunk stands for
// position first + i; place i of a block is slot origin + i.
struct Span {
  int begin, end;  // slots
  int origin;
  const uint8_t *keys, *values;
};
struct Spans {
  int count;
  Span at[kAttentionChunk / kKeyGroup];

  LANTERN_FORCE_INLINE const Span& UpTo(int i) const { return at[i < count ? i : count - 1]; }
};

// Scores, then weights, of one chunk's slots. Those outside a query's positions weigh nothing.
template <int kQueries>
struct Chunk {
  int first;            // position
  int begin, end;       // slots that any query uses
  bool used[kQueries];  // whether this query does
  float weight[kQueries][kAttentionChunk];
};

// Queries as the scores read them, an element of all at a time: rows do not share a cache's set.
template <int kQueries>
using QueryRows = float[kQueries][kMaxHeadDim + 16];

LANTERN_INLINE int Larger(int a, int b) { return a > b ? a : b; }
LANTERN_INLINE int Smaller(int a, int b) { return a < b ? a : b; }

// The blocks that hold `range`, all of it in the chunk that starts at position `first`.
template <class Cache>
LANTERN_INLINE void FindSpans(const AttentionJob& job, const KvRange& range, int first,
                              Spans& spans) {
  const int64_t head_bytes = Cache::RowBytes(job.head_dim) * job.block_tokens;
  int block = range.begin / job.block_tokens;
  spans.count = 0;
  for (int at = block * job.block_tokens; at < range.end; at += job.block_tokens, ++block) {
    const int64_t in_cache = int64_t{range.head} * job.head_blocks + range.blocks[block];
    const int64_t offset = in_cache * head_bytes;
    spans.at[spans.count++] = {Larger(at, range.begin) - first,
                               Smaller(at + job.block_tokens, range.end) - first, at - first,
                               job.keys + offset, job.values + offset};
  }
}

// Asks for kBytes from p on. Lines wait in the second-level cache (`level` 2) or the first (3).
template <int kBytes, int kLevel>
LANTERN_INLINE void Ask(const uint8_t* p) {
  LANTERN_UNROLL for (int i = 0; i < kBytes; i += 64) __builtin_prefetch(p + i, 0, kLevel);
}

// Bytes that kCount elements take, on average over a row.
template <class Cache, int kCount>
inline constexpr int kBytesOf = kCount* static_cast<int>(Cache::RowBytes(32)) / 32;

// ---- scores ----

// Scores of a tile: kGroups * 16 neighbouring positions of one block. Asks meanwhile for what comes
// after: this tile's values, and its place's share of the next block's keys.
template <class Cache, int kQueries, int kGroups>
LANTERN_INLINE void ScoreTile(const AttentionJob& job, const QueryRows<kQueries>& query, int first,
                              const Span& span, const uint8_t* next, int slot,
                              Chunk<kQueries>& chunk) {
  constexpr int kTile = kTileOf<kQueries>, kStep = kBytesOf<Cache, 16 * kGroups>;
  const int place = slot - span.origin;
  const uint8_t* keys = next + place * Cache::RowBytes(job.head_dim);
  const uint8_t* values = span.values + place * Cache::RowBytes(job.head_dim);
  W sum[kTile][kGroups] = {};
  for (int i = 0; i < job.head_dim; ++i) {
    Ask<kStep, 3>(keys + i * kStep);
    Ask<kStep, 2>(values + i * kStep);
    W key[kGroups];
    LANTERN_UNROLL for (int g = 0; g < kGroups; ++g) {
      key[g] = Cache::KeysAt(span.keys, job.block_tokens, place + 16 * g, i);
    }
    LANTERN_UNROLL for (int q = 0; q < kTile; ++q) {
      const W x = SplatW(query[first + q][i]);
      LANTERN_UNROLL for (int g = 0; g < kGroups; ++g) sum[q][g] = FmaW(x, key[g], sum[q][g]);
    }
  }
  LANTERN_UNROLL for (int q = 0; q < kTile; ++q) {
    LANTERN_UNROLL for (int g = 0; g < kGroups; ++g) {
      StoreW(chunk.weight[first + q] + slot + 16 * g, sum[q][g] * SplatW(job.scale));
    }
  }
}

template <class Cache, int kQueries>
LANTERN_INLINE void Scores(const AttentionJob& job, const QueryRows<kQueries>& query,
                           const Spans& spans, Chunk<kQueries>& chunk) {
  constexpr int kTile = kTileOf<kQueries>, kWide = 16 * kTileWidth;
  for (int s = 0; s < spans.count; ++s) {
    const Span& span = spans.at[s];
    const uint8_t* next = spans.UpTo(s + 1).keys;
    for (int slot = span.begin & ~15; slot < span.end;) {
      const bool wide = slot + 16 < span.end && slot + kWide - span.origin <= job.block_tokens &&
                        slot + kWide <= kAttentionChunk;
      for (int q = 0; q < kQueries; q += kTile) {
        if (wide) {
          ScoreTile<Cache, kQueries, kTileWidth>(job, query, q, span, next, slot, chunk);
        } else {
          ScoreTile<Cache, kQueries, 1>(job, query, q, span, next, slot, chunk);
        }
      }
      slot += wide ? kWide : 16;
    }
  }
}

// The largest of the weights [begin, end); those around it within [from, to), whole sixteens,
// become minus infinity.
LANTERN_INLINE float Largest(float* weight, int from, int begin, int end, int to) {
  for (int i = from; i < begin; ++i) weight[i] = -__builtin_inff();
  for (int i = end; i < to; ++i) weight[i] = -__builtin_inff();
  W most = SplatW(-__builtin_inff()), other = most;  // two, so that they wait less
  int i = from;
  for (; i + 32 <= to; i += 32) {
    most = LargerW(LoadW(weight + i), most);
    other = LargerW(LoadW(weight + i + 16), other);
  }
  if (i < to) most = LargerW(LoadW(weight + i), most);
  return LargestLaneW(LargerW(most, other));
}

// kCount * 16 scores to exp(score - maximum), in place; adds them to `sum`.
template <int kCount>
LANTERN_INLINE void AddExponentials(float* weight, float maximum, W& sum) {
  W e[kCount];
  LANTERN_UNROLL for (int i = 0; i < kCount; ++i) {
    e[i] = LoadW(weight + 16 * i) - SplatW(maximum);
  }
  ExpBelowW(e);
  LANTERN_UNROLL for (int i = 0; i < kCount; ++i) {
    StoreW(weight + 16 * i, e[i]);
    sum = sum + e[i];
  }
}

// The same for [from, to), whole sixteens; returns their sum in virtual lanes by position. Asks
// meanwhile for as many bytes of what is `ahead`.
LANTERN_INLINE float Exponentials(float* weight, int from, int to, float maximum,
                                  const uint8_t* ahead) {
  constexpr int kStep = 16 * kExpsTogether;
  W sum = {};
  int i = from;
  for (; i + kStep <= to; i += kStep) {
    Ask<4 * kStep, 2>(ahead + 4 * i);
    AddExponentials<kExpsTogether>(weight + i, maximum, sum);
  }
  for (; i < to; i += 16) AddExponentials<1>(weight + i, maximum, sum);
  return SumLanesW(sum);
}

// Scores to weights; their maximum and sum into `now`. Asks meanwhile for the first of the next
// chunk's keys, 1 KB by each query.
template <class Cache, int kQueries>
LANTERN_INLINE void Weigh(const AttentionJob& job, const Spans& next, Chunk<kQueries>& chunk,
                          Softmax (&now)[kQueries]) {
  const int64_t block_bytes = Cache::RowBytes(job.head_dim) * job.block_tokens;
  const int from = chunk.begin & ~15, to = (chunk.end + 15) & ~15;
  for (int q = 0; q < kQueries; ++q) {
    const int begin = Larger(job.query[q].begin - chunk.first, chunk.begin);
    const int end = Smaller(job.query[q].end - chunk.first, chunk.end);
    chunk.used[q] = begin < end;
    if (!chunk.used[q]) {
      for (int i = from; i < to; ++i) chunk.weight[q][i] = 0;
      continue;
    }
    now[q].maximum = Largest(chunk.weight[q], from, begin, end, to);
    const int64_t ahead = int64_t{4 * kAttentionChunk} * q;
    now[q].sum =
        Exponentials(chunk.weight[q], from, to, now[q].maximum,
                     next.UpTo(static_cast<int>(ahead / block_bytes)).keys + ahead % block_bytes);
  }
}

// ---- values ----

LANTERN_INLINE int ColumnCount(int head_dim, int column) {
  return Smaller(head_dim - 16 * column, 16);
}

// kColumns columns of a tile of queries' weighted values: positions ascending, so that the sums
// stay in registers. Asks meanwhile for its columns' share of the next chunk's keys.
template <class Cache, int kQueries, int kColumns>
LANTERN_INLINE void WeightedTile(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                 const Spans& spans, const Spans& next, int first_query, int first,
                                 int count, Softmax (&now)[kQueries]) {
  constexpr int kTile = kTileOf<kQueries>, kStep = kBytesOf<Cache, 16 * kColumns>;
  const int64_t row_bytes = Cache::RowBytes(job.head_dim);
  const int64_t share = int64_t{kBytesOf<Cache, 16>} * first * job.block_tokens;
  W sum[kTile][kColumns] = {};
  for (int s = 0; s < spans.count; ++s) {
    const Span& span = spans.at[s];
    const int place = span.begin - span.origin;
    const uint8_t* row = span.values + place * row_bytes;
    const uint8_t* ahead = next.UpTo(s).keys + share + place * kStep;
    for (int slot = span.begin; slot < span.end; ++slot, row += row_bytes, ahead += kStep) {
      Ask<kStep, 2>(ahead);
      Ask<kStep, 3>(row + kRowsAhead * row_bytes + kBytesOf<Cache, 16> * first);
      W value[kColumns];
      LANTERN_UNROLL for (int c = 0; c < kColumns; ++c) {
        value[c] = Cache::ValuesAt(row, 16 * (first + c), count);
      }
      LANTERN_UNROLL for (int q = 0; q < kTile; ++q) {
        const W weight = SplatW(chunk.weight[first_query + q][slot]);
        LANTERN_UNROLL for (int c = 0; c < kColumns; ++c) {
          sum[q][c] = FmaW(weight, value[c], sum[q][c]);
        }
      }
    }
  }
  for (int q = 0; q < kTile; ++q) {
    for (int c = 0; c < kColumns; ++c) {
      StoreW(now[first_query + q].values + 16 * (first + c), sum[q][c]);
    }
  }
}

template <class Cache, int kQueries>
LANTERN_INLINE void WeightedValues(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                   const Spans& spans, const Spans& next,
                                   Softmax (&now)[kQueries]) {
  constexpr int kTile = kTileOf<kQueries>;
  for (int q = 0; q < kQueries; q += kTile) {
    int c = 0;
    for (; 16 * (c + kTileWidth) <= job.head_dim; c += kTileWidth) {
      WeightedTile<Cache, kQueries, kTileWidth>(job, chunk, spans, next, q, c, 16, now);
    }
    for (; 16 * c < job.head_dim; ++c) {
      WeightedTile<Cache, kQueries, 1>(job, chunk, spans, next, q, c, ColumnCount(job.head_dim, c),
                                       now);
    }
  }
}

// ---- chunks ----

// `chunk` holds (maximum, sum) and values one after the other, as Softmax does.
LANTERN_INLINE void Merge(Softmax& all, float chunk_maximum, float chunk_sum,
                          const float* chunk_values, int head_dim) {
  const float maximum = chunk_maximum > all.maximum ? chunk_maximum : all.maximum;
  const F8 factors = Exp(F8{all.maximum - maximum, chunk_maximum - maximum});
  const F8 keep = Splat(factors[0]), take = Splat(factors[1]);
  all.maximum = maximum;
  all.sum = all.sum * factors[0] + chunk_sum * factors[1];
  ForEights(
      head_dim, [&](int i, int count) __attribute__((always_inline)) {
        Store(all.values + i,
              Load<F8>(all.values + i) * keep + LoadUpTo8(chunk_values + i, count) * take);
      });
}

LANTERN_INLINE void Copy(Softmax& all, float maximum, float sum, const float* values,
                         int head_dim) {
  all.maximum = maximum;
  all.sum = sum;
  __builtin_memcpy(all.values, values, sizeof(float) * static_cast<size_t>(head_dim));
}

LANTERN_INLINE void Finish(const Softmax& all, float* out, int head_dim) {
  ForEights(
      head_dim, [&](int i, int count) __attribute__((always_inline)) {
        StorePart(out + i, Load<F8>(all.values + i) / all.sum, count);
      });
}

// What a chunk gave, into the job's parts or merged with the chunks before it.
template <int kQueries>
LANTERN_INLINE void Keep(const AttentionJob& job, const Chunk<kQueries>& chunk, int index,
                         const Softmax (&now)[kQueries], Softmax (&all)[kQueries],
                         bool (&started)[kQueries]) {
  for (int q = 0; q < kQueries; ++q) {
    if (!chunk.used[q]) continue;
    const Softmax& one = now[q];
    if (job.part != nullptr) {
      float* part = job.part + index * job.part_stride + q * (kPartHead + job.head_dim);
      part[0] = one.maximum;
      part[1] = one.sum;
      __builtin_memcpy(part + kPartHead, one.values, sizeof(float) * job.head_dim);
    } else if (started[q]) {
      Merge(all[q], one.maximum, one.sum, one.values, job.head_dim);
    } else {
      Copy(all[q], one.maximum, one.sum, one.values, job.head_dim);
      started[q] = true;
    }
  }
}

template <class Cache, int kQueries>
void AttendTogether(const AttentionJob& job) {
  QueryRows<kQueries> query;
  int begin = job.query[0].begin, end = job.query[0].end;
  for (int q = 0; q < kQueries; ++q) {
    __builtin_memcpy(query[q], job.query[q].x, sizeof(float) * job.head_dim);
    begin = Smaller(begin, job.query[q].begin);
    end = Larger(end, job.query[q].end);
  }
  const auto find = [&](int first, Spans& spans) {
    const KvRange range = {job.blocks, job.head, Larger(first, begin),
                           Smaller(first + kAttentionChunk, end)};
    FindSpans<Cache>(job, range, first, spans);
  };
  Softmax all[kQueries], now[kQueries];
  bool started[kQueries] = {};
  Chunk<kQueries> chunk;
  const int from = begin - begin % kAttentionChunk;
  Spans spans[2];
  find(from, spans[0]);
  for (int first = from, index = 0; first < end; first += kAttentionChunk, ++index) {
    const Spans& these = spans[index % 2];
    Spans& next = spans[(index + 1) % 2];
    if (first + kAttentionChunk < end) {
      find(first + kAttentionChunk, next);
    } else if (job.next.begin < job.next.end) {
      FindSpans<Cache>(job, job.next, job.next.begin / kAttentionChunk * kAttentionChunk, next);
    } else {
      next = these;
    }
    chunk.first = first;
    chunk.begin = Larger(begin - first, 0);
    chunk.end = Smaller(end - first, kAttentionChunk);
    Scores<Cache>(job, query, these, chunk);
    Weigh<Cache>(job, next, chunk, now);
    WeightedValues<Cache>(job, chunk, these, next, now);
    Keep(job, chunk, index, now, all, started);
  }
  for (int q = 0; q < kQueries && job.part == nullptr; ++q) {
    Finish(all[q], job.query[q].out, job.head_dim);
  }
}

// As many queries together as there are, at most eight, then four, two, one.
template <class Cache>
void Attend(const AttentionJob& job) {
  AttentionJob rest = job;
  const auto take = [&]<int kQueries>() {
    if (rest.queries < kQueries) return;
    AttendTogether<Cache, kQueries>(rest);
    if (rest.part != nullptr) {
      rest.part += kQueries * (kPartHead + static_cast<int64_t>(job.head_dim));
    }
    rest.queries -= kQueries;
    for (int q = kQueries; q < kAttentionQueries; ++q) rest.query[q - kQueries] = rest.query[q];
  };
  static_assert(kAttentionQueries == 8);
  take.template operator()<8>();
  take.template operator()<4>();
  take.template operator()<2>();
  take.template operator()<1>();
}

void MergeParts(float* out, const float* parts, int chunks, int64_t stride, int head_dim) {
  Softmax all;
  Copy(all, parts[0], parts[1], parts + kPartHead, head_dim);
  for (int i = 1; i < chunks; ++i) {
    const float* part = parts + i * stride;
    Merge(all, part[0], part[1], part + kPartHead, head_dim);
  }
  Finish(all, out, head_dim);
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
