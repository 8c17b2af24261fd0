// 16-bit floating point numbers, by integer arithmetic on their bits.
#include <bit>

#include "src/tensor/quant.h"

namespace lantern {
namespace {

constexpr uint32_t kFloatInfinity = 0x7f800000;
constexpr uint32_t kFloatQuietBit = 0x00400000;

// `value` >> `shift`, rounded to nearest, ties to even. REQUIRES: 1 <= shift <= 31.
uint32_t ShiftRounded(uint32_t value, int shift) {
  const uint32_t odd = (value >> shift) & 1;
  return (value + (1u << (shift - 1)) - 1 + odd) >> shift;
}

}  // namespace

float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000) << 16;
  const uint32_t exponent = (half >> 10) & 31;
  const uint32_t fraction = half & 0x3ff;
  if (exponent == 31) {
    const uint32_t nan = fraction == 0 ? 0 : (fraction << 13) | kFloatQuietBit;
    return std::bit_cast<float>(sign | kFloatInfinity | nan);
  }
  if (exponent != 0) {
    return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  }
  if (fraction == 0) return std::bit_cast<float>(sign);
  // Subnormal, fraction * 2^-24: its leading one becomes the implicit bit.
  const int shift = std::countl_zero(fraction) - 21;
  const uint32_t normal = (fraction << shift) & 0x3ff;
  return std::bit_cast<float>(sign | static_cast<uint32_t>(113 - shift) << 23 | normal << 13);
}

uint16_t FloatToHalf(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t magnitude = bits & 0x7fffffff;
  if (magnitude > kFloatInfinity) {
    return static_cast<uint16_t>(sign | 0x7e00 | ((magnitude >> 13) & 0x3ff));
  }
  // From 65520 on, halfway between the largest half and the next power of two, all is infinity.
  if (magnitude >= 0x477ff000) return static_cast<uint16_t>(sign | 0x7c00);
  if (magnitude >= 0x38800000) {  // 2^-14: normal; a carry out of the fraction is right as it is
    return static_cast<uint16_t>(sign | ShiftRounded(magnitude - (112u << 23), 13));
  }
  if (magnitude <= 0x33000000) return static_cast<uint16_t>(sign);  // 2^-25 ties to zero
  const int shift = 126 - static_cast<int>(magnitude >> 23);
  const uint32_t fraction = (magnitude & 0x7fffff) | 0x800000;
  return static_cast<uint16_t>(sign | ShiftRounded(fraction, shift));
}

float BFloat16ToFloat(uint16_t bits) {
  return std::bit_cast<float>(static_cast<uint32_t>(bits) << 16);
}

uint16_t FloatToBFloat16(float value) {
  const uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > kFloatInfinity) {
    return static_cast<uint16_t>((bits | kFloatQuietBit) >> 16);
  }
  return static_cast<uint16_t>(ShiftRounded(bits, 16));
}

}  // namespace lantern
