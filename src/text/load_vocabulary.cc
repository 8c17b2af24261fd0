#include "src/text/load_vocabulary.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"
#include "src/base/mmap.h"
#include "src/text/json_fields.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

std::string_view TextOf(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

int IdOf(const VocabularySpec& spec, std::string_view piece) {
  const auto found = std::find(spec.pieces.begin(), spec.pieces.end(), piece);
  return found == spec.pieces.end() ? -1 : static_cast<int>(found - spec.pieces.begin());
}

// Runs `read(object)` on `directory/name` where that file exists.
template <class Read>
void WithFile(const fs::path& directory, const char* name, const Read& read) {
  const fs::path path = directory / name;
  if (!fs::exists(path)) return;
  const MappedFile file(path);
  ReadJson(TextOf(file), path.string(), read);
}

// A special token is written as its text, or as an object with "content".
void ReadNamedToken(const Json& config, const char* key, VocabularySpec& spec, int& id) {
  const Json* token = FindField(config, key);
  if (!token) return;
  const Json& content = token->is_object() ? token->at("content") : *token;
  if (const int found = IdOf(spec, content.get<std::string>()); found >= 0) id = found;
}

// Tokens that transformers adds behind the pieces of a tokenizer.model: {"32000": {"content":
// ...}}.
void ReadAddedTokens(const Json& config, VocabularySpec& spec) {
  const Json* added = FindField(config, "added_tokens_decoder");
  if (!added) return;
  // Ids come as text: put them in the order of numbers, so that each one follows the last.
  std::vector<std::pair<int, const Json*>> tokens;
  for (const auto& [id, token] : added->items()) tokens.emplace_back(std::atoi(id.c_str()), &token);
  std::sort(tokens.begin(), tokens.end());
  for (const auto& [id, token] : tokens) {
    if (id != static_cast<int>(spec.pieces.size())) continue;  // in the vocabulary already
    spec.pieces.push_back(token->at("content"));
    spec.scores.push_back(0);
    spec.types.push_back(FieldOr(*token, "special", false) ? TokenType::kControl
                                                           : TokenType::kUserDefined);
  }
}

// "chat_template" is a text, or a list of named ones.
std::string ChatTemplate(const Json& config) {
  const Json* found = FindField(config, "chat_template");
  if (!found) return "";
  if (found->is_string()) return *found;
  for (const Json& named : *found) {
    if (named.at("name") == "default") return named.at("template");
  }
  return "";
}

// generation_config.json and config.json: "eos_token_id" is an id or a list of them.
void ReadIds(const Json& config, VocabularySpec& spec) {
  if (spec.bos < 0) spec.bos = FieldOr(config, "bos_token_id", -1);
  const Json* eos = FindField(config, "eos_token_id");
  if (!eos) return;
  for (const Json& id : eos->is_array() ? *eos : Json::array({*eos})) {
    spec.end_of_generation.push_back(id.get<int>());
  }
  if (spec.eos < 0 && !spec.end_of_generation.empty()) spec.eos = spec.end_of_generation.front();
}

void ReadTokenizerConfig(const Json& config, bool from_model, VocabularySpec& spec) {
  if (from_model) {
    ReadAddedTokens(config, spec);
    const bool legacy = FieldOr(config, "legacy", true);
    if (!legacy && spec.space_prefix == SpacePrefix::kEverySegment) {
      spec.space_prefix = SpacePrefix::kTextStart;
    }
  }
  ReadNamedToken(config, "bos_token", spec, spec.bos);
  ReadNamedToken(config, "eos_token", spec, spec.eos);
  spec.add_bos = FieldOr(config, "add_bos_token", spec.add_bos);
  spec.chat_template = ChatTemplate(config);
}

}  // namespace

VocabularySpec LoadVocabularySpec(const fs::path& directory) {
  const fs::path json = directory / "tokenizer.json", model = directory / "tokenizer.model";
  const bool from_model = !fs::exists(json);
  if (from_model && !fs::exists(model)) {
    Fail(ErrorKind::kIo,
         "{}: neither tokenizer.json nor tokenizer.model is there; copy one of them from the "
         "model's origin.",
         directory.string());
  }
  const MappedFile file(from_model ? model : json);
  VocabularySpec spec = from_model ? ParseTokenizerModel(TextOf(file), model.string())
                                   : ParseTokenizerJson(TextOf(file), json.string());
  WithFile(directory, "special_tokens_map.json", [&](const Json& config) {
    ReadNamedToken(config, "bos_token", spec, spec.bos);
    ReadNamedToken(config, "eos_token", spec, spec.eos);
  });
  WithFile(directory, "tokenizer_config.json",
           [&](const Json& config) { ReadTokenizerConfig(config, from_model, spec); });
  for (const char* name : {"generation_config.json", "config.json"}) {
    WithFile(directory, name, [&](const Json& config) { ReadIds(config, spec); });
  }
  if (const fs::path path = directory / "chat_template.jinja"; fs::exists(path)) {
    spec.chat_template = TextOf(MappedFile(path));
  }
  return spec;
}

}  // namespace lantern
