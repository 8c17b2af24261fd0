// The K formats. Encoding takes each group's extremes as they are (no least-squares search, which
// gains about a tenth of the error and costs a screen of code): these encoders feed `synth` and
// tests; models worth running in a K format come with it.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "src/tensor/quant.h"
#include "src/tensor/quant_blocks.h"

namespace lantern {
namespace {

constexpr int kElements = 256;
constexpr int kGroups = 8;          // of 32 elements, in Q4_K and Q5_K
constexpr int kMaxGroupScale = 63;  // 6 bits

// The scales and minimums of Q4_K and Q5_K, 16 numbers of 6 bits in 12 bytes. Of groups 0 to 3,
// byte g has the scale and byte g + 4 the minimum, in the low 6 bits. Of groups 4 to 7, byte g + 4
// has the low 4 bits of both; the high 2 bits sit on top of bytes g - 4 and g.
struct GroupScales {
  uint8_t scale[kGroups];
  uint8_t minimum[kGroups];
};

GroupScales UnpackGroups(const uint8_t* bytes) {
  GroupScales groups;
  for (int g = 0; g < 4; ++g) {
    groups.scale[g] = bytes[g] & 63;
    groups.minimum[g] = bytes[g + 4] & 63;
    groups.scale[g + 4] = static_cast<uint8_t>((bytes[g + 8] & 15) | bytes[g] >> 6 << 4);
    groups.minimum[g + 4] = static_cast<uint8_t>(bytes[g + 8] >> 4 | bytes[g + 4] >> 6 << 4);
  }
  return groups;
}

void PackGroups(const GroupScales& groups, uint8_t* bytes) {
  for (int g = 0; g < 4; ++g) {
    const int scale = groups.scale[g + 4], minimum = groups.minimum[g + 4];
    bytes[g] = static_cast<uint8_t>(groups.scale[g] | scale >> 4 << 6);
    bytes[g + 4] = static_cast<uint8_t>(groups.minimum[g] | minimum >> 4 << 6);
    bytes[g + 8] = static_cast<uint8_t>((scale & 15) | (minimum & 15) << 4);
  }
}

// Code bits of Q4_K and Q5_K: see quant_blocks.h.
int LowBits(const uint8_t* low, int group, int i) {
  return (low[group / 2 * 32 + i] >> (group % 2 * 4)) & 15;
}

void PackLowBits(const uint8_t* codes, uint8_t* low) {
  for (int g = 0; g < kGroups; g += 2) {
    for (int i = 0; i < 32; ++i) {
      const int first = codes[g * 32 + i] & 15, second = codes[(g + 1) * 32 + i] & 15;
      low[g / 2 * 32 + i] = static_cast<uint8_t>(first | second << 4);
    }
  }
}

// The factors of one Q4_K or Q5_K block: value = scale[g] * code - minimum[g].
struct GroupFactors {
  float scale[kGroups];
  float minimum[kGroups];
};

GroupFactors Factors(uint16_t scale, uint16_t min_scale, const uint8_t* bytes) {
  const GroupScales groups = UnpackGroups(bytes);
  const float d = HalfToFloat(scale), dmin = HalfToFloat(min_scale);
  GroupFactors factors;
  for (int g = 0; g < kGroups; ++g) {
    factors.scale[g] = d * static_cast<float>(groups.scale[g]);
    factors.minimum[g] = dmin * static_cast<float>(groups.minimum[g]);
  }
  return factors;
}

// Splits `wanted` (all >= 0) into a half and 6-bit multiples of it; returns the half, which is not
// finite (and the multiples 0) where the wanted scales overflow it.
uint16_t SplitScales(const float* wanted, uint8_t* multiples) {
  std::fill_n(multiples, kGroups, uint8_t{0});
  const float peak = *std::max_element(wanted, wanted + kGroups);
  const uint16_t half = FloatToHalf(peak / kMaxGroupScale);
  if (!HalfIsFinite(half)) return half;
  const float inverse = Inverse(HalfToFloat(half));
  for (int g = 0; g < kGroups; ++g) {
    multiples[g] = static_cast<uint8_t>(RoundClamped(wanted[g] * inverse, 0, kMaxGroupScale));
  }
  return half;
}

// What Q4_K and Q5_K share: fills the scales of `block` and 256 codes of at most `top`.
template <class Block>
void EncodeAffine(const float* in, int top, Block& block, uint8_t* codes) {
  std::memset(codes, 0, kElements);
  std::memset(block.groups, 0, sizeof(block.groups));
  block.scale = block.min_scale = kHalfNaN;
  if (!AllFinite(in, kElements)) return;
  float scale[kGroups], minimum[kGroups];
  for (int g = 0; g < kGroups; ++g) {
    const auto [low, high] = std::minmax_element(in + g * 32, in + g * 32 + 32);
    minimum[g] = std::max(0.0f, -*low);  // the format can only subtract
    scale[g] = std::max(0.0f, (*high + minimum[g]) / static_cast<float>(top));
  }
  GroupScales groups;
  const uint16_t d = SplitScales(scale, groups.scale);
  const uint16_t dmin = SplitScales(minimum, groups.minimum);
  if (!HalfIsFinite(d) || !HalfIsFinite(dmin)) return;
  block.scale = d;
  block.min_scale = dmin;
  PackGroups(groups, block.groups);
  const GroupFactors factors = Factors(d, dmin, block.groups);
  for (int e = 0; e < kElements; ++e) {
    const float shifted = in[e] + factors.minimum[e / 32];
    codes[e] = static_cast<uint8_t>(RoundClamped(shifted * Inverse(factors.scale[e / 32]), 0, top));
  }
}

// Where Q6_K keeps element e: four bits at low[low_byte] >> low_shift, two at high[high_byte] >>
// high_shift. Each half of 128 elements is four runs of 32: runs 0 and 1 in the low bits of 64
// bytes, runs 2 and 3 in their high bits.
struct Place6 {
  int low_byte, low_shift, high_byte, high_shift;
};

Place6 PlaceOf(int e) {
  const int half = e / 128, run = e % 128 / 32, i = e % 32;
  return {half * 64 + run % 2 * 32 + i, run / 2 * 4, half * 32 + i, run * 2};
}

}  // namespace

void BlockQ4_K::Decode(float* out) const {
  const GroupFactors factors = Factors(scale, min_scale, groups);
  for (int g = 0; g < kGroups; ++g) {
    for (int i = 0; i < 32; ++i) {
      const float code = static_cast<float>(LowBits(low, g, i));
      out[g * 32 + i] = factors.scale[g] * code - factors.minimum[g];
    }
  }
}

void BlockQ4_K::Encode(const float* in) {
  uint8_t codes[kElements];
  EncodeAffine(in, 15, *this, codes);
  PackLowBits(codes, low);
}

void BlockQ5_K::Decode(float* out) const {
  const GroupFactors factors = Factors(scale, min_scale, groups);
  for (int g = 0; g < kGroups; ++g) {
    for (int i = 0; i < 32; ++i) {
      const int code = LowBits(low, g, i) | ((high[i] >> g) & 1) << 4;
      out[g * 32 + i] = factors.scale[g] * static_cast<float>(code) - factors.minimum[g];
    }
  }
}

void BlockQ5_K::Encode(const float* in) {
  uint8_t codes[kElements];
  EncodeAffine(in, 31, *this, codes);
  PackLowBits(codes, low);
  std::memset(high, 0, sizeof(high));
  for (int e = 0; e < kElements; ++e) {
    high[e % 32] |= static_cast<uint8_t>(codes[e] >> 4 << (e / 32));
  }
}

void BlockQ6_K::Decode(float* out) const {
  const float d = HalfToFloat(scale);
  for (int e = 0; e < kElements; ++e) {
    const Place6 place = PlaceOf(e);
    const int low_bits = (low[place.low_byte] >> place.low_shift) & 15;
    const int high_bits = (high[place.high_byte] >> place.high_shift) & 3;
    const float factor = d * static_cast<float>(groups[e / 16]);
    out[e] = factor * static_cast<float>((low_bits | high_bits << 4) - 32);
  }
}

void BlockQ6_K::Encode(const float* in) {
  std::memset(this, 0, sizeof(*this));
  float wanted[16];
  for (int g = 0; g < 16; ++g) wanted[g] = SignedPeak(in + g * 16, 16) / -32;
  scale = FloatToHalf(std::fabs(SignedPeak(wanted, 16)) / 127);
  if (!AllFinite(in, kElements) || !HalfIsFinite(scale)) {
    scale = kHalfNaN;
    return;
  }
  const float d = HalfToFloat(scale);
  for (int g = 0; g < 16; ++g) {
    groups[g] = static_cast<int8_t>(RoundClamped(wanted[g] * Inverse(d), -127, 127));
  }
  for (int e = 0; e < kElements; ++e) {
    const float factor = d * static_cast<float>(groups[e / 16]);
    const int code = RoundClamped(in[e] * Inverse(factor), -32, 31) + 32;
    const Place6 place = PlaceOf(e);
    low[place.low_byte] |= static_cast<uint8_t>((code & 15) << place.low_shift);
    high[place.high_byte] |= static_cast<uint8_t>(code >> 4 << place.high_shift);
  }
}

}  // namespace lantern
