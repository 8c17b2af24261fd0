// Products with few tokens of blocks of 32 with a scale: see skinny.cuh.
#include "backends/cuda/kernels/skinny.cuh"

namespace lantern::cuda {

void MultiplyQ8_0(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ8_0>>(queue, task);
}
void MultiplyQ4_0(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ4_0>>(queue, task);
}
void MultiplyQ5_0(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ5_0>>(queue, task);
}

}  // namespace lantern::cuda
