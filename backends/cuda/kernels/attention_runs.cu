// Attention of runs of tokens on tensor cores. A block takes 128 rows, each a token and a query
// head of one kv head, and walks over the positions that they see, 64 at a time: products with
// keys, exponentials relative to the largest so far, products with values. (The scheme is
// FlashAttention-2's, Dao 2023.)
//
// Four warps of 32 rows: with 16 rows a warp would read keys and values from shared memory twice as
// often, which then would take longer than the arithmetic. Two such groups of warps fit on a
// multiprocessor, so that one multiplies while the other computes exponentials: two blocks, or,
// where there are so few that those with the most positions would end last and alone, two groups of
// one block, which then take every other tile of positions.
#include <algorithm>
#include <cmath>

#include "backends/cuda/kernels/attention_groups.cuh"
#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"
#include "backends/cuda/kernels/launch.cuh"

namespace lantern::cuda {
namespace {

using namespace runs;

// Finds the run that tile `index` belongs to; tiles of all runs are counted one after the other.
// Runs of one token have none where there is more than one run: these are AttendSingles'.
__device__ inline bool FindTokens(const RunArguments& r, int index, Tile& tile) {
  const StepTokens& step = r.step;
  const int lane = threadIdx.x % 32;
  for (int first = 0, before = 0; first < step.runs; first += 32) {
    const int run = first + lane;
    int begin = 0, length = 0;
    if (run < step.runs) {
      begin = step.run_begin[run];
      length = step.run_begin[run + 1] - begin;
    }
    int sum = length == 1 && step.runs > 1 ? 0 : (length + r.tile_tokens - 1) / r.tile_tokens;
    const int own = sum;
    for (int lanes = 1; lanes < 32; lanes *= 2) {
      const int other = __shfl_up_sync(~0u, sum, lanes);
      if (lane >= lanes) sum += other;
    }
    const unsigned reached = __ballot_sync(~0u, before + sum > index);
    if (reached != 0) {
      const int at = __ffs(reached) - 1;
      const int skipped = (index - before - __shfl_sync(~0u, sum - own, at)) * r.tile_tokens;
      tile.token = __shfl_sync(~0u, begin, at) + skipped;
      tile.tokens = min(r.tile_tokens, __shfl_sync(~0u, length, at) - skipped);
      return true;
    }
    before += __shfl_sync(~0u, sum, 31);
  }
  return false;
}

__device__ inline bool FindTile(const RunArguments& r, Tile& tile) {
  // The last tiles of runs see the most positions: they begin first.
  if (!FindTokens(r, gridDim.y - 1 - blockIdx.y, tile)) return false;
  tile.kv = blockIdx.x;
  tile.heads = HeadsOf(r.attention.heads, tile.kv);
  tile.lowest = LowestSeen(r.step.position[tile.token], r.attention.window);
  tile.end = r.step.position[tile.token + tile.tokens - 1] + 1;
  tile.table = r.step.blocks_begin[r.step.sequence[tile.token]];
  return true;
}

// The token of a row, counted from the tile's first. Rows beyond the last token are like its.
__device__ inline int TokenOf(const RunArguments& r, const Tile& tile, int row) {
  return min(row * r.inverse >> 16, tile.tokens - 1);
}

// The query head of a row, or -1 where the row is none's.
__device__ inline int HeadOf(const RunArguments& r, const Tile& tile, int row) {
  const int token = row * r.inverse >> 16, slot = row - token * r.width;
  return token < tile.tokens && slot < tile.heads.count ? tile.heads.begin + slot : -1;
}

// Queries, in A, rotated, to shared memory; rows that are none's are zeros.
template <class A, class T, int D>
__device__ inline void LoadQuery(const RunArguments& r, const Tile& tile, RunShared<D>& shared) {
  const AttentionStep& a = r.attention;
  const int chunk = threadIdx.x % (D / 8);
#pragma unroll 4
  for (int row = threadIdx.x / (D / 8); row < kRows; row += blockDim.x / (D / 8)) {
    const int token = tile.token + TokenOf(r, tile, row), head = HeadOf(r, tile, row);
    const int position = r.step.position[token];
    if (chunk == 0) shared.position[row] = position;
    const long long at = QueryAt(a, token, max(head, 0)) + chunk * 8;
    float x[8], turn[8];
    Load8(static_cast<const A*>(a.qkv.data) + at, x);
    LoadTurn8(a, position, chunk * 8, turn);
    Rotate8(x, turn);
    shared.query[ChunkAt<D>(row, chunk)] = head >= 0 ? Pack8<T>(x) : make_uint4(0, 0, 0, 0);
  }
}

__device__ inline uint32_t SharedAddress(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

// 16 bytes from global to shared memory, or zeros.
__device__ inline void CopyLater(uint32_t to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}

// Starts copying the keys and values of positions base .. base + 63. Those that no row sees are
// zeros, whatever the cache holds there: they may never have been written, and 0 * NaN is no 0.
template <class T, int D>
__device__ inline void LoadKeysAndValues(const RunArguments& r, const Tile& tile, int base,
                                         KeyTiles<D>& tiles, int stage) {
  constexpr int kPassRows = kThreads / (D / 8), kRowBytes = D * 2;  // a pass: a multiple of 8 rows
  const Cache& cache = r.attention.cache;
  const int chunk = threadIdx.x % (D / 8), first = ThreadOfGroup() / (D / 8);
  const T* keys = static_cast<const T*>(cache.keys) + first * D + chunk * 8;
  const T* values = static_cast<const T*>(cache.values) + first * D + chunk * 8;
  const uint32_t key_to = SharedAddress(&tiles.keys[stage][ChunkAt<D>(first, chunk)]);
  const uint32_t value_to = key_to + sizeof tiles.keys;
#pragma unroll
  for (int group = 0; group < kKeys; group += 16) {  // 16 positions lie in one block
    const int begin = base + group;
    const int seen = min(max(begin, tile.lowest), tile.end - 1);
    const int block = r.step.blocks[tile.table + (seen >> r.block_shift)];
    const int slot = begin & (cache.block_tokens - 1);
    const int cache_row = ((block * cache.heads + tile.kv) << r.block_shift) + slot;
    const long long from = static_cast<long long>(cache_row) * D;
#pragma unroll
    for (int row = 0; row < 16; row += kPassRows) {
      const int position = begin + first + row;
      const bool there = position < tile.end && position >= tile.lowest;
      CopyLater(key_to + (group + row) * kRowBytes, keys + from + row * D, there);
      CopyLater(value_to + (group + row) * kRowBytes, values + from + row * D, there);
    }
  }
  asm volatile("cp.async.commit_group;" ::: "memory");
}

__device__ inline void LoadMatrices(uint32_t (&m)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(address)
               : "memory");
}
__device__ inline void LoadTransposed(uint32_t (&m)[4], uint32_t address) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
               : "=r"(m[0]), "=r"(m[1]), "=r"(m[2]), "=r"(m[3])
               : "r"(address)
               : "memory");
}

using Products = float[kRowTiles][kKeys / 8][4];

// products = queries * keys^T. A lane's address of a matrix's row, whose chunks are exchanged by
// row % 8, is that of chunk 0 with the chunk's number xor-ed in.
template <class T, int D>
__device__ inline void MultiplyKeys(const RunShared<D>& shared, const KeyTiles<D>& tiles, int stage,
                                    Products& products) {
  constexpr int kRowBytes = D * 2;
  const int lane = threadIdx.x % 32, warp = WarpOfGroup();
  const int query_row = warp * kWarpRows + lane % 16, query_chunk = lane / 16;
  const int key_row = lane % 8 + lane / 16 * 8, key_chunk = lane / 8 % 2;
  const uint32_t query = SharedAddress(&shared.query[ChunkAt<D>(query_row, query_chunk)]);
  const uint32_t key = SharedAddress(&tiles.keys[stage][ChunkAt<D>(key_row, key_chunk)]);
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int n = 0; n < kKeys / 8; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) products[m][n][i] = 0;
    }
  }
#pragma unroll
  for (int k = 0; k < D / 16; ++k) {
    uint32_t a[kRowTiles][4];
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) LoadMatrices(a[m], (query ^ k * 32) + m * 16 * kRowBytes);
#pragma unroll
    for (int n = 0; n < kKeys / 16; ++n) {
      uint32_t b[4];
      LoadMatrices(b, (key ^ k * 32) + n * 16 * kRowBytes);
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        MatrixMultiply<T>(products[m][2 * n], a[m][0], a[m][1], a[m][2], a[m][3], b[0], b[1]);
        MatrixMultiply<T>(products[m][2 * n + 1], a[m][0], a[m][1], a[m][2], a[m][3], b[2], b[3]);
      }
    }
  }
}

// Products with positions that a row does not see become minus infinity.
template <int D>
__device__ inline void Mask(const RunShared<D>& shared, int window, int base, Products& products) {
  const int lane = threadIdx.x % 32, row = WarpOfGroup() * kWarpRows + lane / 4;
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int own = shared.position[row + m * 16 + half * 8], lowest = LowestSeen(own, window);
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          const int position = base + n * 8 + lane % 4 * 2 + i;
          float& product = products[m][n][half * 2 + i];
          product = position <= own && position >= lowest ? product : -INFINITY;
        }
      }
    }
  }
}

__device__ inline float MostOfQuarters(float x) {
  x = fmaxf(x, __shfl_xor_sync(~0u, x, 1));
  return fmaxf(x, __shfl_xor_sync(~0u, x, 2));
}

// How far, in powers of two, a row's largest product may be above the one that its exponentials
// are relative to before that one is changed: most tiles then leave the sums as they are, and
// exponentials stay small enough for f16 (as FlashAttention-4 does).
constexpr float kSlack = 8;

// Turns products into exponentials relative to (about) their row's largest so far, and scales to
// it what was summed before. A row may have seen nothing yet: its largest is minus infinity then,
// and what its exponentials are relative to does not matter as long as it is a number.
template <int D>
__device__ inline void Exponentials(float scale, Products& products, WarpState<D>& state) {
  float correction[kRowTiles][2];
  bool changed = false;
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float most = products[m][0][half * 2];
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n) {
        most = fmaxf(most, fmaxf(products[m][n][half * 2], products[m][n][half * 2 + 1]));
      }
      most = MostOfQuarters(most) * scale;
      const float before = state.most[m][half];
      const bool grows = most > before + kSlack;
      if (!grows) most = before;
      changed |= grows;
      const float base = most == -INFINITY ? 0 : most;
      correction[m][half] = grows ? Exp2(before - base) : 1;
      state.most[m][half] = most;
      float total = 0;
#pragma unroll
      for (int n = 0; n < kKeys / 8; ++n) {
#pragma unroll
        for (int i = 0; i < 2; ++i) {
          float& p = products[m][n][half * 2 + i];
          p = Exp2(p * scale - base);
          total += p;
        }
      }
      state.total[m][half] = state.total[m][half] * correction[m][half] + total;
    }
  }
  if (!__any_sync(~0u, changed)) return;
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int n = 0; n < D / 8; ++n) {
#pragma unroll
      for (int i = 0; i < 4; ++i) state.sums[m][n][i] *= correction[m][i / 2];
    }
  }
}

// sums += exponentials * values.
template <class T, int D>
__device__ inline void AddValues(const KeyTiles<D>& tiles, int stage, const Products& p,
                                 WarpState<D>& state) {
  constexpr int kRowBytes = D * 2;
  const int lane = threadIdx.x % 32;
  const uint32_t value = SharedAddress(&tiles.values[stage][ChunkAt<D>(lane % 16, lane / 16)]);
#pragma unroll
  for (int k = 0; k < kKeys / 16; ++k) {
    uint32_t a[kRowTiles][4];
#pragma unroll
    for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const float* pair = &p[m][2 * k + i / 2][i % 2 * 2];
        a[m][i] = Pack<T>(pair[0], pair[1]);
      }
    }
#pragma unroll
    for (int n = 0; n < D / 16; ++n) {
      uint32_t b[4];
      LoadTransposed(b, (value ^ n * 32) + k * 16 * kRowBytes);
#pragma unroll
      for (int m = 0; m < kRowTiles; ++m) {
        MatrixMultiply<T>(state.sums[m][2 * n], a[m][0], a[m][1], a[m][2], a[m][3], b[0], b[1]);
        MatrixMultiply<T>(state.sums[m][2 * n + 1], a[m][0], a[m][1], a[m][2], a[m][3], b[2], b[3]);
      }
    }
  }
}

// The warp's rows, divided by their totals, to `out` in A: through the warp's own rows of the
// queries' memory, which it needs no more, so that stores are of whole lines.
template <class A, int D>
__device__ inline void StoreRows(const RunArguments& r, WarpState<D>& state, RunShared<D>& shared) {
  const AttentionStep& a = r.attention;
  const Tile& tile = shared.tile;
  const int lane = threadIdx.x % 32, first = threadIdx.x / 32 * kWarpRows;
#pragma unroll
  for (int m = 0; m < kRowTiles; ++m) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      float total = state.total[m][half];
      total += __shfl_xor_sync(~0u, total, 1);
      total += __shfl_xor_sync(~0u, total, 2);
      const float scale = 1 / total;
      const int row = first + m * 16 + half * 8 + lane / 4;
#pragma unroll
      for (int n = 0; n < D / 8; ++n) {
        uint4& chunk = shared.query[ChunkAt<D>(row, n)];
        reinterpret_cast<uint32_t*>(&chunk)[lane % 4] = PackSaturated<A>(
            state.sums[m][n][half * 2] * scale, state.sums[m][n][half * 2 + 1] * scale);
      }
    }
  }
  __syncwarp();
  const int chunk = lane % (D / 8);
  for (int row = first + lane / (D / 8); row < first + kWarpRows; row += 32 / (D / 8)) {
    const int head = HeadOf(r, tile, row);
    if (head < 0) continue;
    const long long token = tile.token + TokenOf(r, tile, row);
    auto* out = static_cast<A*>(a.out.data) + token * a.out.stride +
                static_cast<long long>(head) * D + chunk * 8;
    *reinterpret_cast<uint4*>(out) = shared.query[ChunkAt<D>(row, chunk)];
  }
}

// The group's positions, one tile of `groups` after the other.
template <class T, int D>
__device__ inline void Walk(const RunArguments& r, const Tile& tile, int begin, int groups,
                            RunShared<D>& shared, WarpState<D>& state) {
  KeyTiles<D>& tiles = shared.of[Group()];
  const int warp_first = WarpOfGroup() * kWarpRows, step = groups * kKeys;
  const int earliest = shared.position[warp_first];
  const int latest = shared.position[warp_first + kWarpRows - 1];
  for (int base = begin, stage = 0; base < tile.end; base += step, stage ^= 1) {
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    SyncGroup();
    if (base + step < tile.end) {
      LoadKeysAndValues<T, D>(r, tile, base + step, tiles, stage ^ 1);
    }
    if (base > latest) continue;
    Products products;
    MultiplyKeys<T, D>(shared, tiles, stage, products);
    const bool all_seen =
        base + kKeys - 1 <= earliest && base >= LowestSeen(latest, r.attention.window);
    if (!all_seen) Mask<D>(shared, r.attention.window, base, products);
    Exponentials<D>(r.scale, products, state);
    AddValues<T, D>(tiles, stage, products, state);
  }
}

template <class T, int D, int kGroups>
__global__ void __launch_bounds__(kGroups* kThreads, kMostGroups / kGroups)
    RunKernel(const __grid_constant__ RunArguments r) {
  extern __shared__ __align__(1024) unsigned char memory[];
  auto& shared = *reinterpret_cast<RunShared<D>*>(memory);
  WaitForInputs();
  LetNextBegin();
  Tile tile;
  if (!FindTile(r, tile)) return;
  const int begin = tile.lowest / kKeys * kKeys + Group() * kKeys;
  LoadKeysAndValues<T, D>(r, tile, begin, shared.of[Group()], 0);
  With16Bits(r.attention.qkv.type,
             [&](auto value) { LoadQuery<decltype(value), T, D>(r, tile, shared); });
  WarpState<D> state;
  Begin(state);
  if (threadIdx.x == 0) shared.tile = tile;
  __syncthreads();
  Walk<T, D>(r, tile, begin, kGroups, shared, state);
  if constexpr (kGroups == 2) {
    auto& given = *reinterpret_cast<LaneSums<D>*>(shared.of);
    static_assert(sizeof given <= sizeof shared.of);
    asm volatile("cp.async.wait_group 0;" ::: "memory");  // of a group without a tile
    __syncthreads();
    if (Group() == 1) GiveSums(state, given);
    __syncthreads();
    if (Group() == 1) return;
    TakeSums(given, state);
  }
  With16Bits(r.attention.out.type,
             [&](auto value) { StoreRows<decltype(value), D>(r, state, shared); });
}

template <class T, int D, int kGroups>
void LaunchGroups(const Queue& queue, const RunArguments& r, int tiles) {
  constexpr int kBytes = SharedBytes<D>(kGroups);
  // Each time, because it holds for the current device only.
  Require(cudaFuncSetAttribute(RunKernel<T, D, kGroups>,
                               cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes),
          "asking for shared memory");
  Launch(queue, RunKernel<T, D, kGroups>, dim3(r.attention.cache.heads, tiles), kGroups * kThreads,
         kBytes, r);
}

template <class T, int D>
void LaunchRuns(const Queue& queue, const RunArguments& r) {
  // A run's last tile may be cut, and tiles of single tokens are none's. Depends on counts only.
  const int tiles =
      std::min((r.step.tokens + r.tile_tokens - 1) / r.tile_tokens + r.step.runs - 1,
               (r.step.longest_run + r.tile_tokens - 1) / r.tile_tokens * r.step.runs);
  const bool few = r.attention.cache.heads * tiles <= kMostGroups * queue.multiprocessors;
  if (few && SharedBytes<D>(2) <= queue.block_shared_bytes) {
    LaunchGroups<T, D, 2>(queue, r, tiles);
  } else {
    LaunchGroups<T, D, 1>(queue, r, tiles);
  }
}

}  // namespace

void AttendRuns(const Queue& queue, const StepTokens& step, const AttentionStep& a) {
  const int width = Width(a.heads);
  RunArguments r{step, a, width, kRows / width, (65535 + width) / width};
  while ((1 << r.block_shift) < a.cache.block_tokens) ++r.block_shift;
  r.scale = kLog2E / std::sqrt(static_cast<float>(a.cache.head_dim));
  const bool half = a.cache.type == DType::kF16;
  if (a.cache.head_dim == 64) {
    half ? LaunchRuns<__half, 64>(queue, r) : LaunchRuns<__nv_bfloat16, 64>(queue, r);
  } else {
    half ? LaunchRuns<__half, 128>(queue, r) : LaunchRuns<__nv_bfloat16, 128>(queue, r);
  }
}

}  // namespace lantern::cuda
