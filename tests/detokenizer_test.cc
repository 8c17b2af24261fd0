#include "src/text/detokenizer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "src/text/utf8.h"
#include "tests/text_vocabularies.h"

namespace lantern {
namespace {

using test_vocabularies::ByteLevel;
using test_vocabularies::SentencePiece;

// In this vocabulary a byte is its id.
const std::string kLlama = "\xF0\x9F\xA6\x99";

std::vector<int> Ids(std::string_view bytes) {
  std::vector<int> ids;
  for (char byte : bytes) ids.push_back(static_cast<uint8_t>(byte));
  return ids;
}

class DetokenizerTest : public ::testing::Test {
 protected:
  std::string Text(std::string_view bytes) const { return Detokenize(tokenizer_, Ids(bytes)); }

  Tokenizer tokenizer_{ByteLevel({"<|eot_id|>"})};
};

TEST_F(DetokenizerTest, ACharacterComesWithItsLastByte) {
  Detokenizer detokenizer(tokenizer_);
  EXPECT_EQ(detokenizer.Push('a'), "a");
  EXPECT_EQ(detokenizer.Push(0xF0), "");
  EXPECT_EQ(detokenizer.Push(0x9F), "");
  EXPECT_EQ(detokenizer.Push(0xA6), "");
  EXPECT_EQ(detokenizer.Push(0x99), kLlama);
  EXPECT_EQ(detokenizer.Flush(), "");
}

TEST_F(DetokenizerTest, HopelessBytesBecomeOneReplacementEach) {
  EXPECT_EQ(Text("a\xFF"
                 "b"),
            "a\uFFFDb");
  EXPECT_EQ(Text("\x80\x80"), "\uFFFD\uFFFD");
  EXPECT_EQ(Text("\xF0\x9F\xA6x"), "\uFFFDx");            // what was right so far is one
  EXPECT_EQ(Text("\xC0\xAF"), "\uFFFD\uFFFD");            // overlong
  EXPECT_EQ(Text("\xED\xA0\x80"), "\uFFFD\uFFFD\uFFFD");  // a surrogate
  EXPECT_EQ(Text("\xF4\x90\x80\x80"), "\uFFFD\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(Text("\xE2\x82" + kLlama), "\uFFFD" + kLlama);
}

TEST_F(DetokenizerTest, FlushGivesUpOnWhatIsLeft) {
  Detokenizer detokenizer(tokenizer_);
  EXPECT_EQ(detokenizer.Push(0xE2), "");
  EXPECT_EQ(detokenizer.Flush(), "\uFFFD");
  EXPECT_EQ(detokenizer.Flush(), "");
  EXPECT_EQ(detokenizer.Push('a'), "a");
}

TEST_F(DetokenizerTest, ControlTokensShowOnlyWhenAsked) {
  const int eot = tokenizer_.FindControl("<|eot_id|>").value();
  EXPECT_EQ(Detokenize(tokenizer_, std::vector<int>{'a', eot, 'b'}), "ab");
  EXPECT_EQ(Detokenize(tokenizer_, std::vector<int>{'a', eot, 'b'}, {.show_control = true}),
            "a<|eot_id|>b");
}

TEST_F(DetokenizerTest, ByteLevelTextKeepsItsFirstSpace) { EXPECT_EQ(Text(" a"), " a"); }

TEST_F(DetokenizerTest, WhateverTheTokensTheTextIsUtf8) {
  std::mt19937 random(5);
  for (int round = 0; round < 2000; ++round) {
    Detokenizer detokenizer(tokenizer_);
    std::string bytes, text;
    for (int i = 0; i < 20; ++i) {
      bytes += static_cast<char>(random() % 3 ? 0x80 | random() : random());
      text += detokenizer.Push(static_cast<uint8_t>(bytes.back()));
      for (std::string_view rest = text; !rest.empty();) {
        const Utf8Step step = NextUtf8(rest);
        ASSERT_EQ(step.kind, Utf8Kind::kCharacter);
        rest.remove_prefix(step.length);
      }
    }
    EXPECT_EQ(text + detokenizer.Flush(), Text(bytes));
  }
}

TEST(SentencePieceDetokenizerTest, TheDummySpaceGoesAtTheStartOnly) {
  const Tokenizer tokenizer(SentencePiece());
  const std::vector<int> ids = tokenizer.Encode("the thin", {.add_bos = true});
  EXPECT_EQ(Detokenize(tokenizer, ids), "the thin");
  EXPECT_EQ(Detokenize(tokenizer, ids, {.begins_text = false}), " the thin");
  EXPECT_EQ(Detokenize(tokenizer, tokenizer.Encode("  in")), "  in");
  VocabularySpec spec = SentencePiece();
  spec.space_prefix = SpacePrefix::kNever;
  EXPECT_EQ(Detokenize(Tokenizer(spec), ids), " the thin");
}

TEST(SentencePieceDetokenizerTest, FlushDoesNotBringTheDummySpaceBack) {
  const Tokenizer tokenizer(SentencePiece());
  const int space_the = tokenizer.Encode("the").at(0);
  Detokenizer detokenizer(tokenizer);
  EXPECT_EQ(detokenizer.Push(space_the), "the");
  EXPECT_EQ(detokenizer.Flush(), "");
  EXPECT_EQ(detokenizer.Push(space_the), " the");
}

TEST(SentencePieceDetokenizerTest, UnknownIsTheReplacementCharacter) {
  const Tokenizer tokenizer(SentencePiece());
  EXPECT_EQ(Detokenize(tokenizer, std::vector<int>{0}), "\uFFFD");
}

}  // namespace
}  // namespace lantern
