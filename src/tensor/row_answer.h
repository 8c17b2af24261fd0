// RowAnswer: a value of a row and where it lies; how devices name the largest of a row. ChoiceRule:
// how a token is chosen among the largest. VocabularyPart: what a row of logits is of.
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

// One of `parts`, in order of ids: it begins with first_id. `ids`: of all of them.
struct VocabularyPart {
  int part = 0, parts = 1;
  int first_id = 0, ids = 0;
};

}  // namespace lantern
