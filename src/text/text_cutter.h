// TextCutter: cuts text into the parts that byte-level BPE merges one by one, by regular
// expressions.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace lantern {

class TextCutter {
 public:
  // Each pattern cuts the parts that the one before left: a match is a part, so is what lies
  // between two matches. Throws Error{kIo} naming `where` for a pattern that does not compile.
  TextCutter(const std::vector<std::string>& patterns, std::string where);
  ~TextCutter();

  // The parts in order; together they are `text`. Bytes that are not UTF-8 form parts of their own.
  // Throws Error{kIo} where a pattern gives up (a file's pattern may backtrack without end).
  std::vector<std::string_view> Cut(std::string_view text) const;

 private:
  class Pattern;
  std::vector<std::unique_ptr<Pattern>> patterns_;
};

}  // namespace lantern
