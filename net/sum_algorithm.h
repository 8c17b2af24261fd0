// SumAlgorithm: the ways in which a group of N ranks can add its vectors, and what each may do to
// the numbers. Hops and bytes that a rank sends, for vectors of S bytes:
//
//   one-shot   every rank's vector to all, and all ranks add: 1 hop, (N - 1) S
//   two-shot   each rank adds a slice of all vectors, then sends it to all: 2 hops, 2 (N - 1) S / N
//   doubling   ranks swap sums with the partner at distance 1, 2, 4: log2 N hops of S each. For N a
//              power of two (recursive doubling; Thakur, Rabenseifner, Gropp, Optimization of
//              Collective Communication Operations in MPICH, 2005)
//   ring       every slice goes round twice, first being summed: 2 (N - 1) hops of S / N each (the
//              same paper)
//
// All ranks end with the same bits, whichever it is. In f32 the first three add in the order of the
// sum tree, so that they are exact: one answer for every layout. A ring adds each slice in another
// order, which shows but where two ranks have equal shares.
#pragma once

#include <string_view>

#include "net/wire_format.h"

namespace lantern {

enum class SumAlgorithm { kOneShot, kTwoShot, kDoubling, kRing };
inline constexpr SumAlgorithm kSumAlgorithms[] = {SumAlgorithm::kOneShot, SumAlgorithm::kTwoShot,
                                                  SumAlgorithm::kDoubling, SumAlgorithm::kRing};

// As users type it: "one-shot", "two-shot", "doubling", "ring".
std::string_view SumAlgorithmName(SumAlgorithm algorithm);
// Throws Error{kConfig} that names the choices.
SumAlgorithm SumAlgorithmOf(std::string_view name);

// Whether a group of so many ranks can add so at all.
bool FitsRanks(SumAlgorithm algorithm, int ranks);
// Times that ranks exchange messages: the hops above.
int SumRounds(SumAlgorithm algorithm, int ranks);
// Whether f32 vectors come out with the bits of the sum tree.
inline bool IsExact(SumAlgorithm algorithm) { return algorithm != SumAlgorithm::kRing; }

// A bound of |result - exact sum| for an element of a sum over `ranks` vectors that travel in
// `format`, with `largest` the largest magnitude that any rank's vector has in the element's block.
// (Blocks count from the start of what is encoded: of the vector, or of the slice.) Infinite where
// `largest` is no finite number or the sum may overflow f32.
//
// Derivation. N = ranks, M = largest, e(m) = EncodingErrorBound(format, m), u = 2^-24 the rounding
// of an addition in f32 (sums of subnormal numbers are exact).
// One-shot: every decoded vector is within e(M) of its rank's, so their exact sum is within N e(M).
// Each is at most M + e(M), and N - 1 additions lose at most g N (M + e(M)), where g = k / (1 - k),
// k = (N - 1) u (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 4.2). So it is
// within B = N e(M) + g N (M + e(M)).
// Two-shot encodes a result whose magnitude is at most (1 + g) N (M + e(M)) in the block:
// B + e of that. A vector that its owner adds without encoding it has e = 0 and is covered.
// Doubling and ring encode anew before each addition. With a value that is at most m and within E
// of what it should be, an addition of two values encoded now (doubling) gives at most
// m' = (1 + u) 2 (m + e(m)) and E' = 2 (E + e(m)) + 2 u (m + e(m)); one of such a value and a
// rank's own vector (ring) m' = (1 + u)(m + e(m) + M) and E' = E + e(m) + u (m + e(m) + M). Begun
// with m = M and E = 0, after log2 N and N - 1 of them; a ring then encodes the result once: e(m)
// more.
double SumErrorBound(WireFormat format, int ranks, SumAlgorithm algorithm, double largest);

}  // namespace lantern
