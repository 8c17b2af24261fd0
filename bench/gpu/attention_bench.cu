// How long attention takes, for the heads of Llama 3 8B and a cache in f16: a graph of many layers'
// launches, each layer with a cache of its own, so that caches come from memory as they do between
// the products of a model.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "backends/cuda/kernels/attention.h"

namespace lantern::cuda {
namespace {

constexpr int kQueryHeads = 32, kKvHeads = 8, kHeadDim = 128, kBlock = 32;
constexpr size_t kPool = size_t{1200} << 20;  // bytes of all layers' caches
constexpr int kMostLayers = 128, kRepeats = 9;

struct Shape {
  const char* name;
  int sequences, start, length;  // each sequence has `length` new tokens from position `start`
  int bucket;                    // most_positions as the caller would round it
};

int Positions(const Shape& shape) { return shape.start + shape.length; }
int Tokens(const Shape& shape) { return shape.sequences * shape.length; }

double CacheBytes(const Shape& shape) {
  return 4.0 * shape.sequences * Positions(shape) * kKvHeads * kHeadDim;
}
double Operations(const Shape& shape) {
  double seen = 0;
  for (int i = 0; i < shape.length; ++i) seen += shape.start + i + 1;
  return 4.0 * shape.sequences * seen * kQueryHeads * kHeadDim;
}

template <class T>
T* OnDevice(const std::vector<T>& values) {
  T* data = nullptr;
  const size_t bytes = values.size() * sizeof(T);
  Require(cudaMalloc(&data, bytes), "allocating");
  Require(cudaMemcpy(data, values.data(), bytes, cudaMemcpyHostToDevice), "copying");
  return data;
}

std::byte* Zeroed(size_t bytes) {
  std::byte* data = nullptr;
  Require(cudaMalloc(&data, bytes), "allocating");
  Require(cudaMemset(data, 0, bytes), "zeroing");
  return data;
}

// Values about as large as those of a model: with zeros the device would draw less power, and run
// faster than it does.
template <class T>
__global__ void FillKernel(T* values, size_t count) {
  const size_t stride = static_cast<size_t>(gridDim.x) * blockDim.x;
  for (size_t i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
    uint32_t bits = static_cast<uint32_t>(i) * 2654435761u;
    bits = (bits ^ bits >> 15) * 2246822519u;
    bits ^= bits >> 13;
    values[i] = static_cast<T>(static_cast<float>(bits) * 0x1p-30f - 2);  // -2 .. 2
  }
}

template <class T>
T* Random(size_t count) {
  T* data = reinterpret_cast<T*>(Zeroed(count * sizeof(T)));
  FillKernel<<<1024, 256>>>(data, count);
  Require(cudaGetLastError(), "filling");
  return data;
}

StepTokens MakeStep(const Shape& shape) {
  std::vector<int> position, sequence, blocks, blocks_begin = {0}, run_begin = {0};
  const int table = (Positions(shape) + kBlock - 1) / kBlock;
  for (int s = 0; s < shape.sequences; ++s) {
    for (int i = 0; i < shape.length; ++i) {
      position.push_back(shape.start + i);
      sequence.push_back(s);
    }
    for (int b = 0; b < table; ++b) blocks.push_back(b * shape.sequences + s);
    blocks_begin.push_back(static_cast<int>(blocks.size()));
    run_begin.push_back(static_cast<int>(position.size()));
  }
  return {OnDevice(position),     OnDevice(sequence),  OnDevice(blocks),
          OnDevice(blocks_begin), OnDevice(run_begin), Tokens(shape),
          shape.sequences,        shape.length,        shape.bucket};
}

// Microseconds per layer: the median of several launches of the graph.
float Time(const Queue& queue, int layers, const std::function<void(int)>& layer) {
  cudaGraph_t graph = nullptr;
  cudaGraphExec_t ready = nullptr;
  cudaEvent_t begin = nullptr, end = nullptr;
  Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "capturing");
  for (int i = 0; i < layers; ++i) layer(i);
  Require(cudaStreamEndCapture(queue.stream, &graph), "capturing");
  Require(cudaGraphInstantiate(&ready, graph, 0), "making a graph");
  Require(cudaEventCreate(&begin), "making an event");
  Require(cudaEventCreate(&end), "making an event");
  std::vector<float> times;
  for (int i = 0; i <= kRepeats; ++i) {
    Require(cudaEventRecord(begin, queue.stream), "timing");
    Require(cudaGraphLaunch(ready, queue.stream), "running a graph");
    Require(cudaEventRecord(end, queue.stream), "timing");
    Require(cudaStreamSynchronize(queue.stream), "running a graph");
    float milliseconds = 0;
    Require(cudaEventElapsedTime(&milliseconds, begin, end), "timing");
    if (i > 0) times.push_back(milliseconds * 1000 / layers);  // the first one warms up
  }
  Require(cudaGraphExecDestroy(ready), "ending a graph");
  Require(cudaGraphDestroy(graph), "ending a graph");
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void Measure(const Queue& queue, const Shape& shape, std::byte* pool) {
  const StepTokens step = MakeStep(shape);
  const int columns = (kQueryHeads + 2 * kKvHeads) * kHeadDim;
  const int table = (Positions(shape) + kBlock - 1) / kBlock;
  const size_t layer_bytes = size_t{4} * shape.sequences * table * kBlock * kKvHeads * kHeadDim;
  const int layers = static_cast<int>(std::min<size_t>(kMostLayers, kPool / layer_bytes));
  AttentionStep attention{};
  attention.qkv = {Random<__nv_bfloat16>(size_t{1} * Tokens(shape) * columns), Real::kBF16,
                   Tokens(shape), columns, columns};
  attention.rope = Random<float>(size_t{1} * Positions(shape) * kHeadDim);
  attention.heads = {kQueryHeads, 0, 0, kQueryHeads / kKvHeads};
  attention.out = {Zeroed(size_t{2} * Tokens(shape) * kQueryHeads * kHeadDim), Real::kBF16,
                   Tokens(shape), kQueryHeads * kHeadDim, kQueryHeads * kHeadDim};
  std::byte* scratch = Zeroed(AttentionScratchBytes(queue.multiprocessors, Tokens(shape),
                                                    kQueryHeads, kHeadDim, shape.bucket));
  const float time = Time(queue, layers, [&](int layer) {
    std::byte* begin = pool + layer * layer_bytes;
    attention.cache = {begin, begin + layer_bytes / 2, DType::kF16, kBlock, kKvHeads, kHeadDim};
    Attend(queue, step, attention, scratch);
  });
  std::printf("%-24s %6d %9.2f %9.0f %9.1f\n", shape.name, layers, time,
              CacheBytes(shape) / time / 1e3, Operations(shape) / time / 1e6);
  for (const void* memory :
       {static_cast<const void*>(step.position), static_cast<const void*>(step.sequence),
        static_cast<const void*>(step.blocks), static_cast<const void*>(step.blocks_begin),
        static_cast<const void*>(step.run_begin), static_cast<const void*>(attention.qkv.data),
        static_cast<const void*>(attention.rope), static_cast<const void*>(attention.out.data),
        static_cast<const void*>(scratch)}) {
    Require(cudaFree(const_cast<void*>(memory)), "freeing");
  }
}

void MeasureAll() {
  Queue queue;
  Require(cudaDeviceGetAttribute(&queue.multiprocessors, cudaDevAttrMultiProcessorCount, 0),
          "asking the device");
  Require(cudaStreamCreate(&queue.stream), "making a stream");
  auto* pool = reinterpret_cast<std::byte*>(Random<__half>(kPool / 2));
  Require(cudaDeviceSynchronize(), "filling");
  std::printf("%-24s %6s %9s %9s %9s\n", "step", "layers", "us/layer", "GB/s", "TFLOP/s");
  for (const Shape& shape : {Shape{"1 at 128", 1, 127, 1, 128},
                             {"1 at 512", 1, 511, 1, 512},
                             {"1 at 600 of 1024", 1, 599, 1, 1024},
                             {"1 at 1024", 1, 1023, 1, 1024},
                             {"1 at 4096", 1, 4095, 1, 4096},
                             {"1 at 8192", 1, 8191, 1, 8192},
                             {"1 at 32768", 1, 32767, 1, 32768},
                             {"8 at 512", 8, 511, 1, 512},
                             {"32 at 200 of 256", 32, 199, 1, 256},
                             {"32 at 256", 32, 255, 1, 256},
                             {"64 at 200 of 256", 64, 199, 1, 256},
                             {"64 at 256", 64, 255, 1, 256},
                             {"64 at 2048", 64, 2047, 1, 2048},
                             {"prompt of 128", 1, 0, 128, 128},
                             {"prompt of 512", 1, 0, 512, 512},
                             {"prompt of 2048", 1, 0, 2048, 2048},
                             {"512 more after 7680", 1, 7680, 512, 8192},
                             {"16 prompts of 128", 16, 0, 128, 128}}) {
    Measure(queue, shape, pool);
  }
  Require(cudaFree(pool), "freeing");
}

}  // namespace
}  // namespace lantern::cuda

int main() { lantern::cuda::MeasureAll(); }
