// Tokenizer: held against Hugging Face tokenizers (goldens/text), against vocabularies small enough
// to work out by hand, and against its own promises (any bytes come back, nothing is quadratic).
#include "src/text/tokenizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "src/base/error.h"
#include "src/text/load_vocabulary.h"
#include "tests/text_vocabularies.h"

namespace lantern {
namespace {

using test_vocabularies::ByteLevel;
using test_vocabularies::Bytes;
using test_vocabularies::Pieces;
using test_vocabularies::SentencePiece;

std::string ReadGolden(const std::string& name) {
  std::ifstream file(std::string(LANTERN_TESTS_DIR) + "/goldens/text/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class GoldenTest : public ::testing::TestWithParam<std::string> {
 protected:
  Tokenizer tokenizer_{ParseTokenizerJson(ReadGolden(GetParam() + ".json"), GetParam())};
  nlohmann::json cases_ = nlohmann::json::parse(ReadGolden(GetParam() + ".cases.json"));
};

TEST_P(GoldenTest, PlainTextHasTheReferenceIds) {
  ASSERT_GT(cases_["plain"].size(), 100u);
  for (const auto& entry : cases_["plain"]) {
    const std::string text = entry[0];
    EXPECT_EQ(tokenizer_.Encode(text), entry[1].get<std::vector<int>>()) << text;
  }
}

TEST_P(GoldenTest, TextWithSpecialTokensHasTheReferenceIds) {
  ASSERT_GT(cases_["special"].size(), 50u);
  for (const auto& entry : cases_["special"]) {
    const std::string text = entry[0];
    EXPECT_EQ(tokenizer_.Encode(text, {.parse_special = true}), entry[1].get<std::vector<int>>())
        << text;
  }
}

INSTANTIATE_TEST_SUITE_P(Goldens, GoldenTest, ::testing::Values("byte_level", "byte_fallback"));

TEST(SentencePieceTest, TheBestScoreMergesFirst) {
  const Tokenizer tokenizer(SentencePiece());
  // "▁t" is better than "he", and "▁the" needs both.
  EXPECT_EQ(Pieces(tokenizer, tokenizer.Encode("the thin")),
            (std::vector<std::string>{"▁the", "▁t", "h", "in"}));
  const Tokenizer reversed(SentencePiece({"th", "▁t", "he", "▁the", "▁", "t", "h", "e"}));
  EXPECT_EQ(Pieces(reversed, reversed.Encode("the")), (std::vector<std::string>{"▁", "th", "e"}));
}

TEST(SentencePieceTest, TheLeftmostOfEqualsMergesFirst) {
  const Tokenizer tokenizer(SentencePiece({"aa", "▁", "a"}));
  EXPECT_EQ(Pieces(tokenizer, tokenizer.Encode("aaa")), (std::vector<std::string>{"▁", "aa", "a"}));
}

TEST(SentencePieceTest, PiecesOverWordsAreFound) {
  const Tokenizer tokenizer(SentencePiece({"n▁", "▁", "i", "n", "t"}));
  EXPECT_EQ(Pieces(tokenizer, tokenizer.Encode("in t")),
            (std::vector<std::string>{"▁", "i", "n▁", "t"}));
}

TEST(SentencePieceTest, WhatHasNoPieceBecomesBytes) {
  const Tokenizer tokenizer(SentencePiece());
  EXPECT_EQ(Pieces(tokenizer, tokenizer.Encode("né")),
            (std::vector<std::string>{"▁", "n", "<0xC3>", "<0xA9>"}));
  VocabularySpec without_bytes = SentencePiece();
  for (TokenType& type : without_bytes.types) {
    if (type == TokenType::kByte) type = TokenType::kUnused;
  }
  const Tokenizer unknowing(without_bytes);
  EXPECT_EQ(Pieces(unknowing, unknowing.Encode("nx")),
            (std::vector<std::string>{"▁", "n", "<unk>"}));
}

TEST(SentencePieceTest, ThePrefixComesWhereTheVocabularyWantsIt) {
  VocabularySpec spec = SentencePiece();
  const auto pieces = [&](const std::string& text, TextPosition position = TextPosition::kStart) {
    const Tokenizer tokenizer(spec);
    return Pieces(tokenizer, tokenizer.Encode(text, {.parse_special = true, .position = position}));
  };
  using List = std::vector<std::string>;
  EXPECT_EQ(pieces("n<s>n"), (List{"▁", "n", "<s>", "▁", "n"}));
  EXPECT_EQ(pieces("<s>"), (List{"<s>"}));
  EXPECT_EQ(pieces("n", TextPosition::kContinuation), (List{"n"}));
  spec.space_prefix = SpacePrefix::kTextStart;
  EXPECT_EQ(pieces("n<s>n"), (List{"▁", "n", "<s>", "n"}));
  EXPECT_EQ(pieces("n", TextPosition::kAfterSpecial), (List{"n"}));
  EXPECT_EQ(pieces(" n"), (List{"▁", "▁", "n"}));
  spec.prefix_only_if_absent = true;
  EXPECT_EQ(pieces(" n"), (List{"▁", "n"}));
  spec.space_prefix = SpacePrefix::kNever;
  EXPECT_EQ(pieces("n<s>n"), (List{"n", "<s>", "n"}));
}

TEST(TokenizerTest, ControlTokensArePlainTextUnlessAskedFor) {
  const Tokenizer bytes(ByteLevel({"<|eot_id|>"}));
  const int eot = bytes.FindControl("<|eot_id|>").value();
  EXPECT_EQ(bytes.Encode("in<|eot_id|>", {.parse_special = true}), (std::vector<int>{259, eot}));
  const std::vector<int> plain = bytes.Encode("in<|eot_id|>");
  EXPECT_EQ(Bytes(bytes, plain), "in<|eot_id|>");
  EXPECT_EQ(std::count(plain.begin(), plain.end(), eot), 0);

  // Not even where merging would spell them: "<s>" is a piece, and so are its parts.
  VocabularySpec spec = SentencePiece({"<s", "▁", "<", "s", ">"});
  const Tokenizer pieces(spec);
  EXPECT_EQ(Pieces(pieces, pieces.Encode("<s>")), (std::vector<std::string>{"▁", "<s", ">"}));
  EXPECT_EQ(Bytes(pieces, pieces.Encode("<0x0A>")), " <0x0A>");
}

TEST(TokenizerTest, MergesCannotSpellControlTokens) {
  VocabularySpec spec = ByteLevel({"<s>"}, {{"<", "s"}});
  spec.merges.emplace_back("<s", ">");
  spec.pre_tokenizer.patterns = {};
  const Tokenizer tokenizer(spec);
  EXPECT_EQ(tokenizer.Encode("<s>"), (std::vector<int>{256, '>'}));
}

TEST(TokenizerTest, UserDefinedTokensAreAlwaysWhole) {
  VocabularySpec spec = ByteLevel({});
  const int tool = test_vocabularies::Add(spec, "[tool]", TokenType::kUserDefined);
  const int longer = test_vocabularies::Add(spec, "[tool]s", TokenType::kUserDefined);
  const Tokenizer tokenizer(spec);
  EXPECT_EQ(tokenizer.Encode("[tool][tool]s[too"),
            (std::vector<int>{tool, longer, '[', 't', 'o', 'o'}));
  EXPECT_EQ(tokenizer.TokenBytes(tool), "[tool]");
}

TEST(TokenizerTest, BosIsAddedWhereTheVocabularyAsks) {
  VocabularySpec spec = SentencePiece();
  EXPECT_EQ(Tokenizer(spec).Encode("", {.add_bos = true}), std::vector<int>{spec.bos});
  EXPECT_EQ(Tokenizer(spec).Encode(""), std::vector<int>{});
  spec.add_bos = false;
  EXPECT_EQ(Tokenizer(spec).Encode("", {.add_bos = true}), std::vector<int>{});
}

TEST(TokenizerTest, EndOfGenerationIsKnownByIdAndByName) {
  VocabularySpec spec = ByteLevel({"<|end_of_text|>", "<|eot_id|>", "<|im_start|>"});
  const int user_mark = test_vocabularies::Add(spec, "<|im_end|>", TokenType::kUserDefined);
  const int word = test_vocabularies::Add(spec, "<EOT>", TokenType::kNormal);
  spec.eos = 'x';
  spec.end_of_generation = {'y'};
  const Tokenizer tokenizer(spec);
  for (const char* piece : {"<|end_of_text|>", "<|eot_id|>", "<|im_end|>"}) {
    EXPECT_TRUE(tokenizer.IsEndOfGeneration(tokenizer.FindControl(piece).value())) << piece;
  }
  EXPECT_EQ(tokenizer.FindControl("<|im_end|>"), user_mark);
  EXPECT_TRUE(tokenizer.IsEndOfGeneration('x'));
  EXPECT_TRUE(tokenizer.IsEndOfGeneration('y'));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration('z'));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration(word));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration(tokenizer.FindControl("<|im_start|>").value()));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration(-1));
  EXPECT_FALSE(tokenizer.IsEndOfGeneration(tokenizer.size()));
}

TEST(TokenizerTest, TokenBytesOfControlTokensOnlyWhenAsked) {
  const Tokenizer tokenizer(SentencePiece());
  EXPECT_EQ(tokenizer.TokenBytes(tokenizer.eos()), "");
  EXPECT_EQ(tokenizer.TokenBytes(tokenizer.eos(), /*show_control=*/true), "</s>");
  EXPECT_EQ(tokenizer.TokenBytes(tokenizer.size()), "");  // models pad their output
  EXPECT_EQ(tokenizer.TokenBytes(-1), "");
  EXPECT_EQ(tokenizer.TokenBytes(3 + '\n'), "\n");
  EXPECT_EQ(tokenizer.PieceText(3 + '\n'), "<0x0A>");
}

std::string RandomBytes(std::mt19937& random, size_t size) {
  // Half of the bytes come from a few that form words, marks and broken characters.
  const std::string frequent = "the in \n '\xC3\xA9\xF0\x9F\xA6\x99\xE2\x80<|0>";
  std::string bytes;
  while (bytes.size() < size) {
    bytes += random() % 2 ? frequent[random() % frequent.size()] : static_cast<char>(random());
  }
  return bytes;
}

TEST(TokenizerTest, AnyBytesComeBack) {
  const Tokenizer byte_level(ByteLevel({"<|eot_id|>"})), sentencepiece(SentencePiece());
  const Tokenizer golden(ParseTokenizerJson(ReadGolden("byte_level.json"), "byte_level"));
  std::mt19937 random(3);
  for (int round = 0; round < 2000; ++round) {
    const std::string text = RandomBytes(random, random() % 80);
    EXPECT_EQ(Bytes(byte_level, byte_level.Encode(text)), text);
    EXPECT_EQ(Bytes(golden, golden.Encode(text)), text);
    // U+2581 itself reads as a space: sentencepiece's mark for it.
    if (text.empty() || text.find("\xE2\x96\x81") != std::string::npos) continue;
    EXPECT_EQ(Bytes(sentencepiece, sentencepiece.Encode(text)), " " + text);
  }
}

double SecondsToEncode(const Tokenizer& tokenizer, const std::string& text) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(Bytes(tokenizer, tokenizer.Encode(text, {.position = TextPosition::kContinuation})),
            text);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Anything quadratic takes minutes on these; the limit leaves room for sanitizers.
TEST(TokenizerTest, ALongTextOfAnythingIsQuick) {
  const Tokenizer byte_level(ByteLevel({"<|eot_id|>"}, {{"a", "a"}, {"aa", "aa"}, {"Ġ", "Ġ"}}));
  const Tokenizer sentencepiece(SentencePiece({"aa", "aaaa", "▁▁", "n▁", "▁", "a", "n"}));
  for (const std::string unit : {"a", " ", "<", "\n", "\xE2\x80", "an a. ", "1", " \t"}) {
    std::string text;
    while (text.size() < 300000) text += unit;
    EXPECT_LT(SecondsToEncode(byte_level, text), 20) << unit;
    EXPECT_LT(SecondsToEncode(sentencepiece, text), 20) << unit;
  }
}

// The sentence with which `action` is refused.
std::string Refusal(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kIo);
    return error.what();
  }
  return "(nothing was refused)";
}

void ExpectContains(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << text << "\nlacks: " << part;
}

TEST(TokenizerTest, VocabulariesThatDoNotFitTogetherAreRefused) {
  const auto refusal = [](VocabularySpec spec, const auto& damage) {
    damage(spec);
    return Refusal([&] { Tokenizer tokenizer(spec); });
  };
  const VocabularySpec good = SentencePiece();
  ExpectContains(refusal(good, [](auto& spec) { spec.types.pop_back(); }), "token types");
  ExpectContains(refusal(good, [](auto& spec) { spec.scores.pop_back(); }), "scores");
  ExpectContains(refusal(good, [](auto& spec) { spec.scores[300 - 40] = NAN; }), "not a number");
  ExpectContains(refusal(good, [](auto& spec) { spec.eos = 100000; }), "eos token is 100000");
  ExpectContains(refusal(good, [](auto& spec) { spec.bos = -2; }), "bos token is -2");
  ExpectContains(refusal(good, [](auto& spec) { spec.end_of_generation = {-1}; }), "-1");
  ExpectContains(refusal(good, [](auto& spec) { spec.pieces[5] = "<0xG0>"; }), "<0xG0>");
  ExpectContains(refusal(good, [](auto& spec) { spec = VocabularySpec(); }), "empty");
  const VocabularySpec bytes = ByteLevel({});
  ExpectContains(refusal(bytes, [](auto& spec) { spec.merges.emplace_back("q", "q"); }), "'qq'");
  ExpectContains(refusal(bytes, [](auto& spec) { spec.pre_tokenizer.patterns = {"(a"}; }), "(a");
  for (const VocabularySpec& spec : {good, bytes}) {
    EXPECT_EQ(refusal(spec, [](auto&) {}), "(nothing was refused)");
  }
}

TEST(TokenizerTest, PatternsThatBacktrackWithoutEndAreGivenUp) {
  VocabularySpec spec = ByteLevel({});
  spec.pre_tokenizer.patterns = {"(a+)+$"};
  const Tokenizer tokenizer(spec);
  ExpectContains(Refusal([&] { tokenizer.Encode(std::string(100, 'a') + "b"); }), "gave up");
}

TEST(TokenizerTest, UnknownPreTokenizersAreRefusedByName) {
  ExpectContains(Refusal([] { PreTokenizerNamed("qwen9", "x.gguf"); }), "qwen9");
  EXPECT_TRUE(PreTokenizerNamed("llama-bpe", "x.gguf").ignore_merges);
  EXPECT_EQ(PreTokenizerNamed("smollm", "x.gguf").patterns.size(), 2u);
}

}  // namespace
}  // namespace lantern
