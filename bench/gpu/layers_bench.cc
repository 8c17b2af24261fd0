// A decode step's layers of a Llama-3-8B shape, one token, as a graph: what a layer takes by what
// is in it. Every layer has weights of its own, as in a model, so that nothing is cached.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "backends/cuda/device.h"
#include "backends/cuda/kernels/attention.h"
#include "backends/cuda/kernels/rows.h"
#include "backends/cuda/kernels/skinny.h"
#include "src/base/error.h"

namespace lantern::cuda {
namespace {

constexpr int kLayers = 32, kDim = 4096, kFfn = 14336, kHeads = 32, kKvHeads = 8, kHeadDim = 128;
constexpr int kQkv = (kHeads + 2 * kKvHeads) * kHeadDim, kPositions = 512, kBlockTokens = 32;
// Not the last that attention's blocks are laid out for: most have some without work.
constexpr int kPosition = 300;

using Memory = std::shared_ptr<std::byte>;

struct Layer {
  Memory q, k, v, attn_out, gate, up, down, keys, values;
};

Memory Zeros(size_t bytes) {
  Memory memory = DeviceMemory(bytes);
  Require(cudaMemset(memory.get(), 0, bytes), "clearing memory");
  return memory;
}

template <class T>
Memory Uploaded(const std::vector<T>& values) {
  Memory memory = DeviceMemory(values.size() * sizeof(T));
  Require(cudaMemcpy(memory.get(), values.data(), values.size() * sizeof(T), cudaMemcpyDefault),
          "copying");
  return memory;
}

class Model {
 public:
  // Activations are in the type that models with such weights have.
  Model(const Queue& queue, DType type)
      : queue_(queue), type_(type), real_(type == DType::kBF16 ? Real::kBF16 : Real::kF16) {
    for (Layer& layer : layers_) {
      layer.q = Zeros(PackedBytes(type, kHeads * kHeadDim, kDim));
      layer.k = Zeros(PackedBytes(type, kKvHeads * kHeadDim, kDim));
      layer.v = Zeros(PackedBytes(type, kKvHeads * kHeadDim, kDim));
      layer.attn_out = Zeros(PackedBytes(type, kDim, kDim));
      layer.gate = Zeros(PackedBytes(type, kFfn, kDim));
      layer.up = Zeros(PackedBytes(type, kFfn, kDim));
      layer.down = Zeros(PackedBytes(type, kDim, kFfn));
      const size_t cache = size_t{kPositions} * kKvHeads * kHeadDim * 2;
      layer.keys = Zeros(cache);
      layer.values = Zeros(cache);
    }
    std::vector<int> blocks(kPositions / kBlockTokens);
    for (size_t i = 0; i < blocks.size(); ++i) blocks[i] = static_cast<int>(i);
    blocks_ = Uploaded(blocks);
    numbers_ = Uploaded(std::vector<int>{kPosition, 0, 0, static_cast<int>(blocks.size()), 0, 1});
    const auto* n = reinterpret_cast<const int*>(numbers_.get());
    step_ = {n, n + 1,     reinterpret_cast<const int*>(blocks_.get()), n + 2, n + 4, 1, 1,
             1, kPositions};
    scratch_ = Zeros(AttentionScratchBytes(queue.multiprocessors, 1, kHeads, kHeadDim, kPositions));
  }

  enum Part { kProducts = 1, kAttention = 2, kNormApart = 4 };

  void Launch(int parts) {
    for (const Layer& layer : layers_) {
      if (parts & kProducts)
        Product(x_, true,
                {{layer.q, kHeads * kHeadDim},
                 {layer.k, kKvHeads * kHeadDim},
                 {layer.v, kKvHeads * kHeadDim}},
                kDim, qkv_, SkinnyProduct::kStore, parts);
      if (parts & kAttention) {
        Attend(
            queue_, step_,
            {qkv_,
             Floats(rope_),
             {layer.keys.get(), layer.values.get(), DType::kF16, kBlockTokens, kKvHeads, kHeadDim},
             {kHeads, 0, 0, kHeads / kKvHeads},
             0,
             heads_},
            scratch_.get());
      }
      if (!(parts & kProducts)) continue;
      Product(heads_, false, {{layer.attn_out, kDim}}, kDim, x_, SkinnyProduct::kAdd, parts);
      Product(x_, true, {{layer.gate, kFfn}, {layer.up, kFfn}}, kDim, ffn_, SkinnyProduct::kGated,
              parts);
      Product(ffn_, false, {{layer.down, kDim}}, kFfn, x_, SkinnyProduct::kAdd, parts);
    }
  }

 private:
  struct PartOf {
    const Memory& data;
    int out;
  };
  static const float* Floats(const Memory& memory) {
    return reinterpret_cast<const float*>(memory.get());
  }
  void Product(const Matrix& x, bool norm, std::initializer_list<PartOf> parts, int in,
               const Matrix& out, SkinnyProduct::Into into, int how) {
    SkinnyProduct product;
    product.x = x;
    if (norm && (how & kNormApart)) {
      RmsNorm(queue_, norm_, x, Floats(weight_), 1e-5f);
      product.x = norm_;
    } else if (norm) {
      product.norm = Floats(weight_);
      product.eps = 1e-5f;
    }
    for (const PartOf& part : parts) {
      product.parts[product.part_count++] = {part.data.get(), type_, part.out, in};
    }
    product.into = into;
    product.out = out;
    Multiply(queue_, product);
  }

  static Matrix Row(const Memory& memory, Real type, int columns) {
    return {memory.get(), type, 1, columns, columns};
  }

  const Queue queue_;
  const DType type_;
  const Real real_;
  Layer layers_[kLayers];
  Memory blocks_, numbers_, scratch_;
  StepTokens step_;
  Memory weight_ = Zeros(kDim * 4), rope_ = Zeros(size_t{kPositions} * kHeadDim * 4);
  Memory x_memory_ = Zeros(kDim * 4), norm_memory_ = Zeros(kDim * 2), qkv_memory_ = Zeros(kQkv * 2);
  Memory heads_memory_ = Zeros(kDim * 2), ffn_memory_ = Zeros(kFfn * 2);
  Matrix x_ = Row(x_memory_, Real::kF32, kDim), norm_ = Row(norm_memory_, real_, kDim);
  Matrix qkv_ = Row(qkv_memory_, real_, kQkv), heads_ = Row(heads_memory_, real_, kDim);
  Matrix ffn_ = Row(ffn_memory_, real_, kFfn);
};

double MicrosecondsOf(const Queue& queue, const std::function<void()>& body) {
  body();
  cudaGraph_t graph;
  cudaGraphExec_t executable;
  Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "recording");
  body();
  Require(cudaStreamEndCapture(queue.stream, &graph), "recording");
  Require(cudaGraphInstantiate(&executable, graph, 0), "recording");
  cudaEvent_t begin, end;
  Require(cudaEventCreate(&begin), "making an event");
  Require(cudaEventCreate(&end), "making an event");
  std::vector<float> times;
  for (int i = 0; i < 9; ++i) {
    float ms = 0;
    Require(cudaEventRecord(begin, queue.stream), "timing");
    Require(cudaGraphLaunch(executable, queue.stream), "replaying");
    Require(cudaEventRecord(end, queue.stream), "timing");
    Require(cudaEventSynchronize(end), "replaying");
    Require(cudaEventElapsedTime(&ms, begin, end), "timing");
    if (i > 1) times.push_back(ms * 1000);
  }
  cudaGraphExecDestroy(executable);
  cudaGraphDestroy(graph);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

void Run() {
  UseDevice({});
  cudaStream_t stream = nullptr;
  Require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a queue");
  const Queue queue = QueueOn(stream);
  fmt::print("us a layer of a Llama-3-8B shape, one token at position {}\n", kPosition);
  fmt::print("type   products  norms apart  attention  both  both, norms apart\n");
  for (const DType type : {DType::kBF16, DType::kQ8_0, DType::kQ4_0, DType::kQ4_K}) {
    Model model(queue, type);
    const auto layer = [&](int parts) {
      return MicrosecondsOf(queue, [&] { model.Launch(parts); }) / kLayers;
    };
    fmt::print("{:6} {:8.2f} {:12.2f} {:10.2f} {:5.1f} {:18.1f}\n", Info(type).name,
               layer(Model::kProducts), layer(Model::kProducts | Model::kNormApart),
               layer(Model::kAttention), layer(Model::kProducts | Model::kAttention),
               layer(Model::kProducts | Model::kAttention | Model::kNormApart));
  }
}

}  // namespace
}  // namespace lantern::cuda

int main() {
  try {
    lantern::cuda::Run();
  } catch (const lantern::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
