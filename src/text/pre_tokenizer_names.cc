// The pre-tokenizers that GGUF files name. One row more is one more model family.
// Patterns: Llama-3 and Tekken as their tokenizer.json files publish them, GPT-2's from its
// encoder; the names are llama.cpp's.
#include <fmt/ranges.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "src/base/error.h"
#include "src/text/vocabulary_spec.h"

namespace lantern {
namespace {

constexpr std::string_view kGpt2 =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3 =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kTekken =
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+)"
    R"(|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*)"
    R"(|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kEachNumber = R"(\p{N})";

struct Row {
  std::string_view name;
  std::array<std::string_view, 2> patterns;  // the second may be empty
  bool ignore_merges;
  bool usual_add_bos;
};

constexpr Row kRows[] = {
    {"llama-bpe", {kLlama3}, true, true},
    {"llama3", {kLlama3}, true, true},
    {"llama-v3", {kLlama3}, true, true},
    {"tekken", {kTekken}, true, true},
    {"smollm", {kEachNumber, kGpt2}, false, false},
    {"gpt-2", {kGpt2}, false, false},
};

}  // namespace

PreTokenizer PreTokenizerNamed(std::string_view name, std::string_view where) {
  std::vector<std::string_view> known;
  for (const Row& row : kRows) {
    known.push_back(row.name);
    if (row.name != name) continue;
    PreTokenizer found{{}, row.ignore_merges, row.usual_add_bos};
    for (std::string_view pattern : row.patterns) {
      if (!pattern.empty()) found.patterns.emplace_back(pattern);
    }
    return found;
  }
  Fail(ErrorKind::kIo,
       "{}: the pre-tokenizer '{}' is not supported (supported: {}); use a file of a model whose "
       "text is cut in one of these ways.",
       where, name, fmt::join(known, ", "));
}

std::string_view Gpt2Pattern() { return kGpt2; }

}  // namespace lantern
