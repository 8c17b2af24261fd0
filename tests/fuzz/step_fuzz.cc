// libFuzzer: any bytes as step messages either decode, and then travel again unchanged, or throw
// Error.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/engine/step_codec.h"

namespace lantern {
namespace {

template <class Message>
void TravelTwice(std::span<const std::byte> bytes) {
  try {
    Message first, second;
    Fallback first_fallback, second_fallback;
    Decode(bytes, first, first_fallback);
    std::vector<std::byte> once, again;
    Encode(first, first_fallback, once);
    Decode(once, second, second_fallback);
    Encode(second, second_fallback, again);
    LANTERN_CHECK(once == again);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace lantern

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  lantern::TravelTwice<lantern::StepPlan>(bytes);
  lantern::TravelTwice<lantern::LogitsRows>(bytes);
  return 0;
}
