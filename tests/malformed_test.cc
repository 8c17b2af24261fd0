// Malformed model files: each must be refused with one sentence of kind kIo that names the file,
// the tensor or key, and the reason. Every row below breaks a valid file in one way.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "models/gguf.h"
#include "models/weight_file.h"
#include "tests/file_builder.h"

namespace lantern {
namespace {

using testing_files::GgufBuilder;
using testing_files::SafetensorsBuilder;
using testing_files::TempFolder;
using testing_files::TinyGgufLlama;
using testing_files::TinyHfConfig;
using testing_files::TinyHfLlama;

constexpr uint64_t kHuge = uint64_t{1} << 62;

// Opens `path` as a model, expecting the error that holds `reason` and the name `file`.
void ExpectRefused(const std::filesystem::path& path, const std::string& file,
                   const std::string& reason) {
  try {
    OpenWeightFile(path);
    FAIL() << "was accepted; expected: " << reason;
  } catch (const Error& error) {
    const std::string sentence = error.what();
    EXPECT_EQ(error.kind(), ErrorKind::kIo) << sentence;
    EXPECT_NE(sentence.find(file), std::string::npos) << sentence;
    EXPECT_NE(sentence.find(reason), std::string::npos) << sentence << " lacks: " << reason;
    EXPECT_EQ(sentence.back(), '.') << sentence;
    EXPECT_EQ(sentence.find('\n'), std::string::npos) << sentence;
  }
}

std::vector<std::byte> Bytes(size_t count) { return std::vector<std::byte>(count); }

struct GgufCase {
  const char* name;
  void (*damage)(GgufBuilder& file);
  const char* reason;
};

constexpr GgufCase kGgufCases[] = {
    {"Magic", [](auto& f) { f.magic = 0x12345678; }, "does not begin with the letters GGUF"},
    {"Version1", [](auto& f) { f.version = 1; }, "GGUF version 1, but only versions 2 and 3"},
    {"Version4", [](auto& f) { f.version = 4; }, "GGUF version 4"},
    {"Version0", [](auto& f) { f.version = 0; }, "GGUF version 0"},
    {"BigEndian", [](auto& f) { f.version = 0x03000000; }, "big-endian GGUF"},
    {"HugeKeyCount", [](auto& f) { f.key_count = kHuge; }, "keys, more than"},
    {"HugeTensorCount", [](auto& f) { f.tensor_count = kHuge; }, "tensors, more than"},
    {"MoreKeysThanThere", [](auto& f) { f.key_count = 10; }, "ends early"},
    {"FewerKeysThanThere", [](auto& f) { f.key_count = 8; }, "has 6 dimensions"},
    {"MoreTensorsThanThere", [](auto& f) { f.tensor_count = 12; }, "a tensor without a name"},
    {"LastByteCut", [](auto& f) { f.cut_bytes = 1; },
     "tensor blk.0.ffn_down.weight reaches past the end of the file"},
    {"HeaderCut", [](auto& f) { f.cut_bytes = f.Build().size() - 20; }, "ends early"},
    {"KeyCut", [](auto& f) { f.cut_bytes = f.Build().size() - 200; }, "ends early"},
    {"UnnamedKey", [](auto& f) { f.U32("", 1); }, "a metadata key without a name"},
    {"KeyTwice", [](auto& f) { f.U32("llama.block_count", 1); }, "llama.block_count occurs twice"},
    {"ValueType", [](auto& f) { f.Raw("odd", 13, {}); }, "key odd has the unknown value type 13"},
    {"ElementType", [](auto& f) { f.template Numbers<int>("odd", 99, {}); },
     "key odd has the unknown value type 99"},
    {"HugeArray",
     [](auto& f) {
       ByteWriter payload;
       payload.Write(uint32_t{testing_files::kFloat64});
       payload.Write(kHuge);
       f.Raw("odd", testing_files::kArray, payload);
     },
     "array elements, more than"},
    {"HugeStringArray",
     [](auto& f) {
       ByteWriter payload;
       payload.Write(uint32_t{testing_files::kString});
       payload.Write(kHuge);
       f.Raw("odd", testing_files::kArray, payload);
     },
     "ends early"},
    {"HugeString", [](auto& f) { f.Number("odd", testing_files::kString, ~uint64_t{0}); },
     "ends early"},
    {"DeepArrays",
     [](auto& f) {
       ByteWriter payload;
       for (int i = 0; i < 1000; ++i) {
         payload.Write(uint32_t{testing_files::kArray});
         payload.Write(uint64_t{1});
       }
       f.Raw("odd", testing_files::kArray, payload);
     },
     "key odd nests arrays"},
    {"ZeroAlignment", [](auto& f) { f.U32("general.alignment", 0); }, "general.alignment is 0"},
    {"OddAlignment", [](auto& f) { f.U32("general.alignment", 12); }, "general.alignment is 12"},
    {"AlignmentType", [](auto& f) { f.String("general.alignment", "32"); },
     "general.alignment is of type string, but an integer"},
    {"UnnamedTensor", [](auto& f) { f.AddF32("", {1}); }, "a tensor without a name"},
    {"TensorTwice",
     [](auto& f) {
       f.AddF32("blk.0.attn_q.weight", {8, 8});
     },
     "tensor blk.0.attn_q.weight occurs twice"},
    {"Rank0",
     [](auto& f) {
       f.Add({"odd", {}, 0, Bytes(4), {}});
     },
     "tensor odd has 0 dimensions"},
    {"Rank5",
     [](auto& f) {
       f.AddF32("odd", {1, 1, 1, 1, 1});
     },
     "tensor odd has 5 dimensions"},
    {"ZeroDimension",
     [](auto& f) {
       f.AddF32("odd", {4, 0});
     },
     "odd has a dimension of 0"},
    {"HugeDimension",
     [](auto& f) {
       f.Add({"odd", {kHuge}, 0, {}, {}});
     },
     "odd has more elements"},
    {"OverflowingDimensions",
     [](auto& f) {
       f.Add({"odd", {1, kHuge, 8}, 0, Bytes(32), {}});
     },
     "odd has more elements"},
    {"ManyRows",
     [](auto& f) {
       f.Add({"odd", {1024, 1024}, 0, Bytes(32), {}});
     },
     "tensor odd reaches past the end"},
    {"TypeQ2K",
     [](auto& f) {
       f.Add({"odd", {256}, 10, Bytes(84), {}});
     },
     "tensor odd has the type id 10"},
    {"TypeUnknown",
     [](auto& f) {
       f.Add({"odd", {256}, 4000, Bytes(84), {}});
     },
     "tensor odd has the type id 4000"},
    {"PartOfABlock",
     [](auto& f) {
       f.Add({"odd", {33}, 8, Bytes(68), {}});
     },
     "tensor odd has rows of 33, no multiple of the 32 of a q8_0 block"},
    {"UnalignedOffset",
     [](auto& f) {
       f.Add({"odd", {1}, 0, Bytes(4), 4});
     },
     "tensor odd begins at offset 4, not aligned to 32"},
    {"OffsetBeyondFile",
     [](auto& f) {
       f.Add({"odd", {1}, 0, Bytes(4), 1 << 20});
     },
     "tensor odd reaches past the end"},
    {"OffsetOverflows",
     [](auto& f) {
       f.Add({"odd", {1}, 0, Bytes(4), ~uint64_t{31}});
     },
     "tensor odd reaches past the end"},
    {"Overlap",
     [](auto& f) {
       f.Add({"odd", {1}, 0, Bytes(4), 0});
     },
     "overlap"},
    {"NoArchitecture", [](auto& f) { f.Remove("general.architecture"); },
     "lacks the key general.architecture"},
    {"OtherArchitecture",
     [](auto& f) { f.Remove("general.architecture").String("general.architecture", "gemma"); },
     "architecture gemma"},
    {"NoLayers", [](auto& f) { f.Remove("llama.block_count"); }, "lacks the key llama.block_count"},
    {"ZeroLayers", [](auto& f) { f.Remove("llama.block_count").U32("llama.block_count", 0); },
     "the number of layers is 0"},
    {"HugeLayers",
     [](auto& f) { f.Remove("llama.block_count").U32("llama.block_count", 4000000000u); },
     "llama.block_count is 4000000000, out of range"},
    {"LayersAsText",
     [](auto& f) { f.Remove("llama.block_count").String("llama.block_count", "1"); },
     "llama.block_count is of type string"},
    {"ZeroHeads",
     [](auto& f) { f.Remove("llama.attention.head_count").U32("llama.attention.head_count", 0); },
     "no multiple of the 0 heads"},
    {"UnevenHeads",
     [](auto& f) {
       f.Remove("llama.attention.head_count_kv").U32("llama.attention.head_count_kv", 3);
     },
     "kv heads"},
    {"OddHead", [](auto& f) { f.U32("llama.attention.key_length", 3); }, "dimension 3 is odd"},
    {"ValuesUnlikeKeys", [](auto& f) { f.U32("llama.attention.value_length", 8); },
     "llama.attention.value_length is 8"},
    {"PartlyRotated", [](auto& f) { f.U32("llama.rope.dimension_count", 2); },
     "llama.rope.dimension_count is 2"},
    {"ThetaNaN", [](auto& f) { f.F32("llama.rope.freq_base", NAN); }, "rope theta"},
    {"ThetaNegative", [](auto& f) { f.F32("llama.rope.freq_base", -1); }, "rope theta"},
    {"EpsilonZero",
     [](auto& f) {
       f.Remove("llama.attention.layer_norm_rms_epsilon");
       f.F32("llama.attention.layer_norm_rms_epsilon", 0);
     },
     "epsilon is 0"},
    {"Yarn", [](auto& f) { f.String("llama.rope.scaling.type", "yarn"); },
     "rotation scaling yarn is not implemented"},
    {"ScalingFactorInfinite", [](auto& f) { f.F32("llama.rope.scaling.factor", INFINITY); },
     "a rotation factor is inf"},
    {"RopeFactorsTooShort", [](auto& f) { f.AddF32("rope_freqs.weight", {1}, 1); },
     "tensor rope_freqs.weight should hold 2 f32"},
    {"RopeFactorsZero", [](auto& f) { f.AddF32("rope_freqs.weight", {2}, 0); },
     "a rotation factor is 0"},
    {"Experts", [](auto& f) { f.U32("llama.expert_count", 8); }, "a mixture of 8 experts"},
    {"OneOfSeveral", [](auto& f) { f.Number("split.count", testing_files::kUint16, uint16_t{3}); },
     "one of 3 parts"},
    {"Bias", [](auto& f) { f.AddF32("blk.0.attn_q.bias", {8}); },
     "tensor blk.0.attn_q.bias is not part of a Llama of 1 layers"},
    {"SurplusLayer", [](auto& f) { f.AddF32("blk.1.attn_norm.weight", {8}); },
     "tensor blk.1.attn_norm.weight is not part of a Llama of 1 layers"},
    {"ControlCharacters",
     [](auto& f) {
       f.AddF32("odd\x1b[31m\n", {4, 0});
     },
     "odd?[31m?"},
};

class MalformedGguf : public testing::TestWithParam<GgufCase> {};

TEST_P(MalformedGguf, IsRefused) {
  const TempFolder folder;
  GgufBuilder file = TinyGgufLlama();
  GetParam().damage(file);
  ExpectRefused(folder.Write("bad.gguf", file.Build()), "bad.gguf", GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, MalformedGguf, testing::ValuesIn(kGgufCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MalformedGguf, EveryTruncationIsRefused) {
  const std::vector<std::byte> whole = TinyGgufLlama().Build();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_THROW(GgufFile(std::span(whole).first(size), "cut.gguf"), Error) << size;
  }
}

struct SafetensorsCase {
  const char* name;
  void (*damage)(SafetensorsBuilder& file);
  const char* reason;
};

// A file with the one tensor "odd" described by `entry`, and 64 bytes of data.
void One(SafetensorsBuilder& file, const std::string& entry) {
  file = SafetensorsBuilder();
  file.header = R"({"odd":)" + entry + "}";
  file.Add({"", {}, "", Bytes(64), {}});
}

constexpr SafetensorsCase kSafetensorsCases[] = {
    {"TooShort", [](auto& f) { f.cut_bytes = f.Build().size() - 5; }, "ends early"},
    {"HeaderOver100MB", [](auto& f) { f.header_bytes = 100'000'001; },
     "its header would have 100000001 bytes"},
    {"HeaderLengthHuge", [](auto& f) { f.header_bytes = ~uint64_t{0}; }, "its header would have"},
    {"HeaderPastTheEnd", [](auto& f) { f.header_bytes = 99'000'000; }, "ends early"},
    {"HeaderEmpty", [](auto& f) { f.header_bytes = 0; }, "not valid JSON"},
    {"HeaderNoJson", [](auto& f) { f.header = "{\"a\":"; }, "not valid JSON"},
    {"HeaderNoObject", [](auto& f) { f.header = "[]"; }, "does not hold a JSON object"},
    {"HeaderDeep", [](auto& f) { f.header = std::string(100000, '['); }, "nests too deep"},
    {"HeaderNumber", [](auto& f) { f.header = "{\"a\":1e999}"; }, "a number that cannot be read"},
    {"HeaderNotUtf8", [](auto& f) { f.header = "{\"a\xff\":1}"; }, "not valid JSON"},
    {"TensorTwice", [](auto& f) { f.AddF32("model.norm.weight", {8}); },
     "has the key model.norm.weight twice"},
    {"NoObject", [](auto& f) { One(f, "3"); }, "tensor odd is not described"},
    {"NoDtype", [](auto& f) { One(f, R"({"shape":[1],"data_offsets":[0,4]})"); },
     "tensor odd has no dtype"},
    {"NoShape", [](auto& f) { One(f, R"({"dtype":"F32","data_offsets":[0,4]})"); },
     "tensor odd has no shape"},
    {"NegativeShape",
     [](auto& f) { One(f, R"({"dtype":"F32","shape":[-1],"data_offsets":[0,4]})"); },
     "tensor odd has no shape"},
    {"FractionalShape",
     [](auto& f) { One(f, R"({"dtype":"F32","shape":[1.5],"data_offsets":[0,6]})"); },
     "tensor odd has no shape"},
    {"ShapeOverflows",
     [](auto& f) {
       One(f, R"({"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]})");
     },
     "tensor odd has more elements than any file"},
    {"NoOffsets", [](auto& f) { One(f, R"({"dtype":"F32","shape":[1]})"); },
     "tensor odd has no pair of data offsets"},
    {"ThreeOffsets",
     [](auto& f) { One(f, R"({"dtype":"F32","shape":[1],"data_offsets":[0,4,8]})"); },
     "tensor odd has no pair of data offsets"},
    {"OffsetsReversed",
     [](auto& f) { One(f, R"({"dtype":"F32","shape":[1],"data_offsets":[8,4]})"); },
     "tensor odd ends before it begins"},
    {"PastTheEnd", [](auto& f) { One(f, R"({"dtype":"F32","shape":[1],"data_offsets":[64,68]})"); },
     "tensor odd reaches past the end"},
    {"ShapeUnlikeBytes",
     [](auto& f) { One(f, R"({"dtype":"F16","shape":[3],"data_offsets":[0,4]})"); },
     "tensor odd has 4 bytes, but its shape and type F16 ask for 6"},
    {"Cut", [](auto& f) { f.cut_bytes = 1; },
     "tensor model.layers.0.mlp.down_proj.weight reaches past the end"},
    {"Overlap",
     [](auto& f) {
       f.Add({"odd", {1}, "F32", Bytes(4), {{2, 6}}});
     },
     "overlap"},
    {"UnreadableType",
     [](auto& f) {
       f.Add({"lm_head.weight", {1}, "F8_E4M3", Bytes(1), {}});
     },
     "tensor lm_head.weight is of type F8_E4M3"},
    {"Bias", [](auto& f) { f.AddF32("model.layers.0.self_attn.q_proj.bias", {8}); },
     "tensor model.layers.0.self_attn.q_proj.bias is not part of a Llama"},
    {"SurplusLayer", [](auto& f) { f.AddF32("model.layers.1.input_layernorm.weight", {8}); },
     "tensor model.layers.1.input_layernorm.weight is not part of a Llama of 1 layers"},
    {"Scalar", [](auto& f) { f.AddF32("model.layers.0.mlp.x", {}); }, "not part of a Llama"},
};

class MalformedSafetensors : public testing::TestWithParam<SafetensorsCase> {};

TEST_P(MalformedSafetensors, IsRefused) {
  const TempFolder folder;
  std::string config = TinyHfConfig();  // untied, so that lm_head counts
  config.replace(config.find("\"tie_word_embeddings\":true"), 26, "\"tie_word_embeddings\":false");
  folder.WriteText("config.json", config);
  SafetensorsBuilder file = TinyHfLlama();
  GetParam().damage(file);
  folder.Write("model.safetensors", file.Build());
  ExpectRefused(folder.path(), "model.safetensors", GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, MalformedSafetensors, testing::ValuesIn(kSafetensorsCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MalformedSafetensors, WrongRanksAndHalfHeadsAreRefused) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  const auto refused = [&](const std::string& name, std::vector<int64_t> shape,
                           const std::string& reason) {
    const auto bytes = SafetensorsBuilder().AddF32(name, std::move(shape)).Build();
    folder.Write("model.safetensors", bytes);
    ExpectRefused(folder.path(), "tensor " + name, reason);
  };
  refused("model.norm.weight", {}, "one or two dimensions");
  refused("model.norm.weight", {2, 2, 2}, "one or two dimensions");
  refused("model.norm.weight", {0}, "none of them 0");
  refused("model.layers.0.self_attn.k_proj.weight", {6, 8}, "not whole heads of 4");
}

struct TextCase {
  const char* name;
  const char* from;  // replaced in the tiny config.json
  const char* to;
  const char* reason;
};

constexpr TextCase kConfigCases[] = {
    {"NoJson", "{", "", "not valid JSON"},
    {"OtherType", "\"llama\"", "\"gemma\"", "model_type gemma cannot be run"},
    {"NoType", "\"model_type\":\"llama\",", "", "lacks model_type"},
    {"NoWidth", "\"hidden_size\":8,", "", "lacks hidden_size"},
    {"WidthAsText", "\"hidden_size\":8", "\"hidden_size\":\"8\"", "hidden_size should be a whole"},
    {"WidthFraction", "\"hidden_size\":8", "\"hidden_size\":8.5", "hidden_size should be a whole"},
    {"WidthHuge", "\"hidden_size\":8", "\"hidden_size\":8000000000", "hidden_size should be a num"},
    {"WidthBeyond64", "\"hidden_size\":8", "\"hidden_size\":18446744073709551615", "hidden_size"},
    {"WidthNegative", "\"hidden_size\":8", "\"hidden_size\":-8", "the model width is -8"},
    {"WidthUneven", "\"hidden_size\":8", "\"hidden_size\":9", "no multiple of num_attention_heads"},
    {"ZeroHeads", "_attention_heads\":2", "_attention_heads\":0", "num_attention_heads 0"},
    {"UnevenHeads", "_key_value_heads\":1", "_key_value_heads\":3", "kv heads"},
    {"ZeroLayers", "_hidden_layers\":1", "_hidden_layers\":0", "the number of layers is 0"},
    {"ManyLayers", "_hidden_layers\":1", "_hidden_layers\":10001", "the number of layers is 10001"},
    {"HugeVocabulary", "\"vocab_size\":6", "\"vocab_size\":16777217", "the vocabulary size"},
    {"ZeroContext", "embeddings\":64", "embeddings\":0", "the context length is 0"},
    {"OddHead", "{", "{\"head_dim\":3,", "dimension 3 is odd"},
    {"HugeHead", "{", "{\"head_dim\":1048576,", "heads times head dimension"},
    {"EpsilonNegative", "1e-05", "-1e-05", "epsilon"},
    {"EpsilonUnderflows", "1e-05", "1e-60", "epsilon is 0"},
    {"ThetaZero", "\"rope_theta\":10000.0", "\"rope_theta\":0", "rope theta"},
    {"Activation", "\"silu\"", "\"gelu\"", "hidden_act is gelu"},
    {"AttentionBias", "\"attention_bias\":false", "\"attention_bias\":true", "attention_bias"},
    {"MlpBias", "\"mlp_bias\":false", "\"mlp_bias\":true", "mlp_bias is true"},
    {"BiasAsText", "\"mlp_bias\":false", "\"mlp_bias\":\"no\"", "mlp_bias should be true or false"},
    {"Quantized", "{", "{\"quantization_config\":{},", "quantization_config"},
    {"PartlyRotated", "{", "{\"partial_rotary_factor\":0.5,", "partial_rotary_factor"},
    {"Yarn", "\"rope_scaling\":null", "\"rope_scaling\":{\"rope_type\":\"yarn\"}",
     "rope type yarn"},
    {"ScalingWithoutType", "\"rope_scaling\":null", "\"rope_scaling\":{\"factor\":2}",
     "lacks rope_type"},
    {"LinearWithoutFactor", "\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"linear\"}",
     "lacks factor"},
    {"LinearZero", "\"rope_scaling\":null", "\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}",
     "factor is 0"},
    {"Llama3Reversed", "\"rope_scaling\":null",
     "\"rope_scaling\":{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":4,"
     "\"high_freq_factor\":1,\"original_max_position_embeddings\":8192}",
     "high_freq_factor should be above"},
    {"ScalingAsText", "\"rope_scaling\":null", "\"rope_scaling\":\"linear\"",
     "rope_scaling should be an object"},
    {"KeyTwice", "{", "{\"vocab_size\":7,", "has the key vocab_size twice"},
};

class MalformedConfig : public testing::TestWithParam<TextCase> {};

TEST_P(MalformedConfig, IsRefused) {
  const TempFolder folder;
  std::string text = TinyHfConfig();
  const std::string from = GetParam().from;
  ASSERT_NE(text.find(from), std::string::npos);
  text.replace(text.find(from), from.size(), GetParam().to);
  folder.WriteText("config.json", text);
  folder.Write("model.safetensors", TinyHfLlama().Build());
  ExpectRefused(folder.path(), "config.json", GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, MalformedConfig, testing::ValuesIn(kConfigCases),
                         [](const auto& info) { return std::string(info.param.name); });

struct IndexCase {
  const char* name;
  const char* text;
  const char* reason;
};

constexpr IndexCase kIndexCases[] = {
    {"NoJson", "{\"weight_map\":", "not valid JSON"},
    {"NoMap", "{}", "has no weight_map object"},
    {"MapIsAList", R"({"weight_map":[]})", "has no weight_map object"},
    {"FileIsANumber", R"({"weight_map":{"a":1}})", "tensor a is not the name of a file"},
    {"FileAbove", R"({"weight_map":{"a":"../x.safetensors"}})", "not the name of a file in this"},
    {"FileAbsolute", R"({"weight_map":{"a":"/etc/passwd"}})", "not the name of a file in this"},
    {"FileIsParent", R"({"weight_map":{"a":".."}})", "not the name of a file in this"},
    {"FileHasZero", R"({"weight_map":{"a":"x\u0000y"}})", "not the name of a file in this"},
    {"FileEmpty", R"({"weight_map":{"a":""}})", "not the name of a file in this"},
    {"TensorElsewhere", R"({"weight_map":{"a":"model.safetensors"}})",
     "tensor a should be in model.safetensors, which does not have it"},
};

class MalformedIndex : public testing::TestWithParam<IndexCase> {};

TEST_P(MalformedIndex, IsRefused) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  folder.Write("model.safetensors", TinyHfLlama().Build());
  folder.WriteText("model.safetensors.index.json", GetParam().text);
  ExpectRefused(folder.path(), "model.safetensors.index.json", GetParam().reason);
}

INSTANTIATE_TEST_SUITE_P(All, MalformedIndex, testing::ValuesIn(kIndexCases),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(MalformedFolder, MissingPartsAreNamed) {
  const TempFolder folder;
  ExpectRefused(folder.path(), folder.path().string(), "has no config.json");
  folder.WriteText("config.json", "");
  ExpectRefused(folder.path(), "config.json", "is empty");
  folder.WriteText("config.json", TinyHfConfig());
  ExpectRefused(folder.path(), folder.path().string(), "no .safetensors files");
  folder.WriteText("model.safetensors.index.json",
                   R"({"weight_map":{"model.norm.weight":"shard-7.safetensors"}})");
  ExpectRefused(folder.path(), "shard-7.safetensors", "is missing");
}

TEST(MalformedFolder, ATensorInTwoFilesIsRefused) {
  const TempFolder folder;
  folder.WriteText("config.json", TinyHfConfig());
  folder.Write("a.safetensors", TinyHfLlama().Build());
  folder.Write("b.safetensors", SafetensorsBuilder().AddF32("model.norm.weight", {8}).Build());
  ExpectRefused(folder.path(), "a.safetensors: tensor model.norm.weight", "in a second file too");
}

TEST(MalformedFile, WhatIsNoModelIsRefused) {
  const TempFolder folder;
  ExpectRefused(folder.path() / "none.gguf", "none.gguf", "Cannot open");
  ExpectRefused(folder.Write("empty.gguf", {}), "empty.gguf", "is empty");
  ExpectRefused(folder.WriteText("x.safetensors", "x"), "x.safetensors", "give the folder");
  ExpectRefused(folder.WriteText("x.txt", "hello world"), "x.txt", "not a GGUF file");
}

}  // namespace
}  // namespace lantern
