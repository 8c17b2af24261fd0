// Products with many tokens in the shapes of Llama 3 8B: microseconds, TFLOP/s, and how much that
// is of what a product of 8192^3 reaches in the same run. Then how long unpacking takes, and what
// other sizes of its panels would give.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/cuda/kernels/large.h"
#include "backends/cuda/kernels/scratch.h"
#include "src/base/error.h"
#include "src/tensor/quant.h"

namespace lantern::cuda {
namespace {

constexpr DType kTypes[] = {DType::kBF16, DType::kF16,  DType::kQ8_0,
                            DType::kQ4_0, DType::kQ4_K, DType::kQ6_K};
constexpr int kTokens[] = {64, 128, 256, 512, 2048};
constexpr int kMostTokens = 2048;
constexpr double kColdBytes = 160e6;  // more than three times the second cache
constexpr int kDistinctRows = 16;

// A product of a layer: `parts` weights side by side in one output.
struct Shape {
  const char* name;
  int parts, out, in;
  bool add;  // in f32, as into the residual stream; else in the type of x
};
constexpr Shape kShapes[] = {{"qkv", 1, 6144, 4096, false},
                             {"attn_out", 1, 4096, 4096, true},
                             {"gate_up", 1, 28672, 4096, false},
                             {"gate, up", 2, 14336, 4096, false},
                             {"down", 1, 4096, 14336, true}};

// The type of x beside such weights, as models are computed.
Real ActivationsOf(DType type) { return type == DType::kBF16 ? Real::kBF16 : Real::kF16; }

std::vector<float> Noise(size_t count) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// A weight, as often as it takes until none is in a cache when its turn comes again.
class ColdWeight {
 public:
  ColdWeight(const Queue& queue, DType type, int out, int in) {
    const size_t row_bytes = RowBytes(type, in), some = kDistinctRows * row_bytes;
    const std::vector<float> values = Noise(size_t{kDistinctRows} * in);
    std::vector<std::byte> rows(some);
    for (int row = 0; row < kDistinctRows; ++row) {
      EncodeRow(type, &values[size_t(row) * in], in, &rows[row * row_bytes]);
    }
    FixedScratch stored(row_bytes * out);
    for (size_t at = 0; at < stored.bytes(); at += some) {
      Require(cudaMemcpy(stored.data() + at, rows.data(), some, cudaMemcpyHostToDevice),
              "copying rows");
    }
    const size_t bytes = PackedBytes(type, out, in);
    const int copies = static_cast<int>(kColdBytes / bytes) + 1;
    for (int i = 0; i < copies; ++i) {
      memory_.push_back(std::make_unique<FixedScratch>(bytes));
      PackRows(queue, type, stored.data(), 0, out, out, in, memory_.back()->data());
      weights_.push_back({memory_.back()->data(), type, out, in});
    }
    Require(cudaDeviceSynchronize(), "packing");
  }

  const Weight& Next() { return weights_[turn_++ % weights_.size()]; }

 private:
  std::vector<std::unique_ptr<FixedScratch>> memory_;
  std::vector<Weight> weights_;
  size_t turn_ = 0;
};

class Stopwatch {
 public:
  explicit Stopwatch(const Queue& queue) : queue_(queue) {
    Require(cudaEventCreate(&begin_), "making an event");
    Require(cudaEventCreate(&end_), "making an event");
  }
  ~Stopwatch() {
    cudaEventDestroy(begin_);
    cudaEventDestroy(end_);
  }

  // Of one call, over as many as take 30 ms.
  double Microseconds(const std::function<void()>& call) {
    const double about = Once(call, 3);  // and makes plans
    const double better = Once(call, 3);
    return Once(call, std::clamp(static_cast<int>(30e3 / std::min(about, better)), 5, 2000));
  }

 private:
  double Once(const std::function<void()>& call, int times) {
    Require(cudaEventRecord(begin_, queue_.stream), "timing");
    for (int i = 0; i < times; ++i) call();
    Require(cudaEventRecord(end_, queue_.stream), "timing");
    Require(cudaEventSynchronize(end_), "timing");
    float milliseconds = 0;
    Require(cudaEventElapsedTime(&milliseconds, begin_, end_), "timing");
    return milliseconds * 1e3 / times;
  }

  const Queue queue_;
  cudaEvent_t begin_ = nullptr, end_ = nullptr;
};

class Bench {
 public:
  explicit Bench(const Queue& queue)
      : queue_(queue),
        watch_(queue),
        products_(std::make_unique<LargeProducts>(queue)),
        x_(size_t{2} * kMostActivations),
        out_(size_t{4} * kMostActivations) {
    Require(cudaMemset(out_.data(), 0, out_.bytes()), "clearing out");
  }

  void Run() {
    const double most = Ceiling();
    table_ += fmt::format("{}, {} multiprocessors; 8192^3 in bf16: {:.0f} TFLOP/s\n",
                          products_->library(), queue_.multiprocessors, most);
    table_ += fmt::format("{:5}{:>5}", "", "n");
    for (const Shape& shape : kShapes) table_ += fmt::format(" |{:>10} us TF/s   %", shape.name);
    table_ += " | tok/s of 32 layers' products\n";
    for (const DType type : kTypes) Products(type, most);
    Unpacking();
    FillX(ActivationsOf(DType::kQ4_0));
    for (const int tokens : {256, 2048}) Panels(tokens);
    std::fputs(table_.c_str(), stdout);
  }

 private:
  static constexpr int kMostActivations = 8192 * 8192;  // 2048 * 28672 is less

  void FillX(Real type) {
    x_type_ = type;
    std::vector<uint16_t> values;
    for (const float value : Noise(1 << 20)) {
      values.push_back(type == Real::kF16 ? FloatToHalf(value) : FloatToBFloat16(value));
    }
    for (size_t at = 0; at < x_.bytes(); at += values.size() * 2) {
      Require(cudaMemcpy(x_.data() + at, values.data(), values.size() * 2, cudaMemcpyHostToDevice),
              "copying x");
    }
  }

  double Microseconds(LargeProducts& products, const Shape& shape, int tokens, ColdWeight& weight) {
    const Real result = shape.add ? Real::kF32 : x_type_;
    const Matrix x{x_.data(), x_type_, tokens, shape.in, shape.in};
    return watch_.Microseconds([&] {
      for (int part = 0; part < shape.parts; ++part) {
        std::byte* const data = out_.data() + size_t(part) * shape.out * RealBytes(result);
        const Matrix out{data, result, tokens, shape.out,
                         static_cast<long long>(shape.parts) * shape.out};
        products.Multiply(queue_, out, x, {&weight.Next(), 1}, 0, shape.add);
      }
    });
  }

  double Ceiling() {
    ColdWeight weight(queue_, DType::kBF16, 8192, 8192);
    FillX(Real::kBF16);
    const double us = Microseconds(*products_, {"", 1, 8192, 8192, false}, 8192, weight);
    return 2.0 * 8192 * 8192 * 8192 / us / 1e6;
  }

  void Products(DType type, double most) {
    std::string lines[std::size(kTokens)];
    double layer[std::size(kTokens)] = {};
    FillX(ActivationsOf(type));
    for (const Shape& shape : kShapes) {
      ColdWeight weight(queue_, type, shape.out, shape.in);
      for (size_t i = 0; i < std::size(kTokens); ++i) {
        const double us = Microseconds(*products_, shape, kTokens[i], weight);
        const double rate = 2.0 * kTokens[i] * shape.parts * shape.out * shape.in / us / 1e6;
        lines[i] += fmt::format(" |{:13.1f} {:4.0f} {:3.0f}", us, rate, 100 * rate / most);
        if (shape.parts == 1) layer[i] += us;
      }
    }
    for (size_t i = 0; i < std::size(kTokens); ++i) {
      table_ += fmt::format("{:5}{:5}{} |{:8.0f}\n", Info(type).name, kTokens[i], lines[i],
                            kTokens[i] * 1e6 / (32 * layer[i]));
    }
  }

  void Unpacking() {
    constexpr int kOut = 28672, kIn = 4096;
    const int rows = LargePanels().rows;
    FixedScratch panel(size_t{2} * rows * kIn);
    table_ += fmt::format("unpacking {} x {} in panels of {} rows:", kOut, kIn, rows);
    for (const DType type : kTypes) {
      if (!IsBlockFormat(type)) continue;
      ColdWeight weight(queue_, type, kOut, kIn);
      const double us = watch_.Microseconds([&] {
        const Weight& next = weight.Next();
        for (int first = 0; first < kOut; first += rows) {
          Unpack(queue_, next, first, std::min(rows, kOut - first), 0, kIn, Real::kF16,
                 panel.data(), kIn);
        }
      });
      table_ += fmt::format(" {} {:.1f} us ({:.0f} GB/s)", Info(type).name, us,
                            2.0 * kOut * kIn / us / 1e3);
    }
    table_ += "\n";
  }

  void Panels(int tokens) {
    table_ += fmt::format("q4_0 by panels, n = {}, us:", tokens);
    for (const Shape& shape : {kShapes[2], kShapes[4]}) {
      ColdWeight weight(queue_, DType::kQ4_0, shape.out, shape.in);
      table_ += fmt::format(" {}", shape.name);
      for (const int rows : {1024, 2048, 4096, 8192, 32768}) {
        LargeProducts products(queue_, {rows, size_t{512} << 20});
        table_ += fmt::format(" {}: {:.1f}", rows, Microseconds(products, shape, tokens, weight));
      }
      table_ += shape.out == 28672 ? ";" : "\n";
    }
  }

  const Queue queue_;
  Stopwatch watch_;
  std::unique_ptr<LargeProducts> products_;
  FixedScratch x_, out_;
  Real x_type_ = Real::kBF16;
  std::string table_;
};

}  // namespace
}  // namespace lantern::cuda

int main() {
  using namespace lantern::cuda;
  try {
    Queue queue;
    Require(cudaDeviceGetAttribute(&queue.multiprocessors, cudaDevAttrMultiProcessorCount, 0),
            "asking the device");
    Bench(queue).Run();
  } catch (const lantern::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
