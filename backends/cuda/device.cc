#include "backends/cuda/device.h"

#include "src/base/error.h"

namespace lantern::cuda {

cudaDeviceProp UseDevice(const DeviceOptions& options) {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code != cudaSuccess || count == 0) {
    Fail(ErrorKind::kConfig,
         "This build of Lantern computes on NVIDIA GPUs and finds none here ({}): install the "
         "driver, or compute on the processor with --device cpu.",
         code == cudaSuccess ? "the driver lists no device" : cudaGetErrorString(code));
  }
  if (options.index < 0 || options.index >= count) {
    Fail(ErrorKind::kConfig,
         "GPU {} is wanted and this machine has {}, counted from 0: start no more than {} rank{} "
         "here.",
         options.index, count, count, count == 1 ? "" : "s");
  }
  Require(cudaSetDevice(options.index), "choosing a device");
  cudaDeviceProp properties;
  Require(cudaGetDeviceProperties(&properties, options.index), "asking the device");
  constexpr int kLeastMajor = 8;  // bf16 matrix instructions
  if (properties.major < kLeastMajor) {
    Fail(ErrorKind::kConfig,
         "{} is too old: this build needs an NVIDIA GPU of compute capability 8.0 or later, and it "
         "has {}.{}; compute on the processor with --device cpu.",
         properties.name, properties.major, properties.minor);
  }
  return properties;
}

std::shared_ptr<std::byte> DeviceMemory(size_t bytes) {
  void* data = nullptr;
  Require(cudaMalloc(&data, bytes > 0 ? bytes : 1), "allocating memory");
  return {static_cast<std::byte*>(data), [](std::byte* p) { cudaFree(p); }};
}

std::shared_ptr<std::byte> ZeroedMemory(size_t bytes) {
  const auto data = DeviceMemory(bytes);
  Require(cudaMemset(data.get(), 0, bytes), "clearing memory");
  // It goes on when the call has returned, on a stream that a context's does not wait for.
  Require(cudaStreamSynchronize(cudaStreamLegacy), "clearing memory");
  return data;
}

std::shared_ptr<std::byte> PinnedMemory(size_t bytes) {
  void* data = nullptr;
  Require(cudaMallocHost(&data, bytes > 0 ? bytes : 1), "allocating the host's memory");
  return {static_cast<std::byte*>(data), [](std::byte* p) { cudaFreeHost(p); }};
}

std::byte* Scratch::Get(size_t bytes, bool& grown) {
  grown = bytes > bytes_;
  if (grown) {
    data_.reset();
    bytes_ = 0;
    data_ = ZeroedMemory(bytes);
    bytes_ = bytes;
  }
  return data_.get();
}

Staging::Staging() {
  Require(cudaEventCreateWithFlags(&done_, cudaEventDisableTiming), "making an event");
}

Staging::~Staging() { cudaEventDestroy(done_); }

std::byte* Staging::Host(size_t bytes) {
  Require(cudaEventSynchronize(done_), "copying weights");
  if (bytes > bytes_) {
    host_ = PinnedMemory(bytes);
    device_ = DeviceMemory(bytes);
    bytes_ = bytes;
  }
  return host_.get();
}

const std::byte* Staging::Copy(const Queue& queue, size_t bytes) {
  Require(cudaMemcpyAsync(device_.get(), host_.get(), bytes, cudaMemcpyHostToDevice, queue.stream),
          "copying weights");
  return device_.get();
}

void Staging::Done(const Queue& queue) {
  Require(cudaEventRecord(done_, queue.stream), "copying weights");
}

}  // namespace lantern::cuda
