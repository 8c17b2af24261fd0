// GGUF: metadata, tensors, and a Llama's configuration and weights from them.
#include "models/gguf.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "models/gguf_weights.h"
#include "models/mapped_weights.h"
#include "models/weight_file.h"
#include "tests/file_builder.h"

namespace lantern {
namespace {

using testing_files::GgufBuilder;
using testing_files::TempFolder;
using testing_files::TinyGgufLlama;

ModelConfig ConfigOf(const GgufBuilder& builder) {
  const auto bytes = builder.Build();
  return ReadGgufConfig(GgufFile(bytes, "tiny.gguf"));
}

TEST(GgufFile, ReadsMetadataOfEveryType) {
  GgufBuilder builder;
  builder.Number("u8", testing_files::kUint8, uint8_t{200});
  builder.Number("i8", testing_files::kInt8, int8_t{-100});
  builder.Number("u16", testing_files::kUint16, uint16_t{60000});
  builder.Number("i16", testing_files::kInt16, int16_t{-30000});
  builder.U32("u32", 4000000000u);
  builder.Number("i32", testing_files::kInt32, int32_t{-2000000000});
  builder.Number("u64", testing_files::kUint64, uint64_t{1} << 62);
  builder.Number("i64", testing_files::kInt64, int64_t{-1} << 62);
  builder.F32("f32", 1.5f).Number("f64", testing_files::kFloat64, 0.1);
  builder.Number("yes", testing_files::kBool, uint8_t{1});
  builder.Number("no", testing_files::kBool, uint8_t{0});
  builder.String("text", "hello").String("empty", "");
  builder.Strings("words", {"a", "", "ccc"});
  builder.Numbers<int32_t>("ids", testing_files::kInt32, {3, -1});
  builder.Numbers<float>("scores", testing_files::kFloat32, {0.5f, -2.0f});
  const auto bytes = builder.Build();
  const GgufFile file(bytes, "all.gguf");
  EXPECT_EQ(file.Int("u8"), 200);
  EXPECT_EQ(file.Int("i8"), -100);
  EXPECT_EQ(file.Int("u16"), 60000);
  EXPECT_EQ(file.Int("i16"), -30000);
  EXPECT_EQ(file.Int("u32"), 4000000000);
  EXPECT_EQ(file.Int("i32"), -2000000000);
  EXPECT_EQ(file.Int("u64"), int64_t{1} << 62);
  EXPECT_EQ(file.Int("i64"), int64_t{-1} << 62);
  EXPECT_EQ(file.Float("f32"), 1.5);
  EXPECT_EQ(file.Float("f64"), 0.1);
  EXPECT_EQ(file.Bool("yes"), true);
  EXPECT_EQ(file.Bool("no"), false);
  EXPECT_EQ(file.String("text"), "hello");
  EXPECT_EQ(file.String("empty"), "");
  EXPECT_EQ(file.Strings("words"), (std::vector<std::string_view>{"a", "", "ccc"}));
  EXPECT_EQ(file.Ints("ids"), (std::vector<int64_t>{3, -1}));
  EXPECT_EQ(file.Floats("scores"), (std::vector<float>{0.5f, -2.0f}));
}

TEST(GgufFile, AbsentKeysAreNothing) {
  const auto bytes = GgufBuilder().Build();
  const GgufFile file(bytes, "empty.gguf");
  EXPECT_FALSE(file.Int("x") || file.Float("x") || file.Bool("x") || file.String("x"));
  EXPECT_FALSE(file.Strings("x") || file.Ints("x") || file.Floats("x"));
  EXPECT_EQ(file.Find("x"), nullptr);
  EXPECT_TRUE(file.tensors().empty());
}

TEST(GgufFile, EmptyArraysAreNotAbsent) {
  const auto bytes = GgufBuilder().Strings("words", {}).Build();
  const GgufFile file(bytes, "empty.gguf");
  ASSERT_TRUE(file.Strings("words").has_value());
  EXPECT_TRUE(file.Strings("words")->empty());
}

TEST(GgufFile, SkipsNestedArrays) {
  ByteWriter payload;  // [[1, 2], []] of bytes
  payload.Write(uint32_t{testing_files::kArray});
  payload.Write(uint64_t{2});
  payload.Write(uint32_t{testing_files::kUint8});
  payload.Write(uint64_t{2});
  payload.Write(uint16_t{0x0201});
  payload.Write(uint32_t{testing_files::kUint8});
  payload.Write(uint64_t{0});
  const auto bytes =
      GgufBuilder().Raw("nested", testing_files::kArray, payload).U32("after", 7).Build();
  EXPECT_EQ(GgufFile(bytes, "nested.gguf").Int("after"), 7);
}

TEST(GgufFile, ReadsTensorsOfBothVersionsAndAnyAlignment) {
  for (const uint32_t version : {2u, 3u}) {
    for (const uint64_t alignment : {8, 32, 4096}) {
      GgufBuilder builder;
      builder.version = version;
      builder.alignment = alignment;
      builder.U32("general.alignment", static_cast<uint32_t>(alignment));
      builder.AddF32("a", {3}, 1.5f).AddF32("b", {2, 5}, 2.5f).AddF32("c", {2, 3, 4}, 3.5f);
      builder.Add({"q", {64, 2}, 8, std::vector<std::byte>(4 * 34), {}});
      const auto bytes = builder.Build();
      const GgufFile file(bytes, "t.gguf");
      ASSERT_EQ(file.tensors().size(), 4u);
      const GgufTensor* b = file.FindTensor("b");
      ASSERT_NE(b, nullptr);
      EXPECT_EQ(b->rows, 5);
      EXPECT_EQ(b->cols, 2);
      float value;
      std::memcpy(&value, b->data.data() + 36, 4);
      EXPECT_EQ(value, 2.5f);
      EXPECT_EQ(file.FindTensor("a")->rows, 1);
      EXPECT_EQ(file.FindTensor("c")->rows, 12);
      EXPECT_EQ(file.FindTensor("q")->type, DType::kQ8_0);
      EXPECT_EQ(file.FindTensor("q")->data.size(), 4u * 34);
      EXPECT_EQ(file.FindTensor("d"), nullptr);
    }
  }
}

TEST(GgufConfig, ReadsTheTinyLlama) {
  const ModelConfig config = ConfigOf(TinyGgufLlama());
  EXPECT_EQ(config.architecture, "llama");
  EXPECT_EQ(config.name, "tiny");
  EXPECT_EQ(config.layers, 1);
  EXPECT_EQ(config.dim, 8);
  EXPECT_EQ(config.ffn, 16);
  EXPECT_EQ(config.heads, 2);
  EXPECT_EQ(config.kv_heads, 1);
  EXPECT_EQ(config.head_dim, 4);
  EXPECT_EQ(config.vocab, 6);
  EXPECT_EQ(config.context, 64);
  EXPECT_EQ(config.rope_theta, 10000.0);
  EXPECT_TRUE(config.rope_divisor.empty());
  EXPECT_EQ(config.norm_eps, 1e-5f);
  EXPECT_TRUE(config.tied);
}

TEST(GgufConfig, AHeadOfItsOwnUntiesTheModel) {
  EXPECT_FALSE(ConfigOf(TinyGgufLlama().AddF32("output.weight", {8, 6})).tied);
}

TEST(GgufConfig, HeadDimensionAndRotationKeysAreRead) {
  auto builder = TinyGgufLlama();
  builder.U32("llama.attention.key_length", 16).U32("llama.attention.value_length", 16);
  builder.U32("llama.rope.dimension_count", 16).F32("llama.rope.freq_base", 500000.0f);
  const ModelConfig config = ConfigOf(builder);
  EXPECT_EQ(config.head_dim, 16);
  EXPECT_EQ(config.rope_theta, 500000.0);
}

TEST(GgufConfig, LinearScalingAndFactorsMultiply) {
  auto builder = TinyGgufLlama();
  builder.String("llama.rope.scaling.type", "linear").F32("llama.rope.scaling.factor", 4.0f);
  EXPECT_EQ(ConfigOf(builder).rope_divisor, (std::vector<double>{4, 4}));
  builder.AddF32("rope_freqs.weight", {2}, 1.5f);
  EXPECT_EQ(ConfigOf(builder).rope_divisor, (std::vector<double>{6, 6}));
  builder.Remove("llama.rope.scaling.type").String("llama.rope.scaling.type", "none");
  EXPECT_EQ(ConfigOf(builder).rope_divisor, (std::vector<double>{1.5, 1.5}));
}

TEST(GgufWeights, OffersTensorsByName) {
  const TempFolder folder;
  const auto path = folder.Write("tiny.gguf", TinyGgufLlama().Build());
  const auto weights = OpenWeightFile(path);
  EXPECT_EQ(weights->names().size(), 11u);
  EXPECT_EQ(weights->path(), path);
  ASSERT_NE(weights->gguf(), nullptr);
  EXPECT_EQ(weights->gguf()->String("general.name"), "tiny");
  EXPECT_EQ(weights->Find("output.weight"), nullptr);
  const StoredTensor& up = weights->Get("blk.0.ffn_up.weight", 16, 8);
  const auto raw = weights->gguf()->FindTensor("blk.0.ffn_up.weight")->data.subspan(5 * 32, 32);
  EXPECT_EQ(up.Row(5), std::vector<std::byte>(raw.begin(), raw.end()));
  std::byte part[4];
  up.ReadRow(5, 8, part);
  EXPECT_EQ(std::memcmp(part, &raw[8], sizeof(part)), 0);
  EXPECT_EQ(weights->Get("output_norm.weight", 1, 8).rows, 1);
  try {
    weights->Get("blk.0.ffn_up.weight", 8, 16);
    FAIL() << "a wrong shape was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()),
              path.string() +
                  ": tensor blk.0.ffn_up.weight is 16 x 8, but the model's "
                  "configuration asks for 8 x 16.");
  }
  EXPECT_THROW(weights->Get("output.weight", 6, 8), Error);
}

TEST(MappedTensor, UndoesTheHalfHeadOrder) {
  MappedTensor tensor;
  tensor.rows = 16;
  tensor.paired_head_dim = 8;
  const std::vector<int64_t> expected = {0, 4, 1, 5, 2, 6, 3, 7, 8, 12, 9, 13, 10, 14, 11, 15};
  for (int64_t row = 0; row < 16; ++row) {
    EXPECT_EQ(tensor.FileRow(row), expected[static_cast<size_t>(row)]);
  }
}

// A real model in both layouts must be one model: same shape, same canonical rows.
TEST(RealModel, GgufAndHuggingFaceAgree) {
  const char* data = std::getenv("LANTERN_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "LANTERN_TEST_DATA is not set";
  const std::filesystem::path models = std::filesystem::path(data) / "models";
  if (!std::filesystem::exists(models / "stories260K-hf")) {
    GTEST_SKIP() << models << " has no stories260K-hf";
  }
  const auto gguf = OpenWeightFile(models / "stories260K-f32.gguf");
  const auto hf = OpenWeightFile(models / "stories260K-hf");
  EXPECT_EQ(gguf->config().layers, 5);
  EXPECT_EQ(gguf->config().dim, hf->config().dim);
  EXPECT_EQ(gguf->config().ffn, hf->config().ffn);
  EXPECT_EQ(gguf->config().heads, hf->config().heads);
  EXPECT_EQ(gguf->config().kv_heads, hf->config().kv_heads);
  EXPECT_EQ(gguf->config().head_dim, hf->config().head_dim);
  EXPECT_EQ(gguf->config().vocab, hf->config().vocab);
  EXPECT_EQ(gguf->config().norm_eps, hf->config().norm_eps);
  EXPECT_EQ(gguf->config().rope_theta, hf->config().rope_theta);
  EXPECT_EQ(gguf->config().tied, hf->config().tied);
  ASSERT_EQ(gguf->names(), hf->names());
  EXPECT_EQ(gguf->names().size(), 47u);
  for (const std::string& name : gguf->names()) {
    const StoredTensor& a = *gguf->Find(name);
    const StoredTensor& b = hf->Get(name, a.rows, a.cols);
    ASSERT_EQ(a.type, b.type);
    for (int64_t row = 0; row < a.rows; ++row) {
      ASSERT_EQ(a.Row(row), b.Row(row)) << name << " row " << row;
    }
  }
}

TEST(RealModel, AVocabularyAloneIsAFileButNoModel) {
  const char* data = std::getenv("LANTERN_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "LANTERN_TEST_DATA is not set";
  const auto path =
      std::filesystem::path(data) / "tokenizers" / "llama2-spm" / "ggml-vocab-llama-spm.gguf";
  if (!std::filesystem::exists(path)) GTEST_SKIP() << path << " is not there";
  const GgufFile file(path);
  EXPECT_TRUE(file.tensors().empty());
  EXPECT_EQ(file.Strings("tokenizer.ggml.tokens")->size(), 32000u);
  EXPECT_EQ(file.Floats("tokenizer.ggml.scores")->size(), 32000u);
  EXPECT_THROW(OpenWeightFile(path), Error);
}

}  // namespace
}  // namespace lantern
