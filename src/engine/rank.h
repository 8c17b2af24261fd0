// Rank: everything one rank of a run holds: context, mesh, stage. Leader and workers build theirs
// from the same RunSpec.
#pragma once

#include <memory>
#include <string>
#include <vector>

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
  // Reads this rank's weights once, as a decode step does, and computes nothing.
  void StreamWeights() { Backend::StreamWeights(*context_, weights_); }
  // Who multiplies where there are many tokens: see Backend::GemmName.
  std::string gemm() const { return Backend::GemmName(*context_); }
  // Multiplications with weights that a token of a prompt needs here: all but the head's.
  size_t ProductsPerToken() const;
  const ParallelPlan& plan() const { return mesh_.plan; }
  // All that this rank exchanged with others so far.
  const WireCounters& wire() const { return mesh_.world->counters(); }

 private:
  std::shared_ptr<Backend::Context> context_;
  Mesh mesh_;
  std::unique_ptr<PackedStore> store_;
  std::unique_ptr<Stage> stage_;
  std::vector<WeightMatrix> weights_;
  size_t head_products_ = 0;
};

}  // namespace lantern
