// libFuzzer: any bytes as a GGUF file either open, and then every accessor holds, or throw Error.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/gguf.h"
#include "models/gguf_weights.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Runs `read`; an Error is an answer, anything else is a finding.
template <class Read>
void Tolerate(const Read& read) {
  try {
    read();
  } catch (const Error&) {
  }
}

void ReadKey(const GgufFile& file, std::string_view key) {
  Tolerate([&] { file.Int(key); });
  Tolerate([&] { file.Float(key); });
  Tolerate([&] { file.Bool(key); });
  Tolerate([&] { file.String(key); });
  Tolerate([&] { file.Strings(key); });
  Tolerate([&] { file.Ints(key); });
  Tolerate([&] { file.Floats(key); });
}

void ReadAll(std::span<const std::byte> bytes) {
  const GgufFile file(bytes, "fuzz.gguf");
  for (const char* key : {"a", "general.architecture", "tokenizer.ggml.tokens"}) {
    ReadKey(file, key);
  }
  unsigned sum = 0;
  for (const GgufTensor& tensor : file.tensors()) {
    for (const std::byte byte : tensor.data) sum += static_cast<unsigned>(byte);
  }
  volatile unsigned keep = sum;  // so that the reads above happen
  (void)keep;
  ReadGgufConfig(file);
}

}  // namespace
}  // namespace lantern

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  lantern::Tolerate([&] { lantern::ReadAll({reinterpret_cast<const std::byte*>(data), size}); });
  return 0;
}
