#include "src/apps/text_pass.h"

#include <fstream>
#include <iterator>

#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/base/error.h"

namespace lantern {

std::string ReadTextFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) Fail(ErrorKind::kIo, "Cannot open {}.", path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

std::vector<int> EncodeText(const std::filesystem::path& model, const std::string& text) {
  const auto tokenizer = OpenTokenizer(model, /*required=*/true);
  return tokenizer->Encode(text, {.add_bos = true});
}

std::shared_ptr<Sequence> ReadText(Engine& engine, std::span<const int> ids, OnLogits on_logits) {
  Request request;
  request.prompt.assign(ids.begin(), ids.end());
  request.on_logits = std::move(on_logits);
  const auto sequence = engine.Submit(std::move(request));
  return RunUntilDone(engine, sequence) ? sequence : nullptr;
}

}  // namespace lantern
