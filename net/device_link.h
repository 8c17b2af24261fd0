// DeviceLink: from a rank's GPU to that of the next stage's rank at the same place: large hidden
// states go from device to device, and the host sees none of them. The plan goes over the network
// as ever, so that a lost rank shows there. Each link is a group of two and has one direction, so
// what one end sends is what the other receives next, whatever else both are doing.
#pragma once

#include <memory>
#include <string>

#include "backends/backend.h"
#include "net/communicator.h"

namespace lantern {

class DeviceLink {
 public:
  // REQUIRES: what was sent is settled, or the pair's Abort was called.
  virtual ~DeviceLink() = default;

  // The following throw Error{kPeerLost} where the pair lost a rank; nothing is under way then.

  // First end: sends x, which travels while this rank computes, and stays the link's until Settle
  // of this slot. REQUIRES: x is computed, not only queued; the slot is settled.
  virtual void Send(Tensor x, int slot) = 0;
  // First end: waits until what was sent from the slot, if anything, has left.
  virtual void Settle(int slot) = 0;
  // Second end: waits for an x of the same shape as was sent.
  virtual void Receive(Tensor x) = 0;
};

// The link from rank 0 of `pair` to rank 1; null at both where one computes on its processor, or
// NCCL cannot connect them: then the hidden state goes over the host. Both call this at one time.
// `slots`: steps in flight. Throws what the pair throws.
std::unique_ptr<DeviceLink> MakeDeviceLink(Backend::Context& context,
                                           std::shared_ptr<Communicator> pair, int slots);

}  // namespace lantern
