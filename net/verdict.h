// Verdict: asks whoever watches the members (net/control) why a peer was lost. A broken connection
// alone does not tell: when one rank dies, the others close theirs too, and whose end is seen
// first is chance.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace lantern {

// Returns the reason once it is known, waiting up to `wait` for it; nullopt when all seems well.
using Verdict = std::function<std::optional<std::string>(std::chrono::milliseconds wait)>;

}  // namespace lantern
