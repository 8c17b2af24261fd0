// SentencePiece BPE: characters merge by score, what has no piece falls back to bytes.
// Source: github.com/google/sentencepiece, model type BPE (the algorithm, none of the code).
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/merge.h"
#include "src/text/merge_table.h"
#include "src/text/segmenter.h"
#include "src/text/utf8.h"

namespace lantern {
namespace {

constexpr std::string_view kSpace = "\xE2\x96\x81";  // U+2581 stands for a space

void ReplaceAll(std::string_view from, std::string_view to, std::string& text) {
  std::string out;
  size_t done = 0;
  for (size_t at; (at = text.find(from, done)) != std::string::npos; done = at + from.size()) {
    out.append(text, done, at - done).append(to);
  }
  text = out.append(text, done);
}

// Whether a space mark follows another character somewhere in `piece`.
bool SpansWords(std::string_view piece) {
  while (piece.starts_with(kSpace)) piece.remove_prefix(kSpace.size());
  return piece.find(kSpace) != std::string_view::npos;
}

// The end of the word at the start of `text`: space marks, then everything up to the next one.
size_t WordEnd(std::string_view text) {
  size_t begin = 0;
  while (text.substr(begin).starts_with(kSpace)) begin += kSpace.size();
  return std::min(text.find(kSpace, begin), text.size());
}

class SentencePieceSegmenter : public Segmenter {
 public:
  explicit SentencePieceSegmenter(const VocabularySpec& spec) : spec_(spec) {
    byte_ids_.fill(spec.unknown);
    PieceIndex all;
    for (int id = 0; id < static_cast<int>(spec.pieces.size()); ++id) {
      const std::string& piece = spec.pieces[id];
      if (!piece.empty()) all.try_emplace(piece, id);
      if (spec.types[id] == TokenType::kByte) byte_ids_[ByteOf(piece)] = id;
      if (!IsMergeable(spec.types[id]) || piece.empty()) continue;
      index_.try_emplace(piece, id);
      words_are_independent_ = words_are_independent_ && !SpansWords(piece);
    }
    if (!spec.merges.empty()) table_.emplace(spec, all);
  }

  void Encode(std::string_view text, bool prefix, std::vector<int>& ids) const override {
    std::string marked(text);
    ReplaceAll(" ", kSpace, marked);
    if (prefix && !(spec_.prefix_only_if_absent && marked.starts_with(kSpace))) {
      marked.insert(0, kSpace);
    }
    // Where no piece reaches over the start of a word, merging word by word gives the same ids, and
    // its working set stays in the cache: a megabyte took 265 ms, not 1040.
    std::string_view rest = marked;
    while (!rest.empty()) {
      const size_t end = words_are_independent_ ? WordEnd(rest) : rest.size();
      EncodeWord(rest.substr(0, end), ids);
      rest.remove_prefix(end);
    }
  }

  std::string Decode(int id) const override {
    switch (spec_.types[id]) {
      case TokenType::kByte:
        return {static_cast<char>(ByteOf(spec_.pieces[id]))};
      case TokenType::kUnknown:
        return std::string(kReplacementCharacter);
      case TokenType::kControl:
        return spec_.pieces[id];
      default:
        std::string text = spec_.pieces[id];
        ReplaceAll(kSpace, " ", text);
        return text;
    }
  }

 private:
  static uint8_t ByteOf(std::string_view piece) {  // "<0x0A>", which Validate has seen
    uint8_t byte = 0;
    std::from_chars(piece.data() + 3, piece.data() + 5, byte, 16);
    return byte;
  }

  int IdOf(std::string_view text) const {
    const auto found = index_.find(text);
    return found == index_.end() ? -1 : found->second;
  }

  void EncodeWord(std::string_view word, std::vector<int>& ids) const {
    std::vector<Symbol> symbols;
    for (size_t at = 0; at < word.size();) {
      const int length = NextUtf8(word.substr(at)).length;
      symbols.push_back({static_cast<int>(at), length, IdOf(word.substr(at, length))});
      at += length;
    }
    if (table_) {
      MergeSymbols(symbols, [&](const Symbol& a, const Symbol& b) { return table_->Find(a, b); });
    } else {
      MergeSymbols(symbols, [&](const Symbol& a, const Symbol& b) -> std::optional<Merge> {
        const int id = IdOf(word.substr(a.begin, a.length + b.length));
        if (id < 0) return std::nullopt;
        return Merge{-spec_.scores[id], id};
      });
    }
    for (const Symbol& symbol : symbols) {
      if (symbol.id >= 0) {
        ids.push_back(symbol.id);
      } else {
        AppendBytes(word.substr(symbol.begin, symbol.length), ids);
      }
    }
  }

  void AppendBytes(std::string_view bytes, std::vector<int>& ids) const {
    for (char byte : bytes) {
      const int id = byte_ids_[static_cast<uint8_t>(byte)];
      if (id >= 0) ids.push_back(id);
    }
  }

  const VocabularySpec& spec_;
  PieceIndex index_;                 // what merging can make
  std::optional<MergeTable> table_;  // none: scores decide
  std::array<int, 256> byte_ids_;    // unknown where the vocabulary lacks the byte
  bool words_are_independent_ = true;
};

}  // namespace

std::unique_ptr<Segmenter> MakeSentencePieceSegmenter(const VocabularySpec& spec) {
  return std::make_unique<SentencePieceSegmenter>(spec);
}

}  // namespace lantern
