// PeerSums: sums over GPUs of one machine that reach each other's memory. Every rank writes its
// vector straight into a buffer of every other and adds what arrives in its own: one flight over
// the link and no message before or after. That is the fastest for small sums, and for large ones
// of two ranks; others, and those of GPUs without such a link, are NCCL's (net/nccl_group.h).
#pragma once

#include <cstddef>

#include "backends/cuda/kernels/peer_memory.h"
#include "backends/cuda/kernels/queue.h"
#include "src/tensor/dtype.h"

namespace lantern::cuda {

// What the kernel knows; PeerSums fills it.
struct PeerBuffers {
  // Which half of the buffers the next sum uses. Counted on the device, so that graphs that hold
  // sums can be replayed.
  struct Turn {
    unsigned sums;     // so far, modulo 2^32
    unsigned waiting;  // blocks of this sum that know theirs
  };
  uint4* of[PeerMemory::kMostRanks];  // by rank, as this GPU sees them: packets [2
                                      // halves][from][capacity]
  Turn* turn;
  const unsigned* abort;
  int rank, size;
  unsigned capacity;  // packets of 16 bytes
};

class PeerSums {
 public:
  // Of memory, for vectors of up to max_bytes in f32; a multiple of 16.
  static size_t Bytes(int size, size_t max_bytes);

  // In bytes [offset, offset + Bytes) of `memory`, which must outlive this; all ranks give the same
  // offset, a multiple of 16, and max_bytes. To be made before others have the memory's handle.
  PeerSums(PeerMemory& memory, size_t offset, size_t max_bytes);

  // Whether Sum takes vectors of this shape.
  bool Fits(int rows, int columns) const;

  // x += the sum of all ranks' partials, added in rank order: the same bits on every rank that has
  // the same x. f32 both. `wire`: how partials travel, this rank's own included: kF32, kBF16 or
  // kF16, as WireFormat has them (net/wire_format.h), but that the 32-bit word 0xffffffff, a NaN,
  // travels as another NaN.
  // REQUIRES: Fits; the memory is open; all ranks call this with the same shapes and wires in the
  // same order; one rank's calls, and replays of graphs that hold them, are on one stream. What is
  // in x once the memory was aborted is of no use.
  void Sum(const Queue& queue, Matrix x, Matrix partial, DType wire = DType::kF32);

 private:
  PeerBuffers Buffers() const;

  const PeerMemory& memory_;
  const size_t offset_;
  const unsigned capacity_;  // packets
};

}  // namespace lantern::cuda
