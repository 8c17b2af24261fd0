// Rows of any format, and the blocks of 32. Encoders choose a scale from the extremes of the block
// and then round against the scale *as stored* in f16, which costs nothing and is never worse than
// rounding against the unrounded one.
#include "src/tensor/quant.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "src/base/check.h"
#include "src/tensor/quant_blocks.h"

namespace lantern {
namespace {

constexpr int kBlock = 32;

// The two places of element i's low four bits: see quant_blocks.h.
int Low(const uint8_t* low, int i) { return i < 16 ? low[i] & 15 : low[i - 16] >> 4; }

int FifthBit(const uint8_t* high, int i) { return ((high[i / 8] >> (i % 8)) & 1) << 4; }

void PackLow(const uint8_t* codes, uint8_t* low) {
  for (int i = 0; i < 16; ++i) {
    low[i] = static_cast<uint8_t>((codes[i] & 15) | (codes[i + 16] & 15) << 4);
  }
}

void PackHigh(const uint8_t* codes, uint8_t* high) {
  std::memset(high, 0, 4);
  for (int i = 0; i < kBlock; ++i) high[i / 8] |= static_cast<uint8_t>(codes[i] >> 4 << (i % 8));
}

// Codes of value = scale * (code - zero), code < 2 * zero. The peak gets code 0, so that the
// one-sided range is spent on the side that needs it. Returns the stored scale.
uint16_t SymmetricCodes(const float* in, int zero, uint8_t* codes) {
  std::fill_n(codes, kBlock, uint8_t{0});
  const uint16_t scale = FloatToHalf(SignedPeak(in, kBlock) / static_cast<float>(-zero));
  if (!AllFinite(in, kBlock) || !HalfIsFinite(scale)) return kHalfNaN;
  const float inverse = Inverse(HalfToFloat(scale));
  for (int i = 0; i < kBlock; ++i) {
    codes[i] = static_cast<uint8_t>(RoundClamped(in[i] * inverse, -zero, zero - 1) + zero);
  }
  return scale;
}

struct ScaleAndMinimum {
  uint16_t scale, minimum;
};

// Codes of value = scale * code + minimum, code <= top.
ScaleAndMinimum AffineCodes(const float* in, int top, uint8_t* codes) {
  std::fill_n(codes, kBlock, uint8_t{0});
  const auto [low, high] = std::minmax_element(in, in + kBlock);
  const uint16_t scale = FloatToHalf((*high - *low) / static_cast<float>(top));
  const uint16_t minimum = FloatToHalf(*low);
  if (!AllFinite(in, kBlock) || !HalfIsFinite(scale) || !HalfIsFinite(minimum)) {
    return {kHalfNaN, kHalfNaN};
  }
  const float inverse = Inverse(HalfToFloat(scale));
  const float offset = HalfToFloat(minimum);
  for (int i = 0; i < kBlock; ++i) {
    codes[i] = static_cast<uint8_t>(RoundClamped((in[i] - offset) * inverse, 0, top));
  }
  return {scale, minimum};
}

template <class Block>
void DecodeBlocks(const std::byte* source, int64_t count, float* out) {
  Block block;
  for (int64_t i = 0; i < count; i += Block::kElements, source += sizeof(Block)) {
    std::memcpy(&block, source, sizeof(Block));
    block.Decode(out + i);
  }
}

template <class Block>
void EncodeBlocks(const float* source, int64_t count, std::byte* out) {
  Block block;
  for (int64_t i = 0; i < count; i += Block::kElements, out += sizeof(Block)) {
    block.Encode(source + i);
    std::memcpy(out, &block, sizeof(Block));
  }
}

void DecodeF32(const std::byte* source, int64_t count, float* out) {
  std::memcpy(out, source, static_cast<size_t>(count) * sizeof(float));
}

void EncodeF32(const float* source, int64_t count, std::byte* out) {
  std::memcpy(out, source, static_cast<size_t>(count) * sizeof(float));
}

template <float (*kConvert)(uint16_t)>
void Decode16(const std::byte* source, int64_t count, float* out) {
  for (int64_t i = 0; i < count; ++i) {
    uint16_t bits;
    std::memcpy(&bits, source + 2 * i, 2);
    out[i] = kConvert(bits);
  }
}

template <uint16_t (*kConvert)(float)>
void Encode16(const float* source, int64_t count, std::byte* out) {
  for (int64_t i = 0; i < count; ++i) {
    const uint16_t bits = kConvert(source[i]);
    std::memcpy(out + 2 * i, &bits, 2);
  }
}

struct Codec {
  DType type;
  void (*decode)(const std::byte* source, int64_t count, float* out);
  void (*encode)(const float* source, int64_t count, std::byte* out);
};

template <class Block>
constexpr Codec BlockCodec(DType type) {
  return {type, DecodeBlocks<Block>, EncodeBlocks<Block>};
}

// In the order of DType: a new format is one row here and one in dtype.cc.
constexpr Codec kCodecs[kDTypeCount] = {
    {DType::kF32, DecodeF32, EncodeF32},
    {DType::kF16, Decode16<HalfToFloat>, Encode16<FloatToHalf>},
    {DType::kBF16, Decode16<BFloat16ToFloat>, Encode16<FloatToBFloat16>},
    BlockCodec<BlockQ8_0>(DType::kQ8_0),
    BlockCodec<BlockQ4_0>(DType::kQ4_0),
    BlockCodec<BlockQ4_1>(DType::kQ4_1),
    BlockCodec<BlockQ5_0>(DType::kQ5_0),
    BlockCodec<BlockQ5_1>(DType::kQ5_1),
    BlockCodec<BlockQ4_K>(DType::kQ4_K),
    BlockCodec<BlockQ5_K>(DType::kQ5_K),
    BlockCodec<BlockQ6_K>(DType::kQ6_K),
};

const Codec& CodecOf(DType type, int64_t count) {
  LANTERN_CHECK_GE(count, 0);
  LANTERN_CHECK_EQ(count % Info(type).block, 0);
  const Codec& codec = kCodecs[static_cast<int>(type)];
  LANTERN_CHECK(codec.type == type);
  return codec;
}

}  // namespace

float SignedPeak(const float* in, int count) {
  float peak = 0;
  for (int i = 0; i < count; ++i) {
    if (std::fabs(in[i]) > std::fabs(peak)) peak = in[i];
  }
  return peak;
}

bool AllFinite(const float* in, int count) {
  return std::all_of(in, in + count, [](float x) { return std::isfinite(x); });
}

bool HalfIsFinite(uint16_t half) { return (half & 0x7c00) != 0x7c00; }

float Inverse(float scale) { return scale == 0 ? 0 : 1 / scale; }

int RoundClamped(float value, int low, int high) {
  // Adding 1.5 * 2^23 leaves no bits for a fraction, so the addition itself rounds to nearest even.
  constexpr float kNoFraction = 0x1.8p23f;
  const float clamped =
      std::min(std::max(value, static_cast<float>(low)), static_cast<float>(high));
  return static_cast<int>((clamped + kNoFraction) - kNoFraction);
}

void BlockQ8_0::Decode(float* out) const {
  const float d = HalfToFloat(scale);
  for (int i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(codes[i]);
}

void BlockQ8_0::Encode(const float* in) {
  std::fill_n(codes, kBlock, int8_t{0});
  scale = FloatToHalf(std::fabs(SignedPeak(in, kBlock)) / 127);
  if (!AllFinite(in, kBlock) || !HalfIsFinite(scale)) {
    scale = kHalfNaN;
    return;
  }
  const float inverse = Inverse(HalfToFloat(scale));
  for (int i = 0; i < kBlock; ++i) {
    codes[i] = static_cast<int8_t>(RoundClamped(in[i] * inverse, -127, 127));
  }
}

void BlockQ4_0::Decode(float* out) const {
  const float d = HalfToFloat(scale);
  for (int i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(Low(low, i) - 8);
}

void BlockQ4_0::Encode(const float* in) {
  uint8_t codes[kBlock];
  scale = SymmetricCodes(in, 8, codes);
  PackLow(codes, low);
}

void BlockQ4_1::Decode(float* out) const {
  const float d = HalfToFloat(scale), m = HalfToFloat(minimum);
  for (int i = 0; i < kBlock; ++i) out[i] = d * static_cast<float>(Low(low, i)) + m;
}

void BlockQ4_1::Encode(const float* in) {
  uint8_t codes[kBlock];
  const ScaleAndMinimum stored = AffineCodes(in, 15, codes);
  scale = stored.scale;
  minimum = stored.minimum;
  PackLow(codes, low);
}

void BlockQ5_0::Decode(float* out) const {
  const float d = HalfToFloat(scale);
  for (int i = 0; i < kBlock; ++i) {
    out[i] = d * static_cast<float>((Low(low, i) | FifthBit(high, i)) - 16);
  }
}

void BlockQ5_0::Encode(const float* in) {
  uint8_t codes[kBlock];
  scale = SymmetricCodes(in, 16, codes);
  PackLow(codes, low);
  PackHigh(codes, high);
}

void BlockQ5_1::Decode(float* out) const {
  const float d = HalfToFloat(scale), m = HalfToFloat(minimum);
  for (int i = 0; i < kBlock; ++i) {
    out[i] = d * static_cast<float>(Low(low, i) | FifthBit(high, i)) + m;
  }
}

void BlockQ5_1::Encode(const float* in) {
  uint8_t codes[kBlock];
  const ScaleAndMinimum stored = AffineCodes(in, 31, codes);
  scale = stored.scale;
  minimum = stored.minimum;
  PackLow(codes, low);
  PackHigh(codes, high);
}

void DecodeRow(DType type, const std::byte* source, int64_t count, float* out) {
  CodecOf(type, count).decode(source, count, out);
}

void EncodeRow(DType type, const float* source, int64_t count, std::byte* out) {
  CodecOf(type, count).encode(source, count, out);
}

}  // namespace lantern
