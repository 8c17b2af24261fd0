#include "src/text/utf8.h"

#include <cstddef>
#include <cstdint>

#include "src/base/check.h"

namespace lantern {
namespace {

struct Lead {
  int length;         // of the whole sequence; 0: no sequence begins so
  uint8_t low, high;  // allowed second byte: shuts out overlong forms, surrogates, > U+10FFFF
};

Lead Classify(uint8_t byte) {
  if (byte < 0x80) return {1, 0, 0};
  if (byte < 0xC2) return {0, 0, 0};
  if (byte < 0xE0) return {2, 0x80, 0xBF};
  if (byte < 0xF0) {
    return {3, byte == 0xE0 ? uint8_t{0xA0} : uint8_t{0x80},
            byte == 0xED ? uint8_t{0x9F} : uint8_t{0xBF}};
  }
  if (byte < 0xF5) {
    return {4, byte == 0xF0 ? uint8_t{0x90} : uint8_t{0x80},
            byte == 0xF4 ? uint8_t{0x8F} : uint8_t{0xBF}};
  }
  return {0, 0, 0};
}

}  // namespace

Utf8Step NextUtf8(std::string_view text) {
  LANTERN_CHECK(!text.empty());
  const Lead lead = Classify(static_cast<uint8_t>(text[0]));
  if (lead.length == 0) return {Utf8Kind::kInvalid, 1};
  for (int i = 1; i < lead.length; ++i) {
    if (static_cast<size_t>(i) == text.size()) return {Utf8Kind::kTruncated, i};
    const auto byte = static_cast<uint8_t>(text[i]);
    const uint8_t low = i == 1 ? lead.low : 0x80;
    const uint8_t high = i == 1 ? lead.high : 0xBF;
    if (byte < low || byte > high) return {Utf8Kind::kInvalid, i};
  }
  return {Utf8Kind::kCharacter, lead.length};
}

char32_t DecodeUtf8(std::string_view character) {
  const Utf8Step step = NextUtf8(character);
  LANTERN_CHECK(step.kind == Utf8Kind::kCharacter);
  LANTERN_CHECK_EQ(static_cast<size_t>(step.length), character.size());
  const auto first = static_cast<uint8_t>(character[0]);
  if (step.length == 1) return first;
  char32_t code_point = first & (0x7F >> step.length);
  for (char byte : character.substr(1)) code_point = code_point << 6 | (byte & 0x3F);
  return code_point;
}

void AppendUtf8(char32_t code_point, std::string& out) {
  LANTERN_CHECK(code_point <= 0x10FFFF);
  const auto tail = [&](int shift) {
    out += static_cast<char>(0x80 | (code_point >> shift & 0x3F));
  };
  if (code_point < 0x80) {
    out += static_cast<char>(code_point);
  } else if (code_point < 0x800) {
    out += static_cast<char>(0xC0 | code_point >> 6);
    tail(0);
  } else if (code_point < 0x10000) {
    out += static_cast<char>(0xE0 | code_point >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code_point >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace lantern
