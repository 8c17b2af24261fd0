// Layout: how many ranks go into tensor parallelism and stages, and what share of the model each
// takes, by what their machines can hold and how fast they read it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/weight_file.h"
#include "net/control/control_plane.h"
#include "src/engine/run_spec.h"

namespace lantern {

// What a rank's machine offers it.
struct RankHost {
  std::string name;
  uint64_t memory_bytes = 0;  // 0: unknown, taken as enough
  double read_gbps = 0;       // memory read bandwidth; 0: unknown
};

// What the user asked for. 0 and empty: whatever suits.
struct LayoutWish {
  int tp = 0, pp = 0;
  std::vector<int> shares;  // see MakePlan
};

// Sets spec.tp and spec.pp: all ranks in tp unless wished otherwise.
// Throws Error{kConfig} where the wish needs another number of ranks.
void ChooseLayout(const LayoutWish& wish, int ranks, RunSpec& spec);

// Sets spec.shares: as wished; else in proportion to the read bandwidths, since that bounds
// generation, and within what each machine can hold. Machines within a quarter of each other get
// equal shares: sums over even cuts send less.
// Throws Error{kConfig}, naming machines and bytes, where the model does not fit.
void ChooseShares(const LayoutWish& wish, std::span<const RankHost> hosts, const WeightFile& file,
                  RunSpec& spec);

// A line for people about a rank's machine and its part of the weights. `ranks`: of all ranks, in
// order.
std::string DescribeRank(int rank, std::span<const Join> ranks, const WeightFile& file,
                         const RunSpec& spec);

}  // namespace lantern
