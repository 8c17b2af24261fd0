// The matrix unit of Intel's AMX: registers of sixteen rows of 64 bytes, and sums of products of
// signed bytes of two of them. The instructions by hand: the intrinsics of g++ 12 tell the compiler
// neither which memory they read nor which they write, and it moves that memory's other uses past
// them. Source: Intel 64 and IA-32 Architectures Software Developer's Manual, volume 1, chapter 18.
// Included by kernels.cc only.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "backends/cpu/kernels/lanes.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Products that are under way at a time: each has a register for its sums. Two pairs of registers
// take the operands in turns.
inline constexpr int kSlots = 2, kOperands = 2;

// Configures this thread's tile registers for products over `kColumns` (at most 64) columns, and
// gives them back: while they are in use a change of threads saves 8 KB more.
template <int kColumns>
class TileRegisters {
 public:
  LANTERN_FORCE_INLINE TileRegisters() {
    Config config = {};
    config.palette = 1;
    for (int slot = 0; slot < kSlots; ++slot) {
      config.Set(slot, kTileTokens, 4 * kPanelRows);  // sums: [token][row]
    }
    for (int pair = 0; pair < kOperands; ++pair) {
      config.Set(kSlots + 2 * pair, kTileTokens, kColumns);  // tokens: [token][column]
      config.Set(kSlots + 2 * pair + 1, kColumns / 4,
                 4 * kPanelRows);  // levels, four columns a row
    }
    asm volatile("ldtilecfg %0" : : "m"(config));
  }
  LANTERN_FORCE_INLINE ~TileRegisters() { asm volatile("tilerelease"); }
  TileRegisters(const TileRegisters&) = delete;
  TileRegisters& operator=(const TileRegisters&) = delete;

 private:
  struct Config {
    uint8_t palette, start_row, reserved[14];
    uint16_t row_bytes[16];
    uint8_t rows[16];
    LANTERN_FORCE_INLINE void Set(int tile, int count, int bytes) {
      rows[tile] = static_cast<uint8_t>(count);
      row_bytes[tile] = static_cast<uint16_t>(bytes);
    }
  };
};

// A product's sums: [token] vectors of the panel's rows.
struct TileSums {
  IV token[kTileTokens];
};

// As products read them already.
LANTERN_INLINE void ArrangeTokens(int8_t (&)[kTileTokens][32]) {}
LANTERN_INLINE void ArrangeLevels(int8_t*, int /*columns*/) {}
inline constexpr bool kPackedOperands = true;  // a panel's signed bytes are an operand already

// Begins sums of products over kColumns columns: `x` has kStride bytes from one token to the next,
// `levels` 64 bytes for every four columns, as panels keep them.
template <int kSlot, int kColumns, int kStride>
LANTERN_INLINE void MultiplyTiles(const int8_t* x, const int8_t* levels) {
  struct Tokens {
    int8_t bytes[kStride * (kTileTokens - 1) + kColumns];
  };
  struct Levels {
    int8_t bytes[kColumns * kPanelRows];
  };
  constexpr int kPair = kSlots + 2 * (kSlot % kOperands);
  asm volatile(
      "tilezero %%tmm%c[sums]\n\t"
      "tileloadd (%[x],%[x_stride],1), %%tmm%c[a]\n\t"
      "tileloadd (%[w],%[line],1), %%tmm%c[b]\n\t"
      "tdpbssd %%tmm%c[b], %%tmm%c[a], %%tmm%c[sums]"
      :
      : [x] "r"(x), [x_stride] "r"(static_cast<int64_t>(kStride)), [w] "r"(levels),
        [line] "r"(int64_t{64}), [sums] "i"(kSlot), [a] "i"(kPair), [b] "i"(kPair + 1),
        "m"(*(const Tokens*)x), "m"(*(const Levels*)levels));
}

// A product's sums to memory: vectors do not reach a tile's registers otherwise.
template <int kSlot>
LANTERN_INLINE void StoreTile(TileSums& sums) {
  asm volatile("tilestored %%tmm%c[slot], (%[out],%[line],1)"
               : "=m"(sums)
               : [out] "r"(&sums), [line] "r"(int64_t{64}), [slot] "i"(kSlot));
}

// `count` products over kColumns columns, one after the other: take(sums) of what next() gives, the
// tokens and levels to multiply. A product takes 50 cycles and its way through memory some more:
// the next one is stored, and the one after that begins, before it is taken. Written out for two
// only: with four the loop took a third longer, likely for being more than processors keep decoded.
template <int kColumns, class Next, class Take>
LANTERN_INLINE void ForProducts(int count, const Next& next, const Take& take) {
  TileSums even, odd;
  int begun = 0;
  const auto begin_even = [&]() __attribute__((always_inline)) {
    if (begun++ >= count) return;
    const auto operands = next();
    MultiplyTiles<0, kColumns, 32>(operands.tokens, operands.levels);
  };
  const auto begin_odd = [&]() __attribute__((always_inline)) {
    if (begun++ >= count) return;
    const auto operands = next();
    MultiplyTiles<1, kColumns, 32>(operands.tokens, operands.levels);
  };
  begin_even();
  begin_odd();
  StoreTile<0>(even);
  for (int i = 0; i < count; i += 2) {
    begin_even();
    StoreTile<1>(odd);
    take(even);
    if (i + 1 >= count) break;
    begin_odd();
    StoreTile<0>(even);
    take(odd);
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
