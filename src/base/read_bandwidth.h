// The yardstick of generation: how fast this machine's threads can read memory.
#pragma once

namespace lantern {

// GB/s of a plain read-and-sum loop over memory far larger than the caches, the median of five
// rounds. Takes about half a second.
double MeasureReadBandwidth(int threads);

}  // namespace lantern
