// Tiny models against Hugging Face transformers' logits (tests/goldens/hf): rope scaling beyond the
// original context, linear scaling, sliding window, a head dimension of its own, 16-bit weights.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "tests/test_files.h"

namespace lantern {
namespace {

const std::filesystem::path kGoldens = std::filesystem::path(LANTERN_TESTS_DIR) / "goldens/hf";

// Fifty times what float32 strays by in transformers itself, a thousandth of the smallest mistake
// that the goldens were checked to show.
constexpr float kBound = 1e-3f;

class HfGolden : public testing::TestWithParam<std::string> {};

TEST_P(HfGolden, LogitsAgreeOnEveryLayout) {
  const std::filesystem::path folder = kGoldens / GetParam();
  const auto file = OpenWeightFile(folder);
  const std::vector<int> ids = ReadIds(folder / "ids.txt");
  const std::vector<float> expected = ReadFloats(folder / "logits.f32");
  ASSERT_EQ(expected.size(), ids.size() * file->config().vocab);
  const int context = static_cast<int>(ids.size());
  const std::vector<float> logits = AllLogits(TestSpec(*file, 1, 1, context), *file, ids);
  ASSERT_EQ(logits.size(), expected.size());
  float worst = 0;
  for (size_t i = 0; i < logits.size(); ++i) {
    worst = std::max(worst, std::abs(logits[i] - expected[i]));
  }
  EXPECT_LT(worst, kBound);

  RunSpec split = TestSpec(*file, 2, 2, context);
  split.chunk = 7;
  EXPECT_EQ(AllLogits(split, *file, ids), logits) << "tp 2 x pp 2 in chunks of 7 gave other bits";
}

INSTANTIATE_TEST_SUITE_P(Models, HfGolden,
                         testing::Values("llama3_rope", "linear_rope_tied", "mistral_window",
                                         "own_head_dim", "llama3_rope_bf16", "f16_shards"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace lantern
