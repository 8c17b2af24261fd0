// Byte-level BPE: patterns cut the text, then bytes merge by rank within each part.
// Source: the encoder published with GPT-2; Llama-3 differs in its pattern and takes whole parts
// first.
#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/text/byte_level.h"
#include "src/text/merge.h"
#include "src/text/merge_table.h"
#include "src/text/segmenter.h"
#include "src/text/text_cutter.h"

namespace lantern {
namespace {

PieceIndex IndexPieces(const VocabularySpec& spec) {
  PieceIndex index;
  for (int id = 0; id < static_cast<int>(spec.pieces.size()); ++id) {
    if (!spec.pieces[id].empty()) index.try_emplace(spec.pieces[id], id);
  }
  return index;
}

class ByteLevelSegmenter : public Segmenter {
 public:
  explicit ByteLevelSegmenter(const VocabularySpec& spec)
      : spec_(spec), cutter_(spec.pre_tokenizer.patterns, spec.where) {
    const PieceIndex index = IndexPieces(spec);
    merges_ = std::make_unique<MergeTable>(spec, index);
    for (int byte = 0; byte < 256; ++byte) {
      const auto found = index.find(ByteLevelCharacter(static_cast<uint8_t>(byte)));
      byte_ids_[byte] = found == index.end() ? -1 : found->second;
    }
    if (!spec.pre_tokenizer.ignore_merges) return;
    for (int id = 0; id < static_cast<int>(spec.pieces.size()); ++id) {
      if (spec.types[id] == TokenType::kNormal) whole_.try_emplace(Decode(id), id);
    }
  }

  void Encode(std::string_view text, bool /*prefix*/, std::vector<int>& ids) const override {
    std::vector<Symbol> symbols;
    for (std::string_view part : cutter_.Cut(text)) {
      if (!whole_.empty()) {
        if (const auto found = whole_.find(std::string(part)); found != whole_.end()) {
          ids.push_back(found->second);
          continue;
        }
      }
      symbols.clear();
      for (int at = 0; at < static_cast<int>(part.size()); ++at) {
        symbols.push_back({at, 1, byte_ids_[static_cast<uint8_t>(part[at])]});
      }
      MergeSymbols(symbols, [&](const Symbol& a, const Symbol& b) { return merges_->Find(a, b); });
      for (const Symbol& symbol : symbols) {
        // A byte without a piece is unknown, or lost where the vocabulary has no unknown token.
        const int id = symbol.id >= 0 ? symbol.id : spec_.unknown;
        if (id >= 0) ids.push_back(id);
      }
    }
  }

  std::string Decode(int id) const override {
    const bool verbatim =
        spec_.types[id] == TokenType::kControl || spec_.types[id] == TokenType::kUserDefined;
    return verbatim ? spec_.pieces[id] : ByteLevelDecode(spec_.pieces[id]);
  }

 private:
  const VocabularySpec& spec_;
  TextCutter cutter_;
  std::unique_ptr<MergeTable> merges_;
  std::array<int, 256> byte_ids_;               // -1: the vocabulary lacks the byte
  std::unordered_map<std::string, int> whole_;  // parts taken as they are; empty: all are merged
};

}  // namespace

std::unique_ptr<Segmenter> MakeByteLevelSegmenter(const VocabularySpec& spec) {
  return std::make_unique<ByteLevelSegmenter>(spec);
}

}  // namespace lantern
