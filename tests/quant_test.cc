// Number formats: 16-bit floats exhaustively, decoders bit for bit against goldens made by the
// `gguf` Python package (scripts/make_quant_goldens.py), encoders by their error bounds.
#include "src/tensor/quant.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "src/base/bytes.h"
#include "src/base/mmap.h"

namespace lantern {
namespace {

constexpr DType kBlockTypes[] = {DType::kQ8_0, DType::kQ4_0, DType::kQ4_1, DType::kQ5_0,
                                 DType::kQ5_1, DType::kQ4_K, DType::kQ5_K, DType::kQ6_K};

uint32_t Bits(float value) { return std::bit_cast<uint32_t>(value); }

// The value of a finite half by the definition of the format, in double precision.
double HalfByDefinition(int half) {
  const int exponent = (half >> 10) & 31, fraction = half & 0x3ff;
  const double magnitude =
      exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
  return (half & 0x8000) != 0 ? -magnitude : magnitude;
}

TEST(Half, DecodesAllValues) {
  for (int half = 0; half < 65536; ++half) {
    const float value = HalfToFloat(static_cast<uint16_t>(half));
    if ((half & 0x7c00) != 0x7c00) {
      ASSERT_EQ(Bits(value), Bits(static_cast<float>(HalfByDefinition(half)))) << half;
    } else if ((half & 0x3ff) == 0) {
      ASSERT_EQ(value, (half & 0x8000) != 0 ? -INFINITY : INFINITY);
    } else {
      ASSERT_TRUE(std::isnan(value)) << half;
    }
  }
}

TEST(Half, RoundTripsAllValues) {
  for (int half = 0; half < 65536; ++half) {
    const bool nan = (half & 0x7fff) > 0x7c00;
    const int expected = nan ? half | 0x200 : half;  // NaNs come back quiet
    ASSERT_EQ(FloatToHalf(HalfToFloat(static_cast<uint16_t>(half))), expected);
  }
}

// Between every two neighbours: just below the middle goes down, just above up, the middle to even.
TEST(Half, RoundsToNearestEvenEverywhere) {
  for (int half = 0; half < 0x7c00; ++half) {
    const double above = half == 0x7bff ? 65536.0 : HalfByDefinition(half + 1);
    const float middle = static_cast<float>((HalfByDefinition(half) + above) / 2);
    const int even = half % 2 == 0 ? half : half + 1;
    ASSERT_EQ(FloatToHalf(middle), even) << half;
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, 0.0f)), half);
    ASSERT_EQ(FloatToHalf(std::nextafter(middle, INFINITY)), half + 1);
    ASSERT_EQ(FloatToHalf(-middle), even | 0x8000);
  }
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::max()), 0x7c00);
  EXPECT_EQ(FloatToHalf(std::numeric_limits<float>::denorm_min()), 0);
}

TEST(BFloat16, RoundTripsAllValues) {
  for (int bits = 0; bits < 65536; ++bits) {
    const bool nan = (bits & 0x7fff) > 0x7f80;
    const int expected = nan ? bits | 0x40 : bits;
    ASSERT_EQ(FloatToBFloat16(BFloat16ToFloat(static_cast<uint16_t>(bits))), expected);
  }
}

TEST(BFloat16, RoundsToNearestEvenEverywhere) {
  for (uint32_t bits = 0; bits < 0x7f80; ++bits) {
    const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
    ASSERT_EQ(FloatToBFloat16(std::bit_cast<float>(bits << 16 | 0x7fff)), bits);
    ASSERT_EQ(FloatToBFloat16(std::bit_cast<float>(bits << 16 | 0x8000)), even);
    ASSERT_EQ(FloatToBFloat16(std::bit_cast<float>(bits << 16 | 0x8001)), bits + 1);
  }
}

TEST(DTypes, AreFoundByNameAndId) {
  for (int i = 0; i < kDTypeCount; ++i) {
    const DTypeInfo& info = Info(static_cast<DType>(i));
    EXPECT_EQ(FindByName(info.name), &info);
    EXPECT_EQ(FindByGgmlType(info.ggml_type), &info);
  }
  EXPECT_EQ(FindByName("Q4_K"), &Info(DType::kQ4_K));
  EXPECT_EQ(FindByName("q4"), nullptr);
  EXPECT_EQ(FindByGgmlType(10), nullptr);
  EXPECT_EQ(RowBytes(DType::kQ4_K, 512), 288u);
}

class BlockFormat : public testing::TestWithParam<DType> {
 protected:
  std::string name() const { return Info(GetParam()).name; }
};

TEST_P(BlockFormat, DecodesLikeTheReference) {
  const MappedFile file(LANTERN_TESTS_DIR "/goldens/quant/" + name() + ".bin");
  ByteReader reader(file.bytes(), name());
  const auto blocks = reader.Read<uint32_t>();
  ASSERT_EQ(reader.Read<uint32_t>(), static_cast<uint32_t>(Info(GetParam()).block_bytes));
  ASSERT_EQ(reader.Read<uint32_t>(), static_cast<uint32_t>(Info(GetParam()).block));
  const int64_t count = int64_t{blocks} * Info(GetParam()).block;
  ASSERT_GT(count, 0);
  std::vector<float> decoded(static_cast<size_t>(count));
  const auto source = reader.Take(RowBytes(GetParam(), count));
  DecodeRow(GetParam(), source.data(), count, decoded.data());
  for (size_t i = 0; i < decoded.size(); ++i) {
    const auto expected = reader.Read<float>();
    // Which NaN an operation gives is the machine's choice; every other bit is defined.
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(decoded[i])) << i;
    } else {
      ASSERT_EQ(Bits(decoded[i]), Bits(expected)) << i;
    }
  }
  EXPECT_EQ(reader.remaining(), 0u);
}

std::vector<float> Recode(DType type, const std::vector<float>& values) {
  const auto count = static_cast<int64_t>(values.size());
  std::vector<std::byte> bytes(RowBytes(type, count));
  EncodeRow(type, values.data(), count, bytes.data());
  std::vector<float> decoded(values.size());
  DecodeRow(type, bytes.data(), count, decoded.data());
  return decoded;
}

std::vector<float> Normal(size_t count, float scale, float mean = 0) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(mean, scale);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

double RelativeRms(const std::vector<float>& expected, const std::vector<float>& actual) {
  double error = 0, norm = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    error += std::pow(double{actual[i]} - expected[i], 2);
    norm += std::pow(double{expected[i]}, 2);
  }
  return std::sqrt(error / norm);
}

// Measured on normal weights plus about a tenth: a lost code bit doubles the error.
double RmsBound(DType type) {
  switch (type) {
    case DType::kQ8_0:
      return 0.0058;
    case DType::kQ4_0:
      return 0.093;
    case DType::kQ4_1:
      return 0.085;
    case DType::kQ5_0:
      return 0.046;
    case DType::kQ5_1:
      return 0.041;
    case DType::kQ4_K:
      return 0.085;
    case DType::kQ5_K:
      return 0.042;
    case DType::kQ6_K:
      return 0.0205;
    default:
      return 0;
  }
}

TEST_P(BlockFormat, EncodesNormalWeightsWithinItsBound) {
  for (const float scale : {1e-3f, 0.02f, 1.0f, 100.0f}) {
    const auto values = Normal(256 * 64, scale);
    const double error = RelativeRms(values, Recode(GetParam(), values));
    EXPECT_LT(error, RmsBound(GetParam())) << scale;
    EXPECT_GT(error, 0);
  }
}

TEST_P(BlockFormat, EveryElementIsWithinOneStep) {
  const auto values = Normal(256 * 64, 1.0f);
  const auto decoded = Recode(GetParam(), values);
  const int block = Info(GetParam()).block;
  // One step of the coarsest code a block can have: its whole range over the number of codes.
  const double steps = name()[1] == '8' ? 254 : name()[1] == '6' ? 63 : name()[1] == '5' ? 31 : 15;
  for (size_t i = 0; i < values.size(); ++i) {
    float peak = 0;
    for (int j = 0; j < block; ++j) {
      peak = std::max(peak, std::fabs(values[i / block * block + j]));
    }
    ASSERT_LE(std::fabs(decoded[i] - values[i]), 2.05 * peak / steps) << i;
  }
}

TEST_P(BlockFormat, EncodesZerosAndTinyValues) {
  const std::vector<float> zeros(512, 0.0f);
  for (float value : Recode(GetParam(), zeros)) ASSERT_EQ(value, 0.0f);
  for (float value : Recode(GetParam(), Normal(512, 1e-12f))) ASSERT_LE(std::fabs(value), 1e-10f);
  for (float value : Recode(GetParam(), Normal(512, 1e-6f))) ASSERT_LE(std::fabs(value), 1e-5f);
}

TEST_P(BlockFormat, EncodesOneSidedBlocks) {
  for (const float mean : {-10.0f, 10.0f}) {
    const auto values = Normal(512, 1.0f, mean);
    EXPECT_LT(RelativeRms(values, Recode(GetParam(), values)), 0.05) << mean;
  }
}

TEST_P(BlockFormat, PoisonsBlocksThatItCannotHold) {
  const auto block = static_cast<size_t>(Info(GetParam()).block);
  for (const float bad : {NAN, INFINITY, -INFINITY, 3e38f, -3e38f}) {
    auto values = Normal(3 * block, 1.0f);
    values[block + 5] = bad;
    const auto decoded = Recode(GetParam(), values);
    for (size_t i = 0; i < decoded.size(); ++i) {
      ASSERT_EQ(std::isnan(decoded[i]), i / block == 1) << i << " with " << bad;
    }
  }
}

TEST_P(BlockFormat, RecodesItsOwnValuesClosely) {
  const auto once = Recode(GetParam(), Normal(256 * 16, 1.0f));
  EXPECT_LT(RelativeRms(once, Recode(GetParam(), once)), RmsBound(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(All, BlockFormat, testing::ValuesIn(kBlockTypes),
                         [](const auto& info) { return std::string(Info(info.param).name); });

// What users get from `--type` must never change silently: hand-computed blocks.
TEST(Encoders, Q8_0GivesTheDefinedBytes) {
  std::vector<float> values(32, 0.0f);
  values[0] = 127.0f;  // scale 1
  values[1] = -127.0f;
  values[2] = 2.5f;  // ties to even
  values[3] = 3.5f;
  std::byte block[34];
  EncodeRow(DType::kQ8_0, values.data(), 32, block);
  uint16_t scale;
  std::memcpy(&scale, block, 2);
  EXPECT_EQ(scale, 0x3c00);
  EXPECT_EQ(static_cast<int8_t>(block[2]), 127);
  EXPECT_EQ(static_cast<int8_t>(block[3]), -127);
  EXPECT_EQ(static_cast<int8_t>(block[4]), 2);
  EXPECT_EQ(static_cast<int8_t>(block[5]), 4);
}

TEST(Encoders, Q4_0SpendsTheExtraCodeOnThePeak) {
  std::vector<float> values(32, 0.0f);
  values[0] = -8.0f;  // peak: scale 1, code 0
  values[1] = 7.0f;
  values[16] = 8.0f;   // beyond the other end: clamped to 15
  values[17] = -0.5f;  // ties to even: code 8
  std::byte block[18];
  EncodeRow(DType::kQ4_0, values.data(), 32, block);
  EXPECT_EQ(static_cast<int>(block[0]) | static_cast<int>(block[1]) << 8, 0x3c00);
  EXPECT_EQ(static_cast<int>(block[2]), 0xf0);
  EXPECT_EQ(static_cast<int>(block[3]), 0x8f);
}

TEST(Encoders, PlainFormatsRoundEachElement) {
  const float values[] = {1.0f, 0.1f, -65519.9f, 1e-8f};
  uint16_t bits[4];
  EncodeRow(DType::kF16, values, 4, reinterpret_cast<std::byte*>(bits));
  EXPECT_EQ(bits[1], 0x2e66);
  EXPECT_EQ(bits[2], 0xfbff);
  EXPECT_EQ(bits[3], 0);
  EncodeRow(DType::kBF16, values, 4, reinterpret_cast<std::byte*>(bits));
  EXPECT_EQ(bits[1], 0x3dcd);
}

}  // namespace
}  // namespace lantern
