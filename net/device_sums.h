// DeviceSums: sums over the ranks of a stage that all compute on GPUs, from device to device; the
// host sees none of the numbers. Small vectors, and all of two ranks, go by our own kernel over
// peer memory where the GPUs reach each other (backends/cuda/kernels/peer_sum.h), others through
// NCCL. In large steps of two ranks each has half of the residual stream's rows, and sums only
// these (peer_rows.h).
#pragma once

#include <memory>

#include "backends/backend.h"
#include "net/communicator.h"
#include "net/reducer.h"

namespace lantern {

class DeviceSums {
 public:
  // REQUIRES: what was queued was waited for, or the group's Abort was called.
  virtual ~DeviceSums() = default;
  // Queues x += the sum over all ranks of `partial`, whose memory may change: the same bits on
  // every rank. All ranks queue the same sums in the same order.
  virtual void AddSum(Tensor x, Tensor partial) = 0;
  // The same in f32, whatever the wire's format is; and it may be recorded where Repeats says so of
  // any steps.
  virtual void AddExactSum(Tensor x, Tensor partial) = 0;

  // Whether ranks divide the rows of steps of so many tokens: the same on all. Then a sum is a
  // StartRows and one of the others, and x holds what it should in this rank's rows only, until
  // JoinRows. All in f32, whatever the wire's format is.
  virtual bool DividesRows(int tokens) const = 0;
  // Queues partial = input * W^T, and sends the other rank its rows beside that.
  virtual void StartRows(Tensor partial, Tensor input, const WeightMatrix& weight) = 0;
  // Queues x += the sum of all ranks' partial. Returns all rows' norms, as Backend::RmsNorm has
  // them; there until the next sum.
  virtual Tensor NormRows(Tensor x, Tensor partial, Tensor weight, float eps) = 0;
  // Queues x += the sum of all ranks' partial, in all rows.
  virtual void JoinRows(Tensor x, Tensor partial) = 0;

  // Whether steps of so many tokens may be recorded and replayed.
  virtual bool Repeats(int tokens) const = 0;
  // Whether the GPUs are all of one kind: equal work gives equal bits on all of them.
  virtual bool Alike() const = 0;
  // Waits until all that is queued has ended. Throws Error{kPeerLost} where the group lost a rank
  // meanwhile; the device is idle then, too.
  virtual void Wait() = 0;
  // Likewise, for the last step of Backend::RunStep's slot, and what was queued before it.
  virtual void WaitForStep(int slot) = 0;
};

// Null where sums go over the host: some rank computes on its processor, reaches no other GPU, or
// the wire's format is the host's alone (q8). The group agrees on it, and must outlive it.
// Of vectors of `dim` columns, in steps of at most `tokens`; all ranks give the same. Waits for all
// ranks. Throws what the group throws.
std::unique_ptr<DeviceSums> MakeDeviceSums(Backend::Context& context, Communicator& group,
                                           WireFormat format, int dim, int tokens);

}  // namespace lantern
