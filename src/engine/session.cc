#include "src/engine/session.h"

#include <algorithm>

#include "models/manifest.h"
#include "net/blobs/blob_server.h"
#include "net/gloo_comm.h"
#include "net/null_comm.h"
#include "src/base/check.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/engine/addresses.h"
#include "src/engine/local_workers.h"
#include "src/engine/rank.h"
#include "src/engine/self.h"
#include "src/engine/weight_exchange.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds kJoinLimit{60};
constexpr int kChunk = 512;           // prompt tokens of a step
constexpr int kPipelinedChunk = 128;  // where stages run different chunks at once
constexpr int kDeviceChunk = 2048;    // where a device computes: it is not full with less
constexpr int kMostInFlight = 64;
constexpr int kQueuedSteps = 2;  // on a device: one that runs, and the next
constexpr const char* kLoopback = "127.0.0.1";

int WorldOf(const SessionOptions& o) {
  if (o.local < 1 || o.workers < 0) {
    Fail(ErrorKind::kConfig, "--local must be at least 1 and --workers at least 0.");
  }
  if (o.rank < 0) return o.local + o.workers;
  if (o.local > 1 || o.workers > 0) {
    Fail(ErrorKind::kConfig, "--rank places ranks one by one: leave out --local and --workers.");
  }
  if (o.world < 1 || o.rank >= o.world) {
    Fail(ErrorKind::kConfig, "--rank {} is outside --world-size {}.", o.rank, o.world);
  }
  return o.world;
}

bool HoldsF32(const WeightFile& file) {
  const StoredTensor* q = file.Find("blk.0.attn_q.weight");
  return q != nullptr && q->type == DType::kF32;
}

DType KvType(const SessionOptions& o, const WeightFile& file) {
  if (o.kv_type) {
    const int block = Info(*o.kv_type).block, head_dim = file.config().head_dim;
    if (head_dim % block != 0) {
      Fail(
          ErrorKind::kConfig,
          "--kv {} holds blocks of {} values, and this model's heads have {}: choose another --kv.",
          Info(*o.kv_type).name, block, head_dim);
    }
    return *o.kv_type;
  }
  return o.type.value_or(HoldsF32(file) ? DType::kF32 : DType::kF16) == DType::kF32 ? DType::kF32
                                                                                    : DType::kF16;
}

RunSpec MakeSpec(const SessionOptions& o, const WeightFile& file) {
  RunSpec spec;
  spec.model = std::filesystem::absolute(o.model).string();
  spec.type = o.type ? static_cast<int>(*o.type) : -1;
  spec.kv_type = static_cast<int>(KvType(o, file));
  const int trained = file.config().context;
  if (o.context < 0) Fail(ErrorKind::kConfig, "--ctx must be at least 1.");
  if (o.chunk.value_or(1) < 1) Fail(ErrorKind::kConfig, "--chunk must be at least 1.");
  if (o.in_flight.value_or(1) < 1 || o.in_flight.value_or(1) > kMostInFlight) {
    Fail(ErrorKind::kConfig, "--in-flight must be 1 to {}.", kMostInFlight);
  }
  if (o.threads < 0) Fail(ErrorKind::kConfig, "--threads must be at least 1.");
  spec.context = o.context > 0 ? o.context : std::min(trained, SessionOptions::kDefaultContext);
  spec.kv_blocks = KvCache::BlocksFor(spec.context) * o.sequences;
  spec.logit_rows = std::max(o.logit_rows, 1);
  spec.isa = o.isa;
  spec.gemm = o.gemm;
  spec.device = o.device;
  spec.compute = ChooseCompute(o.compute, o.type, file);
  spec.reduce = static_cast<int>(o.reduce);
  spec.check_one_in = o.check_one_in;
  spec.algorithm = o.algorithm ? static_cast<int>(*o.algorithm) : -1;
  spec.timed_sums = o.timed_sums;
  spec.time_all = o.time_all;
  spec.packed = o.packed.string();
  // Ranks on machines of their own find their cores themselves.
  const int cores = PhysicalCores();
  spec.threads = o.threads > 0 ? o.threads : o.local > 1 ? std::max(1, cores / o.local) : 0;
  spec.spin = std::max(spec.threads, 1) * o.local <= cores;
  spec.local = o.local;
  spec.pin = o.pin;
  spec.shared_memory = o.shared_memory;
  return spec;
}

void RequireAlgorithm(const RunSpec& spec) {
  if (spec.algorithm < 0) return;
  const auto algorithm = static_cast<SumAlgorithm>(spec.algorithm);
  if (FitsRanks(algorithm, spec.tp)) return;
  Fail(ErrorKind::kConfig,
       "Sums by {} need 2, 4, 8 or so ranks side by side, and there are {}: choose another "
       "--sum-algorithm or --tp.",
       SumAlgorithmName(algorithm), spec.tp);
}

// What depends on the layout. Several steps are in flight only where several stages can run them or
// devices can queue them, and several chunks of a prompt only where they are smaller than it.
void SetSteps(const SessionOptions& o, RunSpec& spec) {
  const bool on_host = Backend::IsHost(spec.DeviceOf(0));
  const int most_useful = !on_host && spec.pp == 1 ? kQueuedSteps : spec.pp;
  spec.in_flight = most_useful == 1 ? 1 : o.in_flight.value_or(most_useful);
  const int whole = on_host ? kChunk : kDeviceChunk;
  spec.chunk = o.chunk.value_or(spec.in_flight > 1 && on_host ? kPipelinedChunk : whole);
  spec.step_tokens = std::max(spec.chunk, o.sequences);
  RequireAlgorithm(spec);
}

// Ranks have room for the steps that devices could queue; whether these do depends on how they sum,
// which shows when all are connected. Only the leader needs to know.
void TakeUpGuesses(const Stage& stage, RunSpec& spec) {
  spec.guesses = stage.queues() && spec.in_flight > 1;
  if (spec.pp == 1 && !spec.guesses) spec.in_flight = 1;
}

// Without a key nobody is authenticated, so nobody else may reach the socket.
void RequireLoopback(const std::string& address, const SessionOptions& o) {
  if (o.key || o.insecure || IsLoopback(address)) return;
  Fail(ErrorKind::kConfig,
       "Listening on {} would let anybody on the network join: add --key FILE (lantern key > FILE "
       "makes one), or --insecure if this LAN is trusted.",
       address);
}

std::string ListenAddress(const SessionOptions& o) {
  const bool may_be_seen = o.insecure || o.key;
  const bool own_lan = o.rank < 0 && (!o.listen.empty() || (o.workers > 0 && may_be_seen));
  const std::string address = o.rank >= 0 ? ResolveEndpoint(o.master)
                              : own_lan   ? LanListenAddress(o.listen)
                                          : std::string(kLoopback) + ":0";
  RequireLoopback(address, o);
  return address;
}

// On the port after the control plane's, which a firewall may know; on any other where that one is
// taken, since workers are told.
std::unique_ptr<BlobServer> ServeWeights(const std::string& control, BlobSource& source,
                                         const SharedKey& key) {
  try {
    return std::make_unique<BlobServer>(NextPort(control), source, key);
  } catch (const Error&) {
    return std::make_unique<BlobServer>(HostOf(control) + ":0", source, key);
  }
}

}  // namespace

struct Session::State {
  State(const SessionOptions& options, const Events& events);
  ~State();

  void FormGroup(const SessionOptions& options, const Events& events);
  void Gather(const SessionOptions& options, const Events& events);
  void TellRanks(const Events& events) const;
  std::vector<RankHost> Hosts(const SessionOptions& options) const;
  void Assign();
  std::optional<std::string> Loss() const {
    return server ? server->Verdict(milliseconds(0)) : std::nullopt;
  }
  bool AllLocal(const SessionOptions& o) const { return o.rank < 0 && o.workers == 0; }

  Clock::time_point start = Clock::now();
  std::unique_ptr<WeightFile> file;
  RunSpec spec;
  LocalWorkers children;  // outlives the server, so that children see it stop
  std::unique_ptr<FileBlobs> blobs;
  std::unique_ptr<BlobServer> blob_server;
  std::unique_ptr<ControlServer> server;
  std::shared_ptr<Communicator> world;
  std::unique_ptr<Rank> rank;
  std::unique_ptr<Engine> engine;
  double load_s = 0;
  size_t weight_bytes = 0;
  int link_strangers = 0;
};

Session::State::State(const SessionOptions& options, const Events& events)
    : file(OpenWeightFile(options.model)), spec(MakeSpec(options, *file)) {
  try {
    const int ranks = WorldOf(options);
    if (AllLocal(options)) {  // all is known: what cannot work is said before anything starts
      ChooseLayout(options.layout, ranks, spec);
      SetSteps(options, spec);
      spec.shares = options.layout.shares;
      RequireMemory(spec, *file, 0, ranks);
    }
    if (ranks > 1) {
      Backend::RequireGemm(spec.gemm);  // before anybody joins
      FormGroup(options, events);
    } else {
      world = MakeNullComm();
    }
    for (int r = 0; r < world->size(); ++r) weight_bytes += BytesOf(spec, *file, r).weights;
    const size_t mine = BytesOf(spec, *file, 0).weights;
    rank = std::make_unique<Rank>(spec, *file, world, [&](size_t done) {
      if (const auto reason = Loss()) throw Error(ErrorKind::kPeerLost, *reason);
      if (events.on_load) events.on_load(done, mine);
      if (events.on_wait) events.on_wait();
    });
    if (server) {
      server->WaitReady(std::nullopt, [&](const std::string&) {
        if (events.on_wait) events.on_wait();
        if (events.on_workers) events.on_workers(server->Workers());
      });
    }
    rank->stage().Connect();
    TakeUpGuesses(rank->stage(), spec);
    if (server && events.on_workers) events.on_workers(server->Workers());
  } catch (const Error& e) {
    if (server && !Loss()) server->ReportError(e.what());
    throw;
  }
  engine = std::make_unique<Engine>(rank->stage(), spec.scheduler());
  load_s = std::chrono::duration<double>(Clock::now() - start).count();
}

void Session::State::FormGroup(const SessionOptions& options, const Events& events) {
  const std::string address = ListenAddress(options);
  const bool lan = !AllLocal(options);
  const double read_gbps = lan ? KnownReadBandwidth() : 0;
  server = std::make_unique<ControlServer>(
      address, WorldOf(options),
      DescribeSelf(0, spec.isa, DataAddress({}, address), read_gbps, spec.DeviceOf(0)),
      options.hosts, options.key);
  children.Start(options.local - 1, server->endpoint(), options.key_file, options.device);
  Gather(options, events);
  const std::vector<RankHost> hosts = Hosts(options);
  const int ranks = static_cast<int>(hosts.size());
  if (lan) {
    ChooseLayout(options.layout, ranks, spec);
    SetSteps(options, spec);
    ChooseShares(options.layout, hosts, *file, spec);
    TellRanks(events);
    RequireMemory(spec, *file, 0, options.local);
    blobs = std::make_unique<FileBlobs>(*file);
    blob_server = ServeWeights(server->endpoint(), *blobs, options.key);
  }
  Assign();
  if (ranks == 1) {  // nobody came, and the model fits here
    world = MakeNullComm();
    return;
  }
  GlooOptions gloo = Connection(
      0, ranks, server->self().data_address, server->endpoint(), server->epoch(),
      [this](auto wait) { return server->Verdict(wait); }, options.key);
  gloo.shared_memory = spec.shared_memory;
  gloo.on_strangers = [this](int count) { link_strangers = count; };
  gloo.spin = spec.spin;
  world = ConnectGloo(gloo);
  server->OnLost([world = world](const std::string& reason) { world->Abort(reason); });
}

// Until everybody is there, or those that came in time.
void Session::State::Gather(const SessionOptions& options, const Events& events) {
  const bool all_local = AllLocal(options);
  const auto say = [&](const std::string& line) {
    if (!all_local && events.on_message) events.on_message(line);
  };
  say(fmt::format("Waiting for {} worker(s): lantern worker --join {}",
                  WorldOf(options) - options.local, server->endpoint()));
  const WaitProgress changes = Changes(say);
  const WaitProgress progress = [&](const std::string& line) {
    children.RequireAlive();
    changes(line);
    if (events.on_wait) events.on_wait();
  };
  // People take their time to start workers, programs do not.
  const bool by_hand = options.workers > 0;
  WaitLimit limit = by_hand ? std::nullopt : WaitLimit(kJoinLimit);
  if (options.gather_limit) limit = options.gather_limit;
  try {
    server->WaitForJoin(limit, progress);
  } catch (const Error& e) {
    if (!options.gather_limit || e.kind() != ErrorKind::kPeerLost) throw;
    server->Close();
    server->WaitForJoin(kJoinLimit, progress);
  }
}

void Session::State::TellRanks(const Events& events) const {
  if (!events.on_message) return;
  std::vector<Join> ranks{server->self()};
  for (const WorkerInfo& worker : server->Workers()) ranks.push_back(worker.join);
  for (size_t rank = 0; rank < ranks.size(); ++rank) {
    events.on_message(DescribeRank(static_cast<int>(rank), ranks, *file, spec));
  }
}

// By rank. Ranks of one machine share its memory and its bandwidth.
std::vector<RankHost> Session::State::Hosts(const SessionOptions& options) const {
  const Join self = server->self();
  const auto local = static_cast<uint64_t>(options.local);
  const RankHost mine{self.host, self.memory_bytes / local, self.read_gbps / options.local};
  std::vector<RankHost> hosts{mine};
  for (const WorkerInfo& worker : server->Workers()) {
    const bool here = worker.rank < options.local;
    hosts.push_back(
        here ? mine : RankHost{worker.join.host, worker.join.memory_bytes, worker.join.read_gbps});
  }
  return hosts;
}

void Session::State::Assign() {
  WorkOrder order{spec, {}, {}};
  const std::vector<std::byte> manifest = EncodeManifest(ManifestOf(*file));
  const auto* chars = reinterpret_cast<const char*>(manifest.data());
  order.manifest.assign(chars, chars + manifest.size());
  if (blob_server) order.weights = blob_server->endpoint();
  const std::vector<std::byte> bytes = EncodeOrder(order);
  for (const WorkerInfo& worker : server->Workers()) server->Assign(worker.rank, bytes);
}

Session::State::~State() {
  if (!server) return;
  try {
    if (engine && !Loss()) {
      rank->stage().Stop();
      server->Stop();
    }
  } catch (const Error&) {
    // A rank was lost at the very end: there is nothing left to do for it.
  }
  server->OnLost({});
}

Session::Session(const SessionOptions& options, const Events& events)
    : state_(std::make_unique<State>(options, events)) {}
Session::~Session() = default;

Engine& Session::engine() { return *state_->engine; }
Rank& Session::rank() { return *state_->rank; }
const WeightFile& Session::file() const { return *state_->file; }
const ParallelPlan& Session::plan() const { return state_->rank->plan(); }
const RunSpec& Session::spec() const { return state_->spec; }
double Session::load_seconds() const { return state_->load_s; }
size_t Session::weight_bytes() const { return state_->weight_bytes; }
std::optional<std::string> Session::loss() const { return state_->Loss(); }
int Session::lost_rank() const { return state_->server ? state_->server->lost_rank() : 0; }
int64_t Session::strangers() const {
  return state_->link_strangers + (state_->server ? state_->server->strangers() : 0) +
         (state_->blob_server ? state_->blob_server->strangers() : 0);
}
std::string Session::endpoint() const { return state_->server ? state_->server->endpoint() : ""; }

}  // namespace lantern
