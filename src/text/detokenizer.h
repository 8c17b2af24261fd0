// Detokenizer: a stream of token ids to a stream of whole UTF-8 characters. Tokens may end inside a
// character, so what is not complete waits for the next token.
#pragma once

#include <span>
#include <string>

#include "src/text/tokenizer.h"

namespace lantern {

struct DetokenizerOptions {
  bool begins_text = true;    // drop the dummy space before the first word; false: text goes on
  bool show_control = false;  // spell control tokens out
};

class Detokenizer {
 public:
  // Keeps a reference to `tokenizer`.
  explicit Detokenizer(const Tokenizer& tokenizer, const DetokenizerOptions& options = {});

  // The characters that `id` completes, well-formed UTF-8, often none. Bytes that no further token
  // can make a character become U+FFFD.
  std::string Push(int id);

  // What is left, as U+FFFD; afterwards the text goes on without a dummy space.
  std::string Flush();

 private:
  const Tokenizer& tokenizer_;
  bool show_control_;
  bool drop_space_;
  std::string pending_;  // the beginning of one character, at most 3 bytes
};

// All of `ids` at once.
std::string Detokenize(const Tokenizer& tokenizer, std::span<const int> ids,
                       const DetokenizerOptions& options = {});

}  // namespace lantern
