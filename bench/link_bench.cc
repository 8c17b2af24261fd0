// What messages and sums between two processes cost, over TCP and through shared memory; sums
// beside plain TCP.
//
// --machines HOST,PEER,NAMESPACE: the other process is in that network namespace (scripts/lan) and
// has the address PEER, this one HOST.
#include <arpa/inet.h>
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <gloo/allreduce.h>
#include <gloo/math.h>
#include <gloo/rendezvous/context.h>
#include <gloo/rendezvous/file_store.h>
#include <gloo/transport/tcp/device.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "net/collectives.h"
#include "net/control/control_plane.h"
#include "net/gloo_comm.h"
#include "net/reducer.h"

namespace lantern {
namespace {

struct Machines {
  std::string host = "127.0.0.1", peer = "127.0.0.1", space;

  explicit Machines(const std::string& list) {
    const size_t first = list.find(','), second = list.find(',', first + 1);
    if (second == std::string::npos) return;
    host = list.substr(0, first);
    peer = list.substr(first + 1, second - first - 1);
    space = list.substr(second + 1);
  }
};

// What the other process is to do next, so many times.
struct Order {
  enum Kind { kPingPong, kExchange, kSum } kind;
  int64_t bytes, times;
};

// A connection of plain TCP, whose both ends wait by spinning: the floor.
class PlainLink {
 public:
  // One end listens at `host` and tells the port through `comm`, the other connects there.
  PlainLink(Communicator& comm, const std::string& host);
  ~PlainLink() { close(fd_); }
  PlainLink(const PlainLink&) = delete;
  PlainLink& operator=(const PlainLink&) = delete;

  void Send(std::span<const std::byte> bytes) { Move(bytes, send); }
  void Receive(std::span<std::byte> bytes) { Move(bytes, recv); }

 private:
  template <class Bytes, class Call>
  void Move(Bytes bytes, Call call) {
    while (!bytes.empty()) {
      const ssize_t moved = call(fd_, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (moved > 0) bytes = bytes.subspan(moved);
      if (moved == 0 || (moved < 0 && errno != EAGAIN)) std::_Exit(1);  // the other end is gone
    }
  }

  int fd_ = -1;
};

PlainLink::PlainLink(Communicator& comm, const std::string& host) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  const auto port = std::as_writable_bytes(std::span(&address.sin_port, 1));
  const int socket_fd = socket(AF_INET, SOCK_STREAM, 0);
  auto* name = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof(address);
  if (comm.rank() == 0) {
    if (bind(socket_fd, name, size) != 0 || listen(socket_fd, 1) != 0) std::abort();
    getsockname(socket_fd, name, &size);
    comm.Send(1, port);
    fd_ = accept(socket_fd, nullptr, nullptr);
    close(socket_fd);
  } else {
    comm.Receive(0, port);
    fd_ = socket_fd;
    if (connect(fd_, name, size) != 0) std::_Exit(1);
  }
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

double Microseconds(std::chrono::steady_clock::time_point start) {
  const auto now = std::chrono::steady_clock::now();
  return std::chrono::duration<double, std::micro>(now - start).count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Gloo's own ring all-reduce of two ranks, over a connection of its own.
class GlooRing {
 public:
  // They find each other by files.
  GlooRing(Communicator& comm, const std::string& own_host)
      : context_(std::make_shared<gloo::rendezvous::Context>(comm.rank(), 2)) {
    char folder[] = "/tmp/link_bench-XXXXXX";
    if (comm.rank() == 0 && mkdtemp(folder) == nullptr) std::abort();
    Broadcast(comm, std::as_writable_bytes(std::span(folder)), 0);
    gloo::rendezvous::FileStore store(folder);
    gloo::transport::tcp::attr attributes;
    attributes.hostname = own_host;
    auto device = gloo::transport::tcp::CreateDevice(attributes);
    context_->connectFullMesh(store, device);
    Barrier(comm);
    if (comm.rank() == 0) std::filesystem::remove_all(folder);
  }

  void Sum(std::span<float> x) {
    gloo::AllreduceOptions options(context_);
    options.setOutput(x.data(), x.size());
    options.setAlgorithm(gloo::AllreduceOptions::Algorithm::RING);
    options.setReduceFunction(
        static_cast<void (*)(void*, const void*, const void*, size_t)>(&gloo::sum<float>));
    options.setTag(tag_++);
    gloo::allreduce(options);
  }

 private:
  const std::shared_ptr<gloo::rendezvous::Context> context_;
  uint32_t tag_ = 0;
};

// The sum of two ranks' vectors, as a token's are summed, by gloo's ring too, and a ping-pong of as
// many bytes over plain TCP, in turns.
class SumsBesidePlain {
 public:
  // `host`: of rank 0; `own_host`: this rank's.
  SumsBesidePlain(Communicator& comm, const std::string& host, const std::string& own_host,
                  int64_t bytes)
      : comm_(comm),
        plain_(comm, host),
        ring_(comm, own_host),
        vector_(bytes / sizeof(float)),
        reducer_(comm, Measured()) {
    reducer_.BeginStep();
  }

  void Do() {
    const auto bytes = std::as_writable_bytes(std::span(vector_));
    auto start = std::chrono::steady_clock::now();
    if (comm_.rank() == 0) plain_.Send(bytes);
    plain_.Receive(bytes);
    if (comm_.rank() == 1) plain_.Send(bytes);
    ping_us_.push_back(Microseconds(start) / 2);
    const std::span<const float> mine[] = {vector_};
    // After a first one both ends begin at the same time.
    reducer_.Start(0, plan_, {}, vector_, mine);
    reducer_.Finish(0);
    start = std::chrono::steady_clock::now();
    reducer_.Start(0, plan_, {}, vector_, mine);
    reducer_.Finish(0);
    sum_us_.push_back(Microseconds(start));
    start = std::chrono::steady_clock::now();
    ring_.Sum(vector_);
    ring_us_.push_back(Microseconds(start));
  }

  double one_way_us() const { return Median(ping_us_); }
  double sum_us() const { return Median(sum_us_); }
  double ring_us() const { return Median(ring_us_); }

 private:
  static ReducerOptions Measured() {
    ReducerOptions options;
    options.timing.emplace();
    return options;
  }

  Communicator& comm_;
  PlainLink plain_;
  GlooRing ring_;
  std::vector<float> vector_;
  const SumPlan plan_ = EqualPlan(2);
  Reducer reducer_;
  std::vector<double> ping_us_, sum_us_, ring_us_;
};

// This process's end of a link to one that does what it is told.
class OtherEnd {
 public:
  OtherEnd(const Machines& machines, bool shared_memory);
  ~OtherEnd() {
    comm_.reset();
    waitpid(child_, nullptr, 0);
  }

  void Give(const Order& order) { comm_->Send(1, std::as_bytes(std::span(&order, 1))); }
  static void Do(Communicator& comm, int other, const Order& order, std::span<std::byte> bytes);
  Communicator& comm() { return *comm_; }
  const std::string& host() const { return host_; }

 private:
  static void Obey(const GlooOptions& options, const std::string& host);

  const std::string host_;
  std::unique_ptr<ControlServer> server_;
  std::unique_ptr<Communicator> comm_;
  pid_t child_ = -1;
};

OtherEnd::OtherEnd(const Machines& machines, bool shared_memory) : host_(machines.host) {
  GlooOptions options;
  options.size = 2;
  options.shared_memory = shared_memory;
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  child_ = fork();
  if (child_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::string space = "/run/netns/" + machines.space;
    if (!machines.space.empty() && setns(open(space.c_str(), O_RDONLY), CLONE_NEWNET) != 0) {
      std::perror(space.c_str());
      _exit(1);
    }
    char text[256] = {};
    char endpoint[256] = {}, epoch[256] = {};
    if (read(ends[0], text, sizeof(text) - 1) <= 0 ||
        std::sscanf(text, "%255s %255s", endpoint, epoch) != 2) {
      _exit(1);
    }
    options.rank = 1;
    options.host = machines.peer;
    options.endpoint = endpoint;
    options.epoch = epoch;
    Obey(options, machines.host);
  }
  server_ = std::make_unique<ControlServer>(machines.host + ":*", 1, DescribeThisMachine("bench"));
  options.host = machines.host;
  options.endpoint = server_->endpoint();
  options.epoch = server_->epoch();
  const std::string text = options.endpoint + " " + options.epoch;
  if (write(ends[1], text.data(), text.size()) < 0) std::abort();
  comm_ = ConnectGloo(options);
}

void OtherEnd::Do(Communicator& comm, int other, const Order& order, std::span<std::byte> bytes) {
  const auto out = bytes.first(order.bytes), in = bytes.last(order.bytes);
  const OutgoingMessage outgoing{other, out};
  const IncomingMessage incoming{other, in};
  if (order.kind == Order::kExchange) {
    comm.Exchange({&outgoing, 1}, {&incoming, 1}, Patience::kIdle);
  } else if (comm.rank() == 0) {
    comm.Send(other, out);
    comm.Receive(other, in);
  } else {
    comm.Receive(other, in);
    comm.Send(other, out);
  }
}

// Until the other end is gone.
void OtherEnd::Obey(const GlooOptions& options, const std::string& host) {
  try {
    const auto comm = ConnectGloo(options);
    while (true) {
      Order order{};
      comm->Receive(0, std::as_writable_bytes(std::span(&order, 1)), Patience::kIdle);
      if (order.kind == Order::kSum) {
        SumsBesidePlain sums(*comm, host, options.host, order.bytes);
        for (int64_t i = 0; i < order.times; ++i) sums.Do();
        continue;
      }
      std::vector<std::byte> bytes(2 * order.bytes);
      for (int64_t i = 0; i < order.times; ++i) Do(*comm, 0, order, bytes);
    }
  } catch (const Error&) {
    _exit(0);
  }
}

// Counters: bytes/s in one direction; since others may use the machine too, the least time of one
// exchange, or of the way there and back, and the median.
void Message(benchmark::State& state, const Machines& machines, bool shared_memory, bool both) {
  // A pair of processes at a time: two that wait by spinning are what two cores can take.
  OtherEnd end(machines, shared_memory);
  const Order order{both ? Order::kExchange : Order::kPingPong, state.range(0),
                    static_cast<int64_t>(state.max_iterations)};
  std::vector<std::byte> bytes(2 * order.bytes);
  end.Give(order);
  std::vector<double> us;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    OtherEnd::Do(end.comm(), 1, order, bytes);
    us.push_back(Microseconds(start));
  }
  std::sort(us.begin(), us.end());
  state.counters["min_us"] = us.front();
  state.counters["median_us"] = Median(us);
  state.SetBytesProcessed((both ? 1 : 2) * order.bytes * state.iterations());
}

// Counters: medians, and how many times a message's way in one direction a sum takes.
void Sum(benchmark::State& state, const Machines& machines, bool shared_memory) {
  OtherEnd end(machines, shared_memory);
  end.Give({Order::kSum, state.range(0), static_cast<int64_t>(state.max_iterations)});
  SumsBesidePlain sums(end.comm(), end.host(), end.host(), state.range(0));
  for (auto _ : state) sums.Do();
  state.counters["sum_us"] = sums.sum_us();
  state.counters["plain_tcp_us"] = sums.one_way_us();
  state.counters["gloo_ring_us"] = sums.ring_us();
  state.counters["ratio"] = sums.sum_us() / sums.one_way_us();
}

void RegisterMessages(const Machines& machines) {
  for (const bool shared_memory : {false, true}) {
    if (shared_memory && !machines.space.empty()) continue;
    for (const bool both : {true, false}) {
      const std::string name = std::string(both ? "exchange/" : "ping_pong/") +
                               (shared_memory ? "shared_memory" : "tcp");
      auto* bench =
          benchmark::RegisterBenchmark(name.c_str(), Message, machines, shared_memory, both);
      for (const int kb : {2, 8, 64, 128, 256, 1024, 4096}) bench->Arg(kb << 10);
      bench->UseRealTime();
    }
    const std::string name = std::string("sum/") + (shared_memory ? "shared_memory" : "tcp");
    auto* bench = benchmark::RegisterBenchmark(name.c_str(), Sum, machines, shared_memory);
    for (const int kb : {8, 16, 64, 256, 1024}) bench->Arg(kb << 10);
    bench->UseRealTime();
  }
}

}  // namespace
}  // namespace lantern

int main(int argc, char** argv) {
  std::string machines;
  if (argc > 2 && std::strcmp(argv[1], "--machines") == 0) {
    machines = argv[2];
    argv[2] = argv[0];
    argc -= 2;
    argv += 2;
  }
  lantern::RegisterMessages(lantern::Machines(machines));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
