// PeerSums' part of the memory that ranks share. Its kernel is in peer_sum.cu.
#include "backends/cuda/kernels/peer_sum.h"

#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr size_t kPacketBytes = 16;

size_t Packets(size_t max_bytes) { return (max_bytes + kPacketBytes - 1) / kPacketBytes; }
size_t PacketBytes(int size, size_t capacity) { return 2 * size * capacity * kPacketBytes; }

}  // namespace

size_t PeerSums::Bytes(int size, size_t max_bytes) {
  static_assert(sizeof(PeerBuffers::Turn) <= kPacketBytes);
  return PacketBytes(size, Packets(max_bytes)) + kPacketBytes;
}

PeerSums::PeerSums(PeerMemory& memory, size_t offset, size_t max_bytes)
    : memory_(memory), offset_(offset), capacity_(static_cast<unsigned>(Packets(max_bytes))) {
  LANTERN_CHECK_EQ(offset % kPacketBytes, 0u);
  LANTERN_CHECK_LE(offset + Bytes(memory.size(), max_bytes), memory.bytes());
  // All packets are absent, see peer_sum.cu. The turn behind them is zero already.
  Require(
      cudaMemset(memory.of(memory.rank()) + offset, 0xff, PacketBytes(memory.size(), capacity_)),
      "clearing the memory for sums");
  Require(cudaDeviceSynchronize(), "clearing the memory for sums");
}

PeerBuffers PeerSums::Buffers() const {
  PeerBuffers buffers{};
  for (int rank = 0; rank < memory_.size(); ++rank) {
    LANTERN_CHECK(memory_.of(rank) != nullptr);
    buffers.of[rank] = reinterpret_cast<uint4*>(memory_.of(rank) + offset_);
  }
  buffers.turn = reinterpret_cast<PeerBuffers::Turn*>(memory_.of(memory_.rank()) + offset_ +
                                                      PacketBytes(memory_.size(), capacity_));
  buffers.abort = memory_.abort_word();
  buffers.rank = memory_.rank();
  buffers.size = memory_.size();
  buffers.capacity = capacity_;
  return buffers;
}

bool PeerSums::Fits(int rows, int columns) const {
  return static_cast<long long>(rows) * ((columns + 3LL) / 4) <= capacity_;
}

}  // namespace lantern::cuda
