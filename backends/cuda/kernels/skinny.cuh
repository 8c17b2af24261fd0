// The kernel of products with few tokens, for any format. Blocks of eight warps stay on an SM each
// and do item after item: the warps of a strip take turns at its units, each out of a ring of its
// own, and their sums meet in shared memory. How work is cut: PlanWork in skinny.cu.
#pragma once

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/skinny_formats.cuh"

namespace lantern::cuda {

// A slot's strip of an item.
__device__ inline Strip StripOf(const SkinnyTask& task, int item, int slot) {
  int part = 0, strip = item * task.slots + slot;
  if (task.into == SkinnyProduct::kGated) {
    part = slot & 1;
    strip = (item * task.slots + slot) >> 1;
  } else {
#pragma unroll 1
    while (part + 1 < task.part_count && strip >= task.parts[part].strips) {
      strip -= task.parts[part++].strips;
    }
  }
  const SkinnyPart& from = task.parts[part];
  if (strip >= from.strips) return {nullptr, 0, 0, false};
  const int row = strip * kStripRows;
  return {from.data + strip * from.strip_bytes, min(kStripRows, from.out - row), from.column + row,
          from.second};
}

// The items of a block, evenly: [first, last).
__device__ inline int FirstItem(int items, int block) {
  return static_cast<int>(static_cast<long long>(items) * block / gridDim.x);
}

// Fills a warp's ring: walks through its units, ahead of what it computes.
template <class Format>
class Feeder {
 public:
  __device__ Feeder(const SkinnyTask& task, int slot, int first_unit)
      : task_(task), slot_(slot), first_(first_unit), unit_(first_unit) {
    item_ = FirstItem(task.items, blockIdx.x);
    last_ = first_unit < task.units ? FirstItem(task.items, blockIdx.x + 1) : item_;
    FindStrip();
  }
  __device__ void Next(Ring& ring, int lane) {
    if (item_ >= last_) return;
    Format::Fill(ring, strip_, task_.pitch_bytes, task_.first_unit + unit_, lane);
    ring.Filled();
    unit_ += task_.turns;
    if (unit_ < task_.units) return;
    unit_ = first_;
    ++item_;
    FindStrip();
  }

 private:
  __device__ void FindStrip() {
#pragma unroll 1
    for (; item_ < last_; ++item_) {
      strip_ = StripOf(task_, item_, slot_);
      if (strip_.data != nullptr) return;
    }
  }

  const SkinnyTask& task_;
  int slot_, first_, unit_, item_, last_;
  Strip strip_;
};

// Tiles of eight tokens. 0: one token, which has a way of its own where blocks have scales.
template <class Format, int token_tiles>
struct SkinnyKernelShape {
  static constexpr bool kOneToken = token_tiles == 0;
  static constexpr int kTiles = kOneToken ? 1 : token_tiles;
  static constexpr int kWarps = 8;
  static constexpr bool kNeedsSums = Format::template kNeedsSums<kOneToken>;
  __host__ __device__ static SkinnyShape Shape(int tokens) {
    return {kWarps, Format::kStageBytes, Format::kColumns / kBlockColumns,
            tokens == 1 ? 1 : (tokens + 1) / 2 * 2, kNeedsSums};
  }
};

// A warp's sums of a strip, to [token][row].
template <bool one_token, int tiles>
__device__ inline void StoreSums(float (&sums)[tiles][4], int tokens, int lane, float* to) {
  if constexpr (one_token) {
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float sum = sums[0][2 * row] + sums[0][2 * row + 1];
      sum += __shfl_xor_sync(~0u, sum, 1);
      sums[0][2 * row] = sum + __shfl_xor_sync(~0u, sum, 2);
    }
  }
  const int g = lane >> 2, t = lane & 3;
#pragma unroll
  for (int tile = 0; tile < tiles; ++tile) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const int token = 8 * tile + 2 * t + (i & 1);
      if (token < tokens) to[token * kSumStride + g + 8 * (i >> 1)] = sums[tile][i];
    }
  }
}

// What the threads of a block do with an item's sums: one output of a token each. Another warp
// begins with every item, where there is work for one only.
class Finish {
 public:
  // `room`: tokens that a warp's sums have room for.
  __device__ Finish(const SkinnyTask& task, int tokens, int room)
      : task_(task), tokens_(tokens), room_(room) {
    outputs_ = task.slots / Inputs() * kStripRows * tokens;
  }

  // What kAdd adds to is asked for long before the item's sums are there.
  __device__ void Begin(int item) {
    item_ = item;
    first_ = (threadIdx.x + 32 * item) % blockDim.x;
    if (task_.into == SkinnyProduct::kAdd && first_ < outputs_) {
      const Place place = PlaceOf(first_);
      if (place.there) old_ = __ldcg(static_cast<const float*>(task_.out) + place.at);
    }
  }
  __device__ void End(const float* partials) {
#pragma unroll 1
    for (int i = first_; i < outputs_; i += blockDim.x) {
      const Place place = PlaceOf(i);
      if (!place.there) continue;
      const float sum = Sum(partials, place.slot, place.within);
      if (task_.into == SkinnyProduct::kGated) {
        Store(place.at, sum / (1 + __expf(-sum)) * Sum(partials, place.slot + 1, place.within));
      } else if (task_.into == SkinnyProduct::kAdd) {
        float* out = static_cast<float*>(task_.out) + place.at;
        *out = (i == first_ ? old_ : __ldcg(out)) + sum;
      } else {
        Store(place.at, sum);
      }
    }
  }

 private:
  struct Place {
    long long at;
    int slot, within;  // the slot's sums, and where in a warp's
    bool there;
  };
  __device__ int Inputs() const { return task_.into == SkinnyProduct::kGated ? 2 : 1; }
  __device__ Place PlaceOf(int i) const {
    const int row = i % kStripRows, token = i / kStripRows % tokens_;
    const int slot = i / kStripRows / tokens_ * Inputs();
    const Strip strip = StripOf(task_, item_, slot);
    return {token * task_.out_stride + strip.column + row, slot, token * kSumStride + row,
            row < strip.rows};
  }
  __device__ float Sum(const float* partials, int slot, int within) const {
    const float* from = partials + slot * task_.turns * room_ * kSumStride + within;
    float sum = 0;
    for (int i = 0; i < task_.turns; ++i) sum += from[i * room_ * kSumStride];
    return sum;
  }
  __device__ void Store(long long at, float value) const {
    if (task_.out_is_f32) {
      static_cast<float*>(task_.out)[at] = value;
    } else {
      static_cast<__nv_bfloat16*>(task_.out)[at] = __float2bfloat16_rn(value);
    }
  }

  const SkinnyTask& task_;
  int tokens_, room_, outputs_, item_ = 0, first_ = 0;
  float old_ = 0;
};

// What a warp works with.
template <class Format>
struct WarpWork {
  const SkinnyTask& task;
  const SharedActivations& to;
  const LaneActivations& x;
  Ring& ring;
  Feeder<Format>& feeder;
  int lane, slot, turn;
};

// A strip's sums over the warp's units.
template <class Format, class Kernel>
__device__ inline void AddUnits(const WarpWork<Format>& work, const Strip& strip,
                                float (&sums)[Kernel::kTiles][4]) {
  constexpr int kBlocks = Format::kColumns / kBlockColumns;
  const SkinnyTask& task = work.task;
  int unit = work.turn;
  for (int slab = 0; slab < task.units; slab += task.slab_units) {
    const int end = min(slab + task.slab_units, task.units);
    if (task.slab_units < task.units) {
      __syncthreads();
      LoadRows<Format::kConsecutive, Format::kF16>(task, slab * kBlocks, (end - slab) * kBlocks,
                                                   work.to);
      __syncthreads();
    }
    for (; strip.data != nullptr && unit < end; unit += task.turns) {
      const std::byte* stage = work.ring.Wait();
      UnitAdder<Format, Kernel::kOneToken, Kernel::kTiles>::Add(
          strip, stage, work.x, (unit - slab) * kBlocks, work.lane, sums);
      work.ring.Release();
      work.feeder.Next(work.ring, work.lane);
    }
  }
}

// All items of a block. The warps' sums of an item are put together only after the next item's
// units: until then all warps have long arrived at the barrier, and none has waited.
template <class Format, class Kernel>
__device__ inline void DoItems(const WarpWork<Format>& work, const SkinnyShape& shape,
                               float* partials, uint64_t* barrier) {
  const SkinnyTask& task = work.task;
  const int tokens = Kernel::kOneToken ? 1 : task.tokens;
  const int first = FirstItem(task.items, blockIdx.x);
  const int last = FirstItem(task.items, blockIdx.x + 1);
  Finish finish(task, tokens, shape.tokens);
  float* own = partials + (threadIdx.x >> 5) * shape.tokens * kSumStride;
  int parity = 0;  // of the item: its barrier's phase and its buffer
  for (int item = first; item < last; ++item, parity ^= 1) {
    float sums[Kernel::kTiles][4] = {};
    AddUnits<Format, Kernel>(work, StripOf(task, item, work.slot), sums);
    if (item > first) {
      PhaseBarrier::Wait(barrier, parity ^ 1);
      finish.End(partials + (parity ^ 1) * PartialFloats(shape));
    }
    finish.Begin(item);
    StoreSums<Kernel::kOneToken>(sums, tokens, work.lane, own + parity * PartialFloats(shape));
    __syncwarp();
    if (work.lane == 0) PhaseBarrier::Arrive(barrier);
  }
  if (first == last) return;
  PhaseBarrier::Wait(barrier, parity ^ 1);
  finish.End(partials + (parity ^ 1) * PartialFloats(shape));
}

// x as a whole, or what of it all items share.
template <class Format>
__device__ inline void LoadActivations(const SkinnyTask& task, const SharedActivations& to) {
  constexpr bool kOrder = Format::kConsecutive, kF16 = Format::kF16;
  const int blocks = task.slab_units * (Format::kColumns / kBlockColumns);
  if (task.norm != nullptr && task.tokens == 1 && task.slab_units >= task.units) {
    NormedRow<kOrder, kF16> row(task, blocks);
    WaitForInputs();
    row.Load(to);
  } else {
    WaitForInputs();
    if (task.norm != nullptr) FindInverses<kOrder>(task, to.inverses);
    if (task.slab_units >= task.units) LoadRows<kOrder, kF16>(task, 0, blocks, to);
  }
  __syncthreads();
}

template <class Format, int token_tiles>
__global__ void __launch_bounds__(32 * SkinnyKernelShape<Format, token_tiles>::kWarps,
                                  token_tiles <= 1 ? 2 : 1)
    SkinnyKernel(const __grid_constant__ SkinnyTask task) {
  using Kernel = SkinnyKernelShape<Format, token_tiles>;
  extern __shared__ __align__(128) std::byte shared[];
  const SkinnyShape shape = Kernel::Shape(Kernel::kOneToken ? 1 : task.tokens);
  const SkinnyShared plan = PlanShared(shape, task.slab_units, task.stages);
  const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5;
  const int slot = warp / task.turns, turn = warp % task.turns;

  if (task.LetsNextBeginAtOnce()) LetNextBegin();
  auto* barriers = reinterpret_cast<uint64_t*>(shared + plan.barriers);
  Ring ring(shared + warp * task.stages * Format::kStageBytes, barriers + 1 + warp * task.stages,
            task.stages, Format::kStageBytes, Format::kBulk);
  Feeder<Format> feeder(task, slot, turn);
#pragma unroll 1
  for (int i = 0; i < task.stages; ++i) feeder.Next(ring, lane);

  auto* zeros = reinterpret_cast<uint4*>(shared + plan.block_sums - 16);
  auto* sums = reinterpret_cast<float*>(shared + plan.block_sums);
  const SharedActivations to{shared + plan.x, Kernel::kNeedsSums ? sums : nullptr,
                             reinterpret_cast<float*>(shared + plan.inverses), shape.tokens};
  if (threadIdx.x == 0) {
    *zeros = {0, 0, 0, 0};
    PhaseBarrier::Init(barriers, Kernel::kWarps);
  }
  LoadActivations<Format>(task, to);
  if (!task.LetsNextBeginAtOnce()) LetNextBegin();

  const bool one = Kernel::kOneToken || task.tokens == 1;
  const LaneActivations x{to.values + (one ? 0 : lane >> 2) * 64 + (lane & 3) * 16,
                          reinterpret_cast<const std::byte*>(zeros), to.sums, shape.tokens, one};
  DoItems<Format, Kernel>({task, to, x, ring, feeder, lane, slot, turn}, shape,
                          reinterpret_cast<float*>(shared + plan.partials), barriers);
}

template <class Format, int token_tiles>
void LaunchSkinny(const Queue& queue, SkinnyTask& task) {
  const SkinnyShape shape = SkinnyKernelShape<Format, token_tiles>::Shape(task.tokens);
  PlanWork(shape, queue.multiprocessors, &task);
  const int bytes = PlanShared(shape, task.slab_units, task.stages).bytes;
  const auto kernel = &SkinnyKernel<Format, token_tiles>;
  Require(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
          "asking for shared memory");
  Launch(queue, kernel, dim3(std::min(task.items, queue.multiprocessors)), dim3(32 * shape.warps),
         bytes, task);
}

// Up to kMixedTokens.
template <class Format>
void LaunchMixed(const Queue& queue, SkinnyTask task) {
  if (task.tokens == 1) {
    LaunchSkinny<Format, 0>(queue, task);
  } else {
    LaunchSkinny<Format, 1>(queue, task);
  }
}

template <class Format>
void LaunchByTokens(const Queue& queue, SkinnyTask task) {
  if (Format::kSpreadsBlocks && task.tokens == 1) {
    if constexpr (Format::kSpreadsBlocks) LaunchSkinny<Format, 0>(queue, task);
  } else if (task.tokens <= 8) {
    LaunchSkinny<Format, 1>(queue, task);
  } else if (task.tokens <= 16) {
    LaunchSkinny<Format, 2>(queue, task);
  } else if (task.tokens <= 32) {
    LaunchSkinny<Format, 4>(queue, task);
  } else {
    LaunchSkinny<Format, 8>(queue, task);
  }
}

}  // namespace lantern::cuda
