// Products with many tokens (backends/cuda/kernels/large.h) against sums in double precision, in
// every format, at odd sizes. A machine without cuBLASLt fails these tests and says so.
#include <algorithm>
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

float RoundedToBF16(float value) { return BFloat16ToFloat(FloatToBFloat16(value)); }

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
  const float* Row(int row) const { return &decoded[size_t(row % distinct) * in]; }
  // As tensor cores get them.
  void RoundToOperands() {
    if (type == DType::kF16) return;
    for (float& value : decoded) value = RoundedToBF16(value);
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

  Matrix matrix(int tokens) const {
    const Real type = sizeof(T) == 2 ? Real::kBF16 : Real::kF32;
    return {device.data(), type, tokens, columns, stride};
  }
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

  Matrix matrix() const {
    const Real type = sizeof(T) == 2 ? Real::kBF16 : Real::kF32;
    return {device.data(), type, tokens, columns, stride};
  }
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

// [tokens, out], of the weight's columns from `begin` on.
template <class T>
std::vector<double> Exact(const Activations<T>& x, int tokens, const TestWeight& w, int begin) {
  std::vector<double> exact;
  for (int token = 0; token < tokens; ++token) {
    for (int row = 0; row < w.out; ++row) {
      exact.push_back(Dot(x.Row(token), w.Row(row) + begin, x.columns));
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
constexpr double kBF16Bound = 2e-3;  // rounding of results: 2^-9 at most

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

  template <class T>
  static std::vector<float> Store(const Activations<__nv_bfloat16>& x, int tokens,
                                  const TestWeight& w, int begin) {
    const Output<T> out(tokens, w.out);
    panels_->Multiply(TestQueue(), out.matrix(), x.matrix(tokens), w.weight(), begin, false);
    return out.Get();
  }

  static void ExpectProducts(const Activations<__nv_bfloat16>& x, const TestWeight& w, int begin) {
    const std::vector<double> all = Exact(x, kMostTokens, w, begin);
    for (const int tokens : kTokens) {
      SCOPED_TRACE(Name(w.type) + ", tokens " + std::to_string(tokens) + ", columns from " +
                   std::to_string(begin) + ", " + std::to_string(x.columns) + " of them");
      std::vector<double> exact(all.begin(), all.begin() + size_t(tokens) * w.out);
      ExpectClose(Store<float>(x, tokens, w, begin), exact, kF32Bound);
      ExpectClose(Store<__nv_bfloat16>(x, tokens, w, begin), exact, kBF16Bound);
      Output<float> out(tokens, w.out);
      const std::vector<float> start = out.Start(tokens);
      panels_->Multiply(TestQueue(), out.matrix(), x.matrix(tokens), w.weight(), begin, true);
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
  TestWeight w(GetParam(), 203, ColumnsOf(GetParam()), 1);
  w.RoundToOperands();
  for (const auto& [begin, columns] : Ranges(GetParam())) {
    ExpectProducts(Activations<__nv_bfloat16>(kMostTokens, columns, 2), w, begin);
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, LargeFormatTest, testing::ValuesIn(kTypes),
                         [](const auto& info) { return Name(info.param); });

TEST_F(LargeTest, WritesPartsSideBySide) {
  TestWeight first(DType::kQ4_K, 200, 512, 1), second(DType::kF16, 77, 512, 2);
  const Activations<__nv_bfloat16> x(100, 512, 3);
  const Output<__nv_bfloat16> out(100, 277);
  Matrix left = out.matrix(), right = out.matrix();
  left.columns = 200;
  right.columns = 77;
  right.data = out.device.data() + 200;
  usual_->Multiply(TestQueue(), right, x.matrix(100), second.weight(), 0, false);
  usual_->Multiply(TestQueue(), left, x.matrix(100), first.weight(), 0, false);
  first.RoundToOperands();
  std::vector<double> exact;
  for (int token = 0; token < 100; ++token) {
    for (int row = 0; row < 277; ++row) {
      const float* const weights = row < 200 ? first.Row(row) : second.Row(row - 200);
      exact.push_back(Dot(x.Row(token), weights, 512));
    }
  }
  ExpectClose(out.Get(), exact, kBF16Bound);
}

// Some values of a product of a real model's size, with panels as they are in use.
TEST_F(LargeTest, MatchesExactSumsAtFullSize) {
  constexpr int kOut = 4163, kIn = 14336, kN = 256, kSamples = 2000;
  const Activations<__nv_bfloat16> x(kN, kIn, 1);
  for (const DType type : {DType::kBF16, DType::kF16, DType::kQ4_0, DType::kQ6_K}) {
    SCOPED_TRACE(Name(type));
    TestWeight w(type, kOut, kIn, 2, 61);
    w.RoundToOperands();
    const Output<float> out(kN, kOut);
    usual_->Multiply(TestQueue(), out.matrix(), x.matrix(kN), w.weight(), 0, false);
    const std::vector<float> all = out.Get();
    std::vector<float> actual;
    std::vector<double> exact;
    for (size_t i = 0; i < kSamples; ++i) {
      const size_t at = i * 1000003 % all.size();  // a prime: everywhere
      actual.push_back(all[at]);
      exact.push_back(Dot(x.Row(at / kOut), w.Row(at % kOut), kIn));
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
      panels_->Multiply(queue, out.matrix(), x.matrix(kN), w.weight(), 0, false);
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

TEST_F(LargeTest, KeepsLargeActivationsFiniteBesideHalves) {
  const TestWeight w(DType::kF16, 65, 64, 1);
  std::vector<float> values(size_t{65} * 64, 0);
  values[0] = 1e30f;       // token 0
  values[64 + 5] = -1e5f;  // token 1
  values[128] = INFINITY;  // token 2
  values[192] = 0x1p-20f;  // token 3: no normal f16
  const OnDevice<__nv_bfloat16> x(ToBF16(values));
  const Output<float> out(65, 65);
  usual_->Multiply(TestQueue(), out.matrix(), {x.data(), Real::kBF16, 65, 64, 64}, w.weight(), 0,
                   false);
  const std::vector<float> actual = out.Get();
  for (int row = 0; row < 65; ++row) {
    EXPECT_FLOAT_EQ(65504 * w.Row(row)[0], actual[row]);
    EXPECT_FLOAT_EQ(-65504 * w.Row(row)[5], actual[65 + row]);
    EXPECT_FALSE(std::isfinite(actual[130 + row]));
    EXPECT_FLOAT_EQ(0x1p-20f * w.Row(row)[0], actual[195 + row]);
    EXPECT_EQ(0, actual[260 + row]);
  }
}

// More tokens than fit into the scratch memory for x in f16 at once.
TEST_F(LargeTest, TakesManyTokensBesideHalves) {
  constexpr int kN = 2500, kOut = 40, kIn = 14336;
  const Activations<__nv_bfloat16> x(kN, kIn, 1);
  const TestWeight w(DType::kF16, kOut, kIn, 2);
  const Output<__nv_bfloat16> out(kN, kOut);
  usual_->Multiply(TestQueue(), out.matrix(), x.matrix(kN), w.weight(), 0, false);
  const std::vector<float> all = out.Get();
  std::vector<float> actual;
  std::vector<double> exact;
  for (size_t at = 0; at < all.size(); at += 97) {
    actual.push_back(all[at]);
    exact.push_back(Dot(x.Row(at / kOut), w.Row(at % kOut), kIn));
  }
  ExpectClose(actual, exact, kBF16Bound);
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
