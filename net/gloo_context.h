// GlooContext: gloo's TCP transport over connections that are there already. Gloo itself takes
// whoever connects first for the other rank, and 48 bytes of a stranger make it abort the process:
// it may only ever see connections that are proven.
#pragma once

#include <gloo/transport/context.h>

#include <chrono>
#include <memory>
#include <vector>

#include "net/proven_links.h"

namespace lantern {

// How long gloo waits for what must come at once, before it gives the connection up. Longer than
// a link that drops everything lasts, and than the control plane takes to miss a silent rank.
constexpr std::chrono::seconds kGlooPatience{5};

struct GlooContext {
  std::shared_ptr<gloo::transport::Context> context;
  std::vector<int> fds;  // of the connections, by rank; gloo's own
};

// All pairs are connected. Gloo's interface has no way to hand a connection over, so each pair
// first gets one over loopback, which is then replaced under its descriptor. Before that, gloo has
// sent `most_bytes` into it: it sets a connection's SO_SNDBUF to what it sends if that is more than
// ever before, and from then on leaves it alone. Throws gloo::Exception and Error{kPeerLost} where
// the system refuses.
GlooContext MakeGlooContext(int rank, std::vector<OwnedSocket> links, size_t most_bytes);

}  // namespace lantern
