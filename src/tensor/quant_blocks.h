// The block formats as structures that lie in files: fields in file order, little endian, no
// padding. Each can decode itself into kElements floats and encode itself from them.
// Layouts and decoding arithmetic: ggml's quantization formats, held bit for bit against the
// dequantizers of the `gguf` Python package. Encoding is our own: see quant.cc and quant_k.cc.
//
// "Codes" are a block's small integers. In blocks of 32, element i < 16 has the low half of byte
// i, element i + 16 the high half; a fifth bit lies in `high`, element i in bit i.
#pragma once

#include <cstdint>

namespace lantern {

// value = scale * code
struct BlockQ8_0 {
  static constexpr int kElements = 32;
  uint16_t scale;  // f16
  int8_t codes[32];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// value = scale * (code - 8)
struct BlockQ4_0 {
  static constexpr int kElements = 32;
  uint16_t scale;
  uint8_t low[16];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// value = scale * code + minimum
struct BlockQ4_1 {
  static constexpr int kElements = 32;
  uint16_t scale;
  uint16_t minimum;
  uint8_t low[16];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// value = scale * (code - 16)
struct BlockQ5_0 {
  static constexpr int kElements = 32;
  uint16_t scale;
  uint8_t high[4];
  uint8_t low[16];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// value = scale * code + minimum
struct BlockQ5_1 {
  static constexpr int kElements = 32;
  uint16_t scale;
  uint16_t minimum;
  uint8_t high[4];
  uint8_t low[16];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// K formats: 256 elements in groups that have a small integer scale each (and a minimum).

// value = (scale * group scale) * code - (min_scale * group minimum), groups of 32.
struct BlockQ4_K {
  static constexpr int kElements = 256;
  uint16_t scale;
  uint16_t min_scale;
  uint8_t groups[12];  // 8 scales and 8 minimums of 6 bits: see GroupScales in quant_k.cc
  uint8_t low[128];    // 64 elements in 32 bytes: a group's low halves, the next group's high ones

  void Decode(float* out) const;
  void Encode(const float* in);
};

struct BlockQ5_K {
  static constexpr int kElements = 256;
  uint16_t scale;
  uint16_t min_scale;
  uint8_t groups[12];
  uint8_t high[32];  // bit g of byte i: the fifth bit of element i of group g
  uint8_t low[128];

  void Decode(float* out) const;
  void Encode(const float* in);
};

// value = (scale * group scale) * (code - 32), groups of 16.
struct BlockQ6_K {
  static constexpr int kElements = 256;
  uint8_t low[128];  // four low bits; 128 elements in 64 bytes
  uint8_t high[64];  // two high bits; 128 elements in 32 bytes
  int8_t groups[16];
  uint16_t scale;

  void Decode(float* out) const;
  void Encode(const float* in);
};

static_assert(sizeof(BlockQ8_0) == 34 && sizeof(BlockQ4_0) == 18 && sizeof(BlockQ4_1) == 20);
static_assert(sizeof(BlockQ5_0) == 22 && sizeof(BlockQ5_1) == 24);
static_assert(sizeof(BlockQ4_K) == 144 && sizeof(BlockQ5_K) == 176 && sizeof(BlockQ6_K) == 210);

// What the encoders share.
inline constexpr uint16_t kHalfNaN = 0x7e00;

// The element of largest magnitude, with its sign; the first of equals.
float SignedPeak(const float* in, int count);
bool AllFinite(const float* in, int count);
bool HalfIsFinite(uint16_t half);
// 1 / scale, and 0 for a scale of 0, whose codes do not matter.
float Inverse(float scale);
// `value` limited to [low, high], then rounded to the nearest integer, ties to even.
int RoundClamped(float value, int low, int high);

}  // namespace lantern
