// Activations on their way into shared memory: loaded, normed, and given to a format's Places,
// which has them as its matrix instructions take them. For every block of 32 columns a thread of a
// quad has two runs of four columns, Places::ColumnOf(t, run).
#pragma once

#include "backends/cuda/kernels/halves.cuh"
#include "backends/cuda/kernels/skinny_task.h"

namespace lantern::cuda {

// Where activations go.
struct SharedActivations {
  std::byte* values;  // 64 bytes of a block and token
  float2* factors;    // of quantized blocks
  float* inverses;    // scratch: 1 / rms of each token
  int tokens;         // room
};

// Four values as they lie in memory, f32 or 16 bits of either type: nothing waits for them before
// they are used.
template <class T>
using Four = std::conditional_t<sizeof(T) == 4, float4, uint2>;

// Of x that ends within them. Kept out of the code of all other fours.
template <class T>
__device__ __noinline__ inline Four<T> LoadFourAtEnd(const T* x, int count) {
  T values[4];
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    values[i] = 0;
    if (i < count) values[i] = __ldcg(x + i);
  }
  Four<T> four;
  memcpy(&four, values, sizeof(four));
  return four;
}

// A row of x, and from which of the weights' columns on. Loads go past L1, which may hold what
// another kernel replaced.
template <class T>
struct XRow {
  const T* x;
  int columns;

  // Zeros where x has none. REQUIRES: x ends with the four or before them, and is aligned.
  __device__ Four<T> Load(int column) const {
    Four<T> four{};
    if (column >= 0 && column < columns) {
      four = __ldcg(reinterpret_cast<const Four<T>*>(x + column));
    }
    return four;
  }
  // Wherever x ends.
  __device__ Four<T> LoadRagged(int column) const {
    if (column < 0 || column + 4 > columns) {
      return column < 0 || column >= columns ? Four<T>{}
                                             : LoadFourAtEnd(x + column, columns - column);
    }
    return Load(column);
  }
};

template <class T>
__device__ inline XRow<T> RowOf(const SkinnyTask& task, int token) {
  return {static_cast<const T*>(task.x) + token * task.x_stride, task.columns};
}

__device__ inline float SumOfSquares(float4 v) {
  return (v.x * v.x + v.y * v.y) + (v.z * v.z + v.w * v.w);
}
__device__ inline float4 Scaled(float4 v, float factor, float4 norm) {
  return {v.x * factor * norm.x, v.y * factor * norm.y, v.z * factor * norm.z,
          v.w * factor * norm.w};
}

__device__ inline float WarpSum(float value) {
#pragma unroll
  for (int other = 16; other > 0; other >>= 1) value += __shfl_xor_sync(~0u, value, other);
  return value;
}

// `sum` over the block's threads, the same bits in all of them. Uses `inverses`, one for each warp.
__device__ inline float BlockSum(float sum, float* inverses) {
  sum = WarpSum(sum);
  if ((threadIdx.x & 31) == 0) inverses[threadIdx.x >> 5] = sum;
  __syncthreads();
  sum = 0;
  for (int i = 0; i < static_cast<int>(blockDim.x >> 5); ++i) sum += inverses[i];
  return sum;
}

// The column of x that a run of chunk `at` = 4 * block + t begins at.
template <class Places>
__device__ inline int ColumnAt(const SkinnyTask& task, int first_block, int at, int run) {
  return (first_block + (at >> 2)) * 32 + Places::ColumnOf(at & 3, run) - task.lead;
}

// One token, normed: what a thread has loaded for the mean it keeps for the product. On the way of
// every layer of a decoded token, so the norm's weights, which are constants, are loaded before the
// wait.
template <class Places>
class NormedRow {
 public:
  __device__ NormedRow(const SkinnyTask& task, int blocks)
      : task_(task), norm_row_{task.norm, task.columns}, chunks_(4 * blocks) {
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      for (int run = 0; run < 2; ++run) norm_[i][run] = Load(norm_row_, Chunk(i), run);
    }
  }
  __device__ void Load(const Places& places, float* inverses) {
    const XRow<float> row = RowOf<float>(task_, 0);
    float4 x[kKept][2];
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      for (int run = 0; run < 2; ++run) x[i][run] = Load(row, Chunk(i), run);
    }
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kKept; ++i) sum += SumOfSquares(x[i][0]) + SumOfSquares(x[i][1]);
#pragma unroll 1
    for (int c = Chunk(kKept); c < chunks_; c += blockDim.x) {
      sum += SumOfSquares(Load(row, c, 0)) + SumOfSquares(Load(row, c, 1));
    }
    const float inverse =
        1 / sqrtf(BlockSum(sum, inverses) / static_cast<float>(task_.columns) + task_.eps);
#pragma unroll
    for (int i = 0; i < kKept; ++i) {
      places.Store(Chunk(i) < chunks_, 0, Chunk(i), Scaled(x[i][0], inverse, norm_[i][0]),
                   Scaled(x[i][1], inverse, norm_[i][1]));
    }
#pragma unroll 1
    for (int c = Chunk(kKept); c < chunks_; c += blockDim.x) {
      places.Store(true, 0, c, Scaled(Load(row, c, 0), inverse, Load(norm_row_, c, 0)),
                   Scaled(Load(row, c, 1), inverse, Load(norm_row_, c, 1)));
    }
  }

 private:
  static constexpr int kKept = 2;  // 4096 columns
  __device__ int Chunk(int i) const { return threadIdx.x + i * blockDim.x; }
  __device__ float4 Load(const XRow<float>& row, int chunk, int run) const {
    const int column = ColumnAt<Places>(task_, 0, chunk, run);
    return Places::kRagged ? row.LoadRagged(column) : row.Load(column);
  }

  const SkinnyTask& task_;
  const XRow<float> norm_row_;
  int chunks_;
  float4 norm_[kKept][2];
};

// 1 / rms of every token, a warp for each.
template <class Places>
__device__ inline void FindInverses(const SkinnyTask& task, float* inverses) {
  constexpr int kAtOnce = 4;  // loads under way
#pragma unroll 1
  for (int token = threadIdx.x >> 5; token < task.tokens; token += blockDim.x >> 5) {
    const XRow<float> row = RowOf<float>(task, token);
    float sums[kAtOnce] = {};
#pragma unroll 1
    for (int column = 4 * (threadIdx.x & 31); column < task.columns; column += 128 * kAtOnce) {
      float4 x[kAtOnce];
#pragma unroll
      for (int i = 0; i < kAtOnce; ++i) {
        const int at = column + 128 * i;
        x[i] = Places::kRagged ? row.LoadRagged(at) : row.Load(at);
      }
#pragma unroll
      for (int i = 0; i < kAtOnce; ++i) sums[i] += SumOfSquares(x[i]);
    }
    const float sum = WarpSum((sums[0] + sums[1]) + (sums[2] + sums[3]));
    inverses[token] = 1 / sqrtf(sum / static_cast<float>(task.columns) + task.eps);
  }
  __syncthreads();
}

// Walks through the chunks of all tokens, a thread's share.
struct ChunkWalk {
  int chunks, tokens, token = 0, at;
  ChunkWalk() = default;
  __device__ ChunkWalk(int chunk_count, int token_count)
      : chunks(chunk_count), tokens(token_count), at(threadIdx.x) {
    Wrap();
  }
  __device__ bool There() const { return token < tokens; }
  __device__ void Next() {
    at += blockDim.x;
    Wrap();
  }

 private:
  __device__ void Wrap() {
    for (; at >= chunks && token < tokens; at -= chunks) ++token;
  }
};

// Blocks [first, first + count) of all tokens as they are. Several chunks are under way at once, as
// none waits for another, and no branch comes between them.
template <class Places>
__device__ inline void LoadAsTheyAre(const SkinnyTask& task, int first, int count,
                                     const Places& places) {
  constexpr int kAtOnce = Places::kRagged ? 2 : 4;
  const int tokens = Places::kOneToken ? 1 : task.tokens;
#pragma unroll 1
  for (ChunkWalk walk(4 * count, tokens); walk.There();) {
    uint2 raw[kAtOnce][2];
    float4 x[kAtOnce][2];
    ChunkWalk at[kAtOnce];
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k, walk.Next()) {
      at[k] = walk;
      const auto row = RowOf<uint16_t>(task, Places::kOneToken ? 0 : walk.token);
#pragma unroll
      for (int run = 0; run < 2; ++run) {
        // Beyond the last chunk: no column.
        const int column = walk.There() ? ColumnAt<Places>(task, first, walk.at, run) : -1;
        raw[k][run] = Places::kRagged ? row.LoadRagged(column) : row.Load(column);
      }
    }
    With16Bits(task.x_type, [&](auto of_type) {
#pragma unroll
      for (int i = 0; i < 2 * kAtOnce; ++i) {
        x[i / 2][i % 2] = WidenFour<decltype(of_type)>(raw[i / 2][i % 2]);
      }
    });
#pragma unroll
    for (int k = 0; k < kAtOnce; ++k) {
      if (k == 2 && !at[k].There()) break;  // 4096 columns are two chunks a thread
      places.Store(at[k].There(), at[k].token, at[k].at, x[k][0], x[k][1]);
    }
  }
}

// The same of tokens to be normed, whose inverses have been found.
template <class Places>
__device__ inline void LoadNormed(const SkinnyTask& task, int first, int count,
                                  const float* inverses, const Places& places) {
  const XRow<float> norm{task.norm, task.columns};
  const auto load = [](const XRow<float>& row, int column) {
    return Places::kRagged ? row.LoadRagged(column) : row.Load(column);
  };
#pragma unroll 1
  for (ChunkWalk walk(4 * count, task.tokens); walk.There(); walk.Next()) {
    const XRow<float> row = RowOf<float>(task, walk.token);
    float4 x[2];
#pragma unroll
    for (int run = 0; run < 2; ++run) {
      const int column = ColumnAt<Places>(task, first, walk.at, run);
      x[run] = Scaled(load(row, column), inverses[walk.token], load(norm, column));
    }
    places.Store(true, walk.token, walk.at, x[0], x[1]);
  }
}

template <class Places>
__device__ inline void LoadRows(const SkinnyTask& task, int first, int count, const float* inverses,
                                const Places& places) {
  if (task.norm != nullptr) {
    LoadNormed(task, first, count, inverses, places);
  } else {
    LoadAsTheyAre(task, first, count, places);
  }
}

}  // namespace lantern::cuda
