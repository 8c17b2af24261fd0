// Whole models: the engine against the double-precision reference, and the reference against
// programs that nobody here wrote.
#include <gtest/gtest.h>

#include <cstdlib>

#include "models/reference/whole_model.h"
#include "models/synth.h"
#include "tests/test_files.h"

namespace lantern {
namespace {

using reference::Matrix;
using reference::NormalizedError;

Matrix AsMatrix(const std::vector<float>& values, int cols) {
  Matrix out(static_cast<int>(values.size()) / cols, cols);
  out.values.assign(values.begin(), values.end());
  return out;
}

Matrix EngineLogits(const WeightFile& file, const std::vector<int>& ids, DType kv = DType::kF32) {
  RunSpec spec = TestSpec(file, 1, 1, static_cast<int>(ids.size()));
  spec.kv_type = static_cast<int>(kv);
  return AsMatrix(AllLogits(spec, file, ids), file.config().vocab);
}

TEST(WholeModel, ReferenceAgreesWithTransformers) {
  for (const char* name : {"llama3_rope", "linear_rope_tied", "mistral_window", "own_head_dim",
                           "llama3_rope_bf16", "f16_shards"}) {
    const auto folder = std::filesystem::path(LANTERN_TESTS_DIR) / "goldens/hf" / name;
    const auto file = OpenWeightFile(folder);
    const Matrix expected = AsMatrix(ReadFloats(folder / "logits.f32"), file->config().vocab);
    const Matrix logits = reference::Logits(*file, ReadIds(folder / "ids.txt"));
    ASSERT_EQ(logits.rows, expected.rows);
    EXPECT_LT(NormalizedError(logits, expected), 1e-10) << name;
  }
}

TEST(WholeModel, ReferenceAgreesWithLlama2c) {
  const char* data = std::getenv("LANTERN_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "LANTERN_TEST_DATA is not set";
  const std::filesystem::path folder = data;
  const auto file = OpenWeightFile(folder / "models/stories260K-f32.gguf");
  const Matrix expected = AsMatrix(ReadFloats(folder / "goldens/score_story.logits.f32"), 512);
  std::vector<int> ids = GoldenIds(folder / "goldens/score_story.ids", "prompt_ids");
  ids.resize(expected.rows);
  const Matrix logits = reference::Logits(*file, ids);
  EXPECT_LT(NormalizedError(logits, expected), 1e-10);
  const Matrix engine = EngineLogits(*file, ids);
  for (size_t i = 0; i < expected.values.size(); ++i) {
    ASSERT_NEAR(engine.values[i], expected.values[i], 1e-4) << "logit " << i;
  }
}

struct FormatBound {
  const char* type;
  double bound;  // normalised mean squared error of all logits
};

// Float weights differ from the reference by rounding alone, block formats by their 8-bit
// activations (each product about 1e-4 of its square, two dozen products deep). About four times
// what was measured when this was written.
class WholeModelFormat : public testing::TestWithParam<FormatBound> {};

TEST_P(WholeModelFormat, EngineAgreesWithTheReference) {
  const std::string path = testing::TempDir() + "whole_" + GetParam().type + ".gguf";
  ModelConfig shape = ShapeByName("tiny");
  shape.vocab = 600;
  ThreadPool threads(2);
  WriteSynthetic(shape, GetParam().type, 9, path, threads, [](size_t, size_t) {});
  const auto file = OpenWeightFile(path);
  std::vector<int> ids(24);
  for (int i = 0; i < 24; ++i) ids[i] = (37 * i + 5) % 600;
  const double error = NormalizedError(EngineLogits(*file, ids), reference::Logits(*file, ids));
  RecordProperty("normalized_error", std::to_string(error));
  EXPECT_LT(error, GetParam().bound);
  std::filesystem::remove(path);
}

INSTANTIATE_TEST_SUITE_P(Formats, WholeModelFormat,
                         testing::Values(FormatBound{"f32", 1e-10}, FormatBound{"f16", 1e-10},
                                         FormatBound{"bf16", 1e-10}, FormatBound{"q8_0", 5e-3},
                                         FormatBound{"q4_0", 5e-3}, FormatBound{"q4_1", 5e-3},
                                         FormatBound{"q5_0", 5e-3}, FormatBound{"q5_1", 5e-3},
                                         FormatBound{"q4_k_m", 1e-2}, FormatBound{"q6_k", 1e-2}),
                         [](const auto& info) { return std::string(info.param.type); });

}  // namespace
}  // namespace lantern
