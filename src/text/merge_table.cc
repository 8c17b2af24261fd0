#include "src/text/merge_table.h"

#include "src/base/error.h"
#include "src/text/segmenter.h"

namespace lantern {
namespace {

uint64_t Key(int left, int right) {
  return static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32 | static_cast<uint32_t>(right);
}

}  // namespace

MergeTable::MergeTable(const VocabularySpec& spec, const PieceIndex& index) {
  merges_.reserve(spec.merges.size());
  const auto id_of = [&](const std::string& piece) {
    const auto found = index.find(piece);
    if (found != index.end()) return found->second;
    Fail(ErrorKind::kIo,
         "{}: a merge needs the piece '{}', which the vocabulary lacks; get the file again.",
         spec.where, piece);
  };
  double order = 0;
  for (const auto& [left, right] : spec.merges) {
    const Merge merge{order++, id_of(left + right)};
    if (!IsMergeable(spec.types[merge.id])) continue;  // or a user could spell a control token
    merges_.try_emplace(Key(id_of(left), id_of(right)), merge);
  }
}

std::optional<Merge> MergeTable::Find(const Symbol& left, const Symbol& right) const {
  if (left.id < 0 || right.id < 0) return std::nullopt;
  const auto found = merges_.find(Key(left.id, right.id));
  if (found == merges_.end()) return std::nullopt;
  return found->second;
}

}  // namespace lantern
