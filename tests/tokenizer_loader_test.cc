// LoadTokenizer: directories and GGUF files. With LANTERN_TEST_DATA set, real vocabularies are held
// against llama.cpp's, llama2.c's and sentencepiece's own answers.
#include "src/engine/tokenizer_loader.h"

#include <gtest/gtest.h>
#include <sentencepiece_processor.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/text/chat_format.h"
#include "src/text/detokenizer.h"
#include "src/text/utf8.h"
#include "tests/file_builder.h"
#include "tests/text_vocabularies.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;
using testing_files::GgufBuilder;
using testing_files::TempFolder;

// A small tokenizer.json of the byte-level kind: ids 0-255 are bytes, 256 is "th", 257 and 258
// special.
std::string SmallTokenizerJson() {
  std::string vocab;
  for (int byte = 0; byte < 256; ++byte) {
    std::string piece = ByteLevelCharacter(static_cast<uint8_t>(byte));
    if (piece == "\"" || piece == "\\") piece.insert(0, "\\");
    vocab += fmt::format("\"{}\":{},", piece, byte);
  }
  return R"({"model":{"type":"BPE","vocab":{)" + vocab +
         R"("th":256},"merges":["t h"]},)"
         R"("pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},)"
         R"("added_tokens":[{"id":257,"content":"<s>","special":true},)"
         R"({"id":258,"content":"</s>","special":true},)"
         R"({"id":259,"content":"[t]","special":false}]})";
}

TEST(DirectoryTest, TheFilesBesideTheVocabularyAreRead) {
  const TempFolder folder;
  folder.WriteText("tokenizer.json", SmallTokenizerJson());
  const auto bare = LoadTokenizer(folder.path());
  EXPECT_EQ(bare->Encode("th[t]<s>"), (std::vector<int>{256, 259, '<', 's', '>'}));
  EXPECT_EQ(bare->bos(), -1);
  EXPECT_FALSE(bare->add_bos());

  folder.WriteText("tokenizer_config.json", R"({"bos_token":{"content":"<s>"},"eos_token":"</s>",
      "add_bos_token":true,"chat_template":[{"name":"default","template":"<|im_start|>"}]})");
  folder.WriteText("generation_config.json", R"({"eos_token_id":[258,65]})");
  folder.WriteText("config.json", R"({"eos_token_id":66,"bos_token_id":null})");
  const auto full = LoadTokenizer(folder.path());
  EXPECT_EQ(full->Encode("th", {.add_bos = true}), (std::vector<int>{257, 256}));
  EXPECT_EQ(full->eos(), 258);
  for (int id : {258, 65, 66}) EXPECT_TRUE(full->IsEndOfGeneration(id)) << id;
  EXPECT_FALSE(full->IsEndOfGeneration(67));
  EXPECT_EQ(full->chat_template(), "<|im_start|>");
  folder.WriteText("chat_template.jinja", "[INST]");
  EXPECT_EQ(LoadTokenizer(folder.path())->chat_template(), "[INST]");
}

TEST(DirectoryTest, ThePostProcessorTellsOfBos) {
  const TempFolder folder;
  std::string json = SmallTokenizerJson();
  json.pop_back();
  json += R"(,"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>"}},
      {"Sequence":{"id":"A"}}],"special_tokens":{"<s>":{"id":"<s>","ids":[257]}}}})";
  folder.WriteText("tokenizer.json", json);
  const auto tokenizer = LoadTokenizer(folder.path());
  EXPECT_EQ(tokenizer->bos(), 257);
  EXPECT_TRUE(tokenizer->add_bos());
}

// The sentence with which loading `path` is refused.
std::string Refusal(const fs::path& path) {
  try {
    LoadTokenizer(path);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    return error.what();
  }
  return "(nothing was refused)";
}

void ExpectContains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\nlacks: " << part;
}

TEST(DirectoryTest, WhatIsNotSupportedIsRefusedByName) {
  const TempFolder folder;
  ExpectContains(Refusal(folder.path()), "neither tokenizer.json nor tokenizer.model");
  const auto refusal = [&](const std::string& from, const std::string& to) {
    std::string json = SmallTokenizerJson();
    json.replace(json.find(from), from.size(), to);
    folder.WriteText("tokenizer.json", json);
    return Refusal(folder.path());
  };
  ExpectContains(refusal("\"BPE\"", "\"WordPiece\""), "WordPiece");
  ExpectContains(refusal("\"ByteLevel\"", "\"BertPreTokenizer\""), "BertPreTokenizer");
  ExpectContains(refusal("\"model\"", R"("normalizer":{"type":"NFC"},"model")"), "NFC");
  ExpectContains(refusal("\"merges\"", R"("end_of_word_suffix":"</w>","merges")"), "suffix");
  ExpectContains(refusal("\"t h\"", "\"th\""), "'th'");
  ExpectContains(refusal("\"t h\"", "[\"t\"]"), "JSON");
  ExpectContains(refusal("\"t h\"", "7"), "JSON");
  ExpectContains(refusal("\"th\":256", "\"th\":-1"), "impossible id -1");
  ExpectContains(refusal("\"th\":256", "\"th\":99999999999"), "impossible id");
  ExpectContains(refusal("\"th\":256", "\"th\":65"), "both");
  ExpectContains(refusal("}]}", ""), "JSON");
  EXPECT_EQ(refusal("\"t h\"", R"(["t","h"])"), "(nothing was refused)");
}

TEST(DirectoryTest, SplitPatternsMayBeLiteralText) {
  const TempFolder folder;
  std::string json = SmallTokenizerJson();
  const std::string from = R"("pre_tokenizer":)";
  json.replace(json.find(from), from.size(), R"("pre_tokenizer":{"type":"Sequence","pretokenizers":[
      {"type":"Split","pattern":{"String":"\\s|h"},"behavior":"Isolated","invert":false},)");
  json.replace(json.find(R"(,"added_tokens")"), 0, "]}");
  folder.WriteText("tokenizer.json", json);
  const auto tokenizer = LoadTokenizer(folder.path());
  EXPECT_EQ(tokenizer->Encode("th"), std::vector<int>{256});  // as an expression it would cut at h
}

TEST(DirectoryTest, ABrokenTokenizerModelIsRefused) {
  const TempFolder folder;
  for (const std::string bytes :
       {"\x07", "\x0a\x7f", "\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "nonsense",
        "\x12\x02\x18\x01"}) {
    folder.WriteText("tokenizer.model", bytes);
    ExpectContains(Refusal(folder.path()), "tokenizer.model");
  }
  ExpectContains(Refusal(folder.path()), "unigram");
}

GgufBuilder SmallGguf() {
  GgufBuilder builder;
  builder.String("tokenizer.ggml.model", "llama");
  builder.Strings("tokenizer.ggml.tokens", {"<unk>", "<s>", "</s>", "a", "b", "ab", "▁", "<0x0A>"});
  builder.Numbers("tokenizer.ggml.scores", testing_files::kFloat32,
                  std::vector<float>{0, 0, 0, -3, -3, -1, -2, 0});
  builder.Numbers("tokenizer.ggml.token_type", testing_files::kInt32,
                  std::vector<int32_t>{2, 3, 3, 1, 1, 1, 1, 6});
  return builder;
}

TEST(GgufTest, AbsentKeysMeanTheUsual) {
  const TempFolder folder;
  const auto tokenizer = LoadTokenizer(folder.Write("small.gguf", SmallGguf().Build()));
  EXPECT_EQ(tokenizer->Encode("ab\nx", {.add_bos = true}), (std::vector<int>{1, 6, 5, 7, 0}));
  EXPECT_EQ(tokenizer->eos(), 2);
}

TEST(GgufTest, KeysSayOtherwise) {
  const TempFolder folder;
  GgufBuilder builder = SmallGguf();
  builder.Number("tokenizer.ggml.add_space_prefix", testing_files::kBool, uint8_t{0});
  builder.Number("tokenizer.ggml.add_bos_token", testing_files::kBool, uint8_t{0});
  builder.U32("tokenizer.ggml.eos_token_id", 4);
  builder.U32("tokenizer.ggml.unknown_token_id", UINT32_MAX);
  builder.String("tokenizer.chat_template", "[INST]");
  const auto tokenizer = LoadTokenizer(folder.Write("small.gguf", builder.Build()));
  EXPECT_EQ(tokenizer->Encode("ax", {.add_bos = true}), std::vector<int>{3});
  EXPECT_EQ(tokenizer->eos(), 4);
  EXPECT_EQ(ChatFormat::Detect(*tokenizer)->style(), ChatStyle::kMistral);
}

TEST(GgufTest, WhatIsNotSupportedIsRefusedByName) {
  const TempFolder folder;
  const auto refusal = [&](GgufBuilder builder) {
    return Refusal(folder.Write("small.gguf", builder.Build()));
  };
  ExpectContains(refusal(SmallGguf().Remove("tokenizer.ggml.model")), "tokenizer.ggml.model");
  ExpectContains(refusal(SmallGguf().Remove("tokenizer.ggml.scores")), "tokenizer.ggml.scores");
  ExpectContains(refusal(SmallGguf().Remove("tokenizer.ggml.tokens")), "tokenizer.ggml.tokens");
  GgufBuilder other = SmallGguf();
  other.Remove("tokenizer.ggml.model").String("tokenizer.ggml.model", "bert");
  ExpectContains(refusal(other), "'bert'");
  GgufBuilder types = SmallGguf();
  types.Remove("tokenizer.ggml.token_type");
  types.Numbers("tokenizer.ggml.token_type", testing_files::kInt32, std::vector<int32_t>(8, 9));
  ExpectContains(refusal(types), "holds 9");
  GgufBuilder gpt2 = SmallGguf();
  gpt2.Remove("tokenizer.ggml.model").String("tokenizer.ggml.model", "gpt2");
  gpt2.Strings("tokenizer.ggml.merges", {"a b"}).String("tokenizer.ggml.pre", "qwen9");
  ExpectContains(refusal(gpt2), "'qwen9'");
}

// Real vocabularies, where they are.
class RealTest : public ::testing::Test {
 protected:
  // The path of `name`, or an empty one after saying why the test is skipped.
  fs::path Data(const std::string& name) const {
    const char* folder = std::getenv("LANTERN_TEST_DATA");
    return folder && fs::exists(fs::path(folder) / name) ? fs::path(folder) / name : fs::path();
  }
};

#define LANTERN_DATA_OR_SKIP(variable, name) \
  const fs::path variable = Data(name);      \
  if (variable.empty()) GTEST_SKIP() << "LANTERN_TEST_DATA is unset or lacks " << name

std::string ReadText(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<int> ReadIds(const std::string& line) {
  std::istringstream words(line);
  std::vector<int> ids;
  for (int id; words >> id;) ids.push_back(id);
  return ids;
}

// llama.cpp's vocabulary tests: texts divided by a marker line, and a line of ids for each.
void ExpectPairs(const Tokenizer& tokenizer, const fs::path& inputs, const fs::path& outputs) {
  const std::string marker = "\n__ggml_vocab_test__\n", text = ReadText(inputs);
  std::istringstream lines(ReadText(outputs));
  int count = 0;
  for (size_t begin = 0; begin < text.size(); ++count) {
    const size_t end = std::min(text.find(marker, begin), text.size());
    const std::string input = text.substr(begin, end - begin);
    std::string line;
    ASSERT_TRUE(std::getline(lines, line));
    EXPECT_EQ(tokenizer.Encode(input), ReadIds(line)) << input;
    EXPECT_EQ(Detokenize(tokenizer, tokenizer.Encode(input)), input);
    begin = end + marker.size();
  }
  EXPECT_GT(count, 40);
}

TEST_F(RealTest, Llama2VocabularyGivesLlamaCppsIds) {
  LANTERN_DATA_OR_SKIP(folder, "tokenizers/llama2-spm");
  const fs::path gguf = folder / "ggml-vocab-llama-spm.gguf";
  ExpectPairs(*LoadTokenizer(gguf), gguf.string() + ".inp", gguf.string() + ".out");
}

TEST_F(RealTest, Llama3VocabularyGivesLlamaCppsIds) {
  LANTERN_DATA_OR_SKIP(folder, "tokenizers/llama3");
  const auto tokenizer = LoadTokenizer(folder);
  EXPECT_EQ(tokenizer->bos(), 128000);
  EXPECT_TRUE(tokenizer->add_bos());
  EXPECT_TRUE(tokenizer->IsEndOfGeneration(128009));
  EXPECT_EQ(ChatFormat::Detect(*tokenizer)->style(), ChatStyle::kLlama3);
  ExpectPairs(*tokenizer, folder / "ggml-vocab-llama-bpe.gguf.inp",
              folder / "ggml-vocab-llama-bpe.gguf.out");
}

// The vocabulary of a tokenizer.json as llama.cpp's converter writes it into a GGUF file.
GgufBuilder ByteLevelGguf(const fs::path& tokenizer_json) {
  const auto json = nlohmann::json::parse(ReadText(tokenizer_json));
  std::map<int, std::pair<std::string, int>> pieces;  // by id: piece, type (1 normal, 3 control)
  for (const auto& [piece, id] : json["model"]["vocab"].items()) pieces[id] = {piece, 1};
  for (const auto& added : json["added_tokens"]) {
    pieces[added["id"]] = {added["content"], added["special"].get<bool>() ? 3 : 4};
  }
  std::vector<std::string> tokens, merges;
  std::vector<int32_t> types;
  for (const auto& [id, piece] : pieces) {
    EXPECT_EQ(id, static_cast<int>(tokens.size()));
    tokens.push_back(piece.first);
    types.push_back(piece.second);
  }
  for (const auto& merge : json["model"]["merges"]) {
    merges.push_back(merge.is_string()
                         ? merge.get<std::string>()
                         : merge[0].get<std::string>() + " " + merge[1].get<std::string>());
  }
  GgufBuilder builder;
  builder.String("general.architecture", "llama").String("tokenizer.ggml.model", "gpt2");
  builder.String("tokenizer.ggml.pre", "llama-bpe").Strings("tokenizer.ggml.tokens", tokens);
  builder.Strings("tokenizer.ggml.merges", merges);
  builder.Numbers("tokenizer.ggml.token_type", testing_files::kInt32, types);
  builder.U32("tokenizer.ggml.bos_token_id", 128000).U32("tokenizer.ggml.eos_token_id", 128009);
  return builder;
}

TEST_F(RealTest, Llama3VocabularyInAGgufGivesLlamaCppsIds) {
  LANTERN_DATA_OR_SKIP(folder, "tokenizers/llama3");
  const TempFolder temporary;
  const auto tokenizer = LoadTokenizer(
      temporary.Write("llama3.gguf", ByteLevelGguf(folder / "tokenizer.json").Build()));
  EXPECT_EQ(tokenizer->bos(), 128000);
  EXPECT_TRUE(tokenizer->add_bos());
  EXPECT_TRUE(tokenizer->IsEndOfGeneration(128009));
  ExpectPairs(*tokenizer, folder / "ggml-vocab-llama-bpe.gguf.inp",
              folder / "ggml-vocab-llama-bpe.gguf.out");
}

TEST_F(RealTest, StoryPromptsHaveLlama2csIds) {
  LANTERN_DATA_OR_SKIP(goldens, "goldens");
  LANTERN_DATA_OR_SKIP(directory, "models/stories260K-hf");
  LANTERN_DATA_OR_SKIP(gguf, "models/stories260K-f32.gguf");
  const std::vector<std::string> prompts = {"Once upon a time",
                                            "Lily and Tom went to the park. They saw a big",
                                            "The little dog was very hungry, so he"};
  for (const fs::path& model : {directory, gguf}) {
    const auto tokenizer = LoadTokenizer(model);
    const auto expect = [&](const std::string& text, const std::string& file) {
      std::string line = ReadText(goldens / file);
      line = line.substr(0, line.find('\n'));
      line.erase(0, line.find(' '));  // "prompt_ids 1 403 ..."
      EXPECT_EQ(tokenizer->Encode(text, {.add_bos = true}), ReadIds(line)) << model << text;
    };
    for (size_t i = 0; i < prompts.size(); ++i) {
      expect(prompts[i], "260K_p" + std::to_string(i + 1) + ".ids");
    }
    std::string story = ReadText(goldens / "score_story.txt");
    if (story.ends_with('\n')) story.pop_back();
    expect(story, "score_story.ids");
  }
}

// Characters from many blocks, and no spaces at the ends or in a row: this vocabulary asks
// sentencepiece to drop those, which no program that runs the model does.
std::string RandomText(std::mt19937& random) {
  std::string text;
  const int length = 1 + random() % 60;
  for (int i = 0; i < length; ++i) {
    constexpr std::pair<char32_t, char32_t> kBlocks[] = {
        {0x21, 0x7E},   {0x61, 0x7A},     {0x61, 0x7A},     {0xA1, 0x24F},
        {0x391, 0x52F}, {0x3041, 0x30FF}, {0x4E00, 0x9FFF}, {0x1F300, 0x1F6FF}};
    const auto [low, high] = kBlocks[random() % std::size(kBlocks)];
    AppendUtf8(low + random() % (high - low + 1), text);
    if (random() % 5 == 0 && i + 1 < length) text += random() % 4 ? ' ' : '\n';
  }
  return text;
}

TEST_F(RealTest, TokenizerModelGivesSentencepiecesIds) {
  LANTERN_DATA_OR_SKIP(directory, "models/stories260K-hf");
  const auto tokenizer = LoadTokenizer(directory);
  sentencepiece::SentencePieceProcessor reference;
  ASSERT_TRUE(reference.Load((directory / "tokenizer.model").string()).ok());
  ASSERT_EQ(tokenizer->size(), reference.GetPieceSize());
  ASSERT_EQ(tokenizer->bos(), reference.bos_id());
  ASSERT_EQ(tokenizer->eos(), reference.eos_id());
  std::mt19937 random(11);
  for (int round = 0; round < 3000; ++round) {
    const std::string text = RandomText(random);
    EXPECT_EQ(tokenizer->Encode(text), reference.EncodeAsIds(text)) << text;
  }
}

// Measured: 0.13 s for Llama-3, 0.27 s for Llama-2. The limit leaves room for sanitizers.
TEST_F(RealTest, AMegabyteOfAStoryIsQuick) {
  LANTERN_DATA_OR_SKIP(story_file, "goldens/score_story.txt");
  LANTERN_DATA_OR_SKIP(llama3, "tokenizers/llama3");
  LANTERN_DATA_OR_SKIP(llama2, "tokenizers/llama2-spm/ggml-vocab-llama-spm.gguf");
  const std::string story = ReadText(story_file);
  std::string text;
  while (text.size() < 1000000) text += story;
  for (const fs::path& model : {llama2, llama3}) {
    const auto tokenizer = LoadTokenizer(model);
    const std::clock_t start = std::clock();  // CPU time: other tests may run beside this one
    const size_t count = tokenizer->Encode(text).size();
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    RecordProperty(model.filename().string() + "_ms", static_cast<int>(seconds * 1000));
    EXPECT_GT(count, text.size() / 6);
    EXPECT_LT(seconds, 10) << model;
  }
}

}  // namespace
}  // namespace lantern
