// DeviceWork: what a rank's GPU does together with others', sums and hand-overs. On a device it
// waits for their part, for ever where one of them is lost; here it is ended then, wherever this
// rank's thread is: maybe in a call that waits for the device, such as one that frees memory.
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "backends/cuda/kernels/peer_memory.h"
#include "net/communicator.h"
#include "net/nccl_group.h"
#include "src/base/error.h"

namespace lantern {

class DeviceWork {
 public:
  // Work of `group` on `stream`, by NCCL, over peer memory, or both; null: not by that. All must
  // outlive this.
  DeviceWork(Communicator& group, cudaStream_t stream, NcclGroup* nccl, cuda::PeerMemory* peers)
      : group_(group),
        stream_(stream),
        nccl_(nccl),
        peers_(peers),
        watch_(group, [this](const std::string& reason) { End(reason); }) {}

  // Calls `body`, which starts work or waits for it. What it throws ends all work; where a rank was
  // lost, what the group says of that is thrown instead.
  template <class Body>
  void Guarded(const Body& body) const {
    try {
      body();
    } catch (const Error& e) {
      End(e.what());
      cudaStreamSynchronize(stream_);
      if (e.kind() == ErrorKind::kPeerLost) ThrowVerdict();
      throw;
    }
  }

  // Waits until the work is done, as far as `done` says. Throws Error{kPeerLost} where it was ended
  // meanwhile.
  template <class Done>
  void WaitUntil(const Done& done) const {
    while (!done()) Check();
    Check();  // what was ended looks like what has arrived
  }

 private:
  // What is under way and what will be. Any thread; the first reason stays.
  void End(const std::string& reason) const {
    if (peers_ != nullptr) peers_->Abort();
    if (nccl_ != nullptr) nccl_->Abort(reason);
  }
  void Check() const {
    group_.Progress();
    if (nccl_ != nullptr) nccl_->Check();
  }
  void ThrowVerdict() const;

  Communicator& group_;
  const cudaStream_t stream_;
  NcclGroup* const nccl_;
  cuda::PeerMemory* const peers_;
  const AbortWatch watch_;
};

}  // namespace lantern
