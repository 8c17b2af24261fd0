#include "src/text/tokenizer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/text/vocabulary_check.h"

namespace lantern {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;  // symbols count bytes in an int

// Control tokens that end an answer, whatever the file says of eos. A model that writes one of them
// has finished; going on would show the user the model talking to itself.
constexpr std::string_view kTurnEnds[] = {
    "<|eot_id|>", "<|eom_id|>", "<|end_of_text|>", "<|endoftext|>",
    "<|im_end|>", "<|end|>",    "<end_of_turn>",   "<EOT>",
};

// Other tokens that frame turns. Files made by hand call them user-defined, which would let a
// user's text speak as somebody else.
constexpr std::string_view kTurnMarks[] = {
    "<|begin_of_text|>",
    "<|start_header_id|>",
    "<|end_header_id|>",
    "<|im_start|>",
};

bool IsOneOf(std::string_view piece, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), piece) != names.end();
}

VocabularySpec WithControlTokens(VocabularySpec spec) {
  Validate(spec);
  for (size_t id = 0; id < spec.pieces.size(); ++id) {
    const std::string& piece = spec.pieces[id];
    const bool frames_turns = IsOneOf(piece, kTurnEnds) || IsOneOf(piece, kTurnMarks);
    if (frames_turns && spec.types[id] == TokenType::kUserDefined) {
      spec.types[id] = TokenType::kControl;
    }
  }
  for (int id : {spec.bos, spec.eos, spec.eot}) {
    if (id >= 0 && id != spec.unknown) spec.types[id] = TokenType::kControl;
  }
  return spec;
}

std::unique_ptr<Segmenter> MakeSegmenter(const VocabularySpec& spec) {
  return spec.kind == TokenizerKind::kSentencePiece ? MakeSentencePieceSegmenter(spec)
                                                    : MakeByteLevelSegmenter(spec);
}

}  // namespace

Tokenizer::Tokenizer(VocabularySpec spec)
    : spec_(WithControlTokens(std::move(spec))), segmenter_(MakeSegmenter(spec_)), ends_(size()) {
  bytes_.reserve(size());
  for (int id = 0; id < size(); ++id) {
    bytes_.push_back(segmenter_->Decode(id));
    const std::string& piece = spec_.pieces[id];
    const TokenType type = spec_.types[id];
    if (piece.empty()) continue;
    if (type == TokenType::kUserDefined) user_tokens_.Add(piece, id);
    if (type == TokenType::kUserDefined || type == TokenType::kControl ||
        type == TokenType::kUnknown) {
      all_tokens_.Add(piece, id);
    }
    if (type == TokenType::kControl && IsOneOf(piece, kTurnEnds)) ends_[id] = true;
  }
  for (int id : spec_.end_of_generation) ends_[id] = true;
  for (int id : {spec_.eos, spec_.eot}) {
    if (id >= 0) ends_[id] = true;
  }
}

std::vector<int> Tokenizer::Encode(std::string_view text, const EncodeOptions& options) const {
  if (text.size() > kMaxTextBytes) {
    Fail(ErrorKind::kBadRequest, "A text of {} bytes is over the limit of {}; send it in parts.",
         text.size(), kMaxTextBytes);
  }
  std::vector<int> ids;
  if (options.add_bos && add_bos()) ids.push_back(bos());
  const TokenMatcher& tokens = options.parse_special ? all_tokens_ : user_tokens_;
  TextPosition position = options.position;
  for (size_t at = 0; at < text.size();) {
    const TokenMatch match = tokens.Next(text, at);
    EncodePlain(text.substr(at, match.begin - at), position, ids);
    if (match.length > 0) ids.push_back(match.id);
    at = match.begin + match.length;
    position = TextPosition::kAfterSpecial;
  }
  return ids;
}

void Tokenizer::EncodePlain(std::string_view text, TextPosition position,
                            std::vector<int>& ids) const {
  if (text.empty()) return;
  const bool prefix =
      (spec_.space_prefix == SpacePrefix::kTextStart && position == TextPosition::kStart) ||
      (spec_.space_prefix == SpacePrefix::kEverySegment && position != TextPosition::kContinuation);
  segmenter_->Encode(text, prefix, ids);
}

std::string_view Tokenizer::TokenBytes(int id, bool show_control) const {
  if (!Contains(id)) return {};
  if (spec_.types[id] == TokenType::kControl && !show_control) return {};
  return bytes_[id];
}

const std::string& Tokenizer::PieceText(int id) const {
  LANTERN_CHECK(Contains(id));
  return spec_.pieces[id];
}

std::optional<int> Tokenizer::FindControl(std::string_view piece) const {
  if (piece.empty()) return std::nullopt;
  const TokenMatch match = all_tokens_.Next(piece, 0);
  if (match.begin != 0 || match.length != piece.size()) return std::nullopt;
  if (spec_.types[match.id] != TokenType::kControl) return std::nullopt;
  return match.id;
}

bool Tokenizer::IsEndOfGeneration(int id) const { return Contains(id) && ends_[id]; }

}  // namespace lantern
