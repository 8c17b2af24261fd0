#include "src/engine/sequence.h"

#include <fmt/format.h>

#include "src/engine/step_plan.h"

namespace lantern {

const char* Name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kNone:
      return "none";
    case FinishReason::kStop:
      return "stop";
    case FinishReason::kLength:
      return "length";
    case FinishReason::kContext:
      return "context";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "none";
}

std::string LogitsHash(const Sequence& sequence) {
  return fmt::format("{:016x}", HashOf(sequence.position_hashes));
}

}  // namespace lantern
