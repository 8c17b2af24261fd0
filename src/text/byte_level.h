// GPT-2's way to write any byte as a printable character, so that vocabularies are text files:
// the printable bytes of Latin-1 stand for themselves, the other 68 for U+0100 onward, in order.
// Source: bytes_to_unicode in the encoder published with GPT-2.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace lantern {

// The character, as UTF-8, that stands for `byte`.
std::string ByteLevelCharacter(uint8_t byte);

// The bytes that a piece stands for. A character outside the alphabet stands for itself.
std::string ByteLevelDecode(std::string_view piece);

}  // namespace lantern
