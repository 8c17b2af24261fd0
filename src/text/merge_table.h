// MergeTable: which pairs of tokens join, and in which order (a BPE model's list of merges).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "src/text/merge.h"
#include "src/text/vocabulary_spec.h"

namespace lantern {

// Ids by their piece; the keys view the spec's pieces.
using PieceIndex = std::unordered_map<std::string_view, int>;

class MergeTable {
 public:
  // Throws Error{kIo} where a merge names a piece that the vocabulary lacks.
  MergeTable(const VocabularySpec& spec, const PieceIndex& index);

  std::optional<Merge> Find(const Symbol& left, const Symbol& right) const;

 private:
  struct Hash {
    size_t operator()(uint64_t key) const { return (key ^ key >> 29) * 0x9E3779B97F4A7C15u >> 7; }
  };
  std::unordered_map<uint64_t, Merge, Hash> merges_;  // key: left id, right id
};

}  // namespace lantern
