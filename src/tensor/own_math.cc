#include "src/tensor/own_math.h"

#include <bit>
#include <cstdint>
#include <limits>

#include "src/tensor/exp_terms.h"

namespace lantern {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kRound = 0x1.8p52;  // adding it rounds a double below 2^51 to an integer

// ln 2 with 32 bits and the rest, so that n * kLn2High is exact for every exponent n.
constexpr double kLn2High = 0x1.62e42feep-1, kLn2Low = 0x1.a39ef35793c76p-33;

// 2^n. REQUIRES: -1022 <= n <= 1023.
double PowerOfTwo(int n) { return std::bit_cast<double>(static_cast<uint64_t>(n + 1023) << 52); }

// A logarithm kept as exponent * ln 2 + fraction.
struct Logarithm {
  int exponent;
  double fraction;  // ln of a number in [sqrt(1/2), sqrt(2))
};

// ln m = 2 artanh((m - 1) / (m + 1)), by its series to the 21st power (remainder below 1e-18).
// REQUIRES: x is positive, finite and not subnormal.
Logarithm Log(double x) {
  const uint64_t bits = std::bit_cast<uint64_t>(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double m = std::bit_cast<double>((bits & 0xfffffffffffffull) | 0x3ff0000000000000ull);
  if (m > 0x1.6a09e667f3bcdp0) {
    m *= 0.5;
    ++exponent;
  }
  const double s = (m - 1) / (m + 1), square = s * s;
  double series = 0;
  for (int k = 21; k >= 3; k -= 2) series = (series + 1.0 / k) * square;
  return {exponent, 2 * s + 2 * s * series};
}

// Taylor series; |r| <= ln 2 / 2 leaves a remainder below 1e-17.
double ExpSeries(double r) {
  double sum = 1;
  for (int k = 14; k >= 1; --k) sum = sum * r / k + 1;
  return sum;
}

// x = quarter * pi / 2 + rest with |rest| <= pi / 4. Cody and Waite's reduction: the parts of pi /
// 2 have 33, 33 and 53 bits, so the first two products are exact for |quarter| < 2^20.
struct QuarterTurns {
  int64_t quarter;
  double rest;
};
QuarterTurns Reduce(double x) {
  const double n = (x * 0x1.45f306dc9c883p-1 + kRound) - kRound;
  const double rest = ((x - n * 0x1.921fb544p0) - n * 0x1.0b4611a6p-34) - n * 0x1.3198a2e037073p-69;
  return {static_cast<int64_t>(n), rest};
}

double SinSeries(double r) {
  const double square = r * r;
  double sum = 1;
  for (int k = 18; k >= 2; k -= 2) sum = 1 - sum * square / (k * (k + 1));
  return r * sum;
}

double CosSeries(double r) {
  const double square = r * r;
  double sum = 1;
  for (int k = 17; k >= 1; k -= 2) sum = 1 - sum * square / (k * (k + 1));
  return sum;
}

// The sine of x plus `ahead` quarter turns.
double SinAhead(double x, int ahead) {
  if (!(x >= -0x1p30 && x <= 0x1p30)) return kNan;
  const auto [quarter, rest] = Reduce(x);
  const int64_t turn = (quarter + ahead) & 3;
  const double magnitude = turn % 2 == 0 ? SinSeries(rest) : CosSeries(rest);
  return turn < 2 ? magnitude : -magnitude;
}

}  // namespace

float OwnExp(float x) {
  using namespace exp_terms;
  if (x != x) return x;
  if (x > kOverflow) return std::numeric_limits<float>::infinity();
  if (x < kUnderflow) return 0;
  const float shifted = x * kLog2E + exp_terms::kRound;
  const float n = shifted - exp_terms::kRound;
  const float r = (x - n * exp_terms::kLn2High) - n * exp_terms::kLn2Low;
  float p = kTaylor[0];
  for (int i = 1; i < kTaylorCount; ++i) p = p * r + kTaylor[i];
  const float y = (r * r * p + r) + 1.0f;
  // 2^n in two factors: 2^128 is not a float.
  const int exponent = static_cast<int>(n), first = exponent >> 1, second = exponent - first;
  return y * std::bit_cast<float>(static_cast<uint32_t>(first + 127) << 23) *
         std::bit_cast<float>(static_cast<uint32_t>(second + 127) << 23);
}

float OwnLog(float x) {
  if (!(x >= 0)) return std::numeric_limits<float>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<float>::infinity();
  if (x == std::numeric_limits<float>::infinity()) return x;
  const Logarithm log = Log(x);
  return static_cast<float>(log.exponent * kLn2High + (log.exponent * kLn2Low + log.fraction));
}

double OwnSin(double x) { return SinAhead(x, 0); }
double OwnCos(double x) { return SinAhead(x, 1); }

double OwnPow(double base, double exponent) {
  if (!(base >= std::numeric_limits<double>::min()) || base == kInfinity) return kNan;
  const Logarithm log = Log(base);
  const double high = log.exponent * kLn2High, low = log.exponent * kLn2Low + log.fraction;
  const double z = exponent * (high + low);
  if (!(z == z)) return kNan;
  if (z > 709.78) return kInfinity;
  if (z < -708.39) return 0;
  const double n = (z * 0x1.71547652b82fep0 + kRound) - kRound;
  const double r = (z - n * kLn2High) - n * kLn2Low;
  const int power = static_cast<int>(n), first = power / 2;
  return ExpSeries(r) * PowerOfTwo(first) * PowerOfTwo(power - first);
}

}  // namespace lantern
