// ParallelPlan: who owns which layers and which slices. Pure arithmetic over the model's shape;
// no rank is special and nothing here talks to anybody.
//
// World rank = stage * tp + tp rank: pipeline stages are outermost, so the chatty tensor-parallel
// groups are neighbours.
#pragma once

#include <vector>

#include "src/tensor/sum_tree.h"

namespace lantern {

struct ParallelPlan {
  int tp = 1, pp = 1;
  std::vector<int> layer_begin;  // stage s holds layers [layer_begin[s], layer_begin[s + 1])
  std::vector<int> share;        // relative share of each rank; equal unless given

  int world() const { return tp * pp; }
  int StageOf(int rank) const { return rank / tp; }
  int TpRankOf(int rank) const { return rank % tp; }
  int RankOf(int stage, int tp_rank) const { return stage * tp + tp_rank; }

  friend bool operator==(const ParallelPlan&, const ParallelPlan&) = default;
};

// `shares`: empty for equal ones, else one positive number per tp rank, alike in all stages, or one
// per rank, stage by stage: a stage gets layers in proportion to the sum of its ranks' shares.
// Throws Error{kConfig} when pp exceeds the layers or a number makes no sense.
ParallelPlan MakePlan(int layers, int tp, int pp, std::vector<int> shares = {});

// Cuts `units` indivisible things over the tp ranks of a stage in proportion to their shares: tp
// rank r gets [result[r].begin, result[r].end). Each gets at least one where units >= tp.
std::vector<LeafRange> CutByShare(const ParallelPlan& plan, int stage, int units);

}  // namespace lantern
