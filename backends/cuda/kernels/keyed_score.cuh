// A candidate's weight with its noise, as the sampler has them (KeyedGumbel in
// src/engine/sampling.h), but by the device's own logarithms.
#pragma once

#include <cmath>

#include "src/tensor/keyed_bits.h"
#include "src/tensor/row_answer.h"

namespace lantern::cuda {

__device__ inline float KeyedScore(const ChoiceRule& rule, float weight, int id) {
  return weight - logf(-logf(KeyedUniform(rule.seed, rule.position, id)));
}

// What candidates are ordered by: values, or, by a keyed rule, their scores.
__device__ inline float OrderOf(const ChoiceRule* rule, float value, int id) {
  if (rule == nullptr || !rule->keyed()) return value;
  return KeyedScore(*rule, value / rule->temperature, id);
}

}  // namespace lantern::cuda
