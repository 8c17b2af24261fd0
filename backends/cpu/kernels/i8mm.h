// What amx.h offers, by the 8-bit matrix products of Armv8.6 (FEAT_I8MM): SMMLA multiplies two
// tokens' eight columns with those of two rows. Untested on Arm hardware; beside dot products, 128
// tokens take fewer instructions under an emulator: 1.76 (Q5_K), 1.73 (Q4_K), 1.71 (Q4_0), 1.57
// (Q8_0), 1.34 times (Q6_K). Source: Arm Architecture Reference Manual for A-profile, SMMLA
// (vector). Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/panel_rows.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// There is nothing to configure.
template <int kColumns>
class TileRegisters {
 public:
  LANTERN_FORCE_INLINE TileRegisters() {}
};

// A product's sums: [token] vectors of the panel's rows.
struct TileSums {
  IR token[kTileTokens];
};

// Two neighbouring tokens' columns, where both have eight of them side by side instead: of every
// sixteen columns the first token's place gets the first eight, the second token's the others.
LANTERN_INLINE void ArrangeTokens(int8_t (&tokens)[kTileTokens][32]) {
  for (int t = 0; t < kTileTokens; t += 2) {
    LANTERN_UNROLL for (int column = 0; column < 32; column += 16) {
      int8_t *const first = tokens[t] + column, *const second = tokens[t + 1] + column;
      const int64x2_t a = Load<int64x2_t>(first), b = Load<int64x2_t>(second);
      Store(first, vzip1q_s64(a, b));
      Store(second, vzip2q_s64(a, b));
    }
  }
}

// The same for rows: of two lines of four columns, every four rows' places get eight columns of two
// rows each.
LANTERN_INLINE void ArrangeLevels(int8_t* levels, int columns) {
  for (int8_t* line = levels; line < levels + columns * kPanelRows; line += 128) {
    LANTERN_UNROLL for (int i = 0; i < 64; i += 16) {
      const int32x4_t a = Load<int32x4_t>(line + i), b = Load<int32x4_t>(line + 64 + i);
      Store(line + i, vzip1q_s32(a, b));
      Store(line + 64 + i, vzip2q_s32(a, b));
    }
  }
}

inline constexpr bool kPackedOperands = false;

// The sums of eight tokens and half of the rows, of which `tokens` and `levels` are the first:
// sixteen accumulators of two times two, and as many operands as the registers hold beside them.
template <int kColumns>
LANTERN_INLINE void MultiplyQuarter(const int8_t* tokens, const int8_t* levels, IR* out, int part) {
  int32x4_t sum[4][4];  // [pair of tokens][pair of rows]
  // g++ would load the tokens once for both halves of the rows, and all steps' operands before
  // their products, into registers that it does not have.
  asm("" : "+r"(tokens), "+r"(levels));
  LANTERN_UNROLL for (int step = 0; step < kColumns / 8; ++step) {
    asm volatile("");
    int8x16_t x[4], w[4];
    LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
      x[i] = vld1q_s8(tokens + 32 * (2 * i + step % 2) + step / 2 * 16);
      w[i] = vld1q_s8(levels + 64 * (2 * step + i % 2) + i / 2 * 16);
    }
    LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
      LANTERN_UNROLL for (int j = 0; j < 4; ++j) {
        sum[i][j] = vmmlaq_s32(step == 0 ? vdupq_n_s32(0) : sum[i][j], x[i], w[j]);
      }
    }
  }
  LANTERN_UNROLL for (int i = 0; i < 4; ++i) {
    LANTERN_UNROLL for (int j = 0; j < 2; ++j) {
      const int64x2_t a = vreinterpretq_s64_s32(sum[i][2 * j]);
      const int64x2_t b = vreinterpretq_s64_s32(sum[i][2 * j + 1]);
      out[2 * i].part[part + j] = (IV)vzip1q_s64(a, b);
      out[2 * i + 1].part[part + j] = (IV)vzip2q_s64(a, b);
    }
  }
}

// A product's sums. Not inlined: g++ 12 would spill half of the operands for what its caller keeps
// in registers.
template <int kColumns>
__attribute__((noinline)) void MultiplyTiles(const int8_t* x, const int8_t* levels,
                                             TileSums& sums) {
  for (int token = 0; token < kTileTokens; token += 8) {
    for (int part = 0; part < kParts; part += 2) {
      MultiplyQuarter<kColumns>(x + 32 * token, levels + 16 * part, sums.token + token, part);
    }
  }
}

// `count` products over kColumns columns, one after the other: take(sums) of what next() gives, the
// tokens and levels to multiply.
template <int kColumns, class Next, class Take>
LANTERN_INLINE void ForProducts(int count, const Next& next, const Take& take) {
  TileSums sums;
  for (int i = 0; i < count; ++i) {
    const auto operands = next();
    MultiplyTiles<kColumns>(operands.tokens, operands.levels, sums);
    take(sums);
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
