// Products with few tokens of blocks of 32 with a scale and a minimum: see skinny.cuh.
#include "backends/cuda/kernels/skinny.cuh"

namespace lantern::cuda {

void MultiplyQ4_1(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ4_1>>(queue, task);
}
void MultiplyQ5_1(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ5_1>>(queue, task);
}

}  // namespace lantern::cuda
