// lantern tokenize: ids of the text on stdin.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "src/apps/commands.h"
#include "src/engine/tokenizer_loader.h"

namespace lantern {
namespace {

struct TokenizeFlags {
  std::string model;
  bool special = false, no_bos = false, json = false;
};

int Tokenize(const TokenizeFlags& flags) {
  const auto tokenizer = LoadTokenizer(flags.model);
  const std::string text(std::istreambuf_iterator<char>(std::cin), {});
  const std::vector<int> ids =
      tokenizer->Encode(text, {.add_bos = !flags.no_bos, .parse_special = flags.special});
  if (flags.json) {
    fmt::print("{}\n", nlohmann::json{{"ids", ids}}.dump());
  } else {
    fmt::print("{}\n", fmt::join(ids, " "));
  }
  return 0;
}

}  // namespace

void RegisterTokenize(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<TokenizeFlags>();
  CLI::App* sub = app.add_subcommand("tokenize", "Ids of the text on stdin, byte for byte");
  sub->add_option("MODEL", flags->model, "A GGUF file or a directory; a tokenizer is enough")
      ->required();
  sub->add_flag("--special", flags->special, "Names of special tokens in the text are tokens");
  sub->add_flag("--no-bos", flags->no_bos, "Leave out the leading BOS");
  sub->add_flag("--json", flags->json, "One JSON object on stdout");
  sub->callback([flags, &exit_code] { exit_code = Tokenize(*flags); });
}

}  // namespace lantern
