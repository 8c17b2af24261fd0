#include "backends/cpu/gemm/self_check.h"

#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/context.h"
#include "src/base/error.h"
#include "src/tensor/quant.h"

namespace lantern {
namespace {

enum class Values {
  kOrdinary,  // as in models
  kWide,      // magnitudes from 2^-40 to 2^40 beside each other
  kLargest,   // all the same: what saturates or overflows shows
  kTiny,      // products below the smallest normal number
  kOneNan,    // of one token: no other's business
};
constexpr const char* kNames[] = {"ordinary", "wide", "largest", "tiny", "NaN beside ordinary"};

struct Case {
  DType operands;
  int tokens, rows, columns;
  Values values;
};

// Rows are whole panels, as in products with packed weights; tokens and columns are what they are.
std::vector<Case> CasesOf(const GemmProvider& provider) {
  std::vector<Case> cases;
  for (const DType weight : {DType::kF32, DType::kQ4_0}) {
    const DType operands = provider.OperandsFor(weight);
    if (!cases.empty() && cases.front().operands == operands) break;
    for (const Values values :
         {Values::kOrdinary, Values::kWide, Values::kLargest, Values::kTiny, Values::kOneNan}) {
      for (const auto& [tokens, rows, columns] :
           {std::array{16, 16, 32}, {17, 48, 33}, {31, 16, 257}, {16, 128, 7}, {65, 48, 640}}) {
        cases.push_back({operands, tokens, rows, columns, values});
      }
    }
    cases.push_back({operands, 64, 128, 2048, Values::kOrdinary});
  }
  return cases;
}

float RandomValue(Values values, std::mt19937& random) {
  const float ordinary = std::normal_distribution<float>()(random);
  switch (values) {
    case Values::kOrdinary:
    case Values::kOneNan:
      return ordinary;
    case Values::kWide:
      return std::ldexp(ordinary, std::uniform_int_distribution<int>(-40, 40)(random));
    case Values::kLargest:
      return 0x1.fep+40f;
    case Values::kTiny:
      return std::ldexp(ordinary, -70);
  }
  return 0;
}

// A matrix in the operands' form, and what its elements mean. NaN lies between its rows.
class Operand {
 public:
  Operand(DType type, int rows, int cols, int stride, Values values, std::mt19937& random)
      : stride_(stride), numbers_(static_cast<size_t>(rows) * stride, kNan) {
    for (int row = 0; row < rows; ++row) {
      for (int col = 0; col < cols; ++col) numbers_[Index(row, col)] = RandomValue(values, random);
    }
    Encode(type);
  }
  void Set(DType type, int row, int col, float value) {
    numbers_[Index(row, col)] = value;
    Encode(type);
  }
  const float* Row(int row) const { return numbers_.data() + Index(row, 0); }
  const void* data() const { return bytes_.data(); }
  int stride() const { return stride_; }

 private:
  static constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

  size_t Index(int row, int col) const { return static_cast<size_t>(row) * stride_ + col; }
  void Encode(DType type) {
    const auto count = static_cast<int64_t>(numbers_.size());
    bytes_.resize(RowBytes(type, count));
    EncodeRow(type, numbers_.data(), count, bytes_.data());
    DecodeRow(type, bytes_.data(), count, numbers_.data());
  }

  int stride_;
  std::vector<float> numbers_;
  std::vector<std::byte> bytes_;
};

// One token's products with every row of w: their sums, and those of their magnitudes.
struct ExactSums {
  ExactSums(const Operand& x, const Operand& w, int token, int rows, int columns)
      : sum(rows, 0.0), magnitude(rows, 0.0) {
    double* const sums = sum.data();
    double* const magnitudes = magnitude.data();
    for (int k = 0; k < columns; ++k) {
      const double factor = x.Row(token)[k];
      const float* const weights = w.Row(k);
      for (int row = 0; row < rows; ++row) {
        const double product = factor * weights[row];
        sums[row] += product;
        magnitudes[row] += std::fabs(product);
      }
    }
  }
  std::vector<double> sum, magnitude;
};

// What is wrong with one element, empty if nothing.
std::string Compare(float actual, double sum, double magnitude, int columns) {
  if (std::isnan(sum)) return std::isnan(actual) ? "" : "loses a NaN";
  const double bound = (columns + 8) * 0x1p-23 * magnitude + columns * 0x1p-126;
  const double error = std::fabs(actual - sum);
  if (error <= bound) return "";  // false for NaN
  return fmt::format("is off by {:.3g}, where rounding explains {:.3g}", error, bound);
}

std::string Examine(GemmProvider& provider, const Case& c) {
  std::mt19937 random(static_cast<unsigned>(c.tokens * 1000 + c.columns));
  const int x_stride = c.columns + (c.tokens % 2 == 0 ? 0 : 5);
  Operand x(c.operands, c.tokens, c.columns, x_stride, c.values, random);
  const Operand w(c.operands, c.columns, c.rows, c.rows, c.values, random);
  if (c.values == Values::kOneNan) x.Set(c.operands, c.tokens / 2, c.columns / 2, NAN);
  constexpr float kMark = -12345.5f;
  std::vector<float> out(static_cast<size_t>(c.tokens) * c.rows, NAN);
  out.resize(out.size() + kPanelRows, kMark);
  if (!provider.Multiply(
          {c.operands, c.tokens, c.rows, c.columns, x.data(), x.stride(), w.data(), out.data()})) {
    return "is refused by the library";
  }
  for (int token = 0; token < c.tokens; ++token) {
    const ExactSums exact(x, w, token, c.rows, c.columns);
    for (int row = 0; row < c.rows; ++row) {
      const float actual = out[static_cast<size_t>(token) * c.rows + row];
      const std::string wrong = Compare(actual, exact.sum[row], exact.magnitude[row], c.columns);
      if (!wrong.empty()) return wrong;
    }
  }
  return out[out.size() - kPanelRows] == kMark ? "" : "writes beyond its end";
}

}  // namespace

void RequireSound(GemmProvider& provider, CpuContext& context) {
  const std::vector<Case> cases = CasesOf(provider);
  std::vector<std::string> wrong(cases.size());
  context.ParallelFor(static_cast<int>(cases.size()),
                      [&](int i) { wrong[i] = Examine(provider, cases[i]); });
  for (size_t i = 0; i < cases.size(); ++i) {
    if (wrong[i].empty()) continue;
    const Case& c = cases[i];
    Fail(ErrorKind::kConfig,
         "{} cannot be used on this machine: a product of {} tokens, {} rows and {} columns ({}, "
         "{} values) {}; leave out --gemm.",
         provider.name(), c.tokens, c.rows, c.columns, Info(c.operands).name,
         kNames[static_cast<int>(c.values)], wrong[i]);
  }
}

}  // namespace lantern
