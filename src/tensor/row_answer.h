// RowAnswer: a value of a row and where it lies; how devices name the largest of a row. Mass: what
// the values of a part of it weigh. ChoiceRule: how a token is chosen. VocabularyPart: what a row
// of logits is of.
#pragma once

#include <cstdint>

#include "src/tensor/keyed_bits.h"

namespace lantern {

struct RowAnswer {
  float value;
  int index;
};

// The mass of a set of values: the sum over it of exp(value - max).
struct Mass {
  float max = 0, sum = 0;
};

// As SamplingParams, without the penalty.
struct ChoiceRule {
  uint64_t seed = 0;
  int position = 0;
  float temperature = 0;  // 0: the largest
  int top_k = 0;
  float top_p = 1;
  float min_p = 0;

  // Whether every id may be chosen: the one with the largest sum of weight, value / temperature,
  // and noise (KeyedGumbel in src/engine/sampling.h).
  LANTERN_ALSO_ON_DEVICES bool keyed() const {
    return temperature > 0 && top_k == 0 && top_p >= 1 && min_p <= 0;
  }
};

// One of `parts`, in order of ids: it begins with first_id. `ids`: of all of them.
struct VocabularyPart {
  int part = 0, parts = 1;
  int first_id = 0, ids = 0;
};

}  // namespace lantern
