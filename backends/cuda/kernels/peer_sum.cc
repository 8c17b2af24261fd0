// The buffers of PeerSums: allocated here, shared with the other ranks' processes. Its kernel is in
// peer_sum.cu.
#include "backends/cuda/kernels/peer_sum.h"

#include <atomic>
#include <cstring>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::cuda {
namespace {

constexpr size_t kPacketBytes = 16;
// CUDA shares memory in whole pages of this size; anything else on them would be shared as well.
constexpr size_t kPageBytes = size_t{2} << 20;

size_t WholePages(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

}  // namespace

PeerSums::PeerSums(int rank, int size, size_t max_bytes) {
  static_assert(sizeof(Handle) == sizeof(cudaIpcMemHandle_t));
  LANTERN_CHECK_GE(rank, 0);
  LANTERN_CHECK_LT(rank, size);
  LANTERN_CHECK_LE(size, kMostRanks);
  buffers_.rank = rank;
  buffers_.size = size;
  buffers_.capacity = static_cast<unsigned>((max_bytes + kPacketBytes - 1) / kPacketBytes);
  const size_t packets = size_t{2} * size * buffers_.capacity;
  const size_t bytes = WholePages(packets * kPacketBytes + sizeof(PeerBuffers::Turn));
  try {
    void* memory = nullptr;
    Require(cudaMalloc(&memory, bytes), "allocating the buffer for sums");
    buffers_.of[rank] = static_cast<uint4*>(memory);
    buffers_.turn = reinterpret_cast<PeerBuffers::Turn*>(buffers_.of[rank] + packets);
    Require(cudaHostAlloc(reinterpret_cast<void**>(&abort_), sizeof(*abort_), cudaHostAllocMapped),
            "allocating memory that GPU and host share");
    *abort_ = 0;
    void* mapped = nullptr;
    Require(cudaHostGetDevicePointer(&mapped, abort_, 0), "sharing memory with the GPU");
    buffers_.abort = static_cast<const unsigned*>(mapped);
    // Before anybody has the handle: all packets are absent, see peer_sum.cu.
    Require(cudaMemset(memory, 0xff, packets * kPacketBytes), "clearing the buffer for sums");
    Require(cudaMemset(buffers_.turn, 0, sizeof(PeerBuffers::Turn)),
            "clearing the buffer for sums");
    Require(cudaDeviceSynchronize(), "clearing the buffer for sums");
  } catch (const Error&) {
    Close();
    throw;
  }
}

PeerSums::~PeerSums() { Close(); }

void PeerSums::Close() {
  for (int rank = 0; rank < buffers_.size; ++rank) {
    if (rank != buffers_.rank && buffers_.of[rank] != nullptr) {
      cudaIpcCloseMemHandle(buffers_.of[rank]);
    }
  }
  cudaFree(buffers_.of[buffers_.rank]);
  if (abort_ != nullptr) cudaFreeHost(abort_);
}

PeerSums::Handle PeerSums::handle() const {
  cudaIpcMemHandle_t shared;
  Require(cudaIpcGetMemHandle(&shared, buffers_.of[buffers_.rank]),
          "sharing GPU memory with other processes");
  Handle handle;
  std::memcpy(handle.data(), &shared, sizeof(shared));
  return handle;
}

void PeerSums::Open(std::span<const Handle> handles) {
  LANTERN_CHECK_EQ(static_cast<int>(handles.size()), buffers_.size);
  for (int rank = 0; rank < buffers_.size; ++rank) {
    if (rank == buffers_.rank) continue;
    cudaIpcMemHandle_t shared;
    std::memcpy(&shared, handles[rank].data(), sizeof(shared));
    void* memory = nullptr;
    const cudaError_t code = cudaIpcOpenMemHandle(&memory, shared, cudaIpcMemLazyEnablePeerAccess);
    if (code != cudaSuccess) {
      cudaGetLastError();  // told here; the next launch is not to blame
      Fail(ErrorKind::kConfig,
           "This rank's GPU cannot reach the GPU memory of rank {} of its stage ({}).", rank,
           cudaGetErrorString(code));
    }
    buffers_.of[rank] = static_cast<uint4*>(memory);
  }
}

bool PeerSums::Fits(int rows, int columns) const {
  return static_cast<long long>(rows) * ((columns + 3LL) / 4) <= buffers_.capacity;
}

void PeerSums::Abort() { std::atomic_ref<unsigned>(*abort_).store(1); }

bool PeerSums::aborted() const { return std::atomic_ref<unsigned>(*abort_).load() != 0; }

}  // namespace lantern::cuda
