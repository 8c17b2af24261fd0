// What sums cost on their way to the wire: encoding, decoding and adding, by every kernel set, and
// the check of a frame, beside copying the same floats (for the check, the same bytes). And on it:
// messages between two processes, over TCP and through shared memory.
//
// --machines HOST,PEER,NAMESPACE: the other process is in that network namespace (scripts/lan) and
// has the address PEER, this one HOST.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernel_sets.h"
#include "net/control/control_plane.h"
#include "net/frame_check.h"
#include "net/gloo_comm.h"
#include "net/wire_format.h"

namespace lantern {
namespace {

std::vector<float> SomeFloats(size_t n) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& value : x) value = normal(random);
  return x;
}

enum class Work { kCopy, kEncode, kDecode, kDecodeAdd };

// Counter: GB/s of floats.
void Travel(benchmark::State& state, Work work, WireFormat format, KernelTable::Wire wire) {
  const auto n = state.range(0);
  std::vector<float> x = SomeFloats(static_cast<size_t>(n));
  std::vector<uint8_t> message(WireBytes(format, x.size()));
  wire.encode(message.data(), x.data(), n);
  for (auto _ : state) {
    if (work == Work::kCopy) std::memcpy(message.data(), x.data(), message.size());
    if (work == Work::kEncode) wire.encode(message.data(), x.data(), n);
    if (work == Work::kDecode) wire.decode(x.data(), message.data(), n);
    if (work == Work::kDecodeAdd) wire.decode_add(x.data(), message.data(), n);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(4 * n * state.iterations());
}

void Check(benchmark::State& state, uint32_t (*check)(std::span<const std::byte>, uint32_t)) {
  const std::vector<float> x = SomeFloats(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(check(std::as_bytes(std::span(x)), 0));
  state.SetBytesProcessed(4 * state.range(0) * state.iterations());
}

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

// What the other process is to do next.
struct Order {
  bool both;  // send at the same time, or one after the other
  int64_t bytes, times;
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

 private:
  static void Obey(const GlooOptions& options);

  std::unique_ptr<ControlServer> server_;
  std::unique_ptr<Communicator> comm_;
  pid_t child_ = -1;
};

OtherEnd::OtherEnd(const Machines& machines, bool shared_memory) {
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
    Obey(options);
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
  if (order.both) {
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
void OtherEnd::Obey(const GlooOptions& options) {
  try {
    const auto comm = ConnectGloo(options);
    while (true) {
      Order order{};
      comm->Receive(0, std::as_writable_bytes(std::span(&order, 1)), Patience::kIdle);
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
  const Order order{both, state.range(0), static_cast<int64_t>(state.max_iterations)};
  std::vector<std::byte> bytes(2 * order.bytes);
  end.Give(order);
  std::vector<double> us;
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    OtherEnd::Do(end.comm(), 1, order, bytes);
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start)
                     .count());
  }
  std::sort(us.begin(), us.end());
  state.counters["min_us"] = us.front();
  state.counters["median_us"] = us[us.size() / 2];
  state.SetBytesProcessed((both ? 1 : 2) * order.bytes * state.iterations());
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
  }
}

void RegisterAll() {
  const auto add = [](const std::string& name, auto... work) {
    benchmark::RegisterBenchmark(name.c_str(), work...)->Arg(2048)->Arg(65536);
  };
  add("memcpy", Travel, Work::kCopy, WireFormat::kF32, ChooseKernels("auto").wire_f32);
  add("crc32c", Check, Crc32c);
  add("crc32c/table", Check, Crc32cByTable);
  for (const KernelTable* set : RunnableKernels()) {
    const KernelTable::Wire all[] = {set->wire_f32, set->wire_bf16, set->wire_f16, set->wire_q8};
    for (WireFormat format : kWireFormats) {
      const KernelTable::Wire wire = all[static_cast<int>(format)];
      const std::string end = "/" + std::string(WireName(format)) + "/" + set->name;
      add("encode" + end, Travel, Work::kEncode, format, wire);
      add("decode" + end, Travel, Work::kDecode, format, wire);
      add("decode_add" + end, Travel, Work::kDecodeAdd, format, wire);
    }
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
  lantern::RegisterAll();
  lantern::RegisterMessages(lantern::Machines(machines));
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
