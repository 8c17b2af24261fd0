// Self: what a rank says of itself to the others, leader and worker alike.
#pragma once

#include <functional>
#include <string>

#include "net/control/control_plane.h"
#include "net/gloo_comm.h"

namespace lantern {

// `wanted_rank`: -1 for any. `leader`: HOST:PORT of its control socket; traffic towards it decides
// under which address the others reach this machine.
Join DescribeSelf(int wanted_rank, const std::string& isa, const std::string& leader,
                  double read_gbps);

// `endpoint`: the leader's. The same address family and network carry the data.
GlooOptions Connection(int rank, int size, const std::string& endpoint, const std::string& epoch,
                       Verdict verdict);

// Says a line when it changes.
WaitProgress Changes(std::function<void(const std::string&)> say);

}  // namespace lantern
