// RowAnswer: a value of a row and where it lies; how devices name the largest of a row.
#pragma once

namespace lantern {

struct RowAnswer {
  float value;
  int index;
};

}  // namespace lantern
