// Attention of some queries over their positions, in chunks of 256 positions aligned to the
// sequence's start: each chunk gives (maximum, sum, weighted values), chunks merge in position
// order. What a query gets depends on its own positions alone; queries that share a kv head share
// the pass over its keys and values. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/kv_formats.h"
#include "backends/cpu/kernels/sixteen.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

inline constexpr int kMaxColumns = (kMaxHeadDim + 15) / 16;  // a head's values, sixteen to a column

// Running result over chunks, or one chunk's own.
struct Softmax {
  float maximum, sum;
  float values[kMaxHeadDim];
};

// One chunk's positions: slot i stands for position chunk + i; those outside have weight zero.
template <int kQueries>
struct Chunk {
  int begin, end;                   // slots in use
  int64_t offset[kAttentionChunk];  // bytes from the cache's start to a slot's row
  float weight[kQueries][kAttentionChunk];
};

LANTERN_INLINE int ColumnCount(int head_dim, int column) {
  const int left = head_dim - 16 * column;
  return left < 16 ? left : 16;
}

template <class Cache, int kQueries>
LANTERN_INLINE void FindRows(const AttentionJob& job, int first_position, Chunk<kQueries>& chunk) {
  const int64_t row_bytes = Cache::RowBytes(job.head_dim);
  int position = first_position + chunk.begin;
  for (int slot = chunk.begin; slot < chunk.end;) {  // a block of the cache at a time
    const int64_t block = job.blocks[position / job.block_tokens];
    int place = position % job.block_tokens;
    int64_t offset = ((block * job.heads + job.head) * job.block_tokens + place) * row_bytes;
    for (; slot < chunk.end && place < job.block_tokens; ++slot, ++place, ++position) {
      chunk.offset[slot] = offset;
      offset += row_bytes;
    }
  }
}

// The largest weight in use; those around it, up to a multiple of sixteen, become minus infinity.
LANTERN_INLINE float Largest(float* weight, int begin, int end) {
  for (int i = begin & ~15; i < begin; ++i) weight[i] = -__builtin_inff();
  for (int i = end; i & 15; ++i) weight[i] = -__builtin_inff();
  F8 most = Splat(-__builtin_inff());
  for (int i = begin & ~15; i < end; i += 8) {
    const F8 next = Load<F8>(weight + i);
    most = next > most ? next : most;
  }
  float largest = most[0];
  for (int i = 1; i < 8; ++i) largest = most[i] > largest ? most[i] : largest;
  return largest;
}

// Scores into chunk.weight, the largest of each query into `most`.
template <class Cache, int kQueries>
LANTERN_INLINE void Scores(const AttentionJob& job, const W (&query)[kQueries][kMaxColumns],
                           Chunk<kQueries>& chunk, float (&most)[kQueries]) {
  const int columns = (job.head_dim + 15) / 16;
  for (int first = chunk.begin & ~15; first < chunk.end; first += 16) {
    W rows[kQueries][16];
    for (int i = 0; i < 16; ++i) {
      // Slots outside are read as their neighbours and masked by Largest.
      int slot = first + i < chunk.begin ? chunk.begin : first + i;
      slot = slot < chunk.end ? slot : chunk.end - 1;
      const uint8_t* row = job.keys + chunk.offset[slot];
      W sum[kQueries] = {};
      for (int c = 0; c < columns; ++c) {
        const W key = Cache::At(row, 16 * c, ColumnCount(job.head_dim, c));
        LANTERN_UNROLL for (int q = 0; q < kQueries; ++q) sum[q] = sum[q] + query[q][c] * key;
      }
      LANTERN_UNROLL for (int q = 0; q < kQueries; ++q) rows[q][i] = sum[q];
    }
    for (int q = 0; q < kQueries; ++q) {
      StoreW(chunk.weight[q] + first, SumRows(rows[q]) * SplatW(job.scale));
    }
  }
  for (int q = 0; q < kQueries; ++q) most[q] = Largest(chunk.weight[q], chunk.begin, chunk.end);
}

// Scores to exp(score - maximum), in place; returns their sum in virtual lanes by position.
LANTERN_INLINE float Exponentials(float* weight, int begin, int end, float maximum) {
  W sum = {};
  for (int i = begin & ~15; i < end; i += 16) {
    const W e = ExpW(LoadW(weight + i) - SplatW(maximum));
    StoreW(weight + i, e);
    sum = sum + e;
  }
  return SumLanesW(sum);
}

// kColumns columns of all queries' weighted values: positions ascending, so that the sums stay in
// registers.
template <class Cache, int kQueries, int kColumns>
LANTERN_INLINE void WeightedColumns(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                    int first, int count, Softmax (&now)[kQueries]) {
  W sum[kQueries][kColumns] = {};
  for (int slot = chunk.begin; slot < chunk.end; ++slot) {
    const uint8_t* row = job.values + chunk.offset[slot];
    W value[kColumns];
    LANTERN_UNROLL for (int c = 0; c < kColumns; ++c) {
      value[c] = Cache::At(row, 16 * (first + c), count);
    }
    LANTERN_UNROLL for (int q = 0; q < kQueries; ++q) {
      const W weight = SplatW(chunk.weight[q][slot]);
      LANTERN_UNROLL for (int c = 0; c < kColumns; ++c) {
        sum[q][c] = sum[q][c] + weight * value[c];
      }
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    for (int c = 0; c < kColumns; ++c) StoreW(now[q].values + 16 * (first + c), sum[q][c]);
  }
}

template <class Cache, int kQueries>
LANTERN_INLINE void WeightedValues(const AttentionJob& job, const Chunk<kQueries>& chunk,
                                   Softmax (&now)[kQueries]) {
#if defined(__AVX512F__)
  constexpr int kColumns = 4;
#else
  constexpr int kColumns = kQueries >= 4 ? 1 : 2;
#endif
  const int whole = job.head_dim / 16;
  int c = 0;
  for (; c + kColumns <= whole; c += kColumns) {
    WeightedColumns<Cache, kQueries, kColumns>(job, chunk, c, 16, now);
  }
  for (; 16 * c < job.head_dim; ++c) {
    WeightedColumns<Cache, kQueries, 1>(job, chunk, c, ColumnCount(job.head_dim, c), now);
  }
}

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

LANTERN_INLINE void Finish(const Softmax& all, float* out, int head_dim) {
  ForEights(
      head_dim, [&](int i, int count) __attribute__((always_inline)) {
        StorePart(out + i, Load<F8>(all.values + i) / all.sum, count);
      });
}

template <class Cache, int kQueries>
void AttendTogether(const AttentionJob& job, int first_query) {
  W query[kQueries][kMaxColumns];
  for (int q = 0; q < kQueries; ++q) {
    const float* x = job.q + static_cast<int64_t>(first_query + q) * job.head_dim;
    for (int c = 0; 16 * c < job.head_dim; ++c) {
      query[q][c] = LoadPartW(x + 16 * c, ColumnCount(job.head_dim, c));
    }
  }
  Softmax all[kQueries], part[kQueries];
  Chunk<kQueries> chunk;
  const int first = job.begin / kAttentionChunk * kAttentionChunk;
  for (int position = first; position < job.end; position += kAttentionChunk) {
    Softmax(&now)[kQueries] = position == first ? all : part;
    const int left = job.end - position;
    chunk.begin = position < job.begin ? job.begin - position : 0;
    chunk.end = left < kAttentionChunk ? left : kAttentionChunk;
    FindRows<Cache>(job, position, chunk);
    float most[kQueries];
    Scores<Cache>(job, query, chunk, most);
    for (int q = 0; q < kQueries; ++q) {
      now[q].maximum = most[q];
      now[q].sum = Exponentials(chunk.weight[q], chunk.begin, chunk.end, most[q]);
    }
    WeightedValues<Cache>(job, chunk, now);
    for (int q = 0; position != first && q < kQueries; ++q) {
      Merge(all[q], part[q].maximum, part[q].sum, part[q].values, job.head_dim);
    }
  }
  for (int q = 0; q < kQueries; ++q) {
    if (job.part != nullptr) {
      float* part_out =
          job.part + static_cast<int64_t>(first_query + q) * (kPartHead + job.head_dim);
      part_out[0] = all[q].maximum;
      part_out[1] = all[q].sum;
      __builtin_memcpy(part_out + kPartHead, all[q].values, sizeof(float) * job.head_dim);
    } else {
      Finish(all[q], job.out + static_cast<int64_t>(first_query + q) * job.head_dim, job.head_dim);
    }
  }
}

template <class Cache>
void Attend(const AttentionJob& job) {
  int q = 0;
  for (; q + 4 <= job.queries; q += 4) AttendTogether<Cache, 4>(job, q);
  for (; q + 2 <= job.queries; q += 2) AttendTogether<Cache, 2>(job, q);
  if (q < job.queries) AttendTogether<Cache, 1>(job, q);
}

void MergeParts(float* out, const float* parts, int chunks, int64_t stride, int head_dim) {
  Softmax all;
  all.maximum = parts[0];
  all.sum = parts[1];
  __builtin_memcpy(all.values, parts + kPartHead, sizeof(float) * head_dim);
  for (int i = 1; i < chunks; ++i) {
    const float* part = parts + i * stride;
    Merge(all, part[0], part[1], part + kPartHead, head_dim);
  }
  Finish(all, out, head_dim);
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
