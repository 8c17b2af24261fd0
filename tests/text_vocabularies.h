// Small vocabularies, made here, for tests of everything in src/text.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>
#include <vector>

#include "src/text/byte_level.h"
#include "src/text/tokenizer.h"

namespace lantern::test_vocabularies {

inline int Add(VocabularySpec& spec, const std::string& piece, TokenType type, float score = 0) {
  spec.pieces.push_back(piece);
  spec.types.push_back(type);
  if (spec.kind == TokenizerKind::kSentencePiece) spec.scores.push_back(score);
  return static_cast<int>(spec.pieces.size()) - 1;
}

// <unk> <s> </s>, a piece per byte (id 3 + byte), then some pieces, best merge first (id 259...).
inline VocabularySpec SentencePiece(const std::vector<std::string>& pieces = {
                                        "▁t", "he", "▁the", "in", "▁", "e", "h", "i", "n", "t"}) {
  VocabularySpec spec;
  spec.where = "small.model";
  spec.kind = TokenizerKind::kSentencePiece;
  spec.unknown = Add(spec, "<unk>", TokenType::kUnknown);
  spec.bos = Add(spec, "<s>", TokenType::kControl);
  spec.eos = Add(spec, "</s>", TokenType::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    Add(spec, fmt::format("<0x{:02X}>", byte), TokenType::kByte);
  }
  for (size_t i = 0; i < pieces.size(); ++i) {
    Add(spec, pieces[i], TokenType::kNormal, -static_cast<float>(i));
  }
  spec.space_prefix = SpacePrefix::kEverySegment;
  spec.add_bos = true;
  return spec;
}

// A piece per byte (the byte is the id), `merges` (id 256...), then the control tokens.
inline VocabularySpec ByteLevel(const std::vector<std::string>& controls,
                                const std::vector<std::pair<std::string, std::string>>& merges = {
                                    {"t", "h"}, {"th", "e"}, {"Ġ", "the"}, {"i", "n"}}) {
  VocabularySpec spec;
  spec.where = "small.json";
  spec.kind = TokenizerKind::kByteLevel;
  for (int byte = 0; byte < 256; ++byte) {
    Add(spec, ByteLevelCharacter(static_cast<uint8_t>(byte)), TokenType::kNormal);
  }
  for (const auto& [left, right] : merges) Add(spec, left + right, TokenType::kNormal);
  spec.merges = merges;
  for (const std::string& piece : controls) Add(spec, piece, TokenType::kControl);
  spec.pre_tokenizer = PreTokenizerNamed("llama-bpe", spec.where);
  return spec;
}

// What the ids say, byte for byte.
inline std::string Bytes(const Tokenizer& tokenizer, const std::vector<int>& ids) {
  std::string bytes;
  for (int id : ids) bytes += tokenizer.TokenBytes(id);
  return bytes;
}

// The pieces of the ids as the vocabulary spells them, for expectations that a person can read.
inline std::vector<std::string> Pieces(const Tokenizer& tokenizer, const std::vector<int>& ids) {
  std::vector<std::string> pieces;
  for (int id : ids) pieces.push_back(tokenizer.PieceText(id));
  return pieces;
}

}  // namespace lantern::test_vocabularies
