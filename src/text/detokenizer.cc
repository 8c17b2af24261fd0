#include "src/text/detokenizer.h"

#include <string_view>
#include <utility>

#include "src/text/utf8.h"

namespace lantern {

Detokenizer::Detokenizer(const Tokenizer& tokenizer, const DetokenizerOptions& options)
    : tokenizer_(tokenizer),
      show_control_(options.show_control),
      drop_space_(options.begins_text && tokenizer.space_prefix() != SpacePrefix::kNever) {}

std::string Detokenizer::Push(int id) {
  std::string_view bytes = tokenizer_.TokenBytes(id, show_control_);
  if (bytes.empty()) return "";
  if (drop_space_ && bytes.starts_with(' ')) bytes.remove_prefix(1);
  drop_space_ = false;
  const std::string joined = std::exchange(pending_, "").append(bytes);
  std::string ready;
  for (std::string_view rest = joined; !rest.empty();) {
    const Utf8Step step = NextUtf8(rest);
    const std::string_view taken = rest.substr(0, step.length);
    rest.remove_prefix(step.length);
    switch (step.kind) {
      case Utf8Kind::kCharacter:
        ready += taken;
        break;
      case Utf8Kind::kInvalid:
        ready += kReplacementCharacter;
        break;
      case Utf8Kind::kTruncated:
        pending_ = taken;
        break;
    }
  }
  return ready;
}

std::string Detokenizer::Flush() {
  drop_space_ = false;
  return std::exchange(pending_, "").empty() ? std::string() : std::string(kReplacementCharacter);
}

std::string Detokenize(const Tokenizer& tokenizer, std::span<const int> ids,
                       const DetokenizerOptions& options) {
  Detokenizer detokenizer(tokenizer, options);
  std::string text;
  for (int id : ids) text += detokenizer.Push(id);
  return text + detokenizer.Flush();
}

}  // namespace lantern
