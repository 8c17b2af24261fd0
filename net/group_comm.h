// GroupComm: some ranks of another communicator as a group of their own, over the same transport.
#pragma once

#include <memory>
#include <vector>

#include "net/communicator.h"

namespace lantern {

// `members`: ranks of `world` that form the group; a member's place in the list is its rank there.
// Messages share the pairwise order of `world`, so the two may be used in turns by one thread.
// Abort ends the waits of `world` too: a group cannot outlive its transport. Counters are the
// group's own; `world` counts the same traffic again.
// REQUIRES: members are distinct and include this rank.
std::unique_ptr<Communicator> MakeGroup(std::shared_ptr<Communicator> world,
                                        std::vector<int> members);

}  // namespace lantern
