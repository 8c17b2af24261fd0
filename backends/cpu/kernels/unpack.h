// Panels back as plain numbers, for libraries that multiply those (backends/cpu/gemm): every value
// as src/tensor/quant.h defines it, in f32 or rounded to bf16. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/super_blocks.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

LANTERN_INLINE void StoreNumbers(float* out, FV v) { Store(out, v); }

LANTERN_INLINE void StoreNumbers(uint16_t* out, FV v) {
  typedef uint16_t Halfwords __attribute__((vector_size(2 * kLanes)));
  Store(out, __builtin_convertvector(BFloat16Bits<UV>((UV)v), Halfwords));
}

// Column `i` of the four whose levels lie in `four`, less what they count too much.
template <bool kSigned>
LANTERN_INLINE FV LevelOf(BV four, int i, int offset) {
  if (kSigned) return ToFloatV((IV)((UV)four << (24 - 8 * i)) >> 24);
  return ToFloatV((IV)((UV)four >> (8 * i) & 255) - offset);
}

// 4 * kVectors columns, the first of them `column`: put(column, part, finish(level)).
template <int kVectors, class Levels, class Finish, class Put>
LANTERN_INLINE void UnpackLevels(const Levels& levels, int offset, int column, int part,
                                 const Finish& finish, const Put& put) {
  constexpr bool kSigned = Levels::kSigned && (!kWideSums || kWideSigned);
  for (int j = 0; j < kVectors; ++j) {
    const BV four = levels(j, part);
    LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
      put(column + 4 * j + i, part, finish(LevelOf<kSigned>(four, i, offset)));
    }
  }
}

template <class Format, class Put>
LANTERN_INLINE void UnpackSmallBlock(const uint8_t* panel, int blocks, int block, const Put& put) {
  const typename Format::Place at(panel, block, blocks);
  const uint8_t* scales = Format::Scales(at);
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV scale = LoadHalfV(PartOf(scales, 2, p));
    FV minimum = {};
    if constexpr (Format::kMinimum) minimum = LoadHalfV(PartOf(scales + 2 * kPanelRows, 2, p));
    UnpackLevels<8>(
        Format::Levels(at), Format::kOffset, 0, p,
        [&](FV level) __attribute__((always_inline)) {
          return Format::kMinimum ? scale * level + minimum : scale * level;
        },
        put);
  }
}

template <class Format, class Put>
LANTERN_INLINE void UnpackMinimumSuperBlock(const uint8_t* panel, int block, const Put& put) {
  const uint8_t* w = panel + static_cast<size_t>(block) * Format::kBytes;
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    IV scales[8], minimums[4];
    SixBitScales(w + 4 * kPanelRows, p, scales, minimums);
    const FV d = LoadHalfV(PartOf(w, 2, p));
    const FV d_minimum = LoadHalfV(PartOf(w + 2 * kPanelRows, 2, p));
    for (int sub = 0; sub < 8; ++sub) {
      const FV scale = d * ToFloatV(scales[sub] & 0xffff);
      const FV minimum =
          d_minimum * ToFloatV(minimums[sub / 4 * 2 + sub % 2] >> (sub / 2 % 2 * 16) & 255);
      UnpackLevels<8>(
          Format::Levels(w, sub), 0, 32 * sub,
          p, [&](FV level) __attribute__((always_inline)) { return scale * level - minimum; }, put);
    }
  }
}

template <class Put>
LANTERN_INLINE void UnpackQ6KBlock(const uint8_t* panel, int blocks, int block, const Put& put) {
  const Q6KFormat::Place at(panel, block, blocks);
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV d = LoadHalfV(PartOf(Q6KFormat::Factors(at), 2, p));
    for (int sub = 0; sub < 16; ++sub) {
      const FV scale = d * ToFloatV(Q6KFormat::Scale(Q6KFormat::Scales(at), sub, p));
      UnpackLevels<4>(
          Q6KFormat::Levels(Q6KFormat::Quants(at), sub), 32, 16 * sub,
          p, [&](FV level) __attribute__((always_inline)) { return scale * level; }, put);
    }
  }
}

// put(column, part, values) for every column of a block.
template <class Format, class Put>
LANTERN_INLINE void UnpackBlock(const uint8_t* panel, int blocks, int block, const Put& put) {
  if constexpr (requires { Format::kMinimum; }) {
    UnpackSmallBlock<Format>(panel, blocks, block, put);
  } else if constexpr (requires { Format::kSixBitScales; }) {
    UnpackMinimumSuperBlock<Format>(panel, block, put);
  } else if constexpr (requires { Format::kFactors; }) {
    UnpackQ6KBlock(panel, blocks, block, put);
  } else {
    for (int p = 0; p < kParts; ++p) put(0, p, Format::Column(panel, block, p));
  }
}

// Columns of a block, by the activations that it takes.
constexpr int ColumnsOf(const float*) { return 1; }
constexpr int ColumnsOf(const QuantBlock32*) { return 32; }
constexpr int ColumnsOf(const QuantBlock256*) { return 256; }

template <class Format, class Number>
void Unpack(const UnpackJob& job) {
  constexpr int kColumns = ColumnsOf(static_cast<const typename Format::Input*>(nullptr));
  Number* out = static_cast<Number*>(job.out);
  for (int block = job.begin; block < job.end; ++block, out += kColumns * job.stride) {
    const auto put = [&](int column, int part, FV values) __attribute__((always_inline)) {
      StoreNumbers(out + column * job.stride + part * kLanes, values);
    };
    UnpackBlock<Format>(job.panel, job.blocks, block, put);
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
