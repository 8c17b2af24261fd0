#include "models/layers.h"

namespace lantern {

Linear::Linear(Loader& loader, std::span<const TensorSlice> slices) : parts_(loader.Load(slices)) {
  for (const WeightMatrix& part : parts_) cols_ += part.out;
}

void Linear::operator()(Run& run, Tensor out, Tensor x) const {
  Backend::MatMul(run.ctx, out, x, parts_);
}

SummedLinear::SummedLinear(Loader& loader, const TensorSlice& slice, SumShard shard, SumSite site)
    : weight_(loader.Load({&slice, 1})[0]),
      shard_(std::move(shard)),
      whole_(LeafCuts::Whole(weight_.in)),
      site_(site) {}

void SummedLinear::Start(Run& run, Tensor x) const {
  if (run.divides_rows()) {
    run.device_sums->StartRows(run.act.sum, x, weight_);
    run.DivideRows();  // what follows takes in the sum
    return;
  }
  if (run.device_sums != nullptr) {  // which keep no order of leaves
    Backend::MatMulLeaves(run.ctx, {&run.act.sum, 1}, x, weight_, whole_);
    run.device_sums->AddSum(run.act.x, run.act.sum);
    return;
  }
  const std::span<const Tensor> partials = run.act.Partials(shard_.cuts.subtrees());
  Backend::MatMulLeaves(run.ctx, partials, x, weight_, shard_.cuts);
  if (run.sums.group().size() == 1) return;  // the partial sum is the sum
  const Activations::HostSums& host = run.act.OnHost(partials);
  run.sums.Start(run.part(), shard_.plan, site_, host.sum, host.partials);
}

void SummedLinear::Finish(Run& run) {
  if (run.device_sums != nullptr) return;  // Start has queued all of it
  if (run.sums.group().size() > 1) {
    run.sums.Finish(run.part());
    run.act.UploadSum();
  }
  Backend::Add(run.ctx, run.act.x, run.act.sum);
}

Norm::Norm(Loader& loader, const std::string& name, const ModelConfig& config)
    : weight_(loader.LoadVector(name, config.dim, owner_)), eps_(config.norm_eps) {}

Tensor Norm::operator()(Run& run, Tensor out, Tensor x) const {
  if (run.rows_divided()) return run.device_sums->NormRows(x, run.act.sum, weight_, eps_);
  Backend::RmsNorm(run.ctx, out, x, weight_, eps_);
  return out;
}

}  // namespace lantern
