// How the ranks of a group come to share an NcclGroup, or agree that they have none.
#pragma once

#include <cuda_runtime.h>

#include <chrono>
#include <memory>

#include "net/communicator.h"
#include "net/nccl_group.h"
#include "src/base/error.h"

namespace lantern {

constexpr std::chrono::seconds kNcclConnectLimit{30};

// Calls `make`, whose failure is an answer: what it needs is not there. A lost rank shows at the
// group's next message.
template <class Make>
bool Succeeds(const Make& make) {
  try {
    make();
    return true;
  } catch (const Error&) {
    cudaGetLastError();  // what failed is told by the answer, not by the next launch
    return false;
  }
}

// Null on all ranks where some cannot join. REQUIRES: each rank's own GPU is this thread's device.
// Waits for all ranks. Throws what the group throws.
std::unique_ptr<NcclGroup> JoinNccl(Communicator& group);

}  // namespace lantern
