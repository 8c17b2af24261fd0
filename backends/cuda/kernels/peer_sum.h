// PeerSums: sums over GPUs of one machine that reach each other's memory. Every rank writes its
// vector straight into a buffer of every other and adds what arrives in its own: one flight over
// the link and no message before or after. That is the fastest for small sums, and for large ones
// of two ranks; others, and those of GPUs without such a link, are NCCL's (net/nccl_group.h).
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "backends/cuda/kernels/queue.h"
#include "src/tensor/dtype.h"

namespace lantern::cuda {

// What the kernel knows; PeerSums fills it.
struct PeerBuffers {
  static constexpr int kMostRanks = 8;
  // Which half of the buffers the next sum uses. Counted on the device, so that graphs that hold
  // sums can be replayed.
  struct Turn {
    unsigned sums;     // so far, modulo 2^32
    unsigned waiting;  // blocks of this sum that know theirs
  };
  uint4* of[kMostRanks];  // by rank, as this GPU sees them: packets [2 halves][from][capacity]
  Turn* turn;
  const unsigned* abort;
  int rank, size;
  unsigned capacity;  // packets of 16 bytes
};

class PeerSums {
 public:
  static constexpr int kMostRanks = PeerBuffers::kMostRanks;
  // What another process on this machine needs to reach a buffer: a cudaIpcMemHandle_t. The GPU it
  // lies on must be visible in that process too (CUDA_VISIBLE_DEVICES).
  using Handle = std::array<std::byte, 64>;

  // Rank `rank` of `size`, on the current device, for vectors of up to max_bytes in f32. All ranks
  // give the same size and max_bytes. Uses 2 * size * max_bytes of device memory.
  PeerSums(int rank, int size, size_t max_bytes);
  // REQUIRES: no rank has a sum under way, or this one was aborted.
  ~PeerSums();
  PeerSums(const PeerSums&) = delete;
  PeerSums& operator=(const PeerSums&) = delete;

  Handle handle() const;
  // Reaches the others' buffers; handles in rank order, every rank one process. Throws
  // Error{kConfig} naming the rank whose memory this GPU cannot reach. If it throws on one rank, no
  // rank may call Sum.
  void Open(std::span<const Handle> handles);

  // Whether Sum takes vectors of this shape.
  bool Fits(int rows, int columns) const;

  // x += the sum of all ranks' partials, added in rank order: the same bits on every rank that has
  // the same x. f32 both. `wire`: how partials travel, this rank's own included: kF32, kBF16 or
  // kF16, as WireFormat has them (net/wire_format.h), but that the 32-bit word 0xffffffff, a NaN,
  // travels as another NaN.
  // REQUIRES: Fits; all ranks call this with the same shapes and wires in the same order; one
  // rank's calls, and replays of graphs that hold them, are on one stream.
  void Sum(const Queue& queue, Matrix x, Matrix partial, DType wire = DType::kF32);

  // Ends this rank's present and future sums within milliseconds; what they leave in x is of no
  // use. Any thread, also while the device waits.
  void Abort();
  bool aborted() const;

 private:
  void Close();

  PeerBuffers buffers_{};
  unsigned* abort_ = nullptr;  // in memory of the host that the device reads
};

}  // namespace lantern::cuda
