// The packed form of weights: panels of sixteen output rows, each one stream of blocks in ascending
// order, the rows' bytes interleaved so that a SIMD lane walks one row; of plain numbers, groups of
// panels whose cache lines alternate. Packing keeps the bits on
// disk: a Q4_0 weight stays 4.5 bits. Bump kPackVersion when the form changes: caches key on it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "src/tensor/dtype.h"

namespace lantern {

inline constexpr int kPackVersion = 4;

// Bytes of one panel. REQUIRES: in is a multiple of the type's block.
size_t PanelBytes(DType type, int in);
// Where a panel begins.
size_t PanelOffset(DType type, int in, int panel);

// Interleaves the rows (each RowBytes(type, in) bytes, one after the other in `rows`) of a panel.
// `rows` is scratch afterwards.
// REQUIRES: rows.size() is kPanelRows rows; missing rows at the end of a matrix are given as zeros.
void PackPanel(DType type, int in, std::span<std::byte> rows, std::byte* panel);

}  // namespace lantern
