// ChatFormat: how a model was taught to read a conversation. The formats are known here by name and
// chosen by what the model's own template contains; the template is not run (it is a program in a
// language of its own, and five formats cover the Llama family).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "src/text/tokenizer.h"

namespace lantern {

enum class ChatRole { kSystem, kUser, kAssistant };

struct ChatMessage {
  ChatRole role;
  std::string text;
};

enum class ChatStyle { kLlama2, kLlama3, kChatMl, kZephyr, kMistral };

std::string_view ChatStyleName(ChatStyle style);

class ChatFormat {
 public:
  // Keeps a reference to `tokenizer`.
  ChatFormat(ChatStyle style, const Tokenizer& tokenizer);

  // By the tokenizer's chat template; without one, by its control tokens. Nothing where neither is
  // known.
  static std::optional<ChatFormat> Detect(const Tokenizer& tokenizer);

  ChatStyle style() const { return style_; }

  // The conversation's ids, up to where the assistant's next answer begins. Message texts are plain
  // text: names of control tokens in them stay text.
  // REQUIRES: a system message comes first, if at all; the others alternate, the user's first and
  // last. Throws Error{kBadRequest} otherwise.
  // ENSURES: Render(m[0..k]) is a prefix of Render(m[0..k+2]), so that a cache keeps its use.
  std::vector<int> Render(std::span<const ChatMessage> messages) const;

 private:
  ChatStyle style_;
  const Tokenizer* tokenizer_;  // a pointer, so that a format can be assigned
};

}  // namespace lantern
