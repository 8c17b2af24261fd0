// Session: a formed group with a loaded model, seen from rank 0. Making one starts or awaits the
// other ranks, checks the memory, loads the weights everywhere; ending it ends them.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "src/engine/engine.h"
#include "src/engine/run_spec.h"

namespace lantern {

struct SessionOptions {
  std::filesystem::path model;
  int tp = 0, pp = 0;            // 0: as many as the ranks allow, tp first
  std::vector<int> shares;       // of the tp ranks; empty: equal
  int local = 1;                 // ranks on this machine, as processes over loopback
  int workers = 0;               // workers to wait for
  std::string listen;            // ADDR:PORT for them; empty: loopback, any port
  int rank = -1, world = 0;      // where a launcher placed us; -1: no launcher
  std::string master;            // HOST:PORT of rank 0 then
  bool insecure = false;         // may listen beyond loopback without a key
  int threads = 0;               // per rank; 0: this machine's cores over its ranks
  int context = 0;               // 0: the model's, at most kDefaultContext
  int chunk = 512;               // prompt tokens of one sequence in a step
  std::optional<DType> type;     // --type
  std::optional<DType> kv_type;  // none: f32 where the weights are f32, else f16
  std::string isa = "auto";
  int sequences = 1;    // to hold at once; set by the command
  int logit_rows = 16;  // set by the command

  static constexpr int kDefaultContext = 4096;
  bool follower() const { return rank > 0; }
};

class Session {
 public:
  // What happens on the way, for whoever shows it.
  struct Events {
    std::function<void(size_t done, size_t total)> on_load;   // bytes of rank 0's weights
    std::function<void(const std::string& line)> on_message;  // "Waiting for 2 workers at ..."
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
  size_t weight_bytes() const;  // of all ranks together: what one decode step streams

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct WorkerOptions {
  std::string join;             // HOST:PORT of the leader
  int rank = -1;                // wanted; -1: any
  std::filesystem::path model;  // a local copy to use instead of the leader's path; may be empty
  int threads = 0;              // 0: as the leader says
  std::optional<double> join_limit_s;  // none: wait for a leader for ever
};

// A follower's life: join, load, run steps until the leader stops. Returns when the run ended well.
// Throws Error naming what ended it otherwise.
void RunWorker(const WorkerOptions& options,
               const std::function<void(const std::string&)>& on_message);

}  // namespace lantern
