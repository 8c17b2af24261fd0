// How fast the CPU's operations are, against a yardstick of this machine in this run: a decode
// step's matrix-vector products over a loop that only reads the same memory, both in turns.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "backends/backend.h"
#include "backends/cpu/context.h"
#include "backends/cpu/gemm/blocked_product.h"
#include "models/kv_cache.h"
#include "src/base/error.h"
#include "src/base/thread_pool.h"
#include "src/tensor/quant.h"

namespace lantern {
namespace {

constexpr int kIn = 2048;
constexpr int kPromptTokens[] = {16, 32, 64, 128, 512};
// Far more than a PC's caches; servers with 300 MB of third-level cache read it from there.
constexpr size_t kStreamBytes = size_t{192} << 20;

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

// Bytes that every format reads as finite numbers of moderate size, never as subnormal ones, which
// processors multiply slowly: plain types get ordinary numbers; in blocks only bits are set that
// keep a half's exponent below infinity's.
RawWeight SomeWeight(DType type, int out) {
  auto row = std::make_shared<std::vector<std::byte>>(RowBytes(type, kIn));
  std::mt19937 random(1);
  for (std::byte& byte : *row) byte = static_cast<std::byte>(random() & 0x3b);
  if (!IsBlockFormat(type)) {
    std::vector<float> values(kIn);
    for (float& value : values) value = std::normal_distribution<float>()(random);
    EncodeRow(type, values.data(), kIn, row->data());
  }
  return {"bench", type, out, kIn,
          [row](int, std::byte* bytes) { std::memcpy(bytes, row->data(), row->size()); }};
}

std::vector<float> SomeActivations(int tokens) {
  std::mt19937 random(2);
  std::normal_distribution<float> normal;
  std::vector<float> x(static_cast<size_t>(tokens) * kIn);
  for (float& value : x) value = normal(random);
  return x;
}

double TimeRead(CpuBackend::Context& context, const WeightMatrix& w) {
  const auto start = std::chrono::steady_clock::now();
  CpuBackend::StreamWeights(context, {&w, 1});
  return SecondsSince(start);
}

// One token: what a decode step is. Counters: GB/s of weights, and that over the read loop's.
void Decode(benchmark::State& state, DType type) {
  const int threads = static_cast<int>(state.range(0));
  auto context = CpuBackend::MakeContext({.threads = threads});
  const int out = static_cast<int>(kStreamBytes / RowBytes(type, kIn));
  const WeightMatrix w = CpuBackend::PackWeight(*context, SomeWeight(type, out));
  std::vector<float> x = SomeActivations(1), y(out);
  const auto multiply = [&] {
    CpuBackend::MatMul(*context, Tensor::F32(y.data(), 1, out), Tensor::F32(x.data(), 1, kIn),
                       {&w, 1});
  };
  while (!context->ahead(type).made()) multiply();
  double multiplying = 0, reading = 0;
  for (auto _ : state) {
    reading += TimeRead(*context, w);
    const auto start = std::chrono::steady_clock::now();
    multiply();
    const double seconds = SecondsSince(start);
    state.SetIterationTime(seconds);
    multiplying += seconds;
  }
  state.counters["GB/s"] = static_cast<double>(w.bytes) * state.iterations() / multiplying / 1e9;
  state.counters["of_read"] = reading / multiplying;
}

// Many tokens: what a prompt is, by own kernels or a provider. Counter: 1e9 multiplications and
// additions a second.
void Prompt(benchmark::State& state, DType type, const std::string& gemm) {
  constexpr int kOut = 5632;
  const int tokens = static_cast<int>(state.range(0));
  std::shared_ptr<CpuContext> context;
  try {
    context = CpuBackend::MakeContext({.threads = static_cast<int>(state.range(1)), .gemm = gemm});
  } catch (const Error& e) {
    state.SkipWithError(e.what());
    return;
  }
  const WeightMatrix w = CpuBackend::PackWeight(*context, SomeWeight(type, kOut));
  std::vector<float> x = SomeActivations(tokens), y(static_cast<size_t>(tokens) * kOut);
  const Tensor in = Tensor::F32(x.data(), tokens, kIn), out = Tensor::F32(y.data(), tokens, kOut);
  // Also with fewer tokens than MatMul would leave to it: to see where that number should be.
  GemmProvider* const provider = context->GemmFor(std::max(tokens, kGemmTokens));
  const auto multiply = [&] {
    if (provider != nullptr) return GemmMatMul(*context, *provider, out, in, {&w, 1});
    CpuBackend::MatMul(*context, out, in, {&w, 1});
  };
  multiply();  // libraries make code for a shape when they first see it
  for (auto _ : state) multiply();
  state.counters["GOP/s"] =
      benchmark::Counter(2e-9 * kOut * kIn * tokens * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

// A cache of some layers in which every position has a key and a value, in TinyLlama's shape.
struct FullCache {
  static constexpr int kHeads = 4, kGroup = 8, kHeadDim = 64, kPositions = 4096;

  FullCache(CpuContext& context, DType type, int layers)
      : order(KvCache::BlocksFor(kPositions)),
        cache(context, type, KvCache::BlocksFor(kPositions), kHeadDim,
              std::vector<int>(layers, kHeads)) {
    std::iota(order.begin(), order.end(), 0);
    for (int layer = 0; layer < layers; ++layer) {
      views.push_back(cache.View(layer));
      Fill(context, views.back());
      for (const std::byte* half : {views.back().keys, views.back().values}) {
        WeightMatrix stream;
        stream.bytes = RowBytes(type, kHeadDim) * kHeads * kPositions;
        stream.data = {std::shared_ptr<void>(), half};  // the cache's
        streams.push_back(stream);
      }
    }
  }

  void Fill(CpuContext& context, const KvView& kv) const {
    std::vector<int> positions(kPositions), sequences(kPositions, 0);
    std::iota(positions.begin(), positions.end(), 0);
    std::vector<float> x = SomeActivations(kPositions * kHeads * kHeadDim / kIn);
    const Tensor rows = Tensor::F32(x.data(), kPositions, kHeads * kHeadDim);
    const std::span<const int> blocks = order;
    CpuBackend::AppendKv(context, kv, rows, rows, {positions, sequences, {&blocks, 1}});
  }

  std::vector<int> order;
  KvCache cache;
  std::vector<KvView> views;
  std::vector<WeightMatrix> streams;  // the same memory, to be read alone
};

// One token's attention over a full cache, layer by layer. Counters as Decode's, and 1e9
// multiplications and additions a second: with eight heads to a kv head these decide. One layer
// stays in the caches, which tells what is left without memory.
void Attention(benchmark::State& state, DType type) {
  constexpr int kCols = FullCache::kHeads * FullCache::kGroup * FullCache::kHeadDim;
  const int layers = static_cast<int>(state.range(1));
  auto context = CpuBackend::MakeContext({.threads = static_cast<int>(state.range(0))});
  const FullCache cache(*context, type, layers);
  std::vector<float> x = SomeActivations(1), y(kCols);
  const Tensor q = Tensor::F32(x.data(), 1, kCols), out = Tensor::F32(y.data(), 1, kCols);
  const int position = FullCache::kPositions - 1, sequence = 0;
  const std::span<const int> blocks = cache.order;
  const BatchView batch = {{&position, 1}, {&sequence, 1}, {&blocks, 1}};
  double attending = 0, reading = 0, bytes = 0;
  for (const WeightMatrix& stream : cache.streams) bytes += static_cast<double>(stream.bytes);
  for (auto _ : state) {
    const auto before = std::chrono::steady_clock::now();
    CpuBackend::StreamWeights(*context, cache.streams);
    reading += SecondsSince(before);
    const auto start = std::chrono::steady_clock::now();
    for (const KvView& kv : cache.views) {
      CpuBackend::Attention(*context, out, q, kv, batch, {0, 0, FullCache::kGroup}, 0);
    }
    const double seconds = SecondsSince(start);
    state.SetIterationTime(seconds);
    attending += seconds;
  }
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["GB/s"] = bytes * rounds / attending / 1e9;
  state.counters["of_read"] = reading / attending;
  state.counters["GOP/s"] = 4e-9 * layers * kCols * FullCache::kPositions * rounds / attending;
}

void RegisterAttention(int threads) {
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0}) {
    benchmark::RegisterBenchmark((std::string("attention/") + Info(type).name).c_str(), Attention,
                                 type)
        ->ArgNames({"threads", "layers"})
        ->Args({threads, 22})
        ->Args({threads, 1})
        ->UseManualTime()
        ->Unit(benchmark::kMillisecond);
  }
}

void RegisterAll() {
  RegisterAttention(1);
  if (PhysicalCores() > 1) RegisterAttention(PhysicalCores());
  for (int i = 0; i < kDTypeCount; ++i) {
    const DType type = static_cast<DType>(i);
    const std::string name = Info(type).name;
    for (int threads : {1, PhysicalCores()}) {
      benchmark::RegisterBenchmark(("decode/" + name).c_str(), Decode, type)
          ->ArgName("threads")
          ->Arg(threads)
          ->UseManualTime()
          ->Unit(benchmark::kMillisecond);
      for (const std::string& gemm : GemmNames()) {
        auto* prompt = benchmark::RegisterBenchmark(
            ("prompt/" + name + (gemm == kOwnGemm ? "" : "/" + gemm)).c_str(), Prompt, type, gemm);
        prompt->ArgNames({"tokens", "threads"})->UseRealTime()->Unit(benchmark::kMillisecond);
        for (const int tokens : kPromptTokens) prompt->Args({tokens, threads});
      }
      if (PhysicalCores() == 1) break;
    }
  }
}

}  // namespace
}  // namespace lantern

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  lantern::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
}
