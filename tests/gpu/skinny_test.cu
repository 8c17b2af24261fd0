// Products with few tokens, of every format: against sums in double precision over the decoded
// weights and the activations, which are bf16 beside bf16 weights and f16 beside f16 and f32 ones.
#include <algorithm>
#include <cstring>
#include <string>

#include "backends/cuda/kernels/skinny.h"
#include "src/tensor/quant.h"
#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {
namespace {

constexpr float kEps = 1e-5f;

// Weights on the device, and what they decode to.
class TestWeight {
 public:
  TestWeight(DType type, int out, int in, uint64_t seed)
      : type_(type), out_(out), in_(in), packed_(PackedBytes(type, out, in)) {
    const size_t row = RowBytes(type, in);
    std::vector<std::byte> stored(row * out);
    decoded_.resize(static_cast<size_t>(out) * in);
    for (int i = 0; i < out; ++i) {
      const std::vector<float> values = SomeFloats(in, seed * 1000 + i, 0.05f);
      EncodeRow(type, values.data(), in, stored.data() + i * row);
      DecodeRow(type, stored.data() + i * row, in, decoded_.data() + static_cast<size_t>(i) * in);
    }
    const OnDevice<std::byte> rows(stored);
    PackRows(TestQueue(), type, rows.data(), 0, out, out, in, packed_.data());
    Require(cudaDeviceSynchronize(), "packing");
  }
  Weight weight() const { return {packed_.data(), type_, out_, in_}; }
  // f32 weights are rounded by the product.
  double At(int row, int column) const {
    const float value = decoded_[static_cast<size_t>(row) * in_ + column];
    return type_ == DType::kF32 ? RoundedTo(Real::kF16, value) : value;
  }
  // An activation as the product reads it, but for the rounding of blocks.
  double Input(double x) const {
    if (IsBlockFormat(type_)) return x;
    return RoundedTo(type_ == DType::kBF16 ? Real::kBF16 : Real::kF16, static_cast<float>(x));
  }
  int out() const { return out_; }

 private:
  DType type_;
  int out_, in_;
  OnDevice<std::byte> packed_;
  std::vector<float> decoded_;
};

struct Case {
  int tokens = 1, columns = 0, begin = 0;
  SkinnyProduct::Into into = SkinnyProduct::kStore;
  Real x_type = Real::kBF16, out_type = Real::kF32;
  bool norm = false;
  int shared_bytes = 0;  // of a multiprocessor, as on other devices; 0: this one's
};

// Runs a case and holds it against the host's sums.
class Runner {
 public:
  Runner(const Case& c, const std::vector<const TestWeight*>& parts)
      : case_(c), parts_(parts), x_stride_((c.columns + 15) / 8 * 8) {
    x_ = SomeFloats(static_cast<size_t>(c.tokens) * x_stride_, 17 + c.tokens + c.columns);
    norm_ = SomeFloats(c.columns, 23, 0.3f);
    for (float& value : norm_) value += 1;
    for (const TestWeight* part : parts) out_columns_ += part->out();
    if (c.into == SkinnyProduct::kGated) out_columns_ /= 2;
    out_stride_ = (out_columns_ + 11) / 4 * 4 + 4;
    if (c.out_type != Real::kF32) out_stride_ = (out_stride_ + 7) / 8 * 8;
    before_ = SomeFloats(static_cast<size_t>(kSkinnyTokens + 1) * out_stride_, 31);
  }

  void Expect(double bound) {
    const std::vector<float> first = Run(), second = Run();
    ASSERT_EQ(0, std::memcmp(first.data(), second.data(), first.size() * sizeof(float)))
        << "two runs differ";
    std::vector<float> actual;
    std::vector<double> exact;
    int touched = 0, wild = 0;
    for (int token = 0; token <= kSkinnyTokens; ++token) {
      const std::vector<double> x =
          token < case_.tokens ? Activations(token) : std::vector<double>();
      for (int column = 0; column < out_stride_; ++column) {
        const size_t at = static_cast<size_t>(token) * out_stride_ + column;
        if (token >= case_.tokens || column >= out_columns_) {
          touched += std::memcmp(&first[at], &untouched_[at], 4) != 0;
          continue;
        }
        actual.push_back(first[at]);
        exact.push_back(Exact(x, column) + Old(at));
        // A single wrong output hides among many in the norm of the differences.
        wild += !(std::fabs(actual.back() - exact.back()) < 0.05 + 0.05 * std::fabs(exact.back()));
      }
    }
    EXPECT_EQ(0, touched) << "written outside of the outputs";
    EXPECT_EQ(0, wild) << "outputs far from the exact ones";
    EXPECT_LT(RelativeError(actual, exact), bound);
  }

 private:
  std::vector<float> Run() {
    // Columns of x beyond its end hold NaNs that must not be read.
    std::vector<float> x = x_;
    for (int token = 0; token < case_.tokens; ++token) {
      for (int i = case_.columns; i < x_stride_; ++i) {
        x[static_cast<size_t>(token) * x_stride_ + i] = NAN;
      }
    }
    const Reals on_device(case_.x_type, x), out(case_.out_type, before_);
    const OnDevice<float> norm(norm_);
    SkinnyProduct product;
    product.x = on_device.matrix(case_.tokens, case_.columns, x_stride_);
    product.norm = case_.norm ? norm.data() : nullptr;
    product.eps = kEps;
    for (const TestWeight* part : parts_) product.parts[product.part_count++] = part->weight();
    product.begin = case_.begin;
    product.into = case_.into;
    product.out = out.matrix(case_.tokens, out_columns_, out_stride_);
    untouched_ = out.Get();
    Queue queue = TestQueue();
    if (case_.shared_bytes > 0) queue.shared_bytes = case_.shared_bytes;
    if (case_.shared_bytes > 0) queue.block_shared_bytes = case_.shared_bytes - 1024;
    Multiply(queue, product);
    return out.Get();
  }

  // Rounded where x is.
  std::vector<double> Activations(int token) const {
    const float* x = x_.data() + static_cast<size_t>(token) * x_stride_;
    double squares = 0;
    for (int i = 0; i < case_.columns; ++i) squares += static_cast<double>(x[i]) * x[i];
    const double inverse = 1 / std::sqrt(squares / case_.columns + kEps);
    std::vector<double> values;
    for (int i = 0; i < case_.columns; ++i) {
      const float given = RoundedTo(case_.x_type, x[i]);
      values.push_back(case_.norm ? given * inverse * norm_[i] : given);
    }
    return values;
  }

  double Dot(const std::vector<double>& x, const TestWeight& part, int row) const {
    double sum = 0;
    for (int i = 0; i < case_.columns; ++i) sum += part.Input(x[i]) * part.At(row, case_.begin + i);
    return sum;
  }
  double Exact(const std::vector<double>& x, int column) const {
    if (case_.into == SkinnyProduct::kGated) {
      const double gate = Dot(x, *parts_[0], column);
      return gate / (1 + std::exp(-gate)) * Dot(x, *parts_[1], column);
    }
    size_t part = 0;
    while (column >= parts_[part]->out()) column -= parts_[part++]->out();
    return Dot(x, *parts_[part], column);
  }
  double Old(size_t at) const { return case_.into == SkinnyProduct::kAdd ? before_[at] : 0; }

  Case case_;
  std::vector<const TestWeight*> parts_;
  int x_stride_, out_columns_ = 0, out_stride_ = 0;
  std::vector<float> x_, norm_, before_, untouched_;
};

// Plain weights: without a norm x is the same on both sides, what is left are the orders of sums in
// f32 (tensor cores also cut off a bit or two). With one a few activations round to the other side.
// Blocks: a step of x is 1 / 32512 of the largest of 32 normal numbers, about twice the deviation:
// 2 / 32512 / sqrt(12) = 1.8e-5.
constexpr double kSums = 4e-6, kNormed = 4e-4, kBlocks = 3e-5, kToBF16 = 3e-3, kToF16 = 1e-3;

std::vector<DType> SupportedTypes() {
  std::vector<DType> types;
  for (int i = 0; i < kDTypeCount; ++i) {
    if (Supports(static_cast<DType>(i))) types.push_back(static_cast<DType>(i));
  }
  return types;
}

class Skinny : public testing::TestWithParam<DType> {
 protected:
  int Whole(int in) const {
    const int block = Info(GetParam()).block;
    return (in + block - 1) / block * block;
  }
  double Sums() const { return IsBlockFormat(GetParam()) ? kBlocks : kSums; }
};

TEST_P(Skinny, EveryCountOfTokens) {
  const int in = Whole(1000);
  const TestWeight weight(GetParam(), 72, in, 1);
  for (const int tokens : {1, 2, 3, 4, 5, 8, 9, 15, 16, 17, 31, 32}) {
    SCOPED_TRACE(tokens);
    Runner({.tokens = tokens, .columns = in}, {&weight}).Expect(Sums());
    Runner({.tokens = tokens, .columns = in, .x_type = Real::kF16}, {&weight}).Expect(Sums());
  }
}

TEST_P(Skinny, SmallAndOddShapes) {
  struct Shape {
    int out, in;
  };
  for (const Shape shape : {Shape{37, 172}, Shape{1, 32}, Shape{16, 64}, Shape{300, 288}}) {
    const int in = Whole(shape.in);
    const TestWeight weight(GetParam(), shape.out, in, 2);
    for (const int tokens : {1, 3, 20, 32}) {
      SCOPED_TRACE(testing::Message() << shape.out << " x " << in << ", " << tokens);
      Runner({.tokens = tokens, .columns = in}, {&weight}).Expect(Sums());
      Runner({.tokens = tokens, .columns = in, .out_type = Real::kBF16}, {&weight}).Expect(kToBF16);
      Runner({.tokens = tokens, .columns = in, .x_type = Real::kF16, .out_type = Real::kF16},
             {&weight})
          .Expect(kToF16);
    }
  }
}

TEST_P(Skinny, LongRowsInSlabsAndInOne) {
  const TestWeight weight(GetParam(), 48, 14336, 3);
  for (const int tokens : {1, 2, 8, 16, 30}) {
    SCOPED_TRACE(tokens);
    Runner({.tokens = tokens, .columns = 14336, .into = SkinnyProduct::kAdd}, {&weight})
        .Expect(Sums());
  }
}

TEST_P(Skinny, ManyRowsToABlock) {
  const int in = Whole(256);
  const TestWeight weight(GetParam(), 9000, in, 4);
  for (const int tokens : {1, 5, 12}) {
    SCOPED_TRACE(tokens);
    Runner({.tokens = tokens, .columns = in}, {&weight}).Expect(Sums());
  }
}

TEST_P(Skinny, NormsItsInput) {
  for (const int in : {Whole(4096), Whole(300), Whole(8192)}) {
    const TestWeight weight(GetParam(), 40, in, 5);
    for (const int tokens : {1, 2, 17}) {
      SCOPED_TRACE(testing::Message() << in << ", " << tokens);
      const Case c{.tokens = tokens, .columns = in, .x_type = Real::kF32, .norm = true};
      Runner(c, {&weight}).Expect(IsBlockFormat(GetParam()) ? kBlocks : kNormed);
    }
  }
}

TEST_P(Skinny, Gates) {
  const int in = Whole(640);
  const TestWeight gate(GetParam(), 100, in, 6), up(GetParam(), 100, in, 7);
  for (const int tokens : {1, 2, 4, 10, 32}) {
    SCOPED_TRACE(tokens);
    for (const Real real : {Real::kBF16, Real::kF16}) {
      const double bound = real == Real::kF16 ? kToF16 : kToBF16;
      Case c{.tokens = tokens, .columns = in, .into = SkinnyProduct::kGated, .x_type = real};
      c.out_type = real;
      Runner(c, {&gate, &up}).Expect(bound);
      c.x_type = Real::kF32;
      c.norm = true;
      Runner(c, {&gate, &up}).Expect(bound);
    }
  }
}

// x too long for shared memory, so that gate and up share slabs of it.
TEST_P(Skinny, GatesLongRows) {
  const TestWeight gate(GetParam(), 33, 12288, 8), up(GetParam(), 33, 12288, 9);
  Case c{.tokens = 12, .columns = 12288, .into = SkinnyProduct::kGated};
  c.out_type = Real::kBF16;
  Runner(c, {&gate, &up}).Expect(kToBF16);
}

TEST_P(Skinny, PartsSideBySide) {
  const int in = Whole(512);
  const TestWeight q(GetParam(), 128, in, 10), k(GetParam(), 40, in, 11);
  const TestWeight v(GetParam() == DType::kQ6_K ? DType::kQ4_K : DType::kQ6_K, 24, in, 12);
  for (const int tokens : {1, 7, 24}) {
    SCOPED_TRACE(tokens);
    Case c{.tokens = tokens, .columns = in, .out_type = Real::kBF16};
    Runner(c, {&q, &k, &v}).Expect(kToBF16);
    // One of the formats is of blocks at least.
    Runner({.tokens = tokens, .columns = in}, {&q, &v, &k}).Expect(kBlocks);
  }
}

TEST_P(Skinny, ColumnsFromTheMiddle) {
  const int step = std::max(Info(GetParam()).block, 32);
  const int in = step * 20;
  const TestWeight weight(GetParam(), 50, in, 13);
  for (const int tokens : {1, 6, 18}) {
    for (const int begin : {step, 3 * step, 9 * step}) {
      SCOPED_TRACE(testing::Message() << tokens << " from " << begin);
      Runner({.tokens = tokens, .columns = 5 * step, .begin = begin}, {&weight}).Expect(Sums());
      Runner({.tokens = tokens, .columns = in - begin, .begin = begin}, {&weight}).Expect(Sums());
    }
  }
}

// Devices of other generations: 164 KB (8.0), 100 KB (8.6, 8.9, 12.0).
TEST_P(Skinny, LittleSharedMemory) {
  const TestWeight weight(GetParam(), 80, 14336, 18), gate(GetParam(), 80, 4096, 19),
      up(GetParam(), 80, 4096, 20);
  for (const int shared_bytes : {164 << 10, 100 << 10}) {
    for (const int tokens : {1, 2, 3, 8, 13, 24, 32}) {
      SCOPED_TRACE(testing::Message() << shared_bytes << " bytes, " << tokens);
      Case c{.tokens = tokens, .columns = 14336, .into = SkinnyProduct::kAdd};
      c.shared_bytes = shared_bytes;
      Runner(c, {&weight}).Expect(Sums());
      c = {.tokens = tokens, .columns = 4096, .into = SkinnyProduct::kGated, .x_type = Real::kF32};
      c.shared_bytes = shared_bytes;
      c.norm = true;
      c.out_type = Real::kBF16;
      Runner(c, {&gate, &up}).Expect(kToBF16);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, Skinny, testing::ValuesIn(SupportedTypes()),
                         [](const auto& info) { return std::string(Info(info.param).name); });

// x [1, in] times a weight's 16 rows, into `into`.
std::vector<float> ProductOf(const Reals& x, int in, std::vector<const TestWeight*> parts,
                             Real into) {
  const Reals out(into, std::vector<float>(16, -1));
  SkinnyProduct product;
  product.x = x.matrix(1, in, in);
  for (const TestWeight* part : parts) product.parts[product.part_count++] = part->weight();
  if (parts.size() == 2) product.into = SkinnyProduct::kGated;
  product.out = out.matrix(1, 16, 16);
  Multiply(TestQueue(), product);
  return out.Get();
}

// Blocks of activations keep their size apart: very large, very small, zero ones, in one row.
TEST(SkinnyBlocks, OfEverySize) {
  const int in = 256;
  for (const DType type : {DType::kQ4_0, DType::kQ5_1, DType::kQ6_K}) {
    const TestWeight weight(type, 16, in, 15);
    for (const float size : {1e20f, 1e-20f, 1e-36f, 0.0f, NAN, INFINITY}) {
      SCOPED_TRACE(testing::Message() << Info(type).name << " " << size);
      std::vector<float> x(in, 0.0f);
      for (int i = 96; i < 128; ++i) {
        x[i] = RoundedTo(Real::kBF16, static_cast<float>(i - 100) * 1e-3f * size);
      }
      x[200] = 2;
      const std::vector<float> sums = ProductOf({Real::kBF16, x}, in, {&weight}, Real::kF32);
      for (int row = 0; row < 16; ++row) {
        double exact = 0;
        for (int i = 0; i < in; ++i) exact += static_cast<double>(x[i]) * weight.At(row, i);
        if (std::isfinite(size)) {
          const double bound = 1e-4 * std::fabs(exact) + 1e-6 * std::max(1.0f, size);
          EXPECT_NEAR(exact, sums[row], bound);
        } else {
          EXPECT_FALSE(std::isfinite(sums[row]));
        }
      }
    }
  }
}

TEST(SkinnyF16, LargeActivationsSaturate) {
  for (const DType type : {DType::kF16, DType::kF32}) {
    SCOPED_TRACE(Info(type).name);
    const TestWeight weight(type, 16, 64, 14);
    std::vector<float> x(64, 0.0f);
    x[5] = 3e38f;
    const std::vector<float> sums = ProductOf({Real::kBF16, x}, 64, {&weight}, Real::kF32);
    for (int i = 0; i < 16; ++i) EXPECT_FLOAT_EQ(65504 * weight.At(i, 5), sums[i]) << i;
    for (const float none : {NAN, INFINITY}) {
      x[5] = none;
      for (const float sum : ProductOf({Real::kBF16, x}, 64, {&weight}, Real::kF32)) {
        EXPECT_FALSE(std::isfinite(sum)) << none;
      }
    }
  }
}

// Sums beyond f16, alone and gated.
TEST(SkinnyF16, OutputsSaturate) {
  const int in = 256;
  for (const DType type : {DType::kBF16, DType::kF16, DType::kQ8_0, DType::kQ4_K}) {
    const TestWeight gate(type, 16, in, 16), up(type, 16, in, 17);
    for (const float sign : {1.0f, -1.0f}) {
      SCOPED_TRACE(testing::Message() << Info(type).name << " " << sign);
      std::vector<float> x(in);  // of which both weights' rows 0 make large sums of that sign
      for (int i = 0; i < in; ++i) {
        x[i] = RoundedTo(Real::kF16, std::copysign(60000, gate.At(0, i) + up.At(0, i)) * sign);
      }
      const auto sum = [&](const TestWeight& weight, int row) {
        double sum = 0;
        for (int i = 0; i < in; ++i) sum += weight.Input(x[i]) * weight.At(row, i);
        return sum;
      };
      const auto within = [](double value) { return std::clamp(value, -65504.0, 65504.0); };
      const std::vector<float> sums = ProductOf({Real::kF16, x}, in, {&gate}, Real::kF16);
      const std::vector<float> gated = ProductOf({Real::kF16, x}, in, {&gate, &up}, Real::kF16);
      EXPECT_EQ(sign * 65504, sums[0]);
      EXPECT_EQ(sign > 0 ? 65504 : 0, gated[0]);
      for (int row = 0; row < 16; ++row) {
        const double exact = sum(gate, row),
                     product = exact / (1 + std::exp(-exact)) * sum(up, row);
        EXPECT_NEAR(within(exact), sums[row], 2e-3 * std::fabs(within(exact)) + 60) << row;
        if (std::fabs(exact) > 1000 && std::fabs(sum(up, row)) > 1000) {
          EXPECT_EQ(within(product), gated[row]) << row;
        }
      }
      x[7] = NAN;
      for (const float value : ProductOf({Real::kF16, x}, in, {&gate}, Real::kF16)) {
        EXPECT_TRUE(std::isnan(value));
      }
    }
  }
}

}  // namespace
}  // namespace lantern::cuda
