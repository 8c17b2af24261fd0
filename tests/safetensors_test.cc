// Safetensors, config.json and the folder that holds them.
#include "models/safetensors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "models/hf_config.h"
#include "models/weight_file.h"
#include "src/base/check.h"
#include "tests/file_builder.h"

namespace lantern {
namespace {

using testing_files::SafetensorsBuilder;
using testing_files::TempFolder;
using testing_files::TinyHfConfig;
using testing_files::TinyHfLlama;

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  LANTERN_CHECK(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

ModelConfig Parse(const std::string& text) { return ParseHfConfig(text, "config.json"); }

TEST(Safetensors, ReadsTensors) {
  const auto bytes = SafetensorsBuilder().AddF32("b", {2, 3}, 1.5f).AddF32("a", {4}, 2.5f).Build();
  const SafetensorsFile file(bytes, "t.safetensors");
  ASSERT_EQ(file.tensors().size(), 2u);
  EXPECT_EQ(file.tensors()[0].name, "a");
  EXPECT_EQ(file.tensors()[1].shape, (std::vector<int64_t>{2, 3}));
  float value;
  std::memcpy(&value, file.tensors()[1].data.data() + 20, 4);
  EXPECT_EQ(value, 1.5f);
}

TEST(Safetensors, ToleratesGapsUnreadTypesAndPadding) {
  SafetensorsBuilder builder;
  builder.header = R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
                   R"("ids":{"dtype":"I64","shape":[1],"data_offsets":[8,16]},)"
                   R"("none":{"dtype":"F16","shape":[0,5],"data_offsets":[16,16]}}   )";
  builder.Add({"", {}, "", std::vector<std::byte>(16), {}});
  const auto bytes = builder.Build();
  EXPECT_EQ(SafetensorsFile(bytes, "t.safetensors").tensors().size(), 3u);
}

TEST(HfConfig, ReadsTheTinyLlama) {
  const ModelConfig config = Parse(TinyHfConfig());
  EXPECT_EQ(config.architecture, "llama");
  EXPECT_EQ(config.layers, 1);
  EXPECT_EQ(config.dim, 8);
  EXPECT_EQ(config.ffn, 16);
  EXPECT_EQ(config.heads, 2);
  EXPECT_EQ(config.kv_heads, 1);
  EXPECT_EQ(config.head_dim, 4);
  EXPECT_EQ(config.vocab, 6);
  EXPECT_EQ(config.context, 64);
  EXPECT_TRUE(config.rope_divisor.empty());
  EXPECT_EQ(config.norm_eps, 1e-5f);
  EXPECT_TRUE(config.tied);
  EXPECT_EQ(config.sliding_window, 0);
}

TEST(HfConfig, DefaultsFollowTransformers) {
  auto text = Replaced(TinyHfConfig(), R"("num_key_value_heads":1,)", "");
  text = Replaced(text, R"("rope_theta":10000.0,"rope_scaling":null,)", "");
  text = Replaced(text, R"("tie_word_embeddings":true,)", "");
  const ModelConfig config = Parse(text);
  EXPECT_EQ(config.kv_heads, 2);
  EXPECT_EQ(config.rope_theta, 10000.0);
  EXPECT_FALSE(config.tied);
}

TEST(HfConfig, MistralHasAWindow) {
  const auto text = Replaced(TinyHfConfig(), R"("model_type":"llama")",
                             R"("model_type":"mistral","sliding_window":4000)");
  EXPECT_EQ(Parse(text).sliding_window, 4000);
  EXPECT_EQ(Parse(text).architecture, "mistral");
  EXPECT_EQ(Parse(Replaced(text, "4000", "null")).sliding_window, 0);
  EXPECT_EQ(Parse(Replaced(text, R"(,"sliding_window":4000)", "")).sliding_window, 4096);
}

TEST(HfConfig, HeadsMayHaveADimensionOfTheirOwn) {
  EXPECT_EQ(Parse(Replaced(TinyHfConfig(), "{", R"({"head_dim":16,)")).head_dim, 16);
  EXPECT_EQ(Parse(Replaced(TinyHfConfig(), "{", R"({"head_dim":null,)")).head_dim, 4);
}

// Llama 3.1's own parameters at head dimension 128. Expected values: computed apart from this
// code, with Python's math module, from the formula in transformers' modeling_rope_utils.
TEST(HfConfig, Llama3ScalingHasThreeBands) {
  auto text = Replaced(TinyHfConfig(), R"("rope_theta":10000.0,"rope_scaling":null)",
                       R"("rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,
                       "low_freq_factor":1.0,"high_freq_factor":4.0,
                       "original_max_position_embeddings":8192})");
  text = Replaced(text, "{", R"({"head_dim":128,)");
  const ModelConfig config = Parse(text);
  ASSERT_EQ(config.rope_divisor.size(), 64u);
  EXPECT_EQ(config.rope_divisor[0], 1);
  EXPECT_EQ(config.rope_divisor[28], 1);
  EXPECT_NEAR(config.rope_divisor[29], 1.207483871283662, 1e-12);
  EXPECT_NEAR(config.rope_divisor[34], 5.257326588708467, 1e-12);
  EXPECT_EQ(config.rope_divisor[35], 8);
  EXPECT_EQ(config.rope_divisor[63], 8);
}

TEST(HfConfig, LinearAndDefaultScaling) {
  const auto scaled = [](const char* scaling) {
    return Parse(Replaced(TinyHfConfig(), R"("rope_scaling":null)",
                          std::string(R"("rope_scaling":)") + scaling));
  };
  EXPECT_EQ(scaled(R"({"type":"linear","factor":2.5})").rope_divisor,
            (std::vector<double>{2.5, 2.5}));
  EXPECT_TRUE(scaled(R"({"rope_type":"default"})").rope_divisor.empty());
}

TEST(HfConfig, ReadsTheNewerRopeParameters) {
  const auto text =
      Replaced(TinyHfConfig(), R"("rope_theta":10000.0,"rope_scaling":null)",
               R"("rope_parameters":{"rope_theta":250000.0,"rope_type":"linear","factor":2})");
  EXPECT_EQ(Parse(text).rope_theta, 250000.0);
  EXPECT_EQ(Parse(text).rope_divisor, (std::vector<double>{2, 2}));
}

TEST(HfWeights, OpensAFolderWithoutIndex) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  auto builder = TinyHfLlama();
  builder.AddF32("model.layers.0.self_attn.rotary_emb.inv_freq", {2});
  folder.Write("model.safetensors", builder.Build());
  const auto weights = OpenWeightFile(folder.path());
  EXPECT_EQ(weights->names().size(), 11u);
  EXPECT_EQ(weights->config().name, folder.path().filename());
  EXPECT_EQ(weights->gguf(), nullptr);
  EXPECT_EQ(weights->Get("output_norm.weight", 1, 8).cols, 8);
}

// Rows of 8 values that all are the row's number.
SafetensorsBuilder::Tensor NumberedRows(const std::string& name, int rows) {
  std::vector<float> values;
  for (int i = 0; i < rows * 8; ++i) values.push_back(static_cast<float>(i / 8));
  const auto bytes = std::as_bytes(std::span(values));
  return {name, {rows, 8}, "F32", {bytes.begin(), bytes.end()}, {}};
}

std::vector<float> FirstOfEachRow(const StoredTensor& tensor) {
  std::vector<float> first(static_cast<size_t>(tensor.rows));
  for (int64_t row = 0; row < tensor.rows; ++row) {
    std::memcpy(&first[static_cast<size_t>(row)], tensor.Row(row).data(), sizeof(float));
  }
  return first;
}

// Heads of 4: the file keeps the halves of each rotated pair two rows apart.
TEST(HfWeights, BringsRotatedRowsTogether) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  const std::string attention = "model.layers.0.self_attn.";
  SafetensorsBuilder builder;
  builder.Add(NumberedRows(attention + "q_proj.weight", 8));
  builder.Add(NumberedRows(attention + "k_proj.weight", 4));
  builder.Add(NumberedRows(attention + "v_proj.weight", 4));
  folder.Write("model.safetensors", builder.Build());
  const auto weights = OpenWeightFile(folder.path());
  EXPECT_EQ(FirstOfEachRow(weights->Get("blk.0.attn_q.weight", 8, 8)),
            (std::vector<float>{0, 2, 1, 3, 4, 6, 5, 7}));
  EXPECT_EQ(FirstOfEachRow(weights->Get("blk.0.attn_k.weight", 4, 8)),
            (std::vector<float>{0, 2, 1, 3}));
  EXPECT_EQ(FirstOfEachRow(weights->Get("blk.0.attn_v.weight", 4, 8)),
            (std::vector<float>{0, 1, 2, 3}));
}

TEST(HfWeights, TheConfigurationDecidesAboutTheHead) {
  const TempFolder folder;
  folder.Write("model.safetensors", TinyHfLlama().AddF32("lm_head.weight", {6, 8}).Build());
  folder.WriteText("config.json", TinyHfConfig());
  EXPECT_EQ(OpenWeightFile(folder.path())->Find("output.weight"), nullptr);
  folder.WriteText("config.json", Replaced(TinyHfConfig(), R"("tie_word_embeddings":true)",
                                           R"("tie_word_embeddings":false)"));
  EXPECT_NE(OpenWeightFile(folder.path())->Find("output.weight"), nullptr);
}

TEST(HfWeights, FollowsAnIndexAndIgnoresOtherFiles) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  folder.Write("part-1.safetensors", TinyHfLlama().Build());
  folder.Write("part-2.safetensors", SafetensorsBuilder().AddF32("lm_head.weight", {6, 8}).Build());
  folder.Write("consolidated.safetensors",
               SafetensorsBuilder().AddF32("tok_embeddings.weight", {6, 8}).Build());
  folder.WriteText("model.safetensors.index.json",
                   R"({"weight_map":{"model.norm.weight":"part-1.safetensors",
                   "lm_head.weight":"part-2.safetensors"}})");
  EXPECT_EQ(OpenWeightFile(folder.path())->names().size(), 11u);
}

TEST(HfWeights, ReadsSixteenBitTypesWhereverTheyLie) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  // The data section begins wherever the header ends, so rows lie at odd addresses.
  for (const char* dtype : {"F16", "BF16"}) {
    SafetensorsBuilder builder;
    builder.Add({"model.norm.weight", {8}, dtype, std::vector<std::byte>(16, std::byte{1}), {}});
    folder.Write("model.safetensors", builder.Build());
    const auto weights = OpenWeightFile(folder.path());
    const StoredTensor& norm = weights->Get("output_norm.weight", 1, 8);
    EXPECT_EQ(Info(norm.type).name, dtype == std::string("F16") ? "f16" : std::string("bf16"));
    EXPECT_EQ(norm.Row(0)[15], std::byte{1});
  }
}

}  // namespace
}  // namespace lantern
