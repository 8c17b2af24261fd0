// Session: a formed group with a loaded model, seen from rank 0. Making one starts or awaits the
// other ranks, checks the memory, loads the weights everywhere; ending it ends them.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/control/control_plane.h"
#include "src/engine/engine.h"
#include "src/engine/layout.h"
#include "src/engine/run_spec.h"

namespace lantern {

struct SessionOptions {
  std::filesystem::path model;
  LayoutWish layout;
  int local = 1;                   // ranks on this machine, as processes over loopback
  int workers = 0;                 // workers to wait for
  std::vector<std::string> hosts;  // of the workers, by rank; empty: whoever comes
  // None: wait for all workers for ever. Else: go on with those that came within this time.
  std::optional<std::chrono::milliseconds> gather_limit;
  std::string listen;            // ADDR:PORT for them; see addresses.h
  int rank = -1, world = 0;      // where a launcher placed us; -1: no launcher
  std::string master;            // HOST:PORT of rank 0 then
  bool insecure = false;         // may listen beyond loopback without a key
  SharedKey key;                 // of the LAN; null: none
  std::string key_file;          // where it came from
  int threads = 0;               // per rank; 0: this machine's cores over its ranks
  bool pin = true;               // threads may stay on their cores
  bool shared_memory = true;     // carries messages between ranks on one machine
  int context = 0;               // 0: the model's, at most kDefaultContext
  std::optional<int> chunk;      // prompt tokens of one sequence in a step; none: see SetSteps
  std::optional<int> in_flight;  // steps under way at once; none: one for each stage
  std::optional<DType> type;     // --type
  std::optional<DType> kv_type;  // none: f32 where the weights are f32, else f16
  std::string isa = "auto";
  std::string device = "auto";            // see DeviceOptions
  std::string compute = "auto";           // see ChooseCompute
  WireFormat reduce = WireFormat::kF32;   // how partial sums travel
  int check_one_in = 256;                 // see ReducerOptions
  std::optional<SumAlgorithm> algorithm;  // by which they are summed; none: the fastest
  int timed_sums = 15;                    // to find that out, see SumTimingOptions
  bool time_all = false;                  // the same; set by the command
  std::string gemm = "own";               // who multiplies prompts, see ContextOptions
  std::filesystem::path packed;  // folder that keeps packed weights for the next start; empty: none
  int sequences = 1;             // to hold at once; set by the command
  int logit_rows = 16;           // set by the command

  static constexpr int kDefaultContext = 4096;
  bool follower() const { return rank > 0; }
};

class Rank;

class Session {
 public:
  // What happens on the way, for whoever shows it.
  struct Events {
    std::function<void(size_t done, size_t total)> on_load;   // bytes of rank 0's weights
    std::function<void(const std::string& line)> on_message;  // "Waiting for 2 workers at ..."
    std::function<void()> on_wait;  // several times a second until all is ready; may throw
    // Several times a second while workers load: what each has got.
    std::function<void(const std::vector<WorkerInfo>&)> on_workers;
  };

  // Throws Error: kConfig for layouts and flags, kIo for files and memory, kPeerLost for ranks.
  Session(const SessionOptions& options, const Events& events);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  Engine& engine();
  const WeightFile& file() const;
  const ParallelPlan& plan() const;
  const RunSpec& spec() const;
  double load_seconds() const;
  // Why the group is over, as soon as it is known; nothing while all is well.
  std::optional<std::string> loss() const;
  int lost_rank() const;  // of whom loss() speaks
  // HOST:PORT where workers join; empty for a run of one rank.
  std::string endpoint() const;
  // Connections so far of others than this run's ranks.
  int64_t strangers() const;
  size_t weight_bytes() const;  // of all ranks together: what one decode step streams
  Rank& rank();                 // this process's own

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace lantern
