// Microseconds of operations on rows at Llama-3-8B's sizes, in a graph of 50 launches each, and the
// GB/s of what they must read and write. What fits stays in the L2 cache from launch to launch, as
// in a model, where a kernel has just written what the next reads.
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {
namespace {

constexpr int kLaunches = 50, kRepeats = 5;
constexpr int kDim = 4096, kFfn = 14336, kVocabulary = 128256;

// Zeroed memory of the device.
template <class T>
T* Allocate(size_t count) {
  T* memory;
  Require(cudaMalloc(&memory, count * sizeof(T)), "allocating");
  Require(cudaMemset(memory, 0, count * sizeof(T)), "zeroing");
  return memory;
}
Matrix Zeros(Real type, int rows, int columns) {
  const size_t count = static_cast<size_t>(rows) * columns;
  return {Allocate<std::byte>(count * RealBytes(type)), type, rows, columns, columns};
}
double Bytes(const Matrix& matrix) {
  return static_cast<double>(matrix.rows) * matrix.columns * RealBytes(matrix.type);
}

class Bench {
 public:
  Bench() {
    Require(cudaStreamCreate(&queue_.stream), "making a stream");
    Require(cudaDeviceGetAttribute(&queue_.multiprocessors, cudaDevAttrMultiProcessorCount, 0),
            "asking the device");
    Require(cudaEventCreate(&begin_), "making an event");
    Require(cudaEventCreate(&end_), "making an event");
  }

  void Measure(const std::string& name, int rows, double bytes,
               const std::function<void(const Queue&)>& launch) {
    cudaGraph_t graph;
    cudaGraphExec_t run;
    Require(cudaStreamBeginCapture(queue_.stream, cudaStreamCaptureModeThreadLocal), "capturing");
    for (int i = 0; i < kLaunches; ++i) launch(queue_);
    Require(cudaStreamEndCapture(queue_.stream, &graph), "capturing");
    Require(cudaGraphInstantiate(&run, graph, 0), "making a graph");
    float least = std::numeric_limits<float>::max();
    for (int i = 0; i < kRepeats; ++i) {
      Require(cudaEventRecord(begin_, queue_.stream), "recording");
      Require(cudaGraphLaunch(run, queue_.stream), "launching");
      Require(cudaEventRecord(end_, queue_.stream), "recording");
      Require(cudaEventSynchronize(end_), "running");
      float milliseconds;
      Require(cudaEventElapsedTime(&milliseconds, begin_, end_), "timing");
      least = std::min(least, milliseconds);
    }
    Require(cudaGraphExecDestroy(run), "freeing");
    Require(cudaGraphDestroy(graph), "freeing");
    const double microseconds = least * 1e3 / kLaunches;
    char line[120];
    std::snprintf(line, sizeof(line), "%-24s %5d rows %9.2f us %8.0f GB/s\n", name.c_str(), rows,
                  microseconds, bytes / microseconds * 1e-3);
    table_ += line;
  }
  void Print() const { std::fputs(table_.c_str(), stdout); }

 private:
  Queue queue_;
  cudaEvent_t begin_, end_;
  std::string table_;
};

void MeasureLayer(Bench& bench, int rows) {
  const Matrix x = Zeros(Real::kF32, rows, kDim), y = Zeros(Real::kF32, rows, kDim);
  const Matrix out = Zeros(Real::kF16, rows, kDim);
  const Matrix gate_up = Zeros(Real::kF16, rows, 2 * kFfn), ffn = Zeros(Real::kF16, rows, kFfn);
  const float* const weight = Allocate<float>(kDim);
  int* const bad = Allocate<int>(1);
  uint32_t* const hash = Allocate<uint32_t>(1);
  bench.Measure("RmsNorm", rows, Bytes(x) + Bytes(out),
                [&](const Queue& queue) { RmsNorm(queue, out, x, weight, 1e-5f); });
  bench.Measure("AddRmsNorm", rows, 2 * Bytes(x) + Bytes(y) + Bytes(out),
                [&](const Queue& queue) { AddRmsNorm(queue, out, x, y, weight, 1e-5f); });
  bench.Measure("Add", rows, 2 * Bytes(x) + Bytes(y),
                [&](const Queue& queue) { Add(queue, x, y); });
  bench.Measure("SiluMul, f16", rows, Bytes(gate_up) + Bytes(ffn),
                [&](const Queue& queue) { SiluMul(queue, ffn, gate_up); });
  bench.Measure("LookAt, no hash", rows, Bytes(x),
                [&](const Queue& queue) { LookAt(queue, x, 0, 1, bad, nullptr); });
  bench.Measure("LookAt", rows, Bytes(x),
                [&](const Queue& queue) { LookAt(queue, x, 0, 1, bad, hash); });
  const int* const ids = Allocate<int>(rows);
  bench.Measure("Gather", rows, 2 * Bytes(x),
                [&](const Queue& queue) { Gather(queue, y, x, ids); });
}

void MeasureEmbed(Bench& bench, int rows) {
  std::vector<int> spread(rows);
  for (int i = 0; i < rows; ++i) spread[i] = static_cast<int>(i * 7919ll % kVocabulary);
  int* const ids = Allocate<int>(rows);
  Require(cudaMemcpy(ids, spread.data(), rows * sizeof(int), cudaMemcpyHostToDevice), "copying");
  const Matrix out = Zeros(Real::kF32, rows, kDim);
  for (const DType type : {DType::kBF16, DType::kQ8_0, DType::kQ4_0, DType::kQ4_K, DType::kQ6_K}) {
    const size_t row_bytes = RowBytes(type, kDim);
    std::byte* const table = Allocate<std::byte>(row_bytes * kVocabulary);
    bench.Measure(std::string("Embed, ") + Info(type).name, rows,
                  Bytes(out) + static_cast<double>(rows) * row_bytes,
                  [&](const Queue& queue) { Embed(queue, out, table, type, ids, nullptr); });
    Require(cudaFree(table), "freeing");
  }
}

void MeasureAnswers(Bench& bench, int rows) {
  const Matrix logits = Zeros(Real::kF32, rows, kVocabulary);
  uint64_t* const hashes = Allocate<uint64_t>(rows * ((kVocabulary + 255) / 256));
  RowAnswer* const best = Allocate<RowAnswer>(rows);
  int* const guesses = Allocate<int>(rows);
  bench.Measure("AnswerRows", rows, Bytes(logits),
                [&](const Queue& queue) { AnswerRows(queue, logits, hashes, best, guesses); });
  std::vector<float> spread(static_cast<size_t>(rows) * kVocabulary);
  for (size_t i = 0; i < spread.size(); ++i) spread[i] = static_cast<float>(i * 7919 % kVocabulary);
  Require(
      cudaMemcpy(logits.data, spread.data(), spread.size() * sizeof(float), cudaMemcpyHostToDevice),
      "copying");
  for (const int count : {64, kMostTop}) {
    RowAnswer* const top = Allocate<RowAnswer>(static_cast<size_t>(rows) * count);
    auto* const scratch = Allocate<std::byte>(TopScratchBytes(rows, kVocabulary, count));
    bench.Measure("TopOfRows, " + std::to_string(count), rows, Bytes(logits),
                  [&](const Queue& queue) { TopOfRows(queue, logits, {}, count, top, scratch); });
  }
}

// What a guess takes more where two ranks share the vocabulary, but for the sum between.
void MeasureCandidates(Bench& bench, int rows) {
  constexpr int kParts = 2;
  const VocabularyPart part = {0, kParts, 0, kVocabulary};
  RowAnswer* const best = Allocate<RowAnswer>(rows);
  int* const guesses = Allocate<int>(rows);
  for (const int count : {1, 64, kMostTop}) {
    RowAnswer* const top = Allocate<RowAnswer>(static_cast<size_t>(rows) * count);
    const size_t numbers = static_cast<size_t>(rows) * CandidateColumns(kParts, count);
    float* const all = Allocate<float>(numbers);
    float* const mine = Allocate<float>(numbers);
    auto* const scratch = Allocate<std::byte>(JoinScratchBytes(rows, kParts, count));
    const double bytes = static_cast<double>(numbers) * sizeof(float);
    bench.Measure("OfferCandidates, " + std::to_string(count), rows, 2 * bytes,
                  [&](const Queue& queue) {
                    OfferCandidates(queue, rows, {top, count, count}, part, all, mine);
                  });
    bench.Measure("JoinCandidates, " + std::to_string(count), rows, bytes, [&](const Queue& queue) {
      JoinCandidates(queue, rows, count, kParts, kVocabulary, all, nullptr, best, guesses, top,
                     count > 1 ? scratch : nullptr);
    });
  }
}

}  // namespace
}  // namespace lantern::cuda

int main() {
  lantern::cuda::Bench bench;
  for (const int rows : {1, 32, 2048}) lantern::cuda::MeasureLayer(bench, rows);
  for (const int rows : {1, 2048}) lantern::cuda::MeasureEmbed(bench, rows);
  for (const int rows : {1, 8, 64}) lantern::cuda::MeasureAnswers(bench, rows);
  for (const int rows : {1, 8}) lantern::cuda::MeasureCandidates(bench, rows);
  bench.Print();
}
