#include "src/text/token_matcher.h"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "src/base/check.h"

namespace lantern {

void TokenMatcher::Add(std::string_view piece, int id) {
  LANTERN_CHECK(!piece.empty());
  ids_.try_emplace(piece, id);
  first_bytes_.set(static_cast<uint8_t>(piece[0]));
  const auto at =
      std::lower_bound(lengths_.begin(), lengths_.end(), piece.size(), std::greater<>());
  if (at == lengths_.end() || *at != piece.size()) lengths_.insert(at, piece.size());
}

TokenMatch TokenMatcher::Next(std::string_view text, size_t from) const {
  if (first_bytes_.none()) return {text.size(), 0, -1};
  for (size_t begin = from; begin < text.size(); ++begin) {
    if (!first_bytes_.test(static_cast<uint8_t>(text[begin]))) continue;
    for (size_t length : lengths_) {
      if (length > text.size() - begin) continue;
      const auto found = ids_.find(text.substr(begin, length));
      if (found != ids_.end()) return {begin, length, found->second};
    }
  }
  return {text.size(), 0, -1};
}

}  // namespace lantern
