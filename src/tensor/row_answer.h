// RowAnswer: a value of a row and where it lies; how devices name the largest of a row. ChoiceRule:
// how a token is chosen among the largest.
#pragma once

#include <cstdint>

namespace lantern {

struct RowAnswer {
  float value;
  int index;
};

// As SamplingParams, without what needs more than the largest values.
struct ChoiceRule {
  uint64_t seed = 0;
  int position = 0;
  float temperature = 0;  // 0: the largest
  int top_k = 0;
  float top_p = 1;
  float min_p = 0;
};

}  // namespace lantern
