#include "backends/cuda/context.h"

#include "backends/cuda/cuda_backend.h"
#include "src/base/error.h"

namespace lantern {
namespace {

cuda::Real ComputeType(const std::string& name) {
  if (name == "bf16") return cuda::Real::kBF16;
  if (name == "f16") return cuda::Real::kF16;
  if (name == "f32") return cuda::Real::kF32;
  Fail(ErrorKind::kConfig, "--compute {} is not one that GPUs have here: choose bf16, f16 or f32.",
       name);
}

cuda::Queue MakeQueue(const DeviceOptions& device) {
  cuda::UseDevice(device);
  cudaStream_t stream = nullptr;
  cuda::Require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a queue");
  return cuda::QueueOn(stream);
}

}  // namespace

CudaContext::CudaContext(const ContextOptions& options)
    : device_(options.device.index),
      queue_(MakeQueue(options.device)),
      compute_(ComputeType(options.device.compute)),
      host_threads_(options.threads, false),
      large_products_(std::make_unique<cuda::LargeProducts>(queue_)) {}

CudaContext::~CudaContext() {
  cudaSetDevice(
      device_);  // unchecked: a device that failed has said so, and nothing is thrown here
  cudaStreamSynchronize(queue_.stream);
  recorded_.Clear();
  large_products_.reset();
  cudaStreamDestroy(queue_.stream);
}

void CudaContext::Enter() const { cuda::Require(cudaSetDevice(device_), "choosing a device"); }

void CudaContext::Wait() {
  cuda::Require(cudaStreamSynchronize(queue_.stream), "computing a step");
}

bool CudaContext::IsIdle() {
  const cudaError_t code = cudaStreamQuery(queue_.stream);
  if (code == cudaErrorNotReady) return false;
  cuda::Require(code, "computing a step");
  return true;
}

std::byte* CudaContext::AttentionScratch(size_t bytes) {
  bool moved = false;
  std::byte* const data = attention_scratch_.Get(bytes, moved);
  if (moved) recorded_.Clear();
  return data;
}

float* CudaContext::F32Scratch() {
  bool moved = false;
  return reinterpret_cast<float*>(f32_scratch_.Get(cuda::kF32ScratchBytes, moved));
}

std::shared_ptr<CudaContext> CudaBackend::MakeContext(const ContextOptions& options) {
  if (options.threads < 1) {
    Fail(ErrorKind::kConfig, "A rank needs at least one thread, not {}.", options.threads);
  }
  if (options.gemm != "own") {
    Fail(ErrorKind::kConfig, "--gemm {} is for the processor: leave it out, or add --device cpu.",
         options.gemm);
  }
  return std::make_shared<CudaContext>(options);
}

std::string CudaBackend::GemmName(Context& context) {
  return context.large_products().library() + " in " + Info(TypeOf(context.compute())).name;
}

void CudaBackend::RequireSupport(const Context&, DType type) {
  if (cuda::Supports(type)) return;
  Fail(ErrorKind::kConfig,
       "GPUs here have no kernels for {} weights: convert them with --type q8_0, or compute on the "
       "processor with --device cpu.",
       Info(type).name);
}

bool CudaBackend::IsHost(const DeviceOptions&) { return false; }

std::string CudaBackend::DeviceName(const DeviceOptions& device) {
  return cuda::UseDevice(device).name;
}

size_t CudaBackend::AvailableMemory(const DeviceOptions& device) {
  cuda::UseDevice(device);
  size_t free = 0, total = 0;
  cuda::Require(cudaMemGetInfo(&free, &total), "asking the device");
  return free;
}

size_t CudaBackend::PackedBytes(const DeviceOptions&, DType type, int out, int in) {
  return cuda::PackedBytes(type, out, in);
}

size_t CudaBackend::TableBytes(const DeviceOptions&, DType type, int rows, int columns) {
  return RowBytes(type, columns) * rows;
}

}  // namespace lantern
