#include "src/engine/rank.h"

#include <fmt/ranges.h>

#include <algorithm>

#include "net/device_allowance.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

// What a GPU's own work takes beside the tensors, roughly: panels of unpacked weights 64 MiB,
// cuBLASLt 32, staging 32, attention's chunks and the largest logits up to 40, recorded steps and
// kernels the rest.
constexpr size_t kDeviceScratch = size_t{256} << 20;

}  // namespace

RankBytes BytesOf(const RunSpec& spec, const WeightFile& file, int rank) {
  const ParallelPlan plan = spec.Plan(file.config());
  const DeviceOptions device = spec.DeviceOf(rank);
  const ModelPart part = PartOf(file, spec.wanted(), plan, rank);
  const bool on_host = Backend::IsHost(device);
  return {
      part.WeightBytes(device),
      KvCache::Bytes(spec.stage().kv_type, spec.kv_blocks, part.config.head_dim, part.KvHeads()),
      part.Activations(spec.step_tokens, spec.logit_rows, spec.in_flight).Bytes() +
          (on_host ? 0 : kDeviceScratch),
      on_host ? 0 : DeviceAllowance(plan, rank)};
}

namespace {

void RequireRoom(const RankBytes& needed, const DeviceOptions& device, const WeightFile& file) {
  const size_t available = Backend::AvailableMemory(device);
  if (available == 0 || needed.total() <= available) return;
  const std::string between =
      needed.between_gpus == 0
          ? ""
          : fmt::format(", some {} for what GPUs exchange", HumanBytes(needed.between_gpus));
  Fail(ErrorKind::kConfig,
       "{} needs {} ({} bytes) on {} ({} weights, {} KV cache, {} activations{}) and {} "
       "({} bytes) is available: use more machines, a smaller --type or a smaller --ctx.",
       file.path().string(), HumanBytes(needed.total()), needed.total(),
       Backend::IsHost(device) ? "this machine" : Backend::DeviceName(device),
       HumanBytes(needed.weights), HumanBytes(needed.kv_cache), HumanBytes(needed.activations),
       between, HumanBytes(available), available);
}

}  // namespace

void RequireMemory(const RunSpec& spec, const WeightFile& file, int first, int count) {
  RankBytes on_host;
  for (int rank = first; rank < first + count; ++rank) {
    const DeviceOptions device = spec.DeviceOf(rank);
    const RankBytes bytes = BytesOf(spec, file, rank);
    if (!Backend::IsHost(device)) {
      RequireRoom(bytes, device, file);
      continue;
    }
    on_host.weights += bytes.weights;
    on_host.kv_cache += bytes.kv_cache;
    on_host.activations += bytes.activations;
  }
  RequireRoom(on_host, {.name = "cpu"}, file);
}

namespace {

// All that a rank's packed weights depend on: the form, the files, and which slices it has.
std::string PackedKey(const RunSpec& spec, const WeightFile& file, int rank) {
  const ModelConfig& c = file.config();
  return fmt::format(
      "{}; {}; layers {} dim {} ffn {} heads {}/{} x {} vocab {} tied {}; type {}; "
      "tp {} pp {} shares {} rank {}",
      Backend::PackedForm(), file.identity(), c.layers, c.dim, c.ffn, c.heads, c.kv_heads,
      c.head_dim, c.vocab, c.tied, spec.type, spec.tp, spec.pp, fmt::join(spec.shares, ","), rank);
}

// The first ranks share the leader's machine, every other one has its own to itself.
std::vector<Core> CoresOf(const RunSpec& spec, const AllowedCores& allowed, int threads, int rank) {
  if (!spec.pin) return {};
  const bool shared = rank < spec.local;
  return ShareOfCores(allowed, threads, shared ? rank : 0, shared ? spec.local : 1);
}

}  // namespace

Rank::Rank(const RunSpec& spec, const WeightFile& file, std::shared_ptr<Communicator> world,
           Loader::Progress progress)
    : mesh_(MakeMesh(std::move(world), spec.Plan(file.config()))) {
  RequireMemory(spec, file, mesh_.rank, 1);
  const AllowedCores allowed = FindCores();
  const int threads = spec.threads > 0 ? spec.threads : std::max<int>(allowed.cores.size(), 1);
  const std::vector<Core> cores = CoresOf(spec, allowed, threads, mesh_.rank);
  const DeviceOptions device = spec.DeviceOf(mesh_.rank);
  context_ = Backend::MakeContext({threads, spec.spin, spec.isa, spec.gemm, cores, device});
  const ModelPart part = PartOf(file, spec.wanted(), mesh_.plan, mesh_.rank);
  // A file without an identity is one that came over the network: its machine keeps that copy.
  if (Backend::OnHost(*context_)) {
    store_ =
        std::make_unique<PackedStore>(file.identity().empty() ? "" : spec.packed,
                                      PackedKey(spec, file, mesh_.rank), part.PackedBytes(device));
  }
  Loader loader(*context_, file, std::move(progress), store_.get());
  StageOptions options = spec.stage();
  if (!cores.empty()) options.core = cores[0];
  stage_ = std::make_unique<Stage>(*context_, mesh_, part, loader, options);
  if (store_) store_->Keep();
  weights_ = loader.TakeLoaded();
  if (part.last_stage) {
    head_products_ = static_cast<size_t>(part.head.row.size()) * part.head.col.size();
  }
}

size_t Rank::ProductsPerToken() const {
  size_t products = 0;
  for (const WeightMatrix& w : weights_) products += static_cast<size_t>(w.out) * w.in;
  return products - head_products_;
}

}  // namespace lantern
