// The kernel of products with few tokens, for any format. Blocks of eight warps stay on an SM each
// and do item after item: the warps of a strip take turns at its units, each out of a ring of its
// own, and their sums meet in shared memory. How work is cut: PlanWork in skinny.cu.
#pragma once

#include <type_traits>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/skinny_formats.cuh"
#include "src/base/check.h"

namespace lantern::cuda {

// A slot's strip of an item.
__device__ inline Strip StripOf(const SkinnyTask& task, int item, int slot) {
  int part = 0, strip = item * task.slots + slot;
  if (task.into == SkinnyProduct::kGated) {
    part = strip & 1;
    strip >>= 1;
  } else if (task.part_count > 1 && strip >= task.parts[0].strips) {
    strip -= task.parts[0].strips;
    part = 1;
    if (task.part_count > 2 && strip >= task.parts[1].strips) {
      strip -= task.parts[1].strips;
      part = 2;
    }
  }
  const SkinnyPart& from = task.parts[part];
  if (strip >= from.strips) return {nullptr, 0, 0, false};
  const int row = strip * kStripRows;
  return {from.data + strip * from.strip_bytes, min(kStripRows, from.out - row), from.column + row,
          from.second};
}

// What a warp does: its slot's strips of items [first, last), evenly many for every block, and of
// these every units from `turn` on, `turns` apart. Found out before the wait for inputs.
struct WarpShare {
  int lane, slot, turn, first, last;
  Strip strip;  // of the first item

  __device__ explicit WarpShare(const SkinnyTask& task) {
    const int warp = threadIdx.x >> 5, block = blockIdx.x, blocks = gridDim.x;
    lane = threadIdx.x & 31;
    slot = warp / task.turns;
    turn = warp % task.turns;
    first = task.items * block / blocks;
    last = task.items * (block + 1) / blocks;
    strip = StripOf(task, first, slot);
  }
};

// Fills a warp's ring: walks through its units, ahead of what it computes.
template <class Format>
class Feeder {
 public:
  __device__ Feeder(const SkinnyTask& task, const WarpShare& share)
      : task_(task), share_(share), unit_(share.turn), item_(share.first), strip_(share.strip) {
    if (share.turn >= task.units) item_ = share.last;
    SkipEmpty();
  }
  __device__ void Next(Ring& ring) {
    if (item_ >= share_.last) return;
    Format::Fill(ring, strip_, task_.pitch_bytes, task_.first_unit + unit_, share_.lane);
    ring.Filled();
    unit_ += task_.turns;
    if (unit_ < task_.units) return;
    unit_ = share_.turn;
    ++item_;
    strip_ = StripOf(task_, item_, share_.slot);
    SkipEmpty();
  }

 private:
  __device__ void SkipEmpty() {
#pragma unroll 1
    while (strip_.data == nullptr && item_ < share_.last) {
      strip_ = StripOf(task_, ++item_, share_.slot);
    }
  }

  const SkinnyTask& task_;
  const WarpShare& share_;
  int unit_, item_;
  Strip strip_;
};

// `room`: tokens that registers have room for; shared memory, of plain weights, for fewer where
// there are fewer.
template <class Format, int room>
struct SkinnyKernelShape {
  static constexpr int kWarps = 8;
  // Whether x may be longer than shared memory has room for. For few tokens it is not (others take
  // a kernel for more), and the less code there is the better: each launch reads it anew.
  static constexpr bool kSlabs = room > 2;
  // Whether a warp does two units at once, as one of a block format alone leaves it waiting for its
  // own results. Plain ones are memory's alone: the sooner a stage is free the better.
  static constexpr bool kTwoUnits = room <= 2 && Format::kFactorBytes > 0;
  __host__ __device__ static SkinnyShape Shape(int tokens) {
    const int rows = Format::kFactorBytes > 0 || room == 1 ? room : (tokens + 1) / 2 * 2;
    return {kWarps, Format::kStageBytes, Format::kColumns / kBlockColumns, rows,
            Format::kFactorBytes};
  }
};

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
    if (task_.out_type == Real::kF32) {
      static_cast<float*>(task_.out)[at] = value;
    } else if (task_.out_type == Real::kF16) {
      static_cast<__half*>(task_.out)[at] = Saturated<__half>(value);
    } else {
      static_cast<__nv_bfloat16*>(task_.out)[at] = Saturated<__nv_bfloat16>(value);
    }
  }

  const SkinnyTask& task_;
  int tokens_, room_, outputs_, item_ = 0, first_ = 0;
  float old_ = 0;
};

// What a warp works with.
template <class Format, class Lane>
struct WarpWork {
  const SkinnyTask& task;
  const SharedActivations& to;
  const WarpShare& share;
  const Lane& x;
  Ring& ring;
  Feeder<Format>& feeder;
};

template <class Format, int room>
__device__ inline void LoadSlab(const SkinnyTask& task, int first_unit, int units,
                                const SharedActivations& to) {
  constexpr int kBlocks = Format::kColumns / kBlockColumns;
  Format::template WithPlaces<room>(task, to, [&](const auto& places) {
    LoadRows(task, first_unit * kBlocks, units * kBlocks, to.inverses, places);
  });
}

// A strip's sums over the warp's units.
template <class Format, int room, class Lane>
__device__ inline void AddUnits(const WarpWork<Format, Lane>& work, const Strip& strip,
                                typename Format::template Sums<room>& sums) {
  const SkinnyTask& task = work.task;
  int unit = work.share.turn;
  const auto add_until = [&](int end, int slab) {
    if (strip.data == nullptr) return;
    const int lane = work.share.lane;
    if constexpr (SkinnyKernelShape<Format, room>::kTwoUnits) {
      for (; unit + task.turns < end; unit += 2 * task.turns) {
        const std::byte* one = work.ring.Wait();
        const std::byte* two = work.ring.WaitForNext();
        Format::template AddUnit<room>(strip, one, work.x, unit - slab, lane, sums);
        Format::template AddUnit<room>(strip, two, work.x, unit + task.turns - slab, lane, sums);
        work.ring.Release(2);
        for (int i = 0; i < 2; ++i) work.feeder.Next(work.ring);
      }
    }
    for (; unit < end; unit += task.turns) {
      const std::byte* stage = work.ring.Wait();
      Format::template AddUnit<room>(strip, stage, work.x, unit - slab, lane, sums);
      work.ring.Release(1);
      work.feeder.Next(work.ring);
    }
  };
  if constexpr (!SkinnyKernelShape<Format, room>::kSlabs) {
    add_until(task.units, 0);
  } else {
    for (int slab = 0; slab < task.units; slab += task.slab_units) {
      const int end = min(slab + task.slab_units, task.units);
      if (task.slab_units < task.units) {
        __syncthreads();
        LoadSlab<Format, room>(task, slab, end - slab, work.to);
        __syncthreads();
      }
      add_until(end, slab);
    }
  }
}

// All items of a block. The warps' sums of an item are put together only after the next item's:
// until then all warps have long arrived at the barrier, and none has waited. Who puts them
// together does so after its own sums of the next, so three items' sums are there at a time.
template <class Format, int room, class Lane>
__device__ inline void DoItems(const WarpWork<Format, Lane>& work, const SkinnyShape& shape,
                               float* partials, uint64_t* barrier) {
  const SkinnyTask& task = work.task;
  const int tokens = room == 1 ? 1 : task.tokens;
  const int first = work.share.first, last = work.share.last;
  Finish finish(task, tokens, shape.tokens);
  Strip strip = work.share.strip;
  const int own = (threadIdx.x >> 5) * shape.tokens * kSumStride;
  float* before = partials;
  int buffer = 0, parity = 0;  // of the item: its sums, and its barrier's phase
  for (int item = first; item < last; ++item, parity ^= 1) {
    typename Format::template Sums<room> sums{};
    AddUnits<Format, room>(work, strip, sums);
    strip = StripOf(task, item + 1, work.share.slot);
    if (item > first) PhaseBarrier::Wait(barrier, parity ^ 1);
    float* const now = partials + buffer * PartialFloats(shape);
    Format::template StoreSums<room>(sums, tokens, work.share.lane, now + own);
    PhaseBarrier::Arrive(barrier);
    if (item > first) finish.End(before);
    finish.Begin(item);
    before = now;
    buffer = buffer == kSumBuffers - 1 ? 0 : buffer + 1;
  }
  if (first == last) return;
  PhaseBarrier::Wait(barrier, parity ^ 1);
  finish.End(before);
}

// x as a whole, or what of it all items share.
template <class Format, int room>
__device__ inline void LoadActivations(const SkinnyTask& task, const SharedActivations& to) {
  constexpr bool kSlabs = SkinnyKernelShape<Format, room>::kSlabs;
  const bool whole = !kSlabs || task.slab_units >= task.units;
  Format::template WithPlaces<room>(task, to, [&](const auto& places) {
    using Places = std::remove_cvref_t<decltype(places)>;
    const int blocks = task.slab_units * (Format::kColumns / kBlockColumns);
    if (task.norm != nullptr && (room == 1 || task.tokens == 1) && whole) {
      NormedRow<Places> row(task, blocks);
      WaitForInputs();
      return row.Load(places, to.inverses);
    }
    WaitForInputs();
    if constexpr (room == 1) return LoadAsTheyAre(task, 0, blocks, places);
    if (task.norm != nullptr) FindInverses<Places>(task, to.inverses);
    if (whole) LoadRows(task, 0, blocks, to.inverses, places);
  });
  __syncthreads();
}

template <class Format, int room>
__global__ void __launch_bounds__(32 * SkinnyKernelShape<Format, room>::kWarps, room <= 8 ? 2 : 1)
    SkinnyKernel(const __grid_constant__ SkinnyTask task) {
  using Kernel = SkinnyKernelShape<Format, room>;
  extern __shared__ __align__(128) std::byte shared[];
  const SkinnyShape shape = Kernel::Shape(task.tokens);
  const SkinnyShared plan = PlanShared(shape, task.slab_units, task.stages);
  if (task.LetsNextBeginAtOnce()) LetNextBegin();
  const WarpShare share(task);
  const int warp = threadIdx.x >> 5;
  auto* barriers = reinterpret_cast<uint64_t*>(shared + plan.barriers);
  Ring ring(shared + warp * task.stages * Format::kStageBytes, barriers + 1 + warp * task.stages,
            task.stages, Format::kStageBytes, Format::kBulk);
  Feeder<Format> feeder(task, share);
#pragma unroll 1
  for (int i = 0; i < task.stages; ++i) feeder.Next(ring);

  const SharedActivations to{shared + plan.x, reinterpret_cast<float2*>(shared + plan.factors),
                             reinterpret_cast<float*>(shared + plan.inverses), shape.tokens};
  if (threadIdx.x == 0) PhaseBarrier::Init(barriers, 32 * Kernel::kWarps);
  LoadActivations<Format, room>(task, to);
  if (!task.LetsNextBeginAtOnce()) LetNextBegin();

  const auto x = Format::template LaneOf<room>(to, share.lane);
  const WarpWork<Format, std::remove_cv_t<decltype(x)>> work{task, to, share, x, ring, feeder};
  DoItems<Format, room>(work, shape, reinterpret_cast<float*>(shared + plan.partials), barriers);
}

// False where the kernel does not suit, as x is too long for it, or shared memory too small.
template <class Format, int room>
bool LaunchSkinny(const Queue& queue, SkinnyTask& task) {
  const SkinnyShape shape = SkinnyKernelShape<Format, room>::Shape(task.tokens);
  if (!PlanWork(shape, queue, &task)) return false;
  if (!SkinnyKernelShape<Format, room>::kSlabs && task.slab_units < task.units) return false;
  int bytes = PlanShared(shape, task.slab_units, task.stages).bytes;
  if (task.TakesMoreThanHalf()) bytes = std::max(bytes, SharedLimits(queue).more_than_half);
  const auto kernel = &SkinnyKernel<Format, room>;
  Require(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes),
          "asking for shared memory");
  Launch(queue, kernel, dim3(std::min(task.items, queue.multiprocessors)), dim3(32 * shape.warps),
         bytes, task);
  return true;
}

// Up to `most` tokens, in the smallest of the kernels that have room for them; where none has, in
// several launches, which read the weights again.
template <class Format, int most = kSkinnyTokens>
void LaunchByTokens(const Queue& queue, SkinnyTask task) {
  if (task.tokens == 1 && LaunchSkinny<Format, 1>(queue, task)) return;
  if constexpr (Format::kFactorBytes > 0) {
    if (task.tokens == 2 && LaunchSkinny<Format, 2>(queue, task)) return;
    if (task.tokens <= 4 && LaunchSkinny<Format, 4>(queue, task)) return;
  }
  if (task.tokens <= 8 && LaunchSkinny<Format, 8>(queue, task)) return;
  if constexpr (most > 8) {
    if (task.tokens <= 16 && LaunchSkinny<Format, 16>(queue, task)) return;
    if (LaunchSkinny<Format, 32>(queue, task)) return;
  }
  LANTERN_CHECK_LT(1, task.tokens);
  const int middle = task.tokens / 2;
  LaunchByTokens<Format, most>(queue, PartOfTokens(task, 0, middle));
  LaunchByTokens<Format, most>(queue, PartOfTokens(task, middle, task.tokens));
}

}  // namespace lantern::cuda
