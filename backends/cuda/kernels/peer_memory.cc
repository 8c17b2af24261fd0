#include "backends/cuda/kernels/peer_memory.h"

#include <atomic>
#include <cstring>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::cuda {
namespace {

// CUDA shares memory in whole pages of this size; anything else on them would be shared as well.
constexpr size_t kPageBytes = size_t{2} << 20;

size_t WholePages(size_t bytes) { return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes; }

}  // namespace

PeerMemory::PeerMemory(int rank, int size, size_t bytes)
    : rank_(rank), size_(size), bytes_(WholePages(bytes)) {
  static_assert(sizeof(Handle) == sizeof(cudaIpcMemHandle_t));
  LANTERN_CHECK_GE(rank, 0);
  LANTERN_CHECK_LT(rank, size);
  LANTERN_CHECK_LE(size, kMostRanks);
  try {
    void* memory = nullptr;
    Require(cudaMalloc(&memory, bytes_), "allocating memory for sums");
    of_[rank] = static_cast<std::byte*>(memory);
    Require(cudaMemset(memory, 0, bytes_), "clearing the memory for sums");
    Require(cudaHostAlloc(reinterpret_cast<void**>(&abort_), sizeof(*abort_), cudaHostAllocMapped),
            "allocating memory that GPU and host share");
    *abort_ = 0;
    void* mapped = nullptr;
    Require(cudaHostGetDevicePointer(&mapped, abort_, 0), "sharing memory with the GPU");
    abort_seen_ = static_cast<const unsigned*>(mapped);
    Require(cudaDeviceSynchronize(), "clearing the memory for sums");
  } catch (const Error&) {
    Close();
    throw;
  }
}

PeerMemory::~PeerMemory() { Close(); }

void PeerMemory::Close() {
  for (int rank = 0; rank < size_; ++rank) {
    if (rank != rank_ && of_[rank] != nullptr) cudaIpcCloseMemHandle(of_[rank]);
  }
  cudaFree(of_[rank_]);
  if (abort_ != nullptr) cudaFreeHost(abort_);
}

PeerMemory::Handle PeerMemory::handle() const {
  cudaIpcMemHandle_t shared;
  Require(cudaIpcGetMemHandle(&shared, of_[rank_]), "sharing GPU memory with other processes");
  Handle handle;
  std::memcpy(handle.data(), &shared, sizeof(shared));
  return handle;
}

void PeerMemory::Open(std::span<const Handle> handles) {
  LANTERN_CHECK_EQ(static_cast<int>(handles.size()), size_);
  for (int rank = 0; rank < size_; ++rank) {
    if (rank == rank_) continue;
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
    of_[rank] = static_cast<std::byte*>(memory);
  }
}

void PeerMemory::Abort() { std::atomic_ref<unsigned>(*abort_).store(1); }

bool PeerMemory::aborted() const { return std::atomic_ref<unsigned>(*abort_).load() != 0; }

}  // namespace lantern::cuda
