// Collectives as free functions over a Communicator. Sums are running_sum.h's.
#pragma once

#include <cstddef>
#include <span>

#include "net/communicator.h"

namespace lantern {

// Root's bytes to everyone, in one hop.
void Broadcast(Communicator& comm, std::span<std::byte> bytes, int root,
               Patience patience = Patience::kStep);

// Every rank waits for every other.
void Barrier(Communicator& comm);

}  // namespace lantern
