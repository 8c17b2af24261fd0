// Products with few tokens of K formats: see skinny.cuh.
#include "backends/cuda/kernels/skinny.cuh"

namespace lantern::cuda {

void MultiplyQ4_K(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ4_K>>(queue, task);
}
void MultiplyQ5_K(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ5_K>>(queue, task);
}
void MultiplyQ6_K(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<BlockFormat<DType::kQ6_K>>(queue, task);
}

void MultiplyQ4_KAndQ6_K(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<MixedFormat<DType::kQ4_K, DType::kQ6_K>, kMixedTokens>(queue, task);
}
void MultiplyQ5_KAndQ6_K(const Queue& queue, SkinnyTask task) {
  LaunchByTokens<MixedFormat<DType::kQ5_K, DType::kQ6_K>, kMixedTokens>(queue, task);
}

}  // namespace lantern::cuda
