// This process's part where a launcher gave it a rank above 0.
#pragma once

#include "src/engine/session.h"

namespace lantern {

// Follows one run, as `lantern worker` does, and returns the exit code.
int Follow(const SessionOptions& options);

}  // namespace lantern
