// A warp's own ring of stages in shared memory, through which its weights stream: copies of later
// units are under way while it computes with one, and none of it waits for other warps.
#pragma once

#include <cuda_runtime.h>

#include <cstdint>

namespace lantern::cuda {

__device__ inline uint32_t SharedAddress(const void* pointer) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(pointer));
}

#if __CUDA_ARCH__ >= 900
constexpr bool kBulkCopies = true;
#else
constexpr bool kBulkCopies = false;
#endif

// Copies 16 bytes, or writes 16 zero bytes when not `there`. No hint that L2 should fetch more: the
// other lanes ask for all of it, and with .L2::256B an H200 reads 8% slower.
__device__ inline void CopyAsync16(uint32_t to, const void* from, bool there) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(there ? 16 : 0)
               : "memory");
}

// A barrier in shared memory whose phases are waited for in turn, each some time after arriving.
class PhaseBarrier {
 public:
  __device__ static void Init(uint64_t* barrier, int arrivals) {
    asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(SharedAddress(barrier)), "r"(arrivals)
                 : "memory");
  }
  __device__ static void Arrive(uint64_t* barrier) {
    asm volatile(
        "{.reg .b64 state; mbarrier.arrive.shared.b64 state, [%0];}" ::"r"(SharedAddress(barrier))
        : "memory");
  }
  __device__ static void Wait(uint64_t* barrier, uint32_t parity) {
    uint32_t done = 0;
    while (!done) {
#if __CUDA_ARCH__ >= 900
      asm volatile(
          "{.reg .pred p; mbarrier.try_wait.parity.shared::cta.b64 p, [%1], %2; selp.u32 %0, 1, 0, "
          "p;}"
          : "=r"(done)
          : "r"(SharedAddress(barrier)), "r"(parity)
          : "memory");
#else
      asm volatile(
          "{.reg .pred p; mbarrier.test_wait.parity.shared.b64 p, [%1], %2; selp.u32 %0, 1, 0, p;}"
          : "=r"(done)
          : "r"(SharedAddress(barrier)), "r"(parity)
          : "memory");
#endif
    }
  }
};

class Ring {
 public:
  // `bulk`: units are copied by Bulk, else by the lanes' CopyAsync16. Called by the whole warp.
  __device__ Ring(std::byte* stages, uint64_t* barriers, int stage_count, int stage_bytes,
                  bool bulk)
      : data_(stages), barriers_(barriers), count_(stage_count), bytes_(stage_bytes) {
    if ((threadIdx.x & 31) == 0) {
#pragma unroll 1
      for (int i = 0; i < stage_count; ++i) PhaseBarrier::Init(barriers + i, bulk ? 1 : 32);
#if __CUDA_ARCH__ >= 900
      asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
      asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
    }
    __syncwarp();
  }

  // The next stage to fill. Lanes other than 0 need not call Bulk.
  __device__ uint32_t FillAddress() const { return SharedAddress(data_) + fill_ * bytes_; }
  __device__ void Bulk(const std::byte* from, int bytes) {
#if __CUDA_ARCH__ >= 900
    const uint32_t barrier = SharedAddress(barriers_ + fill_);
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(barrier), "r"(bytes)
                 : "memory");
    asm volatile(
        "cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::
            "r"(FillAddress()),
        "l"(from), "r"(bytes), "r"(barrier)
        : "memory");
#endif
  }
  // After this lane's copies into the stage.
  __device__ void ArriveWhenCopied() {
    asm volatile(
        "cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(SharedAddress(barriers_ + fill_))
        : "memory");
  }
  __device__ void Filled() { fill_ = fill_ + 1 == count_ ? 0 : fill_ + 1; }

  // Waits for the oldest stage, or for the one after it.
  __device__ const std::byte* Wait() { return WaitFor(use_, phase_); }
  __device__ const std::byte* WaitForNext() {
    const bool wraps = use_ + 1 == count_;
    return WaitFor(wraps ? 0 : use_ + 1, phase_ ^ (wraps ? 1 : 0));
  }
  // The whole warp is done with the `count` oldest stages. REQUIRES: not more than there are.
  __device__ void Release(int count) {
    __syncwarp();
    use_ += count;
    if (use_ < count_) return;
    use_ -= count_;
    phase_ ^= 1;
  }

 private:
  __device__ const std::byte* WaitFor(int stage, uint32_t phase) {
    PhaseBarrier::Wait(barriers_ + stage, phase);
    return data_ + stage * bytes_;
  }

  std::byte* data_;
  uint64_t* barriers_;
  int count_, bytes_;
  int fill_ = 0, use_ = 0;
  uint32_t phase_ = 0;
};

}  // namespace lantern::cuda
