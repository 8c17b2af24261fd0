// LinkProbe: whether every rank can open TCP connections to every other one. Gloo would find out
// too, but names neither side; and where two machines have the same address (that of a virtual
// bridge, say), it would connect to the wrong one.
#pragma once

#include <chrono>
#include <string>

#include "net/rendezvous.h"

namespace lantern {

struct ProbeOptions {
  int rank = 0;
  int size = 1;
  std::string name;  // of this machine, for the sentence
  std::string host;  // the address under which the others reach it
  // For one connection; a firewall that drops packets in silence takes all of it.
  std::chrono::milliseconds limit = std::chrono::seconds(3);
};

// Collective. Returns once all pairs are found good, in both directions. Otherwise throws
// Error{kPeerLost} on every rank, with the same sentence: who cannot reach whom, under which
// address, and why. Also throws what the rendezvous does.
void ProbeLinks(const ProbeOptions& options, Rendezvous& rendezvous);

}  // namespace lantern
