// A panel's sixteen rows in the vectors of the set: one row per 32-bit lane, kParts vectors to the
// panel. What matrix products do with them that instruction sets do differently stands in a file
// for each family; they all offer:
//
//   kLanes, FV, IV, UV, U16V, BV   vectors of floats, integers, halves, bytes (four columns a row)
//   kBlockTile, kPlainTile         tokens that share one decoding of the weights: as many chains as
//                                  the registers hold beside it
//   SplatV, FmaV, LoadHalfV, LoadBFloat16V, LoadBytesV (signed, as integers),
//   StorePartV                     of `count` rows, maybe more than a vector's
//   Word, LoadWord                 four columns of one token's activations, the same for all rows
//   Sums, SplatSums                sums of products of weights (bytes) with such words; one 32-bit
//                                  word in every row's. kWideSums:
//                                  32 bits a row, which nothing overflows, by AddDot (kWideSigned:
//                                  of signed weights, else unsigned). Otherwise two 16-bit sums a
//                                  row, which hold only so many products (a format's kBatch), by
//                                  PairDot, +, and Pin, which keeps a sum in its register
//   Total                          the rows' sums; with a scale, made by Spread from one of at most
//                                  16 bits, scaled
//   kNarrowSums                    where one multiplication weighs two sums of 16 bits: LowHalves
//                                  puts two vectors of them into one, NarrowRuns finds what fits
//   kSpreadNibbles                 where Q4_0 is spread to bytes before it meets many tokens
//   PairProducts                   per lane, the sum of the products of its two 16-bit halves
//   LANTERN_TILES                  where the set multiplies tiles of tokens (tiles.h)
//   kFirstTileTokens               how many tokens are worth any tile
//   kLeastTileTokens               and one more, of 32 columns; kLeastNarrowTileTokens: of 16
//   LANTERN_BIT_MATRICES           where BitMatrix multiplies bytes by a matrix of bits
#pragma once

#if defined(LANTERN_USE_NEON)
#include "backends/cpu/kernels/lanes_neon.h"
#else
#include "backends/cpu/kernels/lanes_x86.h"
#endif

namespace lantern::LANTERN_ISA_NAMESPACE {

inline constexpr int kParts = kPanelRows / kLanes;

LANTERN_INLINE FV ToFloatV(IV v) { return __builtin_convertvector(v, FV); }

}  // namespace lantern::LANTERN_ISA_NAMESPACE
