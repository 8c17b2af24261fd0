#include "src/engine/rank.h"

#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/thread_pool.h"

namespace lantern {

RankBytes BytesOf(const RunSpec& spec, const WeightFile& file, int rank) {
  const ModelPart part = PartOf(file, spec.wanted(), spec.Plan(file.config()), rank);
  return {
      part.WeightBytes(),
      KvCache::Bytes(spec.stage().kv_type, spec.kv_blocks, part.config.head_dim, part.KvHeads()),
      part.Activations(spec.step_tokens, spec.logit_rows).Bytes()};
}

void RequireMemory(const RunSpec& spec, const WeightFile& file, int first, int count) {
  RankBytes needed;
  for (int rank = first; rank < first + count; ++rank) {
    const RankBytes bytes = BytesOf(spec, file, rank);
    needed.weights += bytes.weights;
    needed.kv_cache += bytes.kv_cache;
    needed.activations += bytes.activations;
  }
  const size_t available = AvailableMemory();
  if (available == 0 || needed.total() <= available) return;
  Fail(ErrorKind::kConfig,
       "{} needs {} ({} bytes) on this machine ({} weights, {} KV cache, {} activations) and {} "
       "({} bytes) is available: use more machines, a smaller --type or a smaller --ctx.",
       file.path().string(), HumanBytes(needed.total()), needed.total(), HumanBytes(needed.weights),
       HumanBytes(needed.kv_cache), HumanBytes(needed.activations), HumanBytes(available),
       available);
}

Rank::Rank(const RunSpec& spec, const WeightFile& file, std::shared_ptr<Communicator> world,
           Loader::Progress progress)
    : mesh_(MakeMesh(std::move(world), spec.Plan(file.config()))) {
  RequireMemory(spec, file, mesh_.rank, 1);
  const int threads = spec.threads > 0 ? spec.threads : PhysicalCores();
  context_ = MakeContext({threads, spec.spin, spec.isa});
  const ModelPart part = PartOf(file, spec.wanted(), mesh_.plan, mesh_.rank);
  stage_ = std::make_unique<Stage>(*context_, mesh_, part, file, spec.stage(), std::move(progress));
}

}  // namespace lantern
