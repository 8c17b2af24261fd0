// Tokenizer: text to token ids and back, for one vocabulary. Immutable, so any number of threads
// may use one. Turning a stream of ids into whole characters is the Detokenizer's, conversations
// are ChatFormat's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/segmenter.h"
#include "src/text/token_matcher.h"
#include "src/text/vocabulary_spec.h"

namespace lantern {

// Where a text stands among the tokens; only a vocabulary with a dummy space asks.
enum class TextPosition {
  kStart,         // at the beginning, or after bos
  kAfterSpecial,  // after a control token inside a sequence
  kContinuation,  // goes on where text stopped
};

struct EncodeOptions {
  bool add_bos = false;        // begin with bos if the vocabulary asks for it
  bool parse_special = false;  // match control tokens too; false: their names are plain text
  TextPosition position = TextPosition::kStart;
};

class Tokenizer {
 public:
  // Throws Error{kIo} for a vocabulary that does not fit together, naming spec.where.
  explicit Tokenizer(VocabularySpec spec);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // The ids of `text`, any bytes. Ids are those of llama.cpp for GGUF files and of Hugging Face
  // tokenizers for tokenizer.json. O(n log n) in the bytes.
  // Throws Error{kBadRequest} for a text of more than a gigabyte.
  std::vector<int> Encode(std::string_view text, const EncodeOptions& options = {}) const;

  // The bytes that `id` adds to a text; they may be part of a character. Control tokens give
  // nothing unless `show_control`, nor do ids beyond the vocabulary (models pad their output).
  std::string_view TokenBytes(int id, bool show_control = false) const;

  // The piece as the file spells it. REQUIRES: 0 <= id < size().
  const std::string& PieceText(int id) const;

  // The control token spelled `piece`, if there is one.
  std::optional<int> FindControl(std::string_view piece) const;

  // Whether generation stops at `id`: eos, eot, what the model's files list, and control tokens
  // whose name says so.
  bool IsEndOfGeneration(int id) const;

  int size() const { return static_cast<int>(spec_.pieces.size()); }
  int bos() const { return spec_.bos; }  // -1: none, for eos and eot too
  int eos() const { return spec_.eos; }
  int eot() const { return spec_.eot; }
  bool add_bos() const { return spec_.add_bos && spec_.bos >= 0; }
  TokenizerKind kind() const { return spec_.kind; }
  SpacePrefix space_prefix() const { return spec_.space_prefix; }
  const std::string& chat_template() const { return spec_.chat_template; }

 private:
  bool Contains(int id) const { return id >= 0 && id < size(); }
  void EncodePlain(std::string_view text, TextPosition position, std::vector<int>& ids) const;

  const VocabularySpec spec_;
  const std::unique_ptr<Segmenter> segmenter_;
  TokenMatcher user_tokens_, all_tokens_;
  std::vector<std::string> bytes_;  // by id
  std::vector<bool> ends_;          // by id
};

}  // namespace lantern
