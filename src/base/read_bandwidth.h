// The yardstick of generation: how fast this machine's threads can read memory.
#pragma once

#include <filesystem>

namespace lantern {

// GB/s of a plain read-and-sum loop over memory far larger than the caches, the median of five
// rounds. Takes about half a second.
double MeasureReadBandwidth(int threads);

// Shares follow this figure, and weights follow the shares: where it wavered, every start would
// move weights between machines. So an earlier one, kept in `file`, stands unless `measured` is a
// quarter away from it or it is of another number of threads; then `measured` is kept. A file that
// cannot be read or written is as none.
double SteadyReadBandwidth(double measured, int threads, const std::filesystem::path& file);

}  // namespace lantern
