// libFuzzer: any bytes are encoded and come back; any bytes as a tokenizer file are read or
// refused.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/text/detokenizer.h"
#include "src/text/load_vocabulary.h"
#include "src/text/utf8.h"
#include "tests/text_vocabularies.h"

namespace lantern {
namespace {

using test_vocabularies::Bytes;

// Runs `read`; an Error is an answer, anything else is a finding.
template <class Read>
void Tolerate(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

void CheckUtf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Step step = NextUtf8(text);
    LANTERN_CHECK(step.kind == Utf8Kind::kCharacter);
    text.remove_prefix(step.length);
  }
}

void CheckText(const Tokenizer& tokenizer, std::string_view text) {
  const std::vector<int> ids = tokenizer.Encode(text, {.position = TextPosition::kContinuation});
  const bool has_space_mark = text.find("\xE2\x96\x81") != text.npos;  // reads as a space
  if (tokenizer.kind() == TokenizerKind::kByteLevel || !has_space_mark) {
    LANTERN_CHECK(Bytes(tokenizer, ids) == text);
  }
  tokenizer.Encode(text, {.add_bos = true, .parse_special = true});
  std::vector<int> any;  // tokens that a model may write, sense or none
  for (char byte : text) any.push_back(static_cast<uint8_t>(byte) * 2);
  CheckUtf8(Detokenize(tokenizer, any));
}

// What a file describes must also work, whatever it describes.
template <class Parse>
void CheckFile(const Parse& parse, std::string_view bytes) {
  Tolerate([&] {
    const Tokenizer tokenizer(parse(bytes, "fuzz"));
    tokenizer.Encode("the lantern\n 12 \xF0\x9F\xA6\x99 \xFF", {.parse_special = true});
    for (int id = -1; id <= tokenizer.size(); ++id) tokenizer.TokenBytes(id, true);
  });
}

struct Tokenizers {
  Tokenizer sentencepiece{test_vocabularies::SentencePiece()};
  Tokenizer byte_level{test_vocabularies::ByteLevel({"<|eot_id|>"})};
};

}  // namespace
}  // namespace lantern

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const lantern::Tokenizers tokenizers;  // made once: libFuzzer has no other place for it
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  lantern::CheckText(tokenizers.sentencepiece, text);
  lantern::CheckText(tokenizers.byte_level, text);
  lantern::CheckFile(lantern::ParseTokenizerModel, text);
  lantern::CheckFile(lantern::ParseTokenizerJson, text);
  return 0;
}
