// TokenMatcher: finds tokens that are matched as a whole, before any merging.
#pragma once

#include <bitset>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace lantern {

struct TokenMatch {
  size_t begin, length;  // bytes; no match: begin is the text's size, length 0
  int id;
};

class TokenMatcher {
 public:
  // Keeps a view of `piece`. REQUIRES: piece is not empty.
  void Add(std::string_view piece, int id);

  // The leftmost match at or after `from`, the longest there.
  TokenMatch Next(std::string_view text, size_t from) const;

 private:
  std::unordered_map<std::string_view, int> ids_;
  std::vector<size_t> lengths_;   // of the pieces, longest first, each once
  std::bitset<256> first_bytes_;  // so that most positions cost one look
};

}  // namespace lantern
