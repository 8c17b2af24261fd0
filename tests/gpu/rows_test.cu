// Norms, sums, SwiGLU and gathering against double precision on the host.
#include "backends/cuda/kernels/rows.h"

#include <memory>

#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

struct Shape {
  int rows, columns;
};
std::string Name(Shape shape) {
  return std::to_string(shape.rows) + " x " + std::to_string(shape.columns);
}
// Wide and narrow, odd, wider than a block of threads holds, more rows than multiprocessors.
constexpr Shape kShapes[] = {{1, 4096},  {3, 4096}, {2, 8192}, {2, 16384}, {1, 20000}, {2, 9001},
                             {300, 512}, {5, 4},    {3, 1},    {4, 33},    {2, 4097},  {7, 130}};
constexpr float kEps = 1e-5f;

// Values of which every row has a size of its own.
std::vector<float> SomeRows(Shape shape, int seed) {
  std::vector<float> values = SomeFloats(shape.rows * shape.columns, seed);
  for (size_t i = 0; i < values.size(); ++i) values[i] *= 0.1f + i / shape.columns % 7;
  return values;
}

std::vector<double> ExactNorm(const std::vector<float>& x, const std::vector<float>& weight) {
  const size_t columns = weight.size();
  std::vector<double> out;
  for (size_t begin = 0; begin < x.size(); begin += columns) {
    double squares = 0;
    for (size_t i = 0; i < columns; ++i) squares += double{x[begin + i]} * x[begin + i];
    const double scale = 1 / std::sqrt(squares / columns + kEps);
    for (size_t i = 0; i < columns; ++i) out.push_back(x[begin + i] * scale * weight[i]);
  }
  return out;
}

template <class Out>
void TestRmsNorm(Shape shape) {
  const std::vector<float> x = SomeRows(shape, 1), weight = SomeFloats(shape.columns, 2);
  const OnDevice<float> device_weight(weight);
  const PaddedMatrix<float> in(shape.rows, shape.columns, x);
  const PaddedMatrix<Out> out(shape.rows, shape.columns);
  RmsNorm(TestQueue(), out.view(), in.view(), device_weight.data(), kEps);
  ExpectClose(out.Get(), ExactNorm(x, weight), kRounding<Out>, kTiny<Out>, Name(shape));
  ExpectSameBits(in.Get(), x, "x after the norm of " + Name(shape));
}

TEST(RmsNorm, IsExactUpToRounding) {
  for (const Shape shape : kShapes) {
    TestRmsNorm<float>(shape);
    TestRmsNorm<__half>(shape);
    TestRmsNorm<__nv_bfloat16>(shape);
  }
}

TEST(RmsNorm, SaturatesInF16AndKeepsWhatIsNoNumber) {
  for (const int columns : {64, 33}) {  // in units and one by one
    std::vector<float> weight(columns, 1.0f), x(3 * columns, 1.0f);
    weight[1] = 1e6f;
    weight[2] = -1e6f;
    x[columns] = NAN;
    x[2 * columns] = INFINITY;
    const OnDevice<float> device_weight(weight);
    const PaddedMatrix<float> in(3, columns, x);
    const PaddedMatrix<__half> out(3, columns);
    RmsNorm(TestQueue(), out.view(), in.view(), device_weight.data(), kEps);
    const std::vector<float> actual = out.Get();
    EXPECT_EQ(1, actual[0]);
    EXPECT_EQ(65504, actual[1]);
    EXPECT_EQ(-65504, actual[2]);
    for (int i = 0; i < columns; ++i) EXPECT_TRUE(std::isnan(actual[columns + i])) << i;
    EXPECT_TRUE(std::isnan(actual[2 * columns]));
  }
}

TEST(RmsNorm, InPlace) {
  for (const Shape shape : kShapes) {
    const std::vector<float> x = SomeRows(shape, 3), weight = SomeFloats(shape.columns, 4);
    const OnDevice<float> device_weight(weight);
    const PaddedMatrix<float> in(shape.rows, shape.columns, x);
    RmsNorm(TestQueue(), in.view(), in.view(), device_weight.data(), kEps);
    ExpectClose(in.Get(), ExactNorm(x, weight), kRounding<float>, 1e-30, Name(shape));
  }
}

TEST(RmsNorm, OfZerosIsZero) {
  const OnDevice<float> weight(SomeFloats(4096, 5));
  const PaddedMatrix<float> x(1, 4096, std::vector<float>(4096));
  RmsNorm(TestQueue(), x.view(), x.view(), weight.data(), kEps);
  ExpectClose(x.Get(), std::vector<double>(4096), 0, 0, "zeros");
}

template <class Out>
void TestAddRmsNorm(Shape shape) {
  std::vector<float> x = SomeRows(shape, 6);
  const std::vector<float> y = SomeRows(shape, 7);
  const std::vector<float> weight = SomeFloats(shape.columns, 8);
  const OnDevice<float> device_weight(weight);
  const PaddedMatrix<float> in(shape.rows, shape.columns, x);
  const PaddedMatrix<float> added(shape.rows, shape.columns, y);
  const PaddedMatrix<Out> out(shape.rows, shape.columns);
  AddRmsNorm(TestQueue(), out.view(), in.view(), added.view(), device_weight.data(), kEps);
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  ExpectSameBits(in.Get(), x, "x += y of " + Name(shape));
  ExpectClose(out.Get(), ExactNorm(x, weight), kRounding<Out>, kTiny<Out>, Name(shape));
  ExpectSameBits(added.Get(), y, "y after the norm of " + Name(shape));
}

TEST(AddRmsNorm, IsExactUpToRounding) {
  for (const Shape shape : kShapes) {
    TestAddRmsNorm<float>(shape);
    TestAddRmsNorm<__half>(shape);
    TestAddRmsNorm<__nv_bfloat16>(shape);
  }
}

TEST(Add, IsExact) {
  for (const Shape shape : kShapes) {
    std::vector<float> x = SomeRows(shape, 9);
    const std::vector<float> y = SomeRows(shape, 10);
    const PaddedMatrix<float> sum(shape.rows, shape.columns, x);
    const PaddedMatrix<float> added(shape.rows, shape.columns, y);
    Add(TestQueue(), sum.view(), added.view());
    for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
    ExpectSameBits(sum.Get(), x, Name(shape));
  }
}

template <class T>
void TestSiluMul(Shape shape) {
  std::vector<float> in = SomeFloats(2 * shape.rows * shape.columns, 11, 3);
  constexpr float kSpecial[] = {0, -0.0f, 87, -87, 100, -100, 1000, -1000, 1e30f, -1e30f};
  for (size_t i = 0; i < std::size(kSpecial) && i < in.size(); ++i) in[i] = kSpecial[i];
  for (float& value : in) value = RoundedTo(kTestReal<T>, value);
  const PaddedMatrix<T> gate_up(shape.rows, 2 * shape.columns, in);
  const PaddedMatrix<T> out(shape.rows, shape.columns);
  SiluMul(TestQueue(), out.view(), gate_up.view());
  std::vector<double> exact;
  for (int row = 0; row < shape.rows; ++row) {
    for (int i = 0; i < shape.columns; ++i) {
      const float* const at = &in[2 * row * shape.columns + i];
      const double gate = Within<T>(at[0]), up = Within<T>(at[shape.columns]);
      exact.push_back(Within<T>(gate / (1 + std::exp(-gate)) * up));
    }
  }
  ExpectClose(out.Get(), exact, kRounding<T>, std::is_same_v<T, __half> ? kTiny<T> : 1e-34,
              Name(shape));
}

TEST(SiluMul, IsExactUpToRounding) {
  for (const Shape shape : kShapes) {
    TestSiluMul<float>(shape);
    TestSiluMul<__half>(shape);
    TestSiluMul<__nv_bfloat16>(shape);
  }
  TestSiluMul<__half>({3, 14336});
  TestSiluMul<__nv_bfloat16>({3, 14336});
  TestSiluMul<__nv_bfloat16>({2, 12});  // of whole 8-byte units, but not of 16-byte ones
}

TEST(SiluMul, KeepsWhatIsNoNumber) {
  const std::vector<float> in = {NAN, 1, 1, NAN};  // two rows of a gate and an up
  const PaddedMatrix<__half> gate_up(2, 2, in);
  const PaddedMatrix<__half> out(2, 1);
  SiluMul(TestQueue(), out.view(), gate_up.view());
  for (const float value : out.Get()) EXPECT_TRUE(std::isnan(value));
}

TEST(Gather, PicksRowsInAnyOrder) {
  for (const int columns : {1, 33, 128, 4096, 4097}) {
    const Shape shape = {9, columns};
    const std::vector<float> x = SomeRows(shape, 12);
    const PaddedMatrix<float> in(shape.rows, columns, x);
    const std::vector<int> rows = {8, 0, 3, 3, 1};
    const OnDevice<int> device_rows(rows);
    const PaddedMatrix<float> out(5, columns);
    Gather(TestQueue(), out.view(), in.view(), device_rows.data());
    std::vector<float> exact;
    for (const int row : rows) {
      exact.insert(exact.end(), x.begin() + row * columns, x.begin() + (row + 1) * columns);
    }
    ExpectSameBits(out.Get(), exact, std::to_string(columns) + " columns");
  }
}

TEST(Rows, NoRowsAreNoWork) {
  const Matrix none = {nullptr, Real::kF32, 0, 64, 64}, half = {nullptr, Real::kF32, 0, 32, 32};
  RmsNorm(TestQueue(), none, none, nullptr, kEps);
  AddRmsNorm(TestQueue(), none, none, none, nullptr, kEps);
  Add(TestQueue(), none, none);
  SiluMul(TestQueue(), half, none);
  Gather(TestQueue(), none, none, nullptr);
  Embed(TestQueue(), none, nullptr, DType::kQ8_0, nullptr, nullptr);
  LookAt(TestQueue(), none, 0, 0, nullptr, nullptr);
  AnswerRows(TestQueue(), none, nullptr, nullptr, nullptr);
  Require(cudaDeviceSynchronize(), "doing nothing");
}

// More rows than a grid has in its second direction.
TEST(Rows, VeryManyRows) {
  const Shape shape = {70000, 3};
  std::vector<float> x = SomeRows(shape, 13);
  const std::vector<float> y = SomeRows(shape, 14);
  const PaddedMatrix<float> sum(shape.rows, shape.columns, x);
  const PaddedMatrix<float> added(shape.rows, shape.columns, y);
  Add(TestQueue(), sum.view(), added.view());
  for (size_t i = 0; i < x.size(); ++i) x[i] += y[i];
  ExpectSameBits(sum.Get(), x, Name(shape));
}

}  // namespace
}  // namespace lantern::cuda
