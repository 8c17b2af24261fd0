#include "net/sum_algorithm.h"

#include <bit>
#include <cmath>
#include <limits>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr double kRounding = 0x1p-24;  // of an addition in f32, as a share of the result

// What is known of an element on its way: how large it can be, how far from what it should be.
struct Bound {
  double magnitude, error;
};

Bound OneShot(WireFormat format, int ranks, double largest) {
  const double encoding = EncodingErrorBound(format, largest);
  const double k = (ranks - 1) * kRounding, growth = k / (1 - k);
  return {(1 + growth) * ranks * (largest + encoding),
          ranks * (encoding + growth * (largest + encoding))};
}

Bound Encoded(WireFormat format, Bound x) {
  const double encoding = EncodingErrorBound(format, x.magnitude);
  return {x.magnitude + encoding, x.error + encoding};
}

Bound Added(Bound a, Bound b) {
  const double sum = a.magnitude + b.magnitude;
  return {(1 + kRounding) * sum, a.error + b.error + kRounding * sum};
}

Bound Sum(WireFormat format, int ranks, SumAlgorithm algorithm, double largest) {
  Bound sum{largest, 0};
  switch (algorithm) {
    case SumAlgorithm::kOneShot:
      return OneShot(format, ranks, largest);
    case SumAlgorithm::kTwoShot:
      return Encoded(format, OneShot(format, ranks, largest));
    case SumAlgorithm::kDoubling:
      for (int together = 1; together < ranks; together *= 2) {
        sum = Added(Encoded(format, sum), Encoded(format, sum));
      }
      return sum;
    case SumAlgorithm::kRing:
      for (int rank = 1; rank < ranks; ++rank) {
        sum = Added(Encoded(format, sum), {largest, 0});
      }
      return Encoded(format, sum);
  }
  LANTERN_CHECK(false);
  return sum;
}

}  // namespace

std::string_view SumAlgorithmName(SumAlgorithm algorithm) {
  switch (algorithm) {
    case SumAlgorithm::kOneShot:
      return "one-shot";
    case SumAlgorithm::kTwoShot:
      return "two-shot";
    case SumAlgorithm::kDoubling:
      return "doubling";
    case SumAlgorithm::kRing:
      return "ring";
  }
  LANTERN_CHECK(false);
  return "";
}

SumAlgorithm SumAlgorithmOf(std::string_view name) {
  for (const SumAlgorithm algorithm : kSumAlgorithms) {
    if (SumAlgorithmName(algorithm) == name) return algorithm;
  }
  Fail(ErrorKind::kConfig,
       "'{}' is no way to sum over ranks; there are one-shot, two-shot, doubling and ring.", name);
}

bool FitsRanks(SumAlgorithm algorithm, int ranks) {
  return algorithm != SumAlgorithm::kDoubling || std::has_single_bit(static_cast<unsigned>(ranks));
}

int SumRounds(SumAlgorithm algorithm, int ranks) {
  switch (algorithm) {
    case SumAlgorithm::kOneShot:
      return 1;
    case SumAlgorithm::kTwoShot:
      return 2;
    case SumAlgorithm::kDoubling:
      return std::bit_width(static_cast<unsigned>(ranks)) - 1;
    case SumAlgorithm::kRing:
      return 2 * (ranks - 1);
  }
  LANTERN_CHECK(false);
  return 0;
}

double SumErrorBound(WireFormat format, int ranks, SumAlgorithm algorithm, double largest) {
  LANTERN_CHECK_LE(1, ranks);
  LANTERN_CHECK(FitsRanks(algorithm, ranks));
  const Bound sum = Sum(format, ranks, algorithm, largest);
  // Turned round, so that what is no number has no bound.
  if (!(sum.magnitude <= std::numeric_limits<float>::max())) {
    return std::numeric_limits<double>::infinity();
  }
  return sum.error;
}

}  // namespace lantern
