// Segmenter: one of the two ways from plain text to ids and back. Special tokens, bos and where a
// dummy space belongs are the Tokenizer's business.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/vocabulary_spec.h"

namespace lantern {

class Segmenter {
 public:
  virtual ~Segmenter() = default;

  // Appends the ids of `text`, any bytes; never a control token. `prefix`: the text stands where
  // the vocabulary puts its dummy space (byte-level vocabularies have none).
  virtual void Encode(std::string_view text, bool prefix, std::vector<int>& ids) const = 0;

  // The bytes that token `id` adds to a text; a control token's own name.
  virtual std::string Decode(int id) const = 0;
};

// Both keep a reference to `spec`. REQUIRES: spec passed Validate. Throw Error{kIo} where merges or
// patterns do not fit.
std::unique_ptr<Segmenter> MakeSentencePieceSegmenter(const VocabularySpec& spec);
std::unique_ptr<Segmenter> MakeByteLevelSegmenter(const VocabularySpec& spec);

// Whether merging plain text may make this token: control tokens, bytes and unknown never come so.
inline bool IsMergeable(TokenType type) {
  return type == TokenType::kNormal || type == TokenType::kUserDefined;
}

}  // namespace lantern
