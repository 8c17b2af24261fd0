#include "src/base/version.h"

namespace lantern {

std::string BuildId() { return LANTERN_BUILD_ID; }

std::string VersionText() { return "lantern " + BuildId() + " (" LANTERN_DEVICE ")"; }

}  // namespace lantern
