// How vectors of f32 travel between ranks: their encodings, as pure functions, and how far a sum
// over ranks can then be from the exact one. Which format a run uses is the callers' choice.
//
//   f32   the bits as they are.
//   bf16  rounded to nearest even. Finite values stay finite: above the largest bf16 they become
//         it.
//   f16   rounded to nearest even. Finite values stay finite: they end at +-65504.
//   q8    blocks of 32 consecutive elements, the last maybe shorter. First a byte per element, its
//         level; then a scale per block, an f16. With amax the block's largest magnitude,
//           scale = f32(amax / 127), rounded up to f16, at most 65504
//           level = f32(x * f32(1 / scale)), rounded to nearest even; 0 where the scale is 0
//         and x decodes to level * scale, which is exact in f32. Rounding the scale up (to nearest
//         would do where f16 is normal) reaches every element also where the scale is subnormal,
//         amax < 0.0078: tiny blocks lose 2^-25 at most and not up to all. Only where amax is
//         above 127 * 65504, about 8.3e6, are elements cut off there: see EncodingErrorBound.
//
// Numbers that are none stay visible: NaN stays NaN; an infinity stays one, or, in q8, where a
// block that holds either has a NaN scale and zero levels, decodes to NaN with its whole block.
//
// The arithmetic lies among the CPU's kernels (backends/cpu/kernels/wire_formats.h), which are
// compiled for each instruction set and have 16-bit conversions and rounding already; all give the
// same bits.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace lantern {

enum class WireFormat { kF32, kBf16, kF16, kQ8 };
inline constexpr WireFormat kWireFormats[] = {WireFormat::kF32, WireFormat::kBf16, WireFormat::kF16,
                                              WireFormat::kQ8};
inline constexpr size_t kWireBlock = 32;  // elements that share a scale in q8

// As users type it: "f32", "bf16", "f16", "q8".
std::string_view WireName(WireFormat format);
// Throws Error{kConfig} that names the choices.
WireFormat WireFormatOf(std::string_view name);

// Bytes of an encoded vector. They depend on nothing else, so both ends know them.
size_t WireBytes(WireFormat format, size_t elements);

// REQUIRES: the message has WireBytes(format, floats) bytes and does not overlap the floats.
// Messages need no alignment.
void Encode(WireFormat format, std::span<const float> x, std::span<std::byte> message);
void Decode(WireFormat format, std::span<const std::byte> message, std::span<float> out);
// out[i] += decoded[i], in f32.
void DecodeAdd(WireFormat format, std::span<const std::byte> message, std::span<float> out);

// A bound of |decoded - x| for an element x of a block whose largest magnitude is `largest` (a
// block of q8; in the other formats every element is its own). Infinite where `largest` is no
// finite number.
//
// Derivation. f32: 0. bf16 has 8 significant bits, so half a step is at most 2^-8 |x|, and half of
// a subnormal step 2^-134; the last floats, which saturate, are within 2^-8 too. f16: 11 bits,
// 2^-11 |x| and 2^-25; beyond 65504, the distance to it.
// q8: the scale s is the f16 above f32(amax / 127), so s <= (amax / 127)(1 + 2^-10)(1 + 2^-24) for
// a normal s, and at most 2^-24 more for a subnormal one. f32(x * f32(1 / s)) is within 127 * 2^-23
// (1 + 2^-24) < 2^-15 of x / s, which is at most 127 (1 + 2^-24), so the level is within 127 and
// within 1/2 + 2^-15 of x / s, and |decoded - x| <= s (1/2 + 2^-15), which is below
// (1 + 2^-9)(amax / 254 + 2^-25). Beyond 127 * 65504, elements are first cut off there: the
// distance to it more.
double EncodingErrorBound(WireFormat format, double largest);

}  // namespace lantern
