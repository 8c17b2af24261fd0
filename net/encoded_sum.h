// Sums over ranks whose vectors travel encoded (wire_format.h): fewer bytes, and an error that has
// a bound (SumErrorBound). They add in f32 and in an order that all ranks share.
#pragma once

#include <span>

#include "net/sum_state.h"

namespace lantern {

// Rounds that leave in `out`, where each rank's vector lies before, the sum of all.
// REQUIRES: FitsRanks, more than one rank.
SumRound EncodedRound(SumAlgorithm algorithm);

// Blocks whose largest magnitude is smaller do not count below: what the formats lose of tiny
// numbers is absolute, not a share.
inline constexpr double kLeastCounted = 0x1p-10;

// What decoding changed in the vectors of a sum, as shares of the largest magnitude in their block.
struct EncodingErrors {
  double worst = 0, mean = 0;
  // Of `worst`.
  static double Bound(WireFormat format) {
    return EncodingErrorBound(format, kLeastCounted) / kLeastCounted;
  }
  // The rank whose vector decoded to something outside its format's bound; -1: none.
  int beyond_bound = -1;
};

// The one-shot sum of x, where every vector also travels in f32 and is compared with what it
// decodes to, before it is added. All ranks see the same vectors, so all return the same. `memory`
// serves it, and may be used again. REQUIRES: several ranks, x not empty.
EncodingErrors CheckedSum(Communicator& comm, WireFormat format, std::span<float> x,
                          SumState& memory);

}  // namespace lantern
