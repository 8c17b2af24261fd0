// What all kernels share: launching so that a kernel may begin while the one before it ends.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <utility>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// Every kernel of this folder calls WaitForInputs before it reads or writes what other kernels
// touch (weights are written by none), and so may be launched before these have ended. What it does
// before (index arithmetic, prefetching weights) is hidden behind them.
__device__ inline void WaitForInputs() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}
// Lets the next kernel begin where there is room. Early: it waits for our end by itself.
__device__ inline void LetNextBegin() {
#if __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

template <class... Parameters, class... Arguments>
void Launch(const Queue& queue, void (*kernel)(Parameters...), dim3 grid, dim3 block,
            size_t shared_bytes, Arguments&&... arguments) {
  cudaLaunchAttribute attributes[2]{};
  attributes[0].id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attributes[0].val.programmaticStreamSerializationAllowed = 1;
  // Alike for all kernels: an SM that has to divide its memory anew first runs empty, and the next
  // kernel could not begin beside this one.
  attributes[1].id = cudaLaunchAttributePreferredSharedMemoryCarveout;
  attributes[1].val.sharedMemCarveout = cudaSharedmemCarveoutMaxShared;
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shared_bytes;
  config.stream = queue.stream;
  config.attrs = attributes;
  config.numAttrs = 2;
  Require(cudaLaunchKernelEx(&config, kernel, static_cast<Parameters>(arguments)...),
          "launching a kernel");
}

}  // namespace lantern::cuda
