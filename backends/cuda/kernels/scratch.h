// FixedScratch: device memory for what lives within one operation.
#pragma once

#include <cstddef>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// Allocated when it is first asked for, and neither moved nor freed before the end: graphs that
// were captured with its address stay valid.
class FixedScratch {
 public:
  explicit FixedScratch(size_t bytes) : bytes_(bytes) {}
  ~FixedScratch() { cudaFree(data_); }
  FixedScratch(const FixedScratch&) = delete;
  FixedScratch& operator=(const FixedScratch&) = delete;

  size_t bytes() const { return bytes_; }
  std::byte* data() {
    if (data_ == nullptr) Require(cudaMalloc(&data_, bytes_), "allocating scratch memory");
    return static_cast<std::byte*>(data_);
  }

 private:
  const size_t bytes_;
  void* data_ = nullptr;
};

}  // namespace lantern::cuda
