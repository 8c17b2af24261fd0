// VocabularySpec: everything a tokenizer is made of, whatever file it came from. GGUF metadata
// (src/engine/tokenizer_loader), tokenizer.json and tokenizer.model (load_vocabulary.h) all end
// here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lantern {

enum class TokenizerKind {
  kSentencePiece,  // characters, with a piece per byte for what has no piece; space is U+2581
  kByteLevel,      // bytes, written as GPT-2's 256 printable characters
};

// The numbers are GGUF's (tokenizer.ggml.token_type) and sentencepiece's.
enum class TokenType : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // never matched in plain text: <s>, <|eot_id|>
  kUserDefined = 4,  // always matched as a whole
  kUnused = 5,
  kByte = 6,  // "<0x0A>"
};

// Where sentencepiece's dummy space goes, so that a word's first piece is the same at the start.
enum class SpacePrefix {
  kNever,
  kTextStart,     // before the text only (Metaspace "first")
  kEverySegment,  // and after every special token (llama.cpp, Llama-2's tokenizer.json)
};

// How byte-level text is cut before merging.
struct PreTokenizer {
  std::vector<std::string> patterns;  // regular expressions; each cuts the parts of the one before
  bool ignore_merges = false;         // a part that is in the vocabulary is taken as it is
  bool usual_add_bos = false;         // whether bos begins a text where the file does not say
};

struct VocabularySpec {
  std::string where;  // the file, to open error sentences
  TokenizerKind kind = TokenizerKind::kSentencePiece;

  std::vector<std::string> pieces;  // index is the token's id
  std::vector<TokenType> types;     // one per piece
  // What merges first: the highest score of the merged piece, or the earliest merge. Exactly one
  // of the two is filled; byte-level vocabularies have merges.
  std::vector<float> scores;                                // one per piece
  std::vector<std::pair<std::string, std::string>> merges;  // best first

  PreTokenizer pre_tokenizer;  // byte-level only
  SpacePrefix space_prefix = SpacePrefix::kNever;
  bool prefix_only_if_absent = false;  // a text that begins with a space gets no second one

  int bos = -1, eos = -1, eot = -1, unknown = -1;  // -1: there is none
  std::vector<int> end_of_generation;  // beyond eos, eot and the names known to end a turn
  bool add_bos = false;                // a text begins with bos
  std::string chat_template;           // as in the file; empty: none
};

// The pre-tokenizer that GGUF calls `name` (tokenizer.ggml.pre).
// Throws Error{kIo} naming `where` and `name` when it is none of those known.
PreTokenizer PreTokenizerNamed(std::string_view name, std::string_view where);

// GPT-2's pattern, which "use_regex" of a ByteLevel pre-tokenizer stands for.
std::string_view Gpt2Pattern();

}  // namespace lantern
