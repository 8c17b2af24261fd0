// How kernels see memory that other GPUs write and read. Their accesses go to L2, where this GPU's
// have to look as well.
#pragma once

#include <cuda_runtime.h>

namespace lantern::cuda {

// At the abort word while a kernel waits; some 0.5 ms.
constexpr unsigned kPollsPerLook = 1024;

__device__ inline uint4 LoadPacket(const uint4* packet) {
  uint4 got;
  asm volatile("ld.relaxed.sys.global.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(got.x), "=r"(got.y), "=r"(got.z), "=r"(got.w)
               : "l"(packet)
               : "memory");
  return got;
}
__device__ inline void StorePacket(uint4* packet, uint4 value) {
  asm volatile("st.relaxed.sys.global.v4.u32 [%0], {%1, %2, %3, %4};" ::"l"(packet), "r"(value.x),
               "r"(value.y), "r"(value.z), "r"(value.w)
               : "memory");
}
__device__ inline unsigned LoadWord(const unsigned* word) {
  unsigned got;
  asm volatile("ld.relaxed.sys.global.u32 %0, [%1];" : "=r"(got) : "l"(word) : "memory");
  return got;
}
// With all that the thread saw before: whoever acquires the word sees it, too.
__device__ inline void ReleaseWord(unsigned* word, unsigned value) {
  asm volatile("st.release.sys.global.u32 [%0], %1;" ::"l"(word), "r"(value) : "memory");
}
__device__ inline unsigned AcquireWord(const unsigned* word) {
  unsigned got;
  asm volatile("ld.acquire.sys.global.u32 %0, [%1];" : "=r"(got) : "l"(word) : "memory");
  return got;
}

}  // namespace lantern::cuda
