// What sums and hand-overs take of a rank's GPU, beside all that the plan tells. An allowance and
// no count: NCCL says nowhere what it will take, and takes it when two GPUs first exchange
// something, after the weights are there. So the check before loading leaves room.
//
// NCCL connects two GPUs of a machine by up to 32 channels (Hopper's NVLink; fewer over PCIe). Each
// has, at the end that receives, a buffer for each of its three protocols, 4 MiB (NCCL_BUFFSIZE),
// 4.7 MiB and 0.5 MiB, in pages of 2 MiB: 10 MiB; at the end that sends, a page: 12 MiB for both
// ways. A group takes some 64 MiB more, which its kernels share with the host, and the kernels
// themselves are there once. Two H200 each had 860 MiB less with a group that sums, 698 and 954
// with one that hands over (NCCL 2.28, gpu_sums_test); what of that is whose is not known. Sums of
// two ranks connect them, or take peer memory: 64 MiB, and up to 256 MiB where they divide rows;
// sums of more connect a rank with two neighbours (a ring's; a tree's), or take 256 MiB for
// multicast beside one (NVLS, 8 GPUs). A link is a group of its own, which versions before 2.22
// connect both ways whatever it sends. To other machines NCCL's buffers lie in the host's memory,
// but who is where, and on which device, is not known here.
#pragma once

#include <algorithm>
#include <cstddef>

#include "net/parallel_plan.h"

namespace lantern {

// For a rank that computes on a GPU.
inline size_t DeviceAllowance(const ParallelPlan& plan, int rank) {
  constexpr size_t kMiB = size_t{1} << 20, kConnection = 32 * 12 * kMiB, kGroup = 64 * kMiB,
                   kOnce = 576 * kMiB;
  const int stage = plan.StageOf(rank), of_sums = std::min(plan.tp - 1, 2);
  const int links = (stage > 0) + (stage < plan.pp - 1);
  const int groups = (of_sums > 0) + links;
  return kConnection * (of_sums + links) + kGroup * groups + (groups > 0 ? kOnce : 0);
}

}  // namespace lantern
