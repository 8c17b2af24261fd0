#include "backends/cuda/kernels/queue.h"

#include "src/base/error.h"

namespace lantern::cuda {

void Require(cudaError_t code, const char* what) {
  if (code == cudaSuccess) return;
  Fail(ErrorKind::kConfig, "CUDA failed at {}: {} ({}).", what, cudaGetErrorString(code),
       cudaGetErrorName(code));
}

}  // namespace lantern::cuda
