#include "src/engine/tokenizer_loader.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "models/gguf.h"
#include "src/base/error.h"
#include "src/text/load_vocabulary.h"

namespace lantern {
namespace {

template <class T>
T Required(std::optional<T> value, const GgufFile& file, std::string_view key) {
  if (value) return *std::move(value);
  Fail(ErrorKind::kIo, "{}: no {}, so there is no tokenizer in it; convert the model again.",
       file.name(), key);
}

// -1: there is no such token, which files also write as an all-ones id.
int TokenId(const GgufFile& file, std::string_view key, int usual) {
  const int64_t id = file.Int(key).value_or(usual);
  if (id == UINT32_MAX) return -1;
  if (id < -1 || id > INT32_MAX) {
    Fail(ErrorKind::kIo, "{}: {} is {}; get the file again.", file.name(), key, id);
  }
  return static_cast<int>(id);
}

std::vector<TokenType> ReadTypes(const GgufFile& file, size_t count) {
  constexpr std::string_view kKey = "tokenizer.ggml.token_type";
  std::vector<TokenType> types(count, TokenType::kNormal);
  const auto numbers = file.Ints(kKey);
  if (!numbers) return types;
  types.clear();
  for (int64_t number : *numbers) {
    if (number < 1 || number > 6) {
      Fail(ErrorKind::kIo, "{}: {} holds {}, and types are 1 to 6; get the file again.",
           file.name(), kKey, number);
    }
    types.push_back(static_cast<TokenType>(number));
  }
  return types;
}

std::vector<std::pair<std::string, std::string>> ReadMerges(const GgufFile& file) {
  constexpr std::string_view kKey = "tokenizer.ggml.merges";
  std::vector<std::pair<std::string, std::string>> merges;
  for (std::string_view merge : Required(file.Strings(kKey), file, kKey)) {
    const size_t space = merge.find(' ', 1);  // byte-level pieces hold no spaces
    if (space == std::string_view::npos) {
      Fail(ErrorKind::kIo, "{}: {} holds '{}', which is not two pieces; get the file again.",
           file.name(), kKey, merge);
    }
    merges.emplace_back(merge.substr(0, space), merge.substr(space + 1));
  }
  return merges;
}

// What depends on the kind of vocabulary; absent keys mean what they mean to llama.cpp.
void ReadSentencePiece(const GgufFile& file, VocabularySpec& spec) {
  constexpr std::string_view kScores = "tokenizer.ggml.scores";
  spec.kind = TokenizerKind::kSentencePiece;
  spec.scores = Required(file.Floats(kScores), file, kScores);
  spec.unknown = 0, spec.bos = 1, spec.eos = 2;
  spec.add_bos = true;
  if (file.Bool("tokenizer.ggml.add_space_prefix").value_or(true)) {
    spec.space_prefix = SpacePrefix::kEverySegment;
  }
}

void ReadByteLevel(const GgufFile& file, VocabularySpec& spec) {
  spec.kind = TokenizerKind::kByteLevel;
  spec.merges = ReadMerges(file);
  spec.pre_tokenizer =
      PreTokenizerNamed(file.String("tokenizer.ggml.pre").value_or("default"), file.name());
  spec.add_bos = spec.pre_tokenizer.usual_add_bos;
}

void ReadKind(const GgufFile& file, VocabularySpec& spec) {
  constexpr std::string_view kKey = "tokenizer.ggml.model";
  const std::string_view model = Required(file.String(kKey), file, kKey);
  if (model == "llama") return ReadSentencePiece(file, spec);
  if (model == "gpt2") return ReadByteLevel(file, spec);
  Fail(ErrorKind::kIo,
       "{}: {} '{}' is not supported (supported: llama, gpt2); use another model's file.",
       file.name(), kKey, model);
}

VocabularySpec ReadVocabulary(const GgufFile& file) {
  constexpr std::string_view kTokens = "tokenizer.ggml.tokens";
  VocabularySpec spec;
  spec.where = file.name();
  ReadKind(file, spec);
  for (std::string_view piece : Required(file.Strings(kTokens), file, kTokens)) {
    spec.pieces.emplace_back(piece);
  }
  spec.types = ReadTypes(file, spec.pieces.size());
  spec.bos = TokenId(file, "tokenizer.ggml.bos_token_id", spec.bos);
  spec.eos = TokenId(file, "tokenizer.ggml.eos_token_id", spec.eos);
  spec.eot = TokenId(file, "tokenizer.ggml.eot_token_id", spec.eot);
  spec.unknown = TokenId(file, "tokenizer.ggml.unknown_token_id", spec.unknown);
  spec.add_bos = file.Bool("tokenizer.ggml.add_bos_token").value_or(spec.add_bos);
  spec.chat_template = file.String("tokenizer.chat_template").value_or("");
  return spec;
}

}  // namespace

std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& path) {
  if (std::filesystem::is_directory(path)) {
    return std::make_unique<Tokenizer>(LoadVocabularySpec(path));
  }
  return std::make_unique<Tokenizer>(ReadVocabulary(GgufFile(path)));
}

}  // namespace lantern
