// UTF-8, one character at a time, for text that may be broken anywhere.
#pragma once

#include <string>
#include <string_view>

namespace lantern {

enum class Utf8Kind {
  kCharacter,  // a well-formed sequence
  kTruncated,  // the text ends inside a sequence that more bytes could complete
  kInvalid,    // no continuation can make these bytes a character
};

struct Utf8Step {
  Utf8Kind kind;
  int length;  // bytes, at least 1; of kInvalid: what one U+FFFD stands for
};

// Classifies the beginning of `text`. REQUIRES: text is not empty.
// Source: Unicode 15, table 3-7 (well-formed byte sequences) and its advice on maximal subparts.
Utf8Step NextUtf8(std::string_view text);

// The code point of one well-formed sequence.
char32_t DecodeUtf8(std::string_view character);

// Appends `code_point` as UTF-8.
void AppendUtf8(char32_t code_point, std::string& out);

inline constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";  // U+FFFD

}  // namespace lantern
