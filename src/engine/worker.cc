#include "src/engine/worker.h"

#include <utility>
#include <vector>

#include "models/manifest.h"
#include "net/blobs/blob_store.h"
#include "net/gloo_comm.h"
#include "src/base/error.h"
#include "src/engine/addresses.h"
#include "src/engine/rank.h"
#include "src/engine/self.h"
#include "src/engine/weight_exchange.h"

namespace lantern {
namespace {

std::unique_ptr<WeightFile> OpenCopy(const WorkerOptions& options, const Worker::Events& events) {
  if (options.model.empty()) return nullptr;
  try {
    return OpenWeightFile(options.model);
  } catch (const Error& e) {
    events.on_message(
        fmt::format("The weights are fetched, as there is no local copy: {}", e.what()));
    return nullptr;
  }
}

// What the fetched weights need as long as they are read. In order of construction.
struct FetchedWeights {
  FetchedWeights(const WorkOrder& order, const WorkerOptions& options, const Worker::Events& events,
                 const BlobClientOptions& client_options, const BlobProgress& progress)
      : manifest(DecodeManifest(std::as_bytes(std::span(order.manifest)))),
        local(OpenCopy(options, events)),
        cache(options.cache_folder, options.cache_bytes),
        client(order.weights, client_options),
        store(client, cache, local ? CopyOf(*local, manifest) : LocalCopy(), progress) {}

  std::vector<ChunkedBytes::Chunk> Read(int tensor, const std::vector<int>& chunks) {
    std::vector<BlobId> ids;
    for (const int chunk : chunks) {
      ids.push_back({static_cast<uint32_t>(tensor), static_cast<uint32_t>(chunk)});
    }
    std::vector<ChunkedBytes::Chunk> bytes;
    for (const Blob& blob : store.Read(ids)) bytes.emplace_back(blob.owner, blob.bytes.data());
    return bytes;
  }

  Manifest manifest;
  std::unique_ptr<WeightFile> local;
  BlobCache cache;
  BlobClient client;
  BlobStore store;
};

}  // namespace

Worker::Worker(const WorkerOptions& options, const Events& events)
    : options_(options),
      events_(events),
      leader_(ResolveEndpoint(options.join)),
      address_(DataAddress(options.address, leader_)),
      client_(leader_,
              DescribeSelf(options.rank, "auto", address_, options.read_gbps,
                           {options.device, options.same_machine ? options.rank : 0}),
              options.key) {}

void Worker::Join() {
  assignment_ = client_.WaitForAssignment(options_.join_limit, Changes(events_.on_message));
}

void Worker::Serve() {
  std::shared_ptr<Communicator> world;
  try {
    WorkOrder order = DecodeOrder(assignment_.bytes);
    RunSpec& spec = order.spec;
    if (options_.threads > 0) spec.threads = options_.threads;
    if (!options_.same_machine) spec.device = options_.device;
    Backend::RequireGemm(spec.gemm);  // now, not after minutes of fetching
    // The connections before the weights: a firewall in the way shows in seconds, not in minutes.
    world = Connect(spec);
    client_.OnLost([world](const std::string& reason) { world->Abort(reason); });
    const std::unique_ptr<WeightFile> file = OpenWeights(order);
    FollowUntilStop(spec, *file, world);
  } catch (const Error& e) {
    client_.OnLost({});
    if (client_.stopped()) return;
    // A loss that the leader does not know of (a link between two workers broke) it must hear of.
    if (!client_.Verdict(std::chrono::milliseconds(0))) client_.ReportError(e.what());
    throw;
  }
  client_.OnLost({});
}

std::unique_ptr<Communicator> Worker::Connect(const RunSpec& spec) {
  GlooOptions gloo = Connection(
      assignment_.rank, assignment_.world_size, address_, leader_, assignment_.epoch,
      [this](auto wait) { return client_.Verdict(wait); }, options_.key);
  gloo.shared_memory = spec.shared_memory;
  gloo.on_strangers = [this](int count) { events_.on_message(StrangersText(count)); };
  gloo.spin = spec.spin;
  return ConnectGloo(gloo);
}

std::unique_ptr<WeightFile> Worker::OpenWeights(const WorkOrder& order) {
  if (options_.same_machine) return OpenWeightFile(order.spec.model);
  return FetchWeights(order);
}

std::unique_ptr<WeightFile> Worker::FetchWeights(const WorkOrder& order) {
  BlobClientOptions connection;
  connection.key = options_.key;
  connection.verdict = [this](auto wait) { return client_.Verdict(wait); };
  const auto progress = [this](uint64_t done, uint64_t total) {
    RequireNoLoss();
    client_.ReportProgress(done, total);
    if (events_.on_fetch) events_.on_fetch(done, total);
  };
  const auto fetched =
      std::make_shared<FetchedWeights>(order, options_, events_, connection, progress);
  auto weights = std::make_unique<RemoteWeights>(
      fetched->manifest, [fetched](int tensor, const std::vector<int>& chunks) {
        return fetched->Read(tensor, chunks);
      });
  RequireMemory(order.spec, *weights, assignment_.rank, 1);
  const ModelPart part =
      PartOf(*weights, order.spec.wanted(), order.spec.Plan(weights->config()), assignment_.rank);
  fetched->store.Fetch(ChunksOf(*weights, part));
  if (const std::string problem = fetched->cache.problem(); !problem.empty()) {
    events_.on_message(problem);
  }
  sources_ = [fetched] {
    const BlobStore::Totals& totals = fetched->store.totals();
    return control::Ready{totals.from_copy, totals.from_cache, totals.from_network};
  };
  return weights;
}

// Where work of our own, which may take minutes, would notice nothing.
void Worker::RequireNoLoss() const {
  const auto reason = client_.Verdict(std::chrono::milliseconds(0));
  if (reason) throw Error(ErrorKind::kPeerLost, *reason);
}

void Worker::FollowUntilStop(const RunSpec& spec, const WeightFile& file,
                             std::shared_ptr<Communicator> world) {
  Rank rank(spec, file, std::move(world), [this](size_t) { RequireNoLoss(); });
  client_.Ready(sources_ ? sources_() : control::Ready());
  while (rank.stage().Follow()) {
  }
  // The leader's Stop says that everybody is done, so that closing connections harms nobody.
  client_.Verdict(std::chrono::seconds(5));
}

}  // namespace lantern
