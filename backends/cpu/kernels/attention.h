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
template <int kQueries>
inline constexpr int kTileOf = kQueries < kQueryTile ? kQueries : kQueryTile;

// Running result over chunks, or one chunk's own.
struct Softmax {
  float maximum, sum;
  float values[kMaxHeadDim];
};

// One chunk's positions: slot i stands for position first + i. Positions outside have weight zero.
template <int kQueries>
struct Chunk {
  int first;                        // position
  int begin, end;                   // slots that any query uses
  bool used[kQueries];              // whether this query does
  int64_t values[kAttentionChunk];  // bytes from the cache's start to a slot's row
  float weight[kQueries][kAttentionChunk];
};

// Queries as the scores read them: element by element.
template <int kQueries>
using Elements = float[kMaxHeadDim][kQueries];

LANTERN_INLINE int Larger(int a, int b) { return a > b ? a : b; }
LANTERN_INLINE int Smaller(int a, int b) { return a < b ? a : b; }

// The part of a block that belongs to the job's head, in bytes from the cache's start.
template <class Cache>
LANTERN_INLINE int64_t HeadOffset(const AttentionJob& job, int position) {
  const int64_t block = job.blocks[position / job.block_tokens];
  return (block * job.heads + job.head) * job.block_tokens * Cache::RowBytes(job.head_dim);
}

template <class Cache, int kQueries>
LANTERN_INLINE void FindValues(const AttentionJob& job, Chunk<kQueries>& chunk) {
  const int64_t row_bytes = Cache::RowBytes(job.head_dim);
  for (int slot = chunk.begin; slot < chunk.end;) {  // a block of the cache at a time
    int place = (chunk.first + slot) % job.block_tokens;
    int64_t offset = HeadOffset<Cache>(job, chunk.first + slot) + place * row_bytes;
    for (; slot < chunk.end && place < job.block_tokens; ++slot, ++place, offset += row_bytes) {
      chunk.values[slot] = offset;
    }
  }
}

// ---- scores ----

// Scores of a tile: kGroups * 16 neighbouring positions of one block. Asks meanwhile for what comes
// after: the block's values and the next block's keys.
template <class Cache, int kQueries, int kGroups>
LANTERN_INLINE void ScoreTile(const AttentionJob& job, const Elements<kQueries>& query, int first,
                              const uint8_t* block, const uint8_t* values, const uint8_t* next,
                              int slot, Chunk<kQueries>& chunk) {
  constexpr int kTile = kTileOf<kQueries>;
  const int place = (chunk.first + slot) % job.block_tokens;
  const int64_t row_bytes = Cache::RowBytes(job.head_dim) * job.block_tokens / job.head_dim;
  W sum[kTile][kGroups] = {};
  for (int i = 0; i < job.head_dim; ++i) {
    __builtin_prefetch(next + i * row_bytes);
    __builtin_prefetch(values + i * row_bytes);
    W key[kGroups];
    LANTERN_UNROLL for (int g = 0; g < kGroups; ++g) {
      key[g] = Cache::KeysAt(block, job.block_tokens, place + 16 * g, i);
    }
    LANTERN_UNROLL for (int q = 0; q < kTile; ++q) {
      const W x = SplatW(query[i][first + q]);
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
LANTERN_INLINE void Scores(const AttentionJob& job, const Elements<kQueries>& query,
                           Chunk<kQueries>& chunk) {
  constexpr int kTile = kTileOf<kQueries>, kWide = 16 * kTileWidth;
  for (int slot = chunk.begin & ~15; slot < chunk.end;) {
    const int place = (chunk.first + slot) % job.block_tokens;
    const int follows = Smaller(slot + job.block_tokens, chunk.end - 1);
    const uint8_t* block = job.keys + HeadOffset<Cache>(job, chunk.first + slot);
    const uint8_t* values = job.values + HeadOffset<Cache>(job, chunk.first + slot);
    const uint8_t* next = job.keys + HeadOffset<Cache>(job, chunk.first + follows);
    const bool wide = place + kWide <= job.block_tokens && slot + 16 < chunk.end &&
                      slot + kWide <= kAttentionChunk;
    for (int q = 0; q < kQueries; q += kTile) {
      if (wide) {
        ScoreTile<Cache, kQueries, kTileWidth>(job, query, q, block, values, next, slot, chunk);
      } else {
        ScoreTile<Cache, kQueries, 1>(job, query, q, block, values, next, slot, chunk);
      }
    }
    slot += wide ? kWide : 16;
  }
}

// The largest of the weights [begin, end); those around it within [from, to) become minus infinity.
LANTERN_INLINE float Largest(float* weight, int from, int begin, int end, int to) {
  for (int i = from; i < begin; ++i) weight[i] = -__builtin_inff();
  for (int i = end; i < to; ++i) weight[i] = -__builtin_inff();
  F8 most = Splat(-__builtin_inff());
  for (int i = begin & ~7; i < end; i += 8) {
    const F8 next = Load<F8>(weight + i);
    most = next > most ? next : most;
  }
  float largest = most[0];
  for (int i = 1; i < 8; ++i) largest = most[i] > largest ? most[i] : largest;
  return largest;
}

// Scores to exp(score - maximum), in place; returns their sum in virtual lanes by position.
LANTERN_INLINE float Exponentials(float* weight, int from, int to, float maximum) {
  W sum = {};
  for (int i = from; i < to; i += 16) {
    const W e = ExpW(LoadW(weight + i) - SplatW(maximum));
    StoreW(weight + i, e);
    sum = sum + e;
  }
  return SumLanesW(sum);
}

// Scores to weights; their maximum and sum into `now`.
template <int kQueries>
LANTERN_INLINE void Weigh(const AttentionJob& job, Chunk<kQueries>& chunk,
                          Softmax (&now)[kQueries]) {
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
    now[q].sum = Exponentials(chunk.weight[q], from, to, now[q].maximum);
  }
}

// ---- values ----

LANTERN_INLINE int ColumnCount(int head_dim, int column) {
  return Smaller(head_dim - 16 * column, 16);
}

// kColumns columns of a tile of queries' weighted values: positions ascending, so that the sums
// stay in registers.
template <class Cache, int kQueries, int kColumns>
LANTERN_INLINE void WeightedTile(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                 int first_query, int first, int count, Softmax (&now)[kQueries]) {
  constexpr int kTile = kTileOf<kQueries>;
  W sum[kTile][kColumns] = {};
  for (int slot = chunk.begin; slot < chunk.end; ++slot) {
    const uint8_t* row = job.values + chunk.values[slot];
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
  for (int q = 0; q < kTile; ++q) {
    for (int c = 0; c < kColumns; ++c) {
      StoreW(now[first_query + q].values + 16 * (first + c), sum[q][c]);
    }
  }
}

template <class Cache, int kQueries>
LANTERN_INLINE void WeightedValues(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                   Softmax (&now)[kQueries]) {
  constexpr int kTile = kTileOf<kQueries>;
  for (int q = 0; q < kQueries; q += kTile) {
    int c = 0;
    for (; 16 * (c + kTileWidth) <= job.head_dim; c += kTileWidth) {
      WeightedTile<Cache, kQueries, kTileWidth>(job, chunk, q, c, 16, now);
    }
    for (; 16 * c < job.head_dim; ++c) {
      WeightedTile<Cache, kQueries, 1>(job, chunk, q, c, ColumnCount(job.head_dim, c), now);
    }
  }
}

// ---- chunks ----

// `chunk` holds (maximum, sum) and values one after the other, as Softmax does.
LANTERN_INLINE void Merge(Softmax& all, float chunk_maximum, float chunk_sum,
                          const float* chunk_values, int head_dim) {
  const float maximum = chunk_maximum > all.maximum ? chunk_maximum : all.maximum;
  const F8 keep = Exp(Splat(all.maximum - maximum)), take = Exp(Splat(chunk_maximum - maximum));
  all.maximum = maximum;
  all.sum = all.sum * keep[0] + chunk_sum * take[0];
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

template <class Cache, int kQueries>
void AttendTogether(const AttentionJob& job) {
  Elements<kQueries> query;
  int begin = job.query[0].begin, end = job.query[0].end;
  for (int q = 0; q < kQueries; ++q) {
    for (int i = 0; i < job.head_dim; ++i) query[i][q] = job.query[q].x[i];
    begin = Smaller(begin, job.query[q].begin);
    end = Larger(end, job.query[q].end);
  }
  Softmax all[kQueries], now[kQueries];
  bool started[kQueries] = {};
  Chunk<kQueries> chunk;
  for (int first = begin - begin % kAttentionChunk; first < end; first += kAttentionChunk) {
    chunk.first = first;
    chunk.begin = Larger(begin - first, 0);
    chunk.end = Smaller(end - first, kAttentionChunk);
    FindValues<Cache>(job, chunk);
    Scores<Cache>(job, query, chunk);
    Weigh(job, chunk, now);
    WeightedValues<Cache>(job, chunk, now);
    for (int q = 0; q < kQueries; ++q) {
      if (!chunk.used[q]) continue;
      if (started[q]) {
        Merge(all[q], now[q].maximum, now[q].sum, now[q].values, job.head_dim);
      } else {
        Copy(all[q], now[q].maximum, now[q].sum, now[q].values, job.head_dim);
      }
      started[q] = true;
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    if (job.part != nullptr) {
      float* part = job.part + static_cast<int64_t>(q) * (kPartHead + job.head_dim);
      part[0] = all[q].maximum;
      part[1] = all[q].sum;
      __builtin_memcpy(part + kPartHead, all[q].values, sizeof(float) * job.head_dim);
    } else {
      Finish(all[q], job.query[q].out, job.head_dim);
    }
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
