// SumTable: which algorithm sums vectors of a size fastest over a group's links.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

#include "net/communicator.h"
#include "net/sum_algorithm.h"
#include "net/sum_plan.h"

namespace lantern {

// What vectors of one size cost. Seconds, medians, averaged over the ranks.
struct SumTiming {
  size_t bytes = 0;    // of a rank's vector in f32
  double one_way = 0;  // with `all`: half a ping-pong of so many, at ranks 0 and 1
  std::array<double, std::size(kSumAlgorithms)> sum{};  // by algorithm; 0: not measured

  double of(SumAlgorithm algorithm) const { return sum[static_cast<size_t>(algorithm)]; }
};

struct SumTimingOptions {
  int sums = 15;         // of each size and algorithm; a fifth of them above 64 KB
  double limit_s = 0.3;  // fewer sums, and sizes, where they would take longer
  bool all = false;      // rings too, and where nothing is to be chosen
};

class SumTable {
 public:
  // Measures sums over the group of vectors that travel so; all ranks call it together and get the
  // same table.
  void Measure(Communicator& group, WireFormat format, const SumTimingOptions& options);

  // The fastest exact algorithm for the plan's sums of vectors of so many bytes; by size alone
  // while nothing was measured. The same on all ranks.
  SumAlgorithm For(size_t bytes, const SumPlan& plan) const;

  // Seconds of a sum, as far as measured: between the sizes around it, above the largest in
  // proportion. REQUIRES: timings that hold the algorithm.
  double Seconds(size_t bytes, SumAlgorithm algorithm) const;

  // By size alone: one hop up to 64 KB, beyond it two hops and 2 / N of the bytes; one hop between
  // two ranks, where the bytes are the same.
  static SumAlgorithm BySize(size_t bytes, int ranks);

  const std::vector<SumTiming>& timings() const { return timings_; }  // by size, ascending

 private:
  std::vector<SumTiming> timings_;
};

}  // namespace lantern
