// Products with few tokens of plain weights: see skinny.cuh.
#include "backends/cuda/kernels/skinny.cuh"

namespace lantern::cuda {

void MultiplyF32Weights(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<PlainFormat<DType::kF32>>(queue, task);
}
void MultiplyF16(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<PlainFormat<DType::kF16>>(queue, task);
}
void MultiplyBF16(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<PlainFormat<DType::kBF16>>(queue, task);
}

}  // namespace lantern::cuda
