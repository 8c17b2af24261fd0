// Printable: names that come out of files, made fit for an error sentence.
#pragma once

#include <string>
#include <string_view>

namespace lantern {

// At most 80 bytes of `text`, control characters replaced: a malformed file must not
// write to the terminal or fill the log.
inline std::string Printable(std::string_view text) {
  constexpr size_t kMaxLength = 80;
  std::string result(text.substr(0, kMaxLength));
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  if (text.size() > kMaxLength) result += "...";
  return result;
}

}  // namespace lantern
