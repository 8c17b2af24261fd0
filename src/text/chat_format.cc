// Formats as their makers publish them: Meta's model cards for Llama 2 and 3, OpenAI's chatml.md,
// the model cards of zephyr-7b-beta and of Mistral-7B-Instruct (tokenizer versions 1 and 3).
#include "src/text/chat_format.h"

#include <utility>

#include "src/base/error.h"

namespace lantern {
namespace {

// Collects ids. Neighbouring pieces of text are encoded together, as a template's output would be,
// because merging may reach over the seam between a format's words and a message's.
class Composer {
 public:
  explicit Composer(const Tokenizer& tokenizer) : tokenizer_(tokenizer) {}

  void Text(std::string_view text) { text_ += text; }

  // A control token by its spelling; models that lack it were taught the words.
  void Special(std::string_view piece) {
    if (const auto id = tokenizer_.FindControl(piece)) {
      Token(*id);
    } else {
      Text(piece);
    }
  }

  // bos as part of the format.
  void Bos() { Token(tokenizer_.bos()); }
  void Eos() { Token(tokenizer_.eos()); }

  // bos that the vocabulary puts before any text: what follows still begins the text.
  void UsualBos() {
    if (tokenizer_.add_bos()) ids_.push_back(tokenizer_.bos());
  }

  // Ends a stretch of text, so that later text cannot change its ids.
  void Break() {
    if (text_.empty()) return;
    const auto ids = tokenizer_.Encode(text_, {.position = position_});
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    position_ = TextPosition::kContinuation;
    text_.clear();
  }

  std::vector<int> Finish() {
    Break();
    return std::move(ids_);
  }

  const Tokenizer& tokenizer() const { return tokenizer_; }

 private:
  void Token(int id) {
    if (id < 0) return;  // the vocabulary lacks it
    Break();
    ids_.push_back(id);
    position_ = TextPosition::kAfterSpecial;
  }

  const Tokenizer& tokenizer_;
  std::vector<int> ids_;
  std::string text_;
  TextPosition position_ = TextPosition::kStart;
};

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kWhitespace = " \t\r\n\v\f";
  const size_t begin = text.find_first_not_of(kWhitespace);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kWhitespace) - begin + 1);
}

std::string_view RoleName(ChatRole role) {
  switch (role) {
    case ChatRole::kSystem:
      return "system";
    case ChatRole::kUser:
      return "user";
    case ChatRole::kAssistant:
      return "assistant";
  }
  return "";
}

// What the styles differ in, for those that open every message with its role.
struct RoleStyle {
  bool trims;
  void (*open)(Composer& out, std::string_view role);
  void (*close)(Composer& out);
};

RoleStyle RolesOf(ChatStyle style) {
  switch (style) {
    case ChatStyle::kLlama3:
      return {true,
              [](Composer& out, std::string_view role) {
                out.Special("<|start_header_id|>");
                out.Text(role);
                out.Special("<|end_header_id|>");
                out.Text("\n\n");
              },
              [](Composer& out) { out.Special("<|eot_id|>"); }};
    case ChatStyle::kChatMl:
      return {false,
              [](Composer& out, std::string_view role) {
                out.Special("<|im_start|>");
                out.Text(role);
                out.Text("\n");
              },
              [](Composer& out) {
                out.Special("<|im_end|>");
                out.Text("\n");
              }};
    default:
      return {false,
              [](Composer& out, std::string_view role) {
                out.Special("<|" + std::string(role) + "|>");
                out.Text("\n");
              },
              [](Composer& out) {
                out.Eos();
                out.Text("\n");
              }};
  }
}

void RenderRoles(const RoleStyle& style, std::span<const ChatMessage> messages, Composer& out) {
  for (const ChatMessage& message : messages) {
    style.open(out, RoleName(message.role));
    if (message.role == ChatRole::kAssistant) out.Break();
    out.Text(style.trims ? Trim(message.text) : std::string_view(message.text));
    style.close(out);
  }
  style.open(out, RoleName(ChatRole::kAssistant));
}

// <s>[INST] <<SYS>>\nsystem\n<</SYS>>\n\nuser [/INST] answer </s><s>[INST] user [/INST]
void RenderLlama2(std::span<const ChatMessage> messages, Composer& out) {
  std::string system;
  for (const ChatMessage& message : messages) {
    switch (message.role) {
      case ChatRole::kSystem:
        system = "<<SYS>>\n" + message.text + "\n<</SYS>>\n\n";
        break;
      case ChatRole::kUser:
        system += message.text;
        out.Bos();
        out.Text("[INST] ");
        out.Text(Trim(system));
        out.Text(" [/INST]");
        out.Break();
        system.clear();
        break;
      case ChatRole::kAssistant:
        out.Text(" ");
        out.Text(Trim(message.text));
        out.Text(" ");
        out.Eos();
        break;
    }
  }
}

// The spaces that Mistral's format has inside a turn. Its first tokenizer spells [INST] as words;
// in the later ones it is a token, and the one space left is the text's dummy space: byte-level
// vocabularies have none, some sentencepiece ones bring it by themselves.
struct MistralSpaces {
  std::string_view before_text, before_close;
};

MistralSpaces MistralSpacesOf(const Tokenizer& tokenizer) {
  if (!tokenizer.FindControl("[INST]")) return {" ", " "};
  const bool explicit_space = tokenizer.kind() == TokenizerKind::kSentencePiece &&
                              tokenizer.space_prefix() != SpacePrefix::kEverySegment;
  return {explicit_space ? " " : "", ""};
}

// <s>[INST] user [/INST] answer</s>[INST] user [/INST]; the system's text has a frame of its own
// where the vocabulary has tokens for it, else it opens the first user's text.
void RenderMistral(std::span<const ChatMessage> messages, Composer& out) {
  const MistralSpaces spaces = MistralSpacesOf(out.tokenizer());
  std::string system;
  out.Bos();
  for (const ChatMessage& message : messages) {
    switch (message.role) {
      case ChatRole::kSystem:
        if (!out.tokenizer().FindControl("[SYSTEM_PROMPT]")) {
          system = message.text + "\n\n";
          break;
        }
        out.Special("[SYSTEM_PROMPT]");
        out.Text(spaces.before_text);
        out.Text(message.text);
        out.Special("[/SYSTEM_PROMPT]");
        break;
      case ChatRole::kUser:
        out.Special("[INST]");
        out.Text(spaces.before_text);
        out.Text(std::exchange(system, ""));
        out.Text(message.text);
        out.Text(spaces.before_close);
        out.Special("[/INST]");
        out.Break();
        break;
      case ChatRole::kAssistant:
        out.Text(spaces.before_text);
        out.Text(message.text);
        out.Eos();
        break;
    }
  }
}

void CheckOrder(std::span<const ChatMessage> messages) {
  ChatRole expected = ChatRole::kUser;
  for (size_t i = 0; i < messages.size(); ++i) {
    if (i == 0 && messages[i].role == ChatRole::kSystem) continue;
    if (messages[i].role != expected) {
      Fail(ErrorKind::kBadRequest,
           "Message {} is the {}'s where the {}'s belongs; a conversation is an optional system "
           "message, then user and assistant in turn.",
           i + 1, RoleName(messages[i].role), RoleName(expected));
    }
    expected = expected == ChatRole::kUser ? ChatRole::kAssistant : ChatRole::kUser;
  }
  if (messages.empty() || messages.back().role != ChatRole::kUser) {
    Fail(ErrorKind::kBadRequest, "The conversation does not end with a user's message to answer.");
  }
}

std::optional<ChatStyle> StyleOfTemplate(std::string_view text) {
  const auto has = [&](std::string_view part) { return text.find(part) != text.npos; };
  if (has("<|start_header_id|>")) return ChatStyle::kLlama3;
  if (has("<|im_start|>")) return ChatStyle::kChatMl;
  // Phi-3 has <|user|> too, and ends its turns with <|end|> where Zephyr has eos.
  if (has("<|user|>") && !has("<|end|>") && (has("eos_token") || has("</s>"))) {
    return ChatStyle::kZephyr;
  }
  if (has("[INST]")) return has("<<SYS>>") ? ChatStyle::kLlama2 : ChatStyle::kMistral;
  return std::nullopt;
}

std::optional<ChatStyle> StyleOfVocabulary(const Tokenizer& tokenizer) {
  if (tokenizer.FindControl("<|start_header_id|>")) return ChatStyle::kLlama3;
  if (tokenizer.FindControl("<|im_start|>")) return ChatStyle::kChatMl;
  return std::nullopt;
}

}  // namespace

std::string_view ChatStyleName(ChatStyle style) {
  switch (style) {
    case ChatStyle::kLlama2:
      return "llama-2";
    case ChatStyle::kLlama3:
      return "llama-3";
    case ChatStyle::kChatMl:
      return "chatml";
    case ChatStyle::kZephyr:
      return "zephyr";
    case ChatStyle::kMistral:
      return "mistral";
  }
  return "";
}

ChatFormat::ChatFormat(ChatStyle style, const Tokenizer& tokenizer)
    : style_(style), tokenizer_(&tokenizer) {}

std::optional<ChatFormat> ChatFormat::Detect(const Tokenizer& tokenizer) {
  const std::optional<ChatStyle> style = tokenizer.chat_template().empty()
                                             ? StyleOfVocabulary(tokenizer)
                                             : StyleOfTemplate(tokenizer.chat_template());
  if (!style) return std::nullopt;
  return ChatFormat(*style, tokenizer);
}

std::vector<int> ChatFormat::Render(std::span<const ChatMessage> messages) const {
  CheckOrder(messages);
  Composer out(*tokenizer_);
  switch (style_) {
    case ChatStyle::kLlama2:
      RenderLlama2(messages, out);
      break;
    case ChatStyle::kMistral:
      RenderMistral(messages, out);
      break;
    case ChatStyle::kLlama3:
      out.Bos();  // part of the format, whatever the file says of add_bos
      RenderRoles(RolesOf(style_), messages, out);
      break;
    case ChatStyle::kChatMl:
    case ChatStyle::kZephyr:
      out.UsualBos();
      RenderRoles(RolesOf(style_), messages, out);
      break;
  }
  return out.Finish();
}

}  // namespace lantern
