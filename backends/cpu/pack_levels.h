// Weights of 5 and 6 bits in another order of their bits: most levels lie in a byte of their own,
// which kernels read by one operation, and the others in pieces in those bytes' upper bits.
#pragma once

#include <cstddef>

#include "src/tensor/dtype.h"

namespace lantern {

// Whether blocks of that type are rearranged before their rows are interleaved.
bool HasRearrangedLevels(DType type);

// Rearranges one block in place. Q5_0, Q5_1: 20 bytes after the scale (and the minimum); Q5_K: 20
// for each group of 32 after the groups' scales; Q6_K: 12 for each group of 16, then the rest.
// REQUIRES: HasRearrangedLevels(type).
void RearrangeLevels(DType type, std::byte* block);

}  // namespace lantern
