// What this binary is: ranks of one run must agree on it.
#pragma once

#include <string>

namespace lantern {

// "0.1.0+g1a2b3c4": the version, and the commit it was built from where that is known.
std::string BuildId();
// BuildId and the device it is for, for people.
std::string VersionText();

}  // namespace lantern
