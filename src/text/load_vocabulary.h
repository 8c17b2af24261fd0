// Reads a VocabularySpec from the files of a Hugging Face model directory.
#pragma once

#include <filesystem>
#include <string_view>

#include "src/text/vocabulary_spec.h"

namespace lantern {

// From tokenizer.json, else tokenizer.model; bos, eos, end-of-generation ids and the chat template
// also from tokenizer_config.json, special_tokens_map.json, generation_config.json, config.json and
// chat_template.jinja where they are there. tokenizer.json comes first because transformers uses it
// first: a directory gives the ids that its reference program gives.
// Throws Error{kIo} naming the file and what it lacks or what in it is not supported.
VocabularySpec LoadVocabularySpec(const std::filesystem::path& directory);

// One file's text each; `where` names it in errors. Throw Error{kIo} as above. Fields that only the
// other files hold keep their defaults.
VocabularySpec ParseTokenizerJson(std::string_view text, std::string_view where);

// A sentencepiece ModelProto of type BPE (a protocol buffer).
VocabularySpec ParseTokenizerModel(std::string_view bytes, std::string_view where);

}  // namespace lantern
