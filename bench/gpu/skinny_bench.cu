// How fast products with few tokens stream their weights: the shapes of a decoded token of
// Llama 3 8B, each in a graph of launches over weights that do not fit the L2 cache together,
// against a copy on the same device.
//
//   gpu_skinny_bench [TYPE [PRODUCT [TOKENS]]]    default: all; "layer": a token's four products
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <vector>

#include "backends/cuda/kernels/skinny.h"

namespace lantern::cuda {
namespace {

constexpr size_t kBeyondCache = size_t{320} << 20;
constexpr size_t kWeightBytes = size_t{1310} << 20;  // three layers, or a head, in bf16
constexpr size_t kXBytes = 4 << 20, kNormBytes = 64 << 10;
constexpr int kReplays = 7;

// Bits that a compressing or idling device cannot make light of.
__global__ void FillWithNoise(uint32_t* words, size_t count) {
  size_t i = static_cast<size_t>(blockIdx.x) * blockDim.x + threadIdx.x;
  for (; i < count; i += static_cast<size_t>(gridDim.x) * blockDim.x) {
    const uint32_t mixed = (static_cast<uint32_t>(i) ^ 0x5bd1e995) * 0x9e3779b1;
    words[i] = (mixed ^ mixed >> 15) & 0xbfffbfff;  // as f16 or bf16 no NaN and no infinity
  }
}

class Memory {
 public:
  explicit Memory(size_t bytes) {
    Require(cudaMalloc(&data_, bytes), "allocating");
    Require(cudaMemset(data_, 0, bytes), "clearing");
  }
  ~Memory() { cudaFree(data_); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  template <class T = std::byte>
  T* as(size_t offset = 0) const {
    return reinterpret_cast<T*>(static_cast<std::byte*>(data_) + offset);
  }

 private:
  void* data_ = nullptr;
};

// Median microseconds of a captured run of `work`.
double Time(const Queue& queue, const std::function<void()>& work) {
  cudaGraph_t graph;
  cudaGraphExec_t exec;
  Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "capturing");
  work();
  Require(cudaStreamEndCapture(queue.stream, &graph), "capturing");
  Require(cudaGraphInstantiate(&exec, graph, 0), "making a graph");
  cudaEvent_t begin, end;
  Require(cudaEventCreate(&begin), "making an event");
  Require(cudaEventCreate(&end), "making an event");
  std::vector<float> times;
  for (int i = 0; i <= kReplays; ++i) {
    Require(cudaEventRecord(begin, queue.stream), "timing");
    Require(cudaGraphLaunch(exec, queue.stream), "launching a graph");
    Require(cudaEventRecord(end, queue.stream), "timing");
    Require(cudaEventSynchronize(end), "running a graph");
    float milliseconds = 0;
    Require(cudaEventElapsedTime(&milliseconds, begin, end), "timing");
    if (i > 0) times.push_back(milliseconds);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  cudaGraphExecDestroy(exec);
  cudaGraphDestroy(graph);
  std::nth_element(times.begin(), times.begin() + kReplays / 2, times.end());
  return times[kReplays / 2] * 1e3;
}

struct Shape {
  const char* name;
  int in;
  std::vector<int> outs;
  bool norm;
  SkinnyProduct::Into into;
  bool out_is_f32;  // else in the type of activations
};

const Shape kShapes[] = {
    {"qkv", 4096, {4096, 1024, 1024}, true, SkinnyProduct::kStore, false},
    {"attn_out", 4096, {4096}, false, SkinnyProduct::kAdd, true},
    {"gate_up", 4096, {14336, 14336}, true, SkinnyProduct::kGated, false},
    {"down", 14336, {4096}, false, SkinnyProduct::kAdd, true},
    {"head", 4096, {128256}, true, SkinnyProduct::kStore, true},
};

// What the command line asks for.
struct Wanted {
  const char* type = nullptr;
  const char* product = nullptr;
  int tokens = 0;
  bool Type(const char* name) const { return type == nullptr || std::strcmp(type, name) == 0; }
  bool Product(const char* name) const {
    return product == nullptr || std::strcmp(product, name) == 0;
  }
  bool Tokens(int count) const { return tokens == 0 || tokens == count; }
};

size_t BytesOf(const Shape& shape, DType type) {
  size_t bytes = 0;
  for (const int out : shape.outs) bytes += PackedBytes(type, out, shape.in);
  return bytes;
}

class Bench {
 public:
  Bench() : weights_(kWeightBytes), x_(kXBytes), out_(64 << 20), norm_(kNormBytes) {
    Require(cudaStreamCreate(&queue_.stream), "making a stream");
    Require(cudaDeviceGetAttribute(&queue_.multiprocessors, cudaDevAttrMultiProcessorCount, 0),
            "asking the device");
    FillWithNoise<<<1024, 256>>>(weights_.as<uint32_t>(), kWeightBytes / 4);
    FillWithNoise<<<64, 256>>>(x_.as<uint32_t>(), kXBytes / 4);
    FillWithNoise<<<64, 256>>>(norm_.as<uint32_t>(), kNormBytes / 4);
    Require(cudaDeviceSynchronize(), "filling memory");
  }
  ~Bench() { cudaStreamDestroy(queue_.stream); }

  // Bytes read and written by a copy, in GB/s.
  double CopySpeed() {
    const size_t bytes = size_t{600} << 20;
    const double us = Time(queue_, [&] {
      Require(cudaMemcpyAsync(weights_.as(bytes), weights_.as(), bytes, cudaMemcpyDeviceToDevice,
                              queue_.stream),
              "copying");
    });
    return 2e-3 * bytes / us;
  }

  // `offset`: of the weights. Returns what follows them.
  size_t Launch(const Shape& shape, DType type, int tokens, size_t offset) {
    // As models are computed.
    const Real activations = type == DType::kBF16 ? Real::kBF16 : Real::kF16;
    SkinnyProduct product;
    product.x = {x_.as(), shape.norm ? Real::kF32 : activations, tokens, shape.in, shape.in};
    product.norm = shape.norm ? norm_.as<float>() : nullptr;
    product.eps = 1e-5f;
    int columns = 0;
    for (const int out : shape.outs) {
      product.parts[product.part_count++] = {weights_.as(offset), type, out, shape.in};
      offset += PackedBytes(type, out, shape.in);
      columns += out;
    }
    if (shape.into == SkinnyProduct::kGated) columns /= 2;
    product.into = shape.into;
    product.out = {out_.as(), shape.out_is_f32 ? Real::kF32 : activations, tokens, columns,
                   columns};
    Multiply(queue_, product);
    return offset;
  }

  void Row(DType type, const char* name, int tokens, double us, double bytes) {
    const double speed = bytes / us * 1e-3;
    std::printf("%-6s %-9s %6d %10.2f %8.0f %6.1f\n", Info(type).name, name, tokens, us, speed,
                100 * speed / copy_);
  }

  // Above 8 tokens x has been normed before, as callers do.
  void Product(Shape shape, DType type, int tokens) {
    if (tokens > 8) shape.norm = false;
    const size_t bytes = BytesOf(shape, type);
    const int copies = static_cast<int>(std::max<size_t>(kBeyondCache / bytes + 1, 1));
    const int launches = std::max(copies, bytes > (100 << 20) ? 4 : 20);
    const double us = Time(queue_, [&] {
      for (int i = 0; i < launches; ++i) Launch(shape, type, tokens, i % copies * bytes);
    });
    Row(type, shape.name, tokens, us / launches, static_cast<double>(bytes));
  }

  void Layer(DType type, int tokens) {
    size_t bytes = 0;
    for (int i = 0; i < 4; ++i) bytes += BytesOf(kShapes[i], type);
    const size_t copies = kWeightBytes / bytes;
    constexpr int kLayers = 12;
    const double us = Time(queue_, [&] {
      for (int layer = 0; layer < kLayers; ++layer) {
        size_t offset = layer % copies * bytes;
        for (int i = 0; i < 4; ++i) offset = Launch(kShapes[i], type, tokens, offset);
      }
    });
    Row(type, "layer", tokens, us / kLayers, static_cast<double>(bytes));
  }

  void StreamRow(DType type) {
    const Weight weight{weights_.as(), type, 128256, 4096};
    const double us = Time(queue_, [&] {
      for (int i = 0; i < 4; ++i) Stream(queue_, weight);
    });
    Row(type, "stream", 0, us / 4, static_cast<double>(PackedBytes(type, 128256, 4096)));
  }

  void Run(const Wanted& wanted) {
    copy_ = CopySpeed();
    std::printf("A copy reads and writes %.0f GB/s; speeds are in GB/s and %% of it.\n", copy_);
    std::printf("%-6s %-9s %6s %10s %8s %6s\n", "type", "product", "tokens", "us", "GB/s", "%");
    for (const DType type : {DType::kBF16, DType::kF16, DType::kQ8_0, DType::kQ4_0, DType::kQ4_K,
                             DType::kQ5_K, DType::kQ6_K}) {
      if (!wanted.Type(Info(type).name)) continue;
      if (wanted.Product("stream")) StreamRow(type);
      if (wanted.Product("layer")) Layer(type, 1);
      for (const Shape& shape : kShapes) {
        if (!wanted.Product(shape.name)) continue;
        for (const int tokens : {1, 2, 4, 8, 16, 32}) {
          if (wanted.Tokens(tokens)) Product(shape, type, tokens);
        }
      }
    }
  }

 private:
  Memory weights_, x_, out_, norm_;
  Queue queue_;
  double copy_ = 1;
};

}  // namespace
}  // namespace lantern::cuda

int main(int argc, char** argv) {
  lantern::cuda::Wanted wanted;
  if (argc > 1) wanted.type = argv[1];
  if (argc > 2) wanted.product = argv[2];
  if (argc > 3) wanted.tokens = std::atoi(argv[3]);
  lantern::cuda::Bench().Run(wanted);
  return 0;
}
