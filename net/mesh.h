// Mesh: where this rank stands in the plan, and the groups it belongs to.
#pragma once

#include <memory>

#include "net/communicator.h"
#include "net/parallel_plan.h"

namespace lantern {

struct Mesh {
  ParallelPlan plan;
  int rank = 0;                         // in the world
  int stage = 0;                        // pipeline stage
  int tp_rank = 0;                      // within the stage
  std::shared_ptr<Communicator> world;  // everybody; stages hand over through it, rank to rank
  std::unique_ptr<Communicator> tp;     // the ranks of this stage, in tp order

  bool first_stage() const { return stage == 0; }
  bool last_stage() const { return stage + 1 == plan.pp; }
};

// REQUIRES: world->size() == plan.world().
Mesh MakeMesh(std::shared_ptr<Communicator> world, const ParallelPlan& plan);

}  // namespace lantern
