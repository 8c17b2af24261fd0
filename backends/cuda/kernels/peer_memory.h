// PeerMemory: memory of this GPU that the GPUs of other ranks on the machine reach, and theirs.
// What lies in it is up to its users, PeerSums and PeerRows.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

class PeerMemory {
 public:
  static constexpr int kMostRanks = 8;
  // What another process on this machine needs to reach the memory: a cudaIpcMemHandle_t. The GPU
  // it lies on must be visible in that process too (CUDA_VISIBLE_DEVICES).
  using Handle = std::array<std::byte, 64>;

  // Of rank `rank` of `size`, on the current device; zeroed. All ranks give the same bytes.
  PeerMemory(int rank, int size, size_t bytes);
  // REQUIRES: nobody has work under way in it, or work was aborted.
  ~PeerMemory();
  PeerMemory(const PeerMemory&) = delete;
  PeerMemory& operator=(const PeerMemory&) = delete;

  Handle handle() const;
  // Reaches the others' memory; handles in rank order, every rank one process. Throws
  // Error{kConfig} naming the rank whose memory this GPU cannot reach. If it throws on one rank, no
  // rank may use it.
  void Open(std::span<const Handle> handles);

  int rank() const { return rank_; }
  int size() const { return size_; }
  size_t bytes() const { return bytes_; }
  // A rank's memory as this GPU sees it; null where it was not opened.
  std::byte* of(int rank) const { return of_[rank]; }

  // Ends what waits for other ranks here, now and later, within milliseconds. Any thread, also
  // while the device waits.
  void Abort();
  bool aborted() const;
  // Not 0 once that was called: as kernels see it.
  const unsigned* abort_word() const { return abort_seen_; }

 private:
  void Close();

  const int rank_, size_;
  const size_t bytes_;
  std::array<std::byte*, kMostRanks> of_{};
  unsigned* abort_ = nullptr;  // in memory of the host that the device reads
  const unsigned* abort_seen_ = nullptr;
};

}  // namespace lantern::cuda
