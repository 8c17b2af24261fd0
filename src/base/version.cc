#include "src/base/version.h"

namespace lantern {

std::string BuildId() { return LANTERN_BUILD_ID; }

std::string VersionText() {
#if LANTERN_CUDA
  return "lantern " + BuildId() + " (CUDA)";
#else
  return "lantern " + BuildId() + " (CPU)";
#endif
}

}  // namespace lantern
