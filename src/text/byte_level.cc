#include "src/text/byte_level.h"

#include <array>

#include "src/text/utf8.h"

namespace lantern {
namespace {

constexpr int kOthers = 68;  // bytes that are not printable in Latin-1
constexpr char32_t kFirstOther = 0x100;

constexpr bool StandsForItself(int byte) {
  return (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
}

struct Alphabet {
  std::array<char32_t, 256> code_point{};
  std::array<uint8_t, kOthers> other{};  // the byte behind kFirstOther + i
};

constexpr Alphabet MakeAlphabet() {
  Alphabet alphabet;
  int others = 0;
  for (int byte = 0; byte < 256; ++byte) {
    if (StandsForItself(byte)) {
      alphabet.code_point[byte] = byte;
    } else {
      alphabet.other[others] = static_cast<uint8_t>(byte);
      alphabet.code_point[byte] = kFirstOther + others++;
    }
  }
  return alphabet;
}

constexpr Alphabet kAlphabet = MakeAlphabet();

}  // namespace

std::string ByteLevelCharacter(uint8_t byte) {
  std::string character;
  AppendUtf8(kAlphabet.code_point[byte], character);
  return character;
}

std::string ByteLevelDecode(std::string_view piece) {
  std::string bytes;
  while (!piece.empty()) {
    const Utf8Step step = NextUtf8(piece);
    const std::string_view character = piece.substr(0, step.length);
    piece.remove_prefix(step.length);
    const char32_t code_point = step.kind == Utf8Kind::kCharacter ? DecodeUtf8(character) : 0;
    if (code_point >= kFirstOther && code_point < kFirstOther + kOthers) {
      bytes += static_cast<char>(kAlphabet.other[code_point - kFirstOther]);
    } else if (code_point > 0 && code_point < 0x100 && StandsForItself(code_point)) {
      bytes += static_cast<char>(code_point);
    } else {
      bytes += character;
    }
  }
  return bytes;
}

}  // namespace lantern
