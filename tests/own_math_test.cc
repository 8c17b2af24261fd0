// Accuracy of our elementary functions against the C library, their edges, and the kernels' vector
// exponential bit for bit against the scalar one on every instruction set.
#include "src/tensor/own_math.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "backends/cpu/kernel_sets.h"

namespace lantern {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

uint32_t Bits(float x) { return std::bit_cast<uint32_t>(x); }
float FromBits(uint32_t bits) { return std::bit_cast<float>(bits); }

// Difference in units of the last place of the correctly rounded result.
double UlpError(float actual, double exact) {
  const float rounded = static_cast<float>(exact);
  const double ulp = std::nextafter(std::fabs(rounded), kInfinity) - std::fabs(rounded);
  return std::fabs(actual - exact) / ulp;
}

// Every `step`-th float there is, of both signs, NaNs included.
std::vector<float> Sweep(uint32_t step) {
  std::vector<float> values;
  for (uint64_t bits = 0; bits <= 0xffffffffull; bits += step) {
    values.push_back(FromBits(static_cast<uint32_t>(bits)));
  }
  return values;
}

TEST(OwnExp, IsWithinTwoUlp) {
  double worst = 0;
  for (float x = -87.29f; x < 88.72f; x += 0.0003f) {
    worst = std::max(worst, UlpError(OwnExp(x), std::exp(static_cast<double>(x))));
  }
  EXPECT_LE(worst, 2.0);
}

TEST(OwnExp, Edges) {
  EXPECT_EQ(1.0f, OwnExp(0.0f));
  EXPECT_EQ(1.0f, OwnExp(-0.0f));
  EXPECT_EQ(kInfinity, OwnExp(kInfinity));
  EXPECT_EQ(kInfinity, OwnExp(88.73f));
  EXPECT_TRUE(std::isfinite(OwnExp(88.7228f)));
  EXPECT_EQ(0.0f, OwnExp(-kInfinity));
  EXPECT_EQ(0.0f, OwnExp(-87.31f));
  EXPECT_TRUE(std::isnormal(OwnExp(-87.3f)));
  EXPECT_TRUE(std::isnan(OwnExp(kNan)));
}

TEST(OwnExp, VectorFormGivesTheSameBits) {
  std::vector<float> x = Sweep(1021);
  for (float dense = -90; dense < 90; dense += 0.0002f) x.push_back(dense);
  std::vector<float> y(x.size());
  for (const KernelTable* kernels : RunnableKernels()) {
    kernels->exp(y.data(), x.data(), static_cast<int>(x.size()));
    for (size_t i = 0; i < x.size(); ++i) {
      const float expected = OwnExp(x[i]);
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(y[i])) << kernels->name << " at " << x[i];
      } else {
        ASSERT_EQ(Bits(expected), Bits(y[i])) << kernels->name << " at " << x[i];
      }
    }
  }
}

TEST(OwnLog, IsCorrectlyRounded) {
  double worst = 0;
  for (uint32_t bits = 1; bits < 0x7f800000; bits += 1009) {  // subnormal numbers too
    const float x = FromBits(bits);
    worst = std::max(worst, UlpError(OwnLog(x), std::log(static_cast<double>(x))));
  }
  EXPECT_LE(worst, 0.5000001);
}

TEST(OwnLog, Edges) {
  EXPECT_EQ(0.0f, OwnLog(1.0f));
  EXPECT_EQ(-kInfinity, OwnLog(0.0f));
  EXPECT_EQ(-kInfinity, OwnLog(-0.0f));
  EXPECT_EQ(kInfinity, OwnLog(kInfinity));
  EXPECT_TRUE(std::isnan(OwnLog(-1.0f)));
  EXPECT_TRUE(std::isnan(OwnLog(kNan)));
}

TEST(OwnSinCos, AreWithinTheirBound) {
  std::mt19937_64 random(7);
  for (double range : {1.0, 10.0, 1e3, 1e6}) {
    std::uniform_real_distribution<double> uniform(-range, range);
    for (int i = 0; i < 100000; ++i) {
      const double x = uniform(random);
      ASSERT_NEAR(std::sin(x), OwnSin(x), 1e-15) << x;
      ASSERT_NEAR(std::cos(x), OwnCos(x), 1e-15) << x;
    }
  }
  for (int i = -500000; i < 500000; i += 37) {  // where the reduction cancels most
    const double x = i * 1.5707963267948966;
    ASSERT_NEAR(std::sin(x), OwnSin(x), 1e-15) << x;
    ASSERT_NEAR(std::cos(x), OwnCos(x), 1e-15) << x;
  }
}

TEST(OwnSinCos, Edges) {
  EXPECT_EQ(0.0, OwnSin(0.0));
  EXPECT_EQ(1.0, OwnCos(0.0));
  for (double x :
       {std::numeric_limits<double>::infinity(), 1e300, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_TRUE(std::isnan(OwnSin(x)));
    EXPECT_TRUE(std::isnan(OwnCos(x)));
  }
}

TEST(OwnPow, IsWithinItsBound) {
  std::mt19937_64 random(8);
  std::uniform_real_distribution<double> log_base(-20, 20), exponents(-30, 30);
  for (int i = 0; i < 200000; ++i) {
    const double base = std::exp(log_base(random)), exponent = exponents(random);
    const double exact = std::pow(base, exponent);
    const double bound = 3e-16 * (2 + std::fabs(exponent * std::log(base)));
    ASSERT_NEAR(1.0, OwnPow(base, exponent) / exact, bound) << base << "^" << exponent;
  }
}

TEST(OwnPow, Edges) {
  EXPECT_EQ(1.0, OwnPow(10000.0, 0.0));
  EXPECT_EQ(0.5, OwnPow(2.0, -1.0));
  EXPECT_EQ(0.0, OwnPow(10.0, -400.0));
  EXPECT_TRUE(std::isinf(OwnPow(10.0, 400.0)));
  EXPECT_TRUE(std::isnan(OwnPow(-2.0, 2.0)));
  EXPECT_TRUE(std::isnan(OwnPow(2.0, std::numeric_limits<double>::quiet_NaN())));
}

}  // namespace
}  // namespace lantern
