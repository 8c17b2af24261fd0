// ThreadComm: N ranks as N threads of one process. The oracle for the other transports, and the
// fastest way to run a distributed test.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "net/communicator.h"

namespace lantern {

// One communicator per rank; each is used by one thread. A send ends when the receiver has taken
// the message, as over TCP for large ones, so that code that would deadlock there deadlocks here.
// Destroying one while others still wait for it ends their waits with Error{kPeerLost}.
// `step_limit` bounds waits with Patience::kStep.
std::vector<std::unique_ptr<Communicator>> MakeThreadGroup(
    int size, std::chrono::milliseconds step_limit = std::chrono::seconds(120));

}  // namespace lantern
