// Products with many tokens (backends/cuda/kernels/large.h) against sums in double precision, in
// every format, at odd sizes. A machine without cuBLASLt fails these tests and says so.
#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <numeric>
#include <string>

#include "backends/cuda/kernels/large.h"
#include "src/base/error.h"
#include "src/tensor/quant.h"
#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {
namespace {

constexpr DType kTypes[] = {DType::kF32,  DType::kF16,  DType::kBF16, DType::kQ8_0,
                            DType::kQ4_0, DType::kQ4_K, DType::kQ5_K, DType::kQ6_K};
constexpr int kTokens[] = {1, 7, 65, 100, 256, 513};
constexpr int kMostTokens = 513;

std::string Name(DType type) { return Info(type).name; }

// A packed weight and what it means. `distinct` rows are encoded and repeated: encoding is slow.
struct TestWeight {
  TestWeight(DType type, int out, int in, uint64_t seed, int distinct = 1 << 30)
      : type(type),
        out(out),
        in(in),
        distinct(std::min(out, distinct)),
        packed(PackedBytes(type, out, in)) {
    const size_t row_bytes = RowBytes(type, in);
    const std::vector<float> exact = SomeFloats(size_t(this->distinct) * in, seed);
    std::vector<std::byte> rows(row_bytes * out);
    decoded.resize(exact.size());
    for (int row = 0; row < this->distinct; ++row) {
      EncodeRow(type, &exact[size_t(row) * in], in, &rows[row * row_bytes]);
      DecodeRow(type, &rows[row * row_bytes], in, &decoded[size_t(row) * in]);
    }
    for (int row = this->distinct; row < out; ++row) {
      std::memcpy(&rows[row * row_bytes], &rows[row % distinct * row_bytes], row_bytes);
    }
    const OnDevice<std::byte> stored(rows);
    PackRows(TestQueue(), type, stored.data(), 0, out, out, in, packed.data());
    Require(cudaDeviceSynchronize(), "packing a weight");
  }

  Weight weight() const { return {packed.data(), type, out, in}; }
  std::array<Weight, 1> weights() const { return {weight()}; }
  const float* Row(int row) const { return &decoded[size_t(row % distinct) * in]; }
  // What it means beside activations of this type, which tensor cores get it in.
  std::vector<float> As(Real real) const {
    std::vector<float> values = decoded;
    for (float& value : values) value = RoundedTo(real, value);
    return values;
  }

  const DType type;
  const int out, in, distinct;
  OnDevice<std::byte> packed;
  std::vector<float> decoded;
};

// x on the device in T, with NaNs between its rows, and its values.
template <class T>
struct Activations {
  Activations(int tokens, int columns, uint64_t seed)
      : columns(columns),
        stride((columns + 15) / 8 * 8),
        values(SomeFloats(size_t(tokens) * columns, seed)),
        device(size_t(tokens) * stride) {
    std::vector<T> laid_out(size_t(tokens) * stride, T(NAN));
    for (size_t i = 0; i < values.size(); ++i) {
      const T rounded(values[i]);
      values[i] = float(rounded);
      laid_out[i / columns * stride + i % columns] = rounded;
    }
    device.Set(laid_out);
  }

  Matrix matrix(int tokens) const { return {device.data(), kTestReal<T>, tokens, columns, stride}; }
  const float* Row(int token) const { return &values[size_t(token) * columns]; }

  const int columns;
  const long long stride;
  std::vector<float> values;
  OnDevice<T> device;
};

// Where a product goes: T, with something between the rows that must stay.
template <class T>
struct Output {
  Output(int tokens, int columns)
      : tokens(tokens),
        columns(columns),
        stride((columns + 15) / 8 * 8),
        device(size_t(tokens) * stride) {}

  Matrix matrix() const { return {device.data(), kTestReal<T>, tokens, columns, stride}; }
  std::vector<float> Start(uint64_t seed) {
    std::vector<float> all = SomeFloats(device.size(), seed, 10), start;
    for (int row = 0; row < tokens; ++row) {
      std::fill_n(&all[row * stride + columns], stride - columns, NAN);
      start.insert(start.end(), &all[row * stride], &all[row * stride + columns]);
    }
    device.Set(all);
    return start;
  }
  std::vector<float> Get() const {
    const std::vector<T> all = device.Get();
    std::vector<float> values;
    int written = 0;
    for (size_t at = 0; at < all.size(); ++at) {
      if (at % stride < size_t(columns)) {
        values.push_back(float(all[at]));
      } else {
        written += !std::isnan(float(all[at]));
      }
    }
    EXPECT_EQ(0, written) << "values between rows";
    return values;
  }

  const int tokens, columns;
  const long long stride;
  OnDevice<T> device;
};

double Dot(const float* a, const float* b, int count) {
  double sums[4] = {};
  for (int i = 0; i < count; ++i) sums[i % 4] += double(a[i]) * b[i];
  return sums[0] + sums[1] + sums[2] + sums[3];
}

// [tokens, out], of the weight's columns from `begin` on, rounded as x is.
template <class T>
std::vector<double> Exact(const Activations<T>& x, int tokens, const TestWeight& w, int begin) {
  const std::vector<float> weights = w.As(kTestReal<T>);
  std::vector<double> exact;
  for (int token = 0; token < tokens; ++token) {
    for (int row = 0; row < w.out; ++row) {
      const float* const from = &weights[size_t(row % w.distinct) * w.in];
      exact.push_back(Dot(x.Row(token), from + begin, x.columns));
    }
  }
  return exact;
}

// All together within `bound`, and none so far off as a value from another place would be.
void ExpectClose(std::span<const float> actual, std::span<const double> exact, double bound) {
  EXPECT_LT(RelativeError(actual, exact), bound);
  const double square = std::inner_product(exact.begin(), exact.end(), exact.begin(), 0.0);
  const double usual = std::sqrt(square / exact.size());
  for (size_t i = 0; i < exact.size(); ++i) {
    ASSERT_NEAR(exact[i], actual[i], 20 * bound * usual) << "at " << i;
  }
}

struct Range {
  int begin, columns;
};
int ColumnsOf(DType type) {
  if (!IsBlockFormat(type)) return 1000;
  return Info(type).block == 32 ? 992 : 1024;
}
std::vector<Range> Ranges(DType type) {
  const int in = ColumnsOf(type), step = std::max(32, Info(type).block);
  return {{0, in}, {256, 512}, {step, in - step}};
}

constexpr double kF32Bound = 1e-5;   // tensor cores' sums
constexpr double kBF16Bound = 2e-3;  // rounding of results: 2^-8 at most
constexpr double kF16Bound = 3e-4;   // 2^-11

class LargeTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    try {
      // Small panels, so that small weights have several.
      panels_ = std::make_unique<LargeProducts>(TestQueue(), LargePanels{.rows = 64});
      usual_ = std::make_unique<LargeProducts>(TestQueue());
    } catch (const Error& error) {
      missing_ = error.what();
    }
  }
  static void TearDownTestSuite() {
    panels_.reset();
    usual_.reset();
  }
  void SetUp() override {
    if (usual_ == nullptr) FAIL() << missing_;
  }

  template <class T, class X>
  static std::vector<float> Store(const Activations<X>& x, int tokens, const TestWeight& w,
                                  int begin) {
    const Output<T> out(tokens, w.out);
    panels_->Multiply(TestQueue(), out.matrix(), x.matrix(tokens), w.weights(), begin, false);
    return out.Get();
  }

  template <class X>
  static void ExpectProducts(const Activations<X>& x, const TestWeight& w, int begin) {
    constexpr double kBound = kTestReal<X> == Real::kF16 ? kF16Bound : kBF16Bound;
    const std::vector<double> all = Exact(x, kMostTokens, w, begin);
    for (const int tokens : kTokens) {
      SCOPED_TRACE(Name(w.type) + ", tokens " + std::to_string(tokens) + ", columns from " +
                   std::to_string(begin) + ", " + std::to_string(x.columns) + " of them");
      std::vector<double> exact(all.begin(), all.begin() + size_t(tokens) * w.out);
      ExpectClose(Store<float>(x, tokens, w, begin), exact, kF32Bound);
      ExpectClose(Store<X>(x, tokens, w, begin), exact, kBound);
      Output<float> out(tokens, w.out);
      const std::vector<float> start = out.Start(tokens);
      panels_->Multiply(TestQueue(), out.matrix(), x.matrix(tokens), w.weights(), begin, true);
      for (size_t i = 0; i < exact.size(); ++i) exact[i] += start[i];
      ExpectClose(out.Get(), exact, kF32Bound);
    }
  }

  static std::unique_ptr<LargeProducts> panels_, usual_;
  static std::string missing_;
};
std::unique_ptr<LargeProducts> LargeTest::panels_, LargeTest::usual_;
std::string LargeTest::missing_;

class LargeFormatTest : public LargeTest, public testing::WithParamInterface<DType> {};

TEST_P(LargeFormatTest, MatchesExactSums) {
  const TestWeight w(GetParam(), 203, ColumnsOf(GetParam()), 1);
  for (const auto& [begin, columns] : Ranges(GetParam())) {
    ExpectProducts(Activations<__nv_bfloat16>(kMostTokens, columns, 2), w, begin);
    ExpectProducts(Activations<__half>(kMostTokens, columns, 2), w, begin);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, LargeFormatTest, testing::ValuesIn(kTypes),
                         [](const auto& info) { return Name(info.param); });

// [100, sum of out] of x with all weights, side by side.
std::vector<double> ExactSideBySide(const Activations<__half>& x,
                                    std::initializer_list<const TestWeight*> weights) {
  std::vector<double> exact;
  std::vector<std::vector<double>> each;
  for (const TestWeight* w : weights) each.push_back(Exact(x, 100, *w, 0));
  for (int token = 0; token < 100; ++token) {
    for (size_t i = 0; const TestWeight* w : weights) {
      const double* const row = &each[i++][size_t(token) * w->out];
      exact.insert(exact.end(), row, row + w->out);
    }
  }
  return exact;
}

// In formats of their own, and where panels have rows of two of them, or of three.
TEST_F(LargeTest, MultipliesWeightsSideBySide) {
  const Activations<__half> x(100, 512, 3);
  const TestWeight first(DType::kQ4_K, 200, 512, 1), second(DType::kF16, 77, 512, 2),
      third(DType::kQ8_0, 40, 512, 4);
  const std::vector<double> exact = ExactSideBySide(x, {&first, &second, &third});
  const std::array weights = {first.weight(), second.weight(), third.weight()};
  for (LargeProducts* products : {panels_.get(), usual_.get()}) {
    const Output<__half> out(100, 317);
    products->Multiply(TestQueue(), out.matrix(), x.matrix(100), weights, 0, false);
    ExpectClose(out.Get(), exact, kF16Bound);
  }
}

// Plain ones that lie one behind the other, as one product, and elsewhere, as several.
TEST_F(LargeTest, MultipliesPlainWeightsWhereverTheyLie) {
  const Activations<__half> x(100, 512, 3);
  const TestWeight first(DType::kF16, 200, 512, 1), second(DType::kF16, 77, 512, 2),
      third(DType::kF16, 40, 512, 4);
  const std::vector<double> exact = ExactSideBySide(x, {&first, &second, &third});
  std::vector<std::byte> bytes;
  for (const TestWeight* w : {&first, &second, &third}) {
    const std::vector<std::byte> more = w->packed.Get();
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  const OnDevice<std::byte> together(bytes);
  std::array apart = {first.weight(), second.weight(), third.weight()}, joined = apart;
  joined[0].data = together.data();
  joined[1].data = joined[0].data + PackedBytes(DType::kF16, 200, 512);
  joined[2].data = joined[1].data + PackedBytes(DType::kF16, 77, 512);
  for (const auto& weights : {apart, joined}) {
    const Output<__half> out(100, 317);
    usual_->Multiply(TestQueue(), out.matrix(), x.matrix(100), weights, 0, false);
    ExpectClose(out.Get(), exact, kF16Bound);
  }
}

// Rows that another rank waits for come first, in parts that are there when they are said to be.
TEST_F(LargeTest, MakesSomeRowsFirst) {
  constexpr int kRows = 2100, kColumns = 512, kOut = 203;
  const Activations<__half> x(kRows, kColumns, 3);
  for (const DType type : {DType::kF16, DType::kQ4_0}) {
    const TestWeight w(type, kOut, kColumns, 1);
    const std::vector<double> exact = Exact(x, kRows, w, 0);
    for (const auto& [first, count] : {std::pair(0, 1050), {1051, 1049}}) {
      const Output<float> out(kRows, kOut);
      std::vector<float> made(size_t{kRows} * kOut, NAN);
      panels_->MultiplyRowsFirst(
          TestQueue(), out.matrix(), x.matrix(kRows), w.weight(), first, count,
          [&](const Matrix& part, int row, int column) {
            Require(cudaMemcpy2D(&made[size_t(first + row) * kOut + column], kOut * sizeof(float),
                                 part.data, part.stride * sizeof(float),
                                 part.columns * sizeof(float), part.rows, cudaMemcpyDeviceToHost),
                    "reading a part");
          });
      const std::vector<float> all = out.Get();
      ExpectClose(all, exact, kF32Bound);
      for (int row = 0; row < kRows; ++row) {
        const bool is_first = row >= first && row < first + count;
        for (int i = 0; i < kOut; ++i) {
          const float value = made[size_t(row) * kOut + i];
          ASSERT_TRUE(is_first ? value == all[size_t(row) * kOut + i] : std::isnan(value))
              << "row " << row << " column " << i;
        }
      }
    }
  }
}

// Some values of a product of a real model's size, with panels as they are in use.
TEST_F(LargeTest, MatchesExactSumsAtFullSize) {
  constexpr int kOut = 4163, kIn = 14336, kN = 256, kSamples = 2000;
  const Activations<__half> x(kN, kIn, 1);
  for (const DType type : {DType::kBF16, DType::kF16, DType::kQ4_0, DType::kQ6_K}) {
    SCOPED_TRACE(Name(type));
    const TestWeight w(type, kOut, kIn, 2, 61);
    const std::vector<float> weights = w.As(Real::kF16);
    const Output<float> out(kN, kOut);
    usual_->Multiply(TestQueue(), out.matrix(), x.matrix(kN), w.weights(), 0, false);
    const std::vector<float> all = out.Get();
    std::vector<float> actual;
    std::vector<double> exact;
    for (size_t i = 0; i < kSamples; ++i) {
      const size_t at = i * 1000003 % all.size();  // a prime: everywhere
      actual.push_back(all[at]);
      const float* const row = &weights[at % kOut % w.distinct * kIn];
      exact.push_back(Dot(x.Row(at / kOut), row, kIn));
    }
    ExpectClose(actual, exact, 1e-4);  // sums of 14,336 products
  }
}

TEST_F(LargeTest, GivesTheSameBitsInEveryRunAndInGraphs) {
  constexpr int kN = 150, kOut = 1000, kIn = 4096;
  const Activations<__nv_bfloat16> x(kN, kIn, 1);
  Queue queue = TestQueue();
  Require(cudaStreamCreateWithFlags(&queue.stream, cudaStreamNonBlocking), "making a stream");
  for (const DType type : {DType::kBF16, DType::kF16, DType::kQ4_0}) {
    SCOPED_TRACE(Name(type));
    const TestWeight w(type, kOut, kIn, 2, 61);
    const Output<__nv_bfloat16> first(kN, kOut), second(kN, kOut), third(kN, kOut);
    const auto multiply = [&](const Output<__nv_bfloat16>& out) {
      panels_->Multiply(queue, out.matrix(), x.matrix(kN), w.weights(), 0, false);
    };
    Require(cudaDeviceSynchronize(), "preparing");  // this stream does not wait for the other
    multiply(first);
    multiply(second);
    cudaGraph_t graph = nullptr;
    cudaGraphExec_t runnable = nullptr;
    Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "capturing");
    multiply(third);
    Require(cudaStreamEndCapture(queue.stream, &graph), "capturing");
    Require(cudaGraphInstantiate(&runnable, graph, 0), "making a graph");
    Require(cudaGraphLaunch(runnable, queue.stream), "launching a graph");
    const std::vector<float> expected = first.Get();
    EXPECT_EQ(expected, second.Get());
    EXPECT_EQ(expected, third.Get());
    cudaGraphExecDestroy(runnable);
    cudaGraphDestroy(graph);
  }
  cudaStreamDestroy(queue.stream);
}

TEST_F(LargeTest, LeavesInfinityBeyondF16AndKeepsNaN) {
  constexpr int kIn = 64, kOut = 72, kN = 40;
  for (const DType type : {DType::kF16, DType::kF32, DType::kQ8_0}) {
    SCOPED_TRACE(Name(type));
    const TestWeight w(type, kOut, kIn, 1);
    const std::vector<float> weights = w.As(Real::kF16);
    std::vector<float> values(size_t{kN} * kIn, 0);
    for (int i = 0; i < kIn; ++i) values[i] = std::copysign(60000.0f, weights[i]);  // token 0
    values[kIn + 3] = NAN;                                                          // token 1
    const Reals x(Real::kF16, values), narrow(Real::kF16, std::vector<float>(kN * kOut));
    const Reals wide(Real::kF32, std::vector<float>(kN * kOut));
    for (const Reals* out : {&narrow, &wide}) {
      usual_->Multiply(TestQueue(), out->matrix(kN, kOut, kOut), x.matrix(kN, kIn, kIn),
                       w.weights(), 0, false);
    }
    const std::vector<float> half = narrow.Get(), exact = wide.Get();
    EXPECT_GT(exact[0], 1e6);
    EXPECT_EQ(INFINITY, half[0]);
    for (int row = 0; row < kOut; ++row) {
      EXPECT_TRUE(std::isfinite(exact[row]));
      if (std::fabs(exact[row]) > 66000) {
        EXPECT_EQ(std::copysign(INFINITY, exact[row]), half[row]);
      } else if (std::fabs(exact[row]) < 65000) {
        EXPECT_NEAR(exact[row], half[row], 1e-3 * std::fabs(exact[row]) + 1);
      }
      EXPECT_TRUE(std::isnan(half[kOut + row]) && std::isnan(exact[kOut + row]));
      EXPECT_EQ(0, half[2 * kOut + row]);
    }
  }
}

// ---- in f32 ----

class MultiplyF32Test : public testing::TestWithParam<DType> {
 protected:
  static std::vector<float> Store(const Activations<float>& x, int tokens, const TestWeight& w,
                                  int begin) {
    const OnDevice<std::byte> scratch(kF32ScratchBytes);
    const Output<float> out(tokens, w.out);
    MultiplyF32(TestQueue(), out.matrix(), x.matrix(tokens), w.weight(), begin, false,
                reinterpret_cast<float*>(scratch.data()));
    return out.Get();
  }
};

TEST_P(MultiplyF32Test, MatchesExactSums) {
  const TestWeight w(GetParam(), 131, ColumnsOf(GetParam()), 1);
  for (const auto& [begin, columns] : Ranges(GetParam())) {
    const Activations<float> x(100, columns, 2);
    for (const int tokens : {1, 7, 65, 100}) {
      SCOPED_TRACE("tokens " + std::to_string(tokens) + ", columns from " + std::to_string(begin));
      ExpectClose(Store(x, tokens, w, begin), Exact(x, tokens, w, begin), 1e-6);
    }
  }
}

TEST_P(MultiplyF32Test, IsOneChainOfFusedMultiplyAdds) {
  constexpr int kN = 67;
  const TestWeight w(GetParam(), 77, ColumnsOf(GetParam()), 1);
  const Activations<float> x(kN, ColumnsOf(GetParam()), 2);
  Output<float> out(kN, w.out);
  std::vector<float> expected = out.Start(3);
  for (size_t i = 0; i < expected.size(); ++i) {
    const float *const a = x.Row(i / w.out), *const b = w.Row(i % w.out);
    float sum = 0;
    for (int k = 0; k < x.columns; ++k) sum = std::fmaf(a[k], b[k], sum);
    expected[i] += sum;
  }
  const OnDevice<std::byte> scratch(kF32ScratchBytes);
  MultiplyF32(TestQueue(), out.matrix(), x.matrix(kN), w.weight(), 0, true,
              reinterpret_cast<float*>(scratch.data()));
  const std::vector<float> actual = out.Get();
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(expected[i], actual[i]) << "at " << i;
}

INSTANTIATE_TEST_SUITE_P(Formats, MultiplyF32Test, testing::ValuesIn(kTypes),
                         [](const auto& info) { return Name(info.param); });

TEST(MultiplyF32, UnpacksInPanels) {
  constexpr int kOut = 1300, kIn = 14336;
  static_assert(size_t{kOut} * kIn * 4 > kF32ScratchBytes);
  const TestWeight w(DType::kF16, kOut, kIn, 1, 61);
  const Activations<float> x(3, kIn, 2);
  const OnDevice<std::byte> scratch(kF32ScratchBytes);
  const Output<float> out(3, kOut);
  MultiplyF32(TestQueue(), out.matrix(), x.matrix(3), w.weight(), 0, false,
              reinterpret_cast<float*>(scratch.data()));
  ExpectClose(out.Get(), Exact(x, 3, w, 0), 5e-6);
}

}  // namespace
}  // namespace lantern::cuda
