// The GPU that a context computes on, and memory there and in pinned pages of the host, which are
// copied at the bus's speed. Memory is freed with its owner.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <memory>
#include <string>

#include "backends/backend_concept.h"
#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// Makes the wanted GPU this thread's, and returns its properties. Throws Error{kConfig} where
// there is no GPU, or none of that number.
cudaDeviceProp UseDevice(const DeviceOptions& options);

// Throw Error{kConfig} where there is not that much.
std::shared_ptr<std::byte> DeviceMemory(size_t bytes);
std::shared_ptr<std::byte> ZeroedMemory(size_t bytes);  // the device's, too
std::shared_ptr<std::byte> PinnedMemory(size_t bytes);

// Memory of the device that grows and keeps nothing then.
class Scratch {
 public:
  // At least so many bytes. `grown`: they lie elsewhere than before, and are zero.
  std::byte* Get(size_t bytes, bool& grown);

 private:
  std::shared_ptr<std::byte> data_;
  size_t bytes_ = 0;
};

// A buffer that bytes are written to on the host, and its copy on the device.
class Staging {
 public:
  Staging();
  ~Staging();
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  // Room for so many bytes, once what was queued up to the last Done has ended.
  std::byte* Host(size_t bytes);
  // Queues the copy of the first bytes and says where they will lie.
  const std::byte* Copy(const Queue& queue, size_t bytes);
  void Done(const Queue& queue);

 private:
  std::shared_ptr<std::byte> host_, device_;
  size_t bytes_ = 0;
  cudaEvent_t done_ = nullptr;
};

}  // namespace lantern::cuda
