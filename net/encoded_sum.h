// Sums over ranks whose vectors travel encoded (wire_format.h): fewer bytes, and an error that has
// a bound. They add in f32 in the order of ranks, so all ranks end with the same bits.
#pragma once

#include <span>

#include "net/communicator.h"
#include "net/wire_format.h"

namespace lantern {

// x = the sum of all ranks' x, each [n] and the same n. One hop or two: see SumShape.
void EncodedSum(Communicator& comm, WireFormat format, SumShape shape, std::span<float> x);

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

// EncodedSum in one hop, where every vector also travels in f32 and is compared with what it
// decodes to, before it is added. All ranks see the same vectors, so all return the same.
EncodingErrors CheckedSum(Communicator& comm, WireFormat format, std::span<float> x);

}  // namespace lantern
