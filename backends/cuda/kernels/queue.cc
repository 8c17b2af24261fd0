#include "backends/cuda/kernels/queue.h"

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::cuda {

DType TypeOf(Real real) {
  if (real == Real::kF32) return DType::kF32;
  return real == Real::kF16 ? DType::kF16 : DType::kBF16;
}

Real RealOf(DType type) {
  LANTERN_CHECK(type == DType::kF32 || type == DType::kF16 || type == DType::kBF16);
  if (type == DType::kF32) return Real::kF32;
  return type == DType::kF16 ? Real::kF16 : Real::kBF16;
}

Queue QueueOn(cudaStream_t stream) {
  int device = 0;
  Require(cudaGetDevice(&device), "asking the device");
  const auto ask = [device](cudaDeviceAttr attribute) {
    int value = 0;
    Require(cudaDeviceGetAttribute(&value, attribute, device), "asking the device");
    return value;
  };
  return {stream, ask(cudaDevAttrMultiProcessorCount),
          ask(cudaDevAttrMaxSharedMemoryPerMultiprocessor),
          ask(cudaDevAttrMaxSharedMemoryPerBlockOptin)};
}

void Require(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  if (code == cudaErrorMemoryAllocation) {
    Fail(ErrorKind::kConfig,
         "Memory ran out at {}: choose a smaller --ctx, --chunk or --type, use more GPUs, or end "
         "what "
         "else runs on this one.",
         what);
  }
  Fail(ErrorKind::kConfig,
       "CUDA failed at {}: {} ({}); nvidia-smi and dmesg say whether the GPU is well, and --device "
       "cpu does without it.",
       what, cudaGetErrorString(code), cudaGetErrorName(code));
}

}  // namespace lantern::cuda
