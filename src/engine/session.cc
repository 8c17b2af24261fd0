#include "src/engine/session.h"

#include <algorithm>

#include "net/control/control_plane.h"
#include "net/gloo_comm.h"
#include "net/null_comm.h"
#include "src/base/check.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/thread_pool.h"
#include "src/base/version.h"
#include "src/engine/local_workers.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kJoinLimit{60};
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

// Fills in what the flags left open: all ranks in tp unless said otherwise.
void ChooseLayout(const SessionOptions& o, int world, RunSpec& spec) {
  if (o.tp < 0 || o.pp < 0) Fail(ErrorKind::kConfig, "--tp and --pp must be at least 1.");
  spec.pp = o.pp > 0 ? o.pp : o.tp > 0 ? std::max(world / o.tp, 1) : 1;
  spec.tp = o.tp > 0 ? o.tp : std::max(world / spec.pp, 1);
  if (spec.tp * spec.pp != world) {
    Fail(ErrorKind::kConfig,
         "--tp {} x --pp {} needs {} ranks and there are {}: start as many with --local {} here, "
         "or with --workers.",
         spec.tp, spec.pp, spec.tp * spec.pp, world, spec.tp * spec.pp);
  }
  spec.shares = o.shares;
}

bool HoldsF32(const WeightFile& file) {
  const StoredTensor* q = file.Find("blk.0.attn_q.weight");
  return q != nullptr && q->type == DType::kF32;
}

DType KvType(const SessionOptions& o, const WeightFile& file) {
  if (o.kv_type) return *o.kv_type;
  return o.type.value_or(HoldsF32(file) ? DType::kF32 : DType::kF16) == DType::kF32 ? DType::kF32
                                                                                    : DType::kF16;
}

RunSpec MakeSpec(const SessionOptions& o, const WeightFile& file) {
  RunSpec spec;
  spec.model = std::filesystem::absolute(o.model).string();
  spec.type = o.type ? static_cast<int>(*o.type) : -1;
  spec.kv_type = static_cast<int>(KvType(o, file));
  ChooseLayout(o, WorldOf(o), spec);
  const int trained = file.config().context;
  if (o.context < 0) Fail(ErrorKind::kConfig, "--ctx must be at least 1.");
  if (o.chunk < 1) Fail(ErrorKind::kConfig, "--chunk must be at least 1.");
  if (o.threads < 0) Fail(ErrorKind::kConfig, "--threads must be at least 1.");
  spec.context = o.context > 0 ? o.context : std::min(trained, SessionOptions::kDefaultContext);
  spec.kv_blocks = KvCache::BlocksFor(spec.context) * o.sequences;
  spec.chunk = o.chunk;
  spec.step_tokens = std::max(o.chunk, o.sequences);
  spec.logit_rows = std::max(o.logit_rows, 1);
  spec.isa = o.isa;
  // Ranks on machines of their own find their cores themselves.
  const int cores = PhysicalCores();
  spec.threads = o.threads > 0 ? o.threads : o.local > 1 ? std::max(1, cores / o.local) : 0;
  spec.spin = std::max(spec.threads, 1) * o.local <= cores;
  return spec;
}

// Without a key nobody is authenticated, so nobody else may reach the socket.
void RequireLoopback(const std::string& address, bool insecure) {
  if (insecure || address.starts_with("127.") || address.starts_with("localhost:")) return;
  Fail(ErrorKind::kConfig,
       "Listening on {} would let anybody on the network join: add --insecure if this LAN is "
       "trusted.",
       address);
}

std::string ListenAddress(const SessionOptions& o) {
  const std::string address = o.rank >= 0        ? o.master
                              : o.listen.empty() ? std::string(kLoopback) + ":0"
                                                 : o.listen;
  RequireLoopback(address, o.insecure);
  if (address.starts_with("0.0.0.0:") || address.starts_with("*:")) {
    Fail(ErrorKind::kConfig,
         "--listen {} names no machine: give this machine's own address in the LAN.", address);
  }
  return address;
}

std::string HostOf(const std::string& endpoint) { return endpoint.substr(0, endpoint.rfind(':')); }

std::vector<std::byte> Pack(const RunSpec& spec) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, spec);
  const auto* data = reinterpret_cast<const std::byte*>(buffer.data());
  return {data, data + buffer.size()};
}

RunSpec UnpackSpec(std::span<const std::byte> bytes) {
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return handle.get().as<RunSpec>();
  } catch (const std::exception& e) {
    Fail(ErrorKind::kPeerLost, "The leader's assignment cannot be read ({}).", e.what());
  }
}

Join DescribeSelf(int wanted_rank, const std::string& isa, const std::string& leader) {
  Join join = DescribeThisMachine(BuildId());
  join.isa = isa == "auto" ? Backend::RunnableIsas().front() : isa;
  join.wanted_rank = wanted_rank;
  join.data_address = LocalAddressTowards(HostOf(leader));
  return join;
}

// `endpoint`: the leader's. The same address family and network carry the data.
GlooOptions Connection(int rank, int size, const std::string& endpoint, const std::string& epoch,
                       Verdict verdict) {
  GlooOptions options;
  options.rank = rank;
  options.size = size;
  options.host = LocalAddressTowards(HostOf(endpoint));
  options.endpoint = endpoint;
  options.epoch = epoch;
  options.verdict = std::move(verdict);
  return options;
}

// Says a line when it changes.
WaitProgress Changes(const std::function<void(const std::string&)>& say) {
  return [say, last = std::string()](const std::string& line) mutable {
    if (line != last) say(last = line);
  };
}

}  // namespace

struct Session::State {
  State(const SessionOptions& options, const Events& events);
  ~State();

  void FormGroup(const SessionOptions& options, const Events& events);

  Clock::time_point start = Clock::now();
  std::unique_ptr<WeightFile> file;
  RunSpec spec;
  LocalWorkers children;  // outlives the server, so that children see it stop
  std::unique_ptr<ControlServer> server;
  std::shared_ptr<Communicator> world;
  std::unique_ptr<Rank> rank;
  std::unique_ptr<Engine> engine;
  double load_s = 0;
  size_t weight_bytes = 0;
};

Session::State::State(const SessionOptions& options, const Events& events)
    : file(OpenWeightFile(options.model)), spec(MakeSpec(options, *file)) {
  RequireMemory(spec, *file, 0, options.local);
  const int ranks = spec.tp * spec.pp;
  for (int r = 0; r < ranks; ++r) weight_bytes += BytesOf(spec, *file, r).weights;
  const size_t mine = BytesOf(spec, *file, 0).weights;
  try {
    if (ranks > 1) {
      FormGroup(options, events);
    } else {
      world = MakeNullComm();
    }
    rank = std::make_unique<Rank>(spec, *file, world, [&](size_t done) {
      if (events.on_load) events.on_load(done, mine);
    });
    if (server) server->WaitReady(std::nullopt);
  } catch (const Error& e) {
    if (server && !server->Verdict(std::chrono::milliseconds(0))) server->ReportError(e.what());
    throw;
  }
  engine = std::make_unique<Engine>(rank->stage(), spec.scheduler());
  load_s = std::chrono::duration<double>(Clock::now() - start).count();
}

void Session::State::FormGroup(const SessionOptions& options, const Events& events) {
  const int ranks = spec.tp * spec.pp;
  const std::string address = ListenAddress(options);
  server = std::make_unique<ControlServer>(address, ranks, DescribeSelf(0, spec.isa, address));
  children.Start(options.local - 1, server->endpoint());
  const bool all_local = options.local == ranks;
  if (!all_local && events.on_message) {
    events.on_message(fmt::format("Waiting for {} worker(s): lantern worker --join {}",
                                  ranks - options.local, server->endpoint()));
  }
  const WaitProgress say =
      all_local || !events.on_message ? WaitProgress{} : Changes(events.on_message);
  // People take their time to start workers, programs do not.
  const bool by_hand = options.workers > 0;
  server->WaitForJoin(by_hand ? std::nullopt : WaitLimit(kJoinLimit), [&](const std::string& line) {
    children.RequireAlive();
    if (say) say(line);
  });
  for (int r = 1; r < ranks; ++r) server->Assign(r, Pack(spec));
  world = ConnectGloo(Connection(0, ranks, server->endpoint(), server->epoch(),
                                 [this](auto wait) { return server->Verdict(wait); }));
  server->OnLost([world = world](const std::string& reason) { world->Abort(reason); });
}

Session::State::~State() {
  if (!server) return;
  try {
    if (engine && !server->Verdict(std::chrono::milliseconds(0))) {
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
const WeightFile& Session::file() const { return *state_->file; }
const ParallelPlan& Session::plan() const { return state_->rank->plan(); }
const RunSpec& Session::spec() const { return state_->spec; }
double Session::load_seconds() const { return state_->load_s; }
size_t Session::weight_bytes() const { return state_->weight_bytes; }

void RunWorker(const WorkerOptions& options,
               const std::function<void(const std::string&)>& on_message) {
  ControlClient client(options.join, DescribeSelf(options.rank, "auto", options.join));
  WaitLimit limit;
  if (options.join_limit_s) limit = std::chrono::milliseconds(int(*options.join_limit_s * 1e3));
  const Assignment assignment = client.WaitForAssignment(limit, Changes(on_message));
  std::shared_ptr<Communicator> world;
  try {
    RunSpec spec = UnpackSpec(assignment.bytes);
    if (options.threads > 0) spec.threads = options.threads;
    const auto file =
        OpenWeightFile(options.model.empty() ? std::filesystem::path(spec.model) : options.model);
    world =
        ConnectGloo(Connection(assignment.rank, assignment.world_size, options.join,
                               assignment.epoch, [&](auto wait) { return client.Verdict(wait); }));
    client.OnLost([world](const std::string& reason) { world->Abort(reason); });
    Rank rank(spec, *file, world, {});
    client.Ready();
    while (rank.stage().Follow()) {
    }
    // The leader's Stop says that everybody is done, so that closing connections harms nobody.
    client.Verdict(std::chrono::seconds(5));
  } catch (const Error& e) {
    client.OnLost({});
    if (client.stopped()) return;
    // A loss that the leader does not know of (a link between two workers broke) it must hear of.
    if (!client.Verdict(std::chrono::milliseconds(0))) client.ReportError(e.what());
    throw;
  }
  client.OnLost({});
}

}  // namespace lantern
