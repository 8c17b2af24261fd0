// Attention of single new tokens: the positions of each are cut into chunks, one block for each,
// so that a few sequences fill the device; the last block of a token and kv head to end adds the
// chunks up. The block that holds the token's own position also rotates and appends.
//
// All query heads of a kv head are computed together, so that the cache is read once, and on tensor
// cores, where the heads are the columns of a matrix: with plain instructions four heads would need
// more time for arithmetic than memory needs for the cache. Dimensions and positions that are
// summed over may stand in any order as long as both factors agree: they stand so that a lane's
// 16-byte loads are its fragments, without shared memory. Within 32 dimensions lane t of four holds
// 8 t .. 8 t + 7 of queries and keys; of values a lane holds 8 g .. 8 g + 7 within 64.
#include <algorithm>
#include <cmath>

#include "backends/cuda/kernels/attention_parts.cuh"
#include "backends/cuda/kernels/attention_paths.h"
#include "backends/cuda/kernels/attention_units.cuh"
#include "backends/cuda/kernels/launch.cuh"

namespace lantern::cuda {
namespace decode {
namespace {

// Where a lane is in a fragment: g and t of MatrixMultiply.
__device__ inline int Group() { return threadIdx.x % 32 / 4; }
__device__ inline int Quarter() { return threadIdx.x % 4; }

// A warp's work on its tiles. T is the cache's type.
template <class T, int D>
struct WarpState {
  uint4 query[D / 32];
  uint4 keys[2][D / 32];    // of positions g, g + 8
  uint4 values[4][D / 64];  // of positions 2 t, 2 t + 1, 2 t + 8, 2 t + 9
  float sums[D / 16][4];    // heads 2 t, 2 t + 1 by dimensions 8 g + 2 j, 8 g + 2 j + 1
  float most[2] = {-INFINITY, -INFINITY}, total[2] = {};  // total: of this lane's positions only
};

// The position within a tile of the lane's i-th row of values.
__device__ inline int ValueRow(int i) { return 2 * Quarter() + i % 2 + i / 2 * 8; }

// Elements from the beginning of the cache to the tile at `base`, which lies in one block.
__device__ inline size_t TileAt(const DecodeArguments& d, const Unit& unit, int base, int dim) {
  const Cache& cache = d.attention.cache;
  const int slot = base & (cache.block_tokens - 1);
  return BlockAt(cache, d.step.blocks[unit.table + (base >> d.block_shift)], unit.kv) + slot * dim;
}

// Positions that the token does not see are zeros here, whatever the cache holds: they may never
// have been written. So is its own, which the cache does not hold yet.
template <class T, int D>
__device__ inline void LoadKeys(const DecodeArguments& d, const Unit& unit, int base, size_t tile,
                                WarpState<T, D>& state) {
  const T* keys = static_cast<const T*>(d.attention.cache.keys) + tile + 8 * Quarter();
#pragma unroll
  for (int row = 0; row < 2; ++row) {
    const int slot = Group() + 8 * row, position = base + slot;
    const bool there = position >= unit.lowest && position < unit.own;
#pragma unroll
    for (int c = 0; c < D / 32; ++c) {
      state.keys[row][c] = make_uint4(0, 0, 0, 0);
      if (!there) continue;
      state.keys[row][c] = __ldcg(reinterpret_cast<const uint4*>(keys + slot * D + 32 * c));
    }
  }
}

template <class T, int D>
__device__ inline void LoadValues(const DecodeArguments& d, const Unit& unit, int base, size_t tile,
                                  WarpState<T, D>& state) {
  const T* values = static_cast<const T*>(d.attention.cache.values) + tile + 8 * Group();
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int slot = ValueRow(i), position = base + slot;
    const bool there = position >= unit.lowest && position < unit.own;
#pragma unroll
    for (int c = 0; c < D / 64; ++c) {
      state.values[i][c] = make_uint4(0, 0, 0, 0);
      if (!there) continue;
      state.values[i][c] = __ldcg(reinterpret_cast<const uint4*>(values + slot * D + 64 * c));
    }
  }
}

// Queries, the token's own key and value as they lie in memory, and what rotates them. Columns
// beyond the unit's heads repeat its last one and are not looked at. All warps load all of it: the
// loads then are on their way together, and most of them meet in the cache.
template <int D>
struct RawInputs {
  uint4 query[D / 32], key[D / 32], value[D / 64];
  float turn[D / 32][8];

  __device__ RawInputs(const DecodeArguments& d, const Unit& unit) {
    const AttentionStep& a = d.attention;
    const auto* qkv = static_cast<const uint16_t*>(a.qkv.data);
    const auto load = [&](long long at) { return *reinterpret_cast<const uint4*>(qkv + at); };
    const int head = unit.head + max(0, min(Group(), unit.count - 1));
#pragma unroll
    for (int c = 0; c < D / 32; ++c) {
      const int dim = 32 * c + 8 * Quarter();
      LoadTurn8(a, unit.own, dim, turn[c]);
      query[c] = load(QueryAt(a, unit.token, head) + dim);
      key[c] = load(KeyAt(a, unit.token, unit.kv) + dim);
    }
#pragma unroll
    for (int c = 0; c < D / 64; ++c) {
      value[c] = load(ValueAt(a, unit.token, unit.kv) + 64 * c + 8 * Group());
    }
  }
};

// The same, of type A, rotated and in the cache's type.
template <class A, class T, int D>
__device__ inline void TakeInputs(const RawInputs<D>& raw, uint4 (&key)[D / 32],
                                  uint4 (&value)[D / 64], WarpState<T, D>& state) {
  float x[8];
#pragma unroll
  for (int c = 0; c < D / 32; ++c) {
    Widen8<A>(raw.query[c], x);
    Rotate8(x, raw.turn[c]);
    state.query[c] = Pack8<T>(x);
    Widen8<A>(raw.key[c], x);
    Rotate8(x, raw.turn[c]);
    key[c] = Pack8<T>(x);
  }
#pragma unroll
  for (int c = 0; c < D / 64; ++c) {
    Widen8<A>(raw.value[c], x);
    value[c] = Pack8<T>(x);
  }
}

// Of the warp whose tile will hold the token's position: its key and value, of which a quarter and
// a group each hold a copy, for that tile and to the cache at `at`. Only the first of the units
// that share a kv head writes there.
template <class T, int D>
__device__ inline void StoreOwn(const DecodeArguments& d, const Unit& unit, size_t at,
                                const uint4 (&key)[D / 32], const uint4 (&value)[D / 64],
                                OwnRows<D>& own) {
  T* keys = static_cast<T*>(d.attention.cache.keys) + at;
  T* values = static_cast<T*>(d.attention.cache.values) + at;
#pragma unroll
  for (int c = 0; c < D / 32; ++c) {
    if (Group() != 0) continue;
    own.key[4 * c + Quarter()] = key[c];
    if (unit.part == 0) reinterpret_cast<uint4*>(keys)[4 * c + Quarter()] = key[c];
  }
#pragma unroll
  for (int c = 0; c < D / 64; ++c) {
    if (Quarter() != 0) continue;
    own.value[8 * c + Group()] = value[c];
    if (unit.part == 0) reinterpret_cast<uint4*>(values)[8 * c + Group()] = value[c];
  }
  __syncwarp();
}

// Puts the token's own key and value, position `slot` of the tile, into the warp's fragments.
template <class T, int D>
__device__ inline void InsertOwn(const OwnRows<D>& own, int slot, WarpState<T, D>& state) {
#pragma unroll
  for (int row = 0; row < 2; ++row) {
#pragma unroll
    for (int c = 0; c < D / 32; ++c) {
      if (slot == Group() + 8 * row) state.keys[row][c] = own.key[4 * c + Quarter()];
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int c = 0; c < D / 64; ++c) {
      if (slot == ValueRow(i)) state.values[i][c] = own.value[8 * c + Group()];
    }
  }
}

// products: of positions g (first two) and g + 8 with heads 2 t and 2 t + 1.
template <class T, int D>
__device__ inline void MultiplyKeys(const WarpState<T, D>& state, float (&products)[4]) {
  float even[4] = {}, odd[4] = {};  // two chains: a chain's instructions wait for each other
#pragma unroll
  for (int c = 0; c < D / 32; ++c) {
    const uint4 low = state.keys[0][c], high = state.keys[1][c], query = state.query[c];
    MatrixMultiply<T>(even, low.x, high.x, low.y, high.y, query.x, query.y);
    MatrixMultiply<T>(odd, low.z, high.z, low.w, high.w, query.z, query.w);
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) products[i] = even[i] + odd[i];
}

// Turns products into exponentials relative to the largest so far; what was summed before is scaled
// to it. A tile has at least one position that the token sees, so that `most` is a number then.
template <class T, int D>
__device__ inline void Exponentials(const Unit& unit, int base, float scale, float (&p)[4],
                                    WarpState<T, D>& state) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const int position = base + Group() + i / 2 * 8;
    const bool seen = position >= unit.lowest && position <= unit.own;
    p[i] = seen ? p[i] * scale : -INFINITY;
  }
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    float most = fmaxf(p[h], p[h + 2]);
#pragma unroll
    for (int lanes = 4; lanes < 32; lanes *= 2) {
      most = fmaxf(most, __shfl_xor_sync(~0u, most, lanes));
    }
    most = fmaxf(most, state.most[h]);
    const float correction = Exp2(state.most[h] - most);
    state.most[h] = most;
    p[h] = Exp2(p[h] - most);
    p[h + 2] = Exp2(p[h + 2] - most);
    state.total[h] = state.total[h] * correction + (p[h] + p[h + 2]);
#pragma unroll
    for (int m = 0; m < D / 16; ++m) {
      state.sums[m][h] *= correction;
      state.sums[m][h + 2] *= correction;
    }
  }
}

// 8 x 8 values of 16 bits, turned: lane (g, t) gets (2 t, g) and (2 t + 1, g).
__device__ inline uint32_t Transpose(uint32_t pairs) {
  uint32_t turned;
  asm volatile("movmatrix.sync.aligned.m8n8.trans.b16 %0, %1;" : "=r"(turned) : "r"(pairs));
  return turned;
}

__device__ inline uint32_t Word(const uint4& words, int i) {
  return i == 0 ? words.x : i == 1 ? words.y : i == 2 ? words.z : words.w;
}

template <class T, int D>
__device__ inline void AddValues(const float (&p)[4], WarpState<T, D>& state) {
  const uint32_t low = Transpose(Pack<T>(p[0], p[1])), high = Transpose(Pack<T>(p[2], p[3]));
#pragma unroll
  for (int m = 0; m < D / 16; ++m) {
    uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) words[i] = Word(state.values[i][m / 4], m % 4);
    MatrixMultiply<T>(state.sums[m], __byte_perm(words[0], words[1], 0x5410),
                      __byte_perm(words[0], words[1], 0x7632),
                      __byte_perm(words[2], words[3], 0x5410),
                      __byte_perm(words[2], words[3], 0x7632), low, high);
  }
}

// Tiles of a chunk go to the warps in turn. A tile's keys and values are loaded as soon as those
// before them have been used; the first ones while the kernel before this one still runs.
template <class T, int D>
__device__ inline void AttendChunk(const DecodeArguments& d, const Unit& unit, OwnRows<D>& own,
                                   WarpState<T, D>& state) {
  int base = unit.begin + Warp() * kTile;
  if (base >= unit.end) return WaitForInputs();
  size_t tile = TileAt(d, unit, base, D);
  LoadKeys(d, unit, base, tile, state);
  LoadValues(d, unit, base, tile, state);
  WaitForInputs();
  uint4 key[D / 32], value[D / 64];
  const RawInputs<D> raw(d, unit);
  With16Bits(d.attention.qkv.type,
             [&](auto of_type) { TakeInputs<decltype(of_type)>(raw, key, value, state); });
  if (unit.end > unit.own && (unit.own - base) / kTile % kWarps == 0) {
    StoreOwn<T, D>(d, unit, TileAt(d, unit, unit.own, D), key, value, own);
  }
  while (true) {
    const int next = base + kWarps * kTile;
    const bool more = next < unit.end;
    float p[4];
    if (unit.own - base < kTile) InsertOwn(own, unit.own - base, state);
    MultiplyKeys(state, p);
    if (more) {
      tile = TileAt(d, unit, next, D);
      LoadKeys(d, unit, next, tile, state);
    }
    Exponentials(unit, base, d.scale, p, state);
    AddValues(p, state);
    if (!more) return;
    LoadValues(d, unit, next, tile, state);
    base = next;
  }
}

template <class T, int D>
__device__ inline void ShareState(const WarpState<T, D>& state, DecodeShared<D>& shared) {
  const int head = 2 * Quarter();
#pragma unroll
  for (int h = 0; h < 2; ++h) {
    float total = state.total[h];
#pragma unroll
    for (int lanes = 4; lanes < 32; lanes *= 2) total += __shfl_xor_sync(~0u, total, lanes);
    if (Group() == 0) {
      shared.most[Warp()][head + h] = state.most[h];
      shared.total[Warp()][head + h] = total;
    }
#pragma unroll
    for (int m = 0; m < D / 16; m += 2) {
      const float4 four = {state.sums[m][h], state.sums[m][h + 2], state.sums[m + 1][h],
                           state.sums[m + 1][h + 2]};
      const int at = m / 4 * 64 + 8 * Group() + m % 4 * 2;
      *reinterpret_cast<float4*>(&shared.sums[Warp()][head + h][at]) = four;
    }
  }
}

template <class T, int D>
__global__ void __launch_bounds__(kThreads, 3)
    DecodeKernel(const __grid_constant__ DecodeArguments d) {
  __shared__ DecodeShared<D> shared;
  Unit unit;
  LetNextBegin();  // its blocks find room beside these, one on each multiprocessor: see SkinnyTask
  if (!FindUnit(d, unit)) return WaitForInputs();
  WarpState<T, D> state = {};
  AttendChunk(d, unit, shared.own, state);
  ShareState(state, shared);
  __syncthreads();
  const int chunks = ChunksOf(d, unit);
  MergeWarps(d, unit, chunks, shared);
  if (chunks == 1 || !ArriveLast(d, chunks, shared)) return;
  MergeChunks(d, unit, chunks, shared);
}

template <class T>
auto KernelFor(int head_dim) {
  return head_dim == 64 ? DecodeKernel<T, 64> : DecodeKernel<T, 128>;
}

void Start(const Queue& queue, const StepTokens& step, const AttentionStep& a, std::byte* scratch) {
  const bool mixed = step.longest_run > 1;
  const int units_z = mixed ? step.runs : step.tokens;
  const int seen =
      a.window > 0 ? std::min(step.most_positions, a.window + kTile) : step.most_positions;
  const DecodePlan plan =
      PlanDecode(queue.multiprocessors, units_z, a.cache.heads, Width(a.heads), seen);
  DecodeArguments d{step, a, plan.chunk, plan.splits, mixed};
  while ((1 << d.block_shift) < a.cache.block_tokens) ++d.block_shift;
  d.scale = kLog2E / std::sqrt(static_cast<float>(a.cache.head_dim));
  d.counters = reinterpret_cast<int*>(scratch);
  scratch += DecodeCounterBytes(queue.multiprocessors);
  d.partials = reinterpret_cast<float*>(scratch);
  const size_t rows = static_cast<size_t>(units_z) * a.heads.query * plan.splits;
  d.stats = reinterpret_cast<float2*>(d.partials + rows * a.cache.head_dim);
  Launch(queue,
         a.cache.type == DType::kF16 ? KernelFor<__half>(a.cache.head_dim)
                                     : KernelFor<__nv_bfloat16>(a.cache.head_dim),
         dim3(plan.splits, a.cache.heads * plan.parts, units_z), dim3(kThreads), 0, d);
}

}  // namespace
}  // namespace decode

void AttendSingles(const Queue& queue, const StepTokens& step, const AttentionStep& attention,
                   std::byte* scratch) {
  decode::Start(queue, step, attention, scratch);
}

}  // namespace lantern::cuda
