// The encodings of vectors on the wire: every kernel set against obvious scalar code bit for bit,
// what saturates and what is no number, and the stated bounds against double precision.
#include "net/wire_format.h"

#include "net/sum_algorithm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernel_sets.h"
#include "src/base/error.h"
#include "src/tensor/quant.h"

namespace lantern {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kMax = std::numeric_limits<float>::max();
constexpr double kQ8Reach = 127 * 65504.0;

using Floats = std::vector<float>;
using Message = std::vector<std::byte>;

// ---- the definition, in obvious loops ----

float Limited(float x, float limit) { return std::isfinite(x) ? std::clamp(x, -limit, limit) : x; }

// The least finite f16 that is not below `x`, or the largest.
uint16_t HalfAbove(float x) {
  uint16_t half = 0;
  while (half < 0x7bff && HalfToFloat(half) < x) ++half;
  return half;
}

void PutHalf(Message& message, size_t offset, uint16_t half) {
  std::memcpy(message.data() + offset, &half, sizeof(half));
}
uint16_t GetHalf(const Message& message, size_t offset) {
  uint16_t half;
  std::memcpy(&half, message.data() + offset, sizeof(half));
  return half;
}

void EncodeBlock(const Floats& x, size_t block, Message& message) {
  const size_t begin = block * kWireBlock, end = std::min(begin + kWireBlock, x.size());
  float amax = 0;
  bool finite = true;
  for (size_t i = begin; i < end; ++i) {
    finite = finite && std::isfinite(x[i]);
    amax = std::max(amax, std::abs(x[i]));
  }
  const uint16_t half = finite ? HalfAbove(amax / 127.0f) : 0x7e00;
  PutHalf(message, x.size() + 2 * block, half);
  const float scale = HalfToFloat(half), inverse = scale > 0 ? 1.0f / scale : 0.0f;
  for (size_t i = begin; i < end; ++i) {
    const float reached = Limited(x[i], static_cast<float>(kQ8Reach));
    message[i] = finite
                     ? static_cast<std::byte>(static_cast<int>(std::nearbyint(reached * inverse)))
                     : std::byte{0};
  }
}

Message ScalarEncode(WireFormat format, const Floats& x) {
  Message message(WireBytes(format, x.size()));
  for (size_t i = 0; i < x.size(); ++i) {
    if (format == WireFormat::kF32) std::memcpy(message.data() + 4 * i, &x[i], 4);
    if (format == WireFormat::kBf16) {
      const float largest = BFloat16ToFloat(0x7f7f);
      PutHalf(message, 2 * i, FloatToBFloat16(Limited(x[i], largest)));
    }
    if (format == WireFormat::kF16) PutHalf(message, 2 * i, FloatToHalf(Limited(x[i], 65504)));
    if (format == WireFormat::kQ8 && i % kWireBlock == 0) EncodeBlock(x, i / kWireBlock, message);
  }
  return message;
}

Floats ScalarDecode(WireFormat format, const Message& message, size_t n) {
  Floats out(n);
  for (size_t i = 0; i < n; ++i) {
    if (format == WireFormat::kF32) std::memcpy(&out[i], message.data() + 4 * i, 4);
    if (format == WireFormat::kBf16) out[i] = BFloat16ToFloat(GetHalf(message, 2 * i));
    if (format == WireFormat::kF16) out[i] = HalfToFloat(GetHalf(message, 2 * i));
    if (format == WireFormat::kQ8) {
      const float scale = HalfToFloat(GetHalf(message, n + 2 * (i / kWireBlock)));
      out[i] = static_cast<float>(static_cast<int8_t>(message[i])) * scale;
    }
  }
  return out;
}

// ---- vectors ----

enum class Kind { kRandom, kEqual, kHuge, kDenormal, kTiny, kZero, kSaturating, kAnyFinite, kAny };
constexpr Kind kFiniteKinds[] = {Kind::kRandom,    Kind::kEqual, Kind::kHuge,
                                 Kind::kDenormal,  Kind::kTiny,  Kind::kSaturating,
                                 Kind::kAnyFinite, Kind::kZero};

float BitsToFloat(uint32_t bits) { return std::bit_cast<float>(bits); }

Floats MakeVector(Kind kind, size_t n, std::mt19937& random) {
  std::normal_distribution<float> normal;
  std::uniform_real_distribution<float> exponent(-30, 0), large(10, 30);
  const float equal = normal(random);
  Floats x(n);
  for (size_t i = 0; i < n; ++i) {
    switch (kind) {
      case Kind::kRandom:
        x[i] = normal(random);
        break;
      case Kind::kEqual:
        x[i] = equal;
        break;
      case Kind::kHuge:  // one element of a block
        x[i] = normal(random) * (i % kWireBlock == 7 ? 1e4f : 1.0f);
        break;
      case Kind::kDenormal:
        x[i] = BitsToFloat(static_cast<uint32_t>(random() & 0x803fffff));
        break;
      case Kind::kTiny:  // a block of q8 has a subnormal scale, or one that nearest rounding loses
        x[i] = normal(random) * std::exp2(exponent(random) - 4);
        break;
      case Kind::kZero:
        x[i] = i % 2 == 0 ? 0.0f : -0.0f;
        break;
      case Kind::kSaturating:
        x[i] = normal(random) * std::exp2(large(random));
        break;
      case Kind::kAnyFinite:
      case Kind::kAny:
        x[i] = BitsToFloat(static_cast<uint32_t>(random()));
        if (kind == Kind::kAnyFinite && !(std::abs(x[i]) < 1e37f)) x[i] = 1.0f;
        break;
    }
  }
  return x;
}

// ---- tests ----

const KernelTable::Wire& WireOf(const KernelTable& set, WireFormat format) {
  const KernelTable::Wire* all[] = {&set.wire_f32, &set.wire_bf16, &set.wire_f16, &set.wire_q8};
  return *all[static_cast<int>(format)];
}

bool SameBits(const Floats& a, const Floats& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {  // a NaN's bits are the processor's, once multiplied
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<uint32_t>(a[i]) != std::bit_cast<uint32_t>(b[i])) return false;
  }
  return true;
}

void ExpectAlike(const KernelTable& set, WireFormat format, const Floats& x, const Message& message,
                 const Floats& decoded) {
  const KernelTable::Wire& wire = WireOf(set, format);
  const int64_t n = static_cast<int64_t>(x.size());
  Message got(message.size() + 1, std::byte{0x5a});  // one byte in: no alignment, and one after
  wire.encode(reinterpret_cast<uint8_t*>(got.data()), x.data(), n);
  EXPECT_EQ(got.back(), std::byte{0x5a});
  got.pop_back();
  EXPECT_EQ(got, message);
  Message shifted(message.size() + 1);
  std::copy(message.begin(), message.end(), shifted.begin() + 1);
  const auto* bytes = reinterpret_cast<const uint8_t*>(shifted.data() + 1);
  Floats out(x.size(), 3.0f), sum = x, expected = x;
  wire.decode(out.data(), bytes, n);
  EXPECT_TRUE(SameBits(out, decoded));
  for (size_t i = 0; i < x.size(); ++i) expected[i] += decoded[i];
  wire.decode_add(sum.data(), bytes, n);
  EXPECT_TRUE(SameBits(sum, expected));
}

TEST(WireFormatTest, EveryKernelSetGivesTheBitsOfTheDefinition) {
  std::mt19937 random(1);
  for (WireFormat format : kWireFormats) {
    for (size_t n : {0, 1, 7, 8, 9, 16, 17, 31, 32, 33, 63, 65, 255, 256, 257, 288, 511, 1000}) {
      for (int kind = 0; kind <= static_cast<int>(Kind::kAny); ++kind) {
        const Floats x = MakeVector(static_cast<Kind>(kind), n, random);
        const Message message = ScalarEncode(format, x);
        const Floats decoded = ScalarDecode(format, message, n);
        for (const KernelTable* set : RunnableKernels()) {
          SCOPED_TRACE(std::string(WireName(format)) + " " + set->name + ", " + std::to_string(n) +
                       " of kind " + std::to_string(kind));
          ExpectAlike(*set, format, x, message, decoded);
          if (HasFailure()) return;
        }
      }
    }
  }
}

Floats Travelled(WireFormat format, const Floats& x) {
  Message message(WireBytes(format, x.size()));
  Encode(format, x, message);
  Floats out(x.size(), kNan);
  Decode(format, message, out);
  return out;
}

TEST(WireFormatTest, NamesAndSizes) {
  for (WireFormat format : kWireFormats) EXPECT_EQ(WireFormatOf(WireName(format)), format);
  EXPECT_THROW(WireFormatOf("fp8"), Error);
  EXPECT_EQ(WireBytes(WireFormat::kF32, 33), 132u);
  EXPECT_EQ(WireBytes(WireFormat::kBf16, 33), 66u);
  EXPECT_EQ(WireBytes(WireFormat::kF16, 33), 66u);
  EXPECT_EQ(WireBytes(WireFormat::kQ8, 33), 37u);
  EXPECT_EQ(WireBytes(WireFormat::kQ8, 0), 0u);
  constexpr double kFrame = 16;
  for (size_t n : {1024, 2048, 8192}) {
    EXPECT_GT((4.0 * n + kFrame) / (WireBytes(WireFormat::kQ8, n) + kFrame), 3.7) << n;
  }
}

TEST(WireFormatTest, Q8IsTheLevelsThenTheScales) {
  Floats x(34);
  for (int i = 0; i < 32; ++i) x[i] = static_cast<float>(4 * i);
  x[31] = -127;
  x[32] = 1;
  x[33] = -254;
  Message message(WireBytes(WireFormat::kQ8, x.size()));
  Encode(WireFormat::kQ8, x, message);
  for (int i = 0; i < 31; ++i) EXPECT_EQ(static_cast<int8_t>(message[i]), 4 * i);
  EXPECT_EQ(static_cast<int8_t>(message[31]), -127);
  EXPECT_EQ(static_cast<int8_t>(message[32]), 0);  // half a level, to even
  EXPECT_EQ(static_cast<int8_t>(message[33]), -127);
  EXPECT_EQ(GetHalf(message, 34), FloatToHalf(1.0f));
  EXPECT_EQ(GetHalf(message, 36), FloatToHalf(2.0f));
}

TEST(WireFormatTest, FiniteValuesSaturate) {
  const Floats x = {65504, 65519, 65520, -65536, 1e30f, -kMax};
  EXPECT_EQ(Travelled(WireFormat::kF16, x), (Floats{65504, 65504, 65504, -65504, 65504, -65504}));
  const float largest = BFloat16ToFloat(0x7f7f);
  EXPECT_EQ(Travelled(WireFormat::kBf16, {kMax, -kMax, largest}),
            (Floats{largest, -largest, largest}));
  constexpr float kReach = static_cast<float>(kQ8Reach);
  EXPECT_EQ(Travelled(WireFormat::kQ8, {kReach, -kReach, 0}), (Floats{kReach, -kReach, 0}));
  EXPECT_EQ(Travelled(WireFormat::kQ8, {1e9f, -8e11f, 65504, -kMax}),
            (Floats{kReach, -kReach, 65504, -kReach}));
}

TEST(WireFormatTest, TinyBlocksKeepWhatTheirScaleHolds) {
  // 127 of the least scale is 7.6e-6: below, to the nearest scale, a block would vanish.
  const Floats x = {0x1.8p-24f, -0x1p-24f, 0x1p-26f, 0};
  EXPECT_EQ(Travelled(WireFormat::kQ8, x), (Floats{0x1p-23f, -0x1p-24f, 0, 0}));
  EXPECT_EQ(Travelled(WireFormat::kQ8, {1e-40f, -1e-45f}), (Floats{0, 0}));
}

TEST(WireFormatTest, WhatIsNoNumberStaysVisible) {
  for (WireFormat format : kWireFormats) {
    for (float bad : {kNan, -kNan, kInf, -kInf}) {
      SCOPED_TRACE(std::string(WireName(format)) + " " + std::to_string(bad));
      std::mt19937 random(2);
      Floats x = MakeVector(Kind::kRandom, 100, random);
      x[70] = bad;
      const Floats got = Travelled(format, x);
      for (size_t i = 0; i < x.size(); ++i) {
        const bool hit = i == 70 || (format == WireFormat::kQ8 && i / 32 == 70 / 32);
        EXPECT_NE(hit, std::isfinite(got[i])) << i;
      }
      EXPECT_TRUE(format == WireFormat::kQ8 ? std::isnan(got[70])
                  : std::isnan(bad)         ? std::isnan(got[70])
                                            : got[70] == bad);
    }
  }
}

// ---- bounds ----

Floats Added(Floats a, const Floats& b) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += b[i];
  return a;
}

// What each algorithm does to one slice or block, in one process.
Floats Sum(WireFormat format, SumAlgorithm algorithm, std::vector<Floats> vectors) {
  if (algorithm == SumAlgorithm::kDoubling) {
    for (; vectors.size() > 1; vectors.resize(vectors.size() / 2)) {
      for (size_t i = 0; i < vectors.size() / 2; ++i) {
        vectors[i] =
            Added(Travelled(format, vectors[2 * i]), Travelled(format, vectors[2 * i + 1]));
      }
    }
    return vectors[0];
  }
  const bool ring = algorithm == SumAlgorithm::kRing;
  Floats sum = ring ? vectors[0] : Travelled(format, vectors[0]);
  for (size_t r = 1; r < vectors.size(); ++r) {
    sum = ring ? Added(Travelled(format, sum), vectors[r])
               : Added(sum, Travelled(format, vectors[r]));
  }
  return algorithm == SumAlgorithm::kOneShot ? sum : Travelled(format, sum);
}

// Largest error in parts of the bound.
double WorstOfBound(WireFormat format, SumAlgorithm algorithm, const std::vector<Floats>& vectors) {
  const Floats sum = Sum(format, algorithm, vectors);
  const int ranks = static_cast<int>(vectors.size());
  double worst = 0;
  for (size_t i = 0; i < sum.size(); ++i) {
    const size_t length = format == WireFormat::kQ8 ? kWireBlock : 1, begin = i / length * length;
    double largest = 0;
    long double exact = 0;
    for (const Floats& x : vectors) {
      exact += x[i];
      for (size_t j = begin; j < std::min(begin + length, x.size()); ++j) {
        largest = std::max<double>(largest, std::abs(x[j]));
      }
    }
    const double error = static_cast<double>(std::abs(sum[i] - exact));
    const double bound = SumErrorBound(format, ranks, algorithm, largest);
    EXPECT_LE(error, bound) << "element " << i << ", largest " << largest;
    if (bound > 0) worst = std::max(worst, error / bound);
  }
  return worst;
}

// Not so loose that it would hide a mistake: some vectors come near.
void ExpectBoundHolds(WireFormat format, SumAlgorithm algorithm, int ranks) {
  SCOPED_TRACE(std::string(WireName(format)) + ", " + std::to_string(ranks) + " ranks" + ", " +
               std::string(SumAlgorithmName(algorithm)));
  std::mt19937 random(3);
  double worst = 0;
  for (Kind kind : kFiniteKinds) {
    for (bool cancelling : {false, true}) {
      for (int round = 0; round < 20; ++round) {
        std::vector<Floats> vectors;
        for (int r = 0; r < ranks; ++r) {
          vectors.push_back(kind == Kind::kEqual && r > 0 ? vectors[0]
                                                          : MakeVector(kind, 257, random));
          if (!cancelling || r % 2 == 0) continue;
          for (size_t i = 0; i < vectors[r].size(); ++i) vectors[r][i] = -vectors[r - 1][i];
        }
        worst = std::max(worst, WorstOfBound(format, algorithm, vectors));
      }
    }
  }
  EXPECT_GT(worst, 0.2);
}

TEST(WireBoundTest, SumsAreWithinTheStatedBound) {
  for (WireFormat format : kWireFormats) {
    for (int ranks = 2; ranks <= 8; ++ranks) {
      for (const SumAlgorithm algorithm : kSumAlgorithms) {
        if (FitsRanks(algorithm, ranks)) ExpectBoundHolds(format, algorithm, ranks);
      }
    }
  }
}

TEST(WireBoundTest, NoBoundWhereThereIsNone) {
  for (WireFormat format : kWireFormats) {
    EXPECT_EQ(EncodingErrorBound(format, kInf), kInf);
    EXPECT_EQ(EncodingErrorBound(format, kNan), kInf);
    EXPECT_EQ(SumErrorBound(format, 2, SumAlgorithm::kOneShot, kMax), kInf);
    EXPECT_EQ(SumErrorBound(format, 2, SumAlgorithm::kOneShot, kNan), kInf);
  }
  EXPECT_EQ(EncodingErrorBound(WireFormat::kF32, 5), 0);
  EXPECT_LT(EncodingErrorBound(WireFormat::kQ8, 1), 1 / 253.0);
  EXPECT_GT(EncodingErrorBound(WireFormat::kF16, 1e6), 9e5);  // saturation is part of it
  EXPECT_GT(EncodingErrorBound(WireFormat::kQ8, 1e9), 9e8);
}

}  // namespace
}  // namespace lantern
