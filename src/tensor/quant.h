// Scalar encoders and decoders of every weight format. This code is the definition of each format:
// kernels, converters and tests are held against it. Block layouts: quant_blocks.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/tensor/dtype.h"

namespace lantern {

// IEEE 754 conversions in integer arithmetic, so that no compiler flag or FTZ mode can change them.
// A NaN stays a NaN of the same sign with its leading payload bits, made quiet, as F16C does it.
float HalfToFloat(uint16_t half);
uint16_t FloatToHalf(float value);  // round to nearest even, overflow to infinity
float BFloat16ToFloat(uint16_t bits);
uint16_t FloatToBFloat16(float value);  // round to nearest even, NaN stays quiet NaN

// Decodes `count` elements at `source` into f32: every bit as ggml's reference dequantizers give
// it. `source` needs no alignment. REQUIRES: count is a multiple of the block.
void DecodeRow(DType type, const std::byte* source, int64_t count, float* out);

// Encodes f32 into any `type`. REQUIRES: count is a multiple of the block.
// The scalar code here defines what `--type` gives, bit for bit, on every machine. A block that
// holds a NaN or an infinity, or whose scale overflows a half, decodes to NaN throughout, so that
// the damage shows at the first product instead of hiding in a code.
void EncodeRow(DType type, const float* source, int64_t count, std::byte* out);

}  // namespace lantern
