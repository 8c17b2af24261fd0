// Moves: small copies between the device's memory and pinned pages of the host, by a kernel. A copy
// engine begins and ends several microseconds after the kernels around it, which every step would
// wait for.
#pragma once

#include <cstddef>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// Copies `bytes`, a multiple of 4; where `from` is null, sets each byte to `fill`. Both ends are
// 16-byte aligned, and have room up to the next multiple of 16.
struct Move {
  void* to = nullptr;
  const void* from = nullptr;
  size_t bytes = 0;
  unsigned char fill = 0;
};
// Queues two of them that have nothing in common.
void MoveBoth(const Queue& queue, const Move& one, const Move& other);

}  // namespace lantern::cuda
