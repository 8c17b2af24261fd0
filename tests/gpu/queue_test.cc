#include <string>

#include "src/base/error.h"
#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {
namespace {

TEST(Queue, MemoryGoesThereAndBack) {
  const OnDevice<float> memory(std::vector<float>{1, 2, 3});
  EXPECT_EQ((std::vector<float>{1, 2, 3}), memory.Get());
}

std::string SentenceOf(cudaError_t code) {
  try {
    Require(code, "testing");
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    return error.what();
  }
  return "";
}

TEST(Queue, SaysWhatFailedAndWhatToDo) {
  EXPECT_EQ(SentenceOf(cudaSuccess), "");
  EXPECT_EQ(
      SentenceOf(cudaErrorMemoryAllocation),
      "Memory ran out at testing: choose a smaller --ctx, --chunk or --type, use more GPUs, or "
      "end what else runs on this one.");
  const std::string other = SentenceOf(cudaErrorIllegalAddress);
  EXPECT_EQ(other.find("CUDA failed at testing: "), 0u) << other;
  EXPECT_NE(other.find("(cudaErrorIllegalAddress); nvidia-smi"), std::string::npos) << other;
}

}  // namespace
}  // namespace lantern::cuda
