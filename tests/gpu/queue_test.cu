#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {
namespace {

TEST(Queue, MemoryGoesThereAndBack) {
  const OnDevice<float> memory(std::vector<float>{1, 2, 3});
  EXPECT_EQ((std::vector<float>{1, 2, 3}), memory.Get());
}

}  // namespace
}  // namespace lantern::cuda
