// Exact sums: f32 vectors, added in the order of the sum tree by every algorithm that can.
#pragma once

#include "net/sum_state.h"

namespace lantern {

// Whether `algorithm` keeps to the order of the plan's tree. Doubling does where ranks pair up.
bool AddsInOrder(SumAlgorithm algorithm, const SumPlan& plan);

// Rounds that leave in `out` the tree's sum over all ranks. REQUIRES: AddsInOrder.
SumRound ExactRound(SumAlgorithm algorithm);

}  // namespace lantern
