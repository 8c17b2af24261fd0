// Layouts that a command runs one after the other, a Session each: `check` and `bench`.
#pragma once

#include <string>
#include <vector>

#include "models/weight_file.h"
#include "src/engine/session.h"

namespace lantern {

// tp x pp ranks.
struct GridSize {
  int tp = 1, pp = 1;
  int ranks() const { return tp * pp; }
  std::string Name() const;  // "2x1"
};

// "1x1,2x1" (tp x pp). Throws Error{kConfig} for anything else.
std::vector<GridSize> ParseLayouts(const std::string& list);

// What suits a comparison of layouts: one rank, and some of tp and pp over the ranks that
// `options` asks for (all workers, else at most --local, else 2 to 4 here), as far as tensors can
// be cut so and memory holds the weights.
// Throws Error{kConfig} where nothing fits.
std::vector<GridSize> FittingLayouts(const SessionOptions& options, const WeightFile& file);

// `options` in this layout: over its workers if there are any and the layout is of more than one
// rank; else all ranks are of this machine.
SessionOptions InLayout(SessionOptions options, const GridSize& layout);

// Ranks that a launcher placed take part in one group and end with it.
// Throws Error{kConfig} where there are such and `groups` is more.
void RequireGroups(const SessionOptions& options, size_t groups);

}  // namespace lantern
