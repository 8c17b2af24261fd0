// libFuzzer: any bytes as a safetensors file and as a config.json are read or refused with Error.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "models/hf_config.h"
#include "models/safetensors.h"
#include "src/base/error.h"

namespace lantern {
namespace {

void ReadTensors(std::span<const std::byte> bytes) {
  const SafetensorsFile file(bytes, "fuzz.safetensors");
  unsigned sum = 0;
  for (const SafetensorsTensor& tensor : file.tensors()) {
    for (const std::byte byte : tensor.data) sum += static_cast<unsigned>(byte);
  }
  volatile unsigned keep = sum;  // so that the reads above happen
  (void)keep;
}

}  // namespace
}  // namespace lantern

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    lantern::ReadTensors({reinterpret_cast<const std::byte*>(data), size});
  } catch (const lantern::Error&) {
  }
  try {
    lantern::ParseHfConfig({reinterpret_cast<const char*>(data), size}, "config.json");
  } catch (const lantern::Error&) {
  }
  return 0;
}
