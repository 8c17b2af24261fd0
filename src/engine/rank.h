// Rank: everything one rank of a run holds: context, mesh, stage. Leader and workers build theirs
// from the same RunSpec.
#pragma once

#include <memory>

#include "net/mesh.h"
#include "src/engine/run_spec.h"

namespace lantern {

// What `rank` will allocate; nothing is read for it but the tensor table.
RankBytes BytesOf(const RunSpec& spec, const WeightFile& file, int rank);

// Throws Error{kConfig} when this machine has less memory than its ranks [first, first + count)
// need, saying how much is needed and how much there is.
void RequireMemory(const RunSpec& spec, const WeightFile& file, int first, int count);

class Rank {
 public:
  // Loads this rank's weights. `file` must outlive the rank.
  Rank(const RunSpec& spec, const WeightFile& file, std::shared_ptr<Communicator> world,
       Loader::Progress progress);

  Stage& stage() { return *stage_; }
  const ParallelPlan& plan() const { return mesh_.plan; }

 private:
  std::shared_ptr<Backend::Context> context_;
  Mesh mesh_;
  std::unique_ptr<Stage> stage_;
};

}  // namespace lantern
