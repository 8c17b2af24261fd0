// Attention of one query over its positions, in chunks of 256 positions aligned to the sequence's
// start: each chunk gives (maximum, sum, weighted values), chunks merge in position order. What a
// token gets depends on its own positions alone. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/elementwise.h"
#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/simd.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

struct F32Cache {
  static constexpr int kBytes = 4;
  LANTERN_INLINE F8 At(const uint8_t* row, int i, int count) {
    return LoadUpTo8(reinterpret_cast<const float*>(row) + i, count);
  }
};

struct F16Cache {
  static constexpr int kBytes = 2;
  LANTERN_INLINE F8 At(const uint8_t* row, int i, int count) {
    if (count == 8) return LoadHalf(row + 2 * i);
    uint16_t part[8] = {};
    __builtin_memcpy(part, row + 2 * i, static_cast<size_t>(count) * 2);
    return LoadHalf(part);
  }
};

// Running result over chunks, or one chunk's own.
struct Softmax {
  float maximum, sum;
  float values[kMaxHeadDim];
};

// One chunk's positions: slot i stands for position chunk + i; those outside have weight zero.
struct Chunk {
  int begin, end;                   // slots in use
  int64_t offset[kAttentionChunk];  // bytes from the cache's start to a slot's row
  float weight[kAttentionChunk];
};

template <class Cache>
LANTERN_INLINE void FindRows(const AttentionJob& job, int first_position, Chunk& chunk) {
  for (int slot = chunk.begin; slot < chunk.end; ++slot) {
    const int position = first_position + slot;
    const int64_t block = job.blocks[position / job.block_tokens];
    const int64_t row =
        (block * job.heads + job.head) * job.block_tokens + position % job.block_tokens;
    chunk.offset[slot] = row * job.head_dim * Cache::kBytes;
  }
}

// Scores into chunk.weight; the largest one is returned.
template <class Cache>
LANTERN_INLINE float Scores(const AttentionJob& job, Chunk& chunk) {
  const auto query = [&](int i, int count) __attribute__((always_inline)) {
    return LoadUpTo8(job.q + i, count);
  };
  float most = -__builtin_inff();
  for (int slot = chunk.begin; slot < chunk.end; ++slot) {
    const uint8_t* row = job.keys + chunk.offset[slot];
    const auto key = [row](int i, int count) __attribute__((always_inline)) {
      return Cache::At(row, i, count);
    };
    const float score = DotLanes(job.head_dim, query, key) * job.scale;
    chunk.weight[slot] = score;
    most = score > most ? score : most;
  }
  return most;
}

// Scores to exp(score - maximum), in place; returns their sum in virtual lanes by position.
LANTERN_INLINE float Exponentials(Chunk& chunk, float maximum) {
  const int begin = chunk.begin & ~15, end = (chunk.end + 15) & ~15;
  for (int i = begin; i < chunk.begin; ++i) chunk.weight[i] = -__builtin_inff();
  for (int i = chunk.end; i < end; ++i) chunk.weight[i] = -__builtin_inff();
  F8 low = {}, high = {};
  for (int i = begin; i < end; i += 16) {
    const F8 a = Exp(Load<F8>(chunk.weight + i) - maximum);
    const F8 b = Exp(Load<F8>(chunk.weight + i + 8) - maximum);
    Store(chunk.weight + i, a);
    Store(chunk.weight + i + 8, b);
    low = low + a;
    high = high + b;
  }
  return SumLanes(low, high);
}

// values[i..] for kVectors eights of the head: a column of the head at a time, positions ascending,
// so that the sums stay in registers.
template <class Cache, int kVectors>
LANTERN_INLINE void WeightedColumns(const AttentionJob& job, const Chunk& chunk, int i, int count,
                                    float* values) {
  F8 sum[kVectors] = {};
  for (int slot = chunk.begin; slot < chunk.end; ++slot) {
    const uint8_t* row = job.values + chunk.offset[slot];
    const F8 weight = Splat(chunk.weight[slot]);
    LANTERN_UNROLL for (int v = 0; v < kVectors; ++v) {
      sum[v] = sum[v] + weight * Cache::At(row, i + 8 * v, count);
    }
  }
  for (int v = 0; v < kVectors; ++v) Store(values + i + 8 * v, sum[v]);
}

template <class Cache>
LANTERN_INLINE void WeightedValues(const AttentionJob& job, const Chunk& chunk, float* values) {
  int i = 0;
  for (; i + 32 <= job.head_dim; i += 32) WeightedColumns<Cache, 4>(job, chunk, i, 8, values);
  for (; i + 8 <= job.head_dim; i += 8) WeightedColumns<Cache, 1>(job, chunk, i, 8, values);
  if (i < job.head_dim) WeightedColumns<Cache, 1>(job, chunk, i, job.head_dim - i, values);
}

LANTERN_INLINE void Merge(Softmax& all, const Softmax& chunk, int head_dim) {
  const float maximum = chunk.maximum > all.maximum ? chunk.maximum : all.maximum;
  const F8 keep = Exp(Splat(all.maximum - maximum)), take = Exp(Splat(chunk.maximum - maximum));
  all.maximum = maximum;
  all.sum = all.sum * keep[0] + chunk.sum * take[0];
  for (int i = 0; i < head_dim; i += 8) {
    Store(all.values + i, Load<F8>(all.values + i) * keep + Load<F8>(chunk.values + i) * take);
  }
}

template <class Cache>
void Attend(const AttentionJob& job) {
  Softmax all, part;
  Chunk chunk;
  const int first = job.begin / kAttentionChunk * kAttentionChunk;
  for (int position = first; position < job.end; position += kAttentionChunk) {
    Softmax& now = position == first ? all : part;
    const int left = job.end - position;
    chunk.begin = position < job.begin ? job.begin - position : 0;
    chunk.end = left < kAttentionChunk ? left : kAttentionChunk;
    FindRows<Cache>(job, position, chunk);
    now.maximum = Scores<Cache>(job, chunk);
    now.sum = Exponentials(chunk, now.maximum);
    WeightedValues<Cache>(job, chunk, now.values);
    if (position != first) Merge(all, part, job.head_dim);
  }
  ForEights(
      job.head_dim, [&](int i, int count) __attribute__((always_inline)) {
        StorePart(job.out + i, Load<F8>(all.values + i) / all.sum, count);
      });
}

void StoreF32(void* out, const float* x, int count) {
  __builtin_memcpy(out, x, static_cast<size_t>(count) * sizeof(float));
}

void StoreF16(void* out, const float* x, int count) {
  uint16_t* half = static_cast<uint16_t*>(out);
  ForEights(
      count, [=](int i, int n) __attribute__((always_inline)) {
        uint16_t eight[8];
        StoreHalf(eight, LoadUpTo8(x + i, n));
        __builtin_memcpy(half + i, eight, static_cast<size_t>(n) * sizeof(uint16_t));
      });
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
