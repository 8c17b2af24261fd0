#include "net/mesh.h"

#include <utility>
#include <vector>

#include "net/group_comm.h"
#include "src/base/check.h"

namespace lantern {

Mesh MakeMesh(std::shared_ptr<Communicator> world, const ParallelPlan& plan) {
  LANTERN_CHECK_EQ(world->size(), plan.world());
  Mesh mesh;
  mesh.plan = plan;
  mesh.rank = world->rank();
  mesh.stage = plan.StageOf(mesh.rank);
  mesh.tp_rank = plan.TpRankOf(mesh.rank);
  std::vector<int> members;
  for (int tp_rank = 0; tp_rank < plan.tp; ++tp_rank) {
    members.push_back(plan.RankOf(mesh.stage, tp_rank));
  }
  mesh.tp = MakeGroup(world, std::move(members));
  mesh.world = std::move(world);
  return mesh;
}

}  // namespace lantern
