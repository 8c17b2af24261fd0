#include "src/text/vocabulary_check.h"

#include <cctype>
#include <cmath>
#include <string_view>
#include <utility>

#include "src/base/error.h"

namespace lantern {
namespace {

bool IsBytePiece(std::string_view piece) {
  return piece.size() == 6 && piece.starts_with("<0x") && piece.ends_with('>') &&
         std::isxdigit(static_cast<unsigned char>(piece[3])) &&
         std::isxdigit(static_cast<unsigned char>(piece[4]));
}

void CheckId(const VocabularySpec& spec, std::string_view role, int id) {
  if (id >= -1 && id < static_cast<int>(spec.pieces.size())) return;
  Fail(ErrorKind::kIo, "{}: the {} token is {}, outside the vocabulary of {} tokens; get it again.",
       spec.where, role, id, spec.pieces.size());
}

void CheckIds(const VocabularySpec& spec) {
  const std::pair<std::string_view, int> roles[] = {
      {"bos", spec.bos}, {"eos", spec.eos}, {"eot", spec.eot}, {"unknown", spec.unknown}};
  for (const auto& [role, id] : roles) CheckId(spec, role, id);
  for (int id : spec.end_of_generation) {
    if (id < 0) Fail(ErrorKind::kIo, "{}: an end-of-generation token is {}.", spec.where, id);
    CheckId(spec, "end-of-generation", id);
  }
}

}  // namespace

void Validate(const VocabularySpec& spec) {
  if (spec.pieces.empty()) {
    Fail(ErrorKind::kIo, "{}: the vocabulary is empty; get a file that holds a tokenizer.",
         spec.where);
  }
  if (spec.types.size() != spec.pieces.size()) {
    Fail(ErrorKind::kIo, "{}: {} pieces but {} token types; get the file again.", spec.where,
         spec.pieces.size(), spec.types.size());
  }
  const bool needs_scores =
      spec.kind == TokenizerKind::kSentencePiece && (spec.merges.empty() || !spec.scores.empty());
  if (needs_scores && spec.scores.size() != spec.pieces.size()) {
    Fail(ErrorKind::kIo, "{}: {} pieces but {} scores; get the file again.", spec.where,
         spec.pieces.size(), spec.scores.size());
  }
  for (float score : spec.scores) {
    if (std::isfinite(score)) continue;
    Fail(ErrorKind::kIo, "{}: a piece's score is not a number; get the file again.", spec.where);
  }
  for (size_t id = 0; id < spec.pieces.size(); ++id) {
    if (spec.types[id] == TokenType::kByte && !IsBytePiece(spec.pieces[id])) {
      Fail(ErrorKind::kIo, "{}: byte token {} is '{}' and not of the form <0x0A>; get it again.",
           spec.where, id, spec.pieces[id]);
    }
  }
  CheckIds(spec);
}

}  // namespace lantern
