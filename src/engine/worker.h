// Worker: a follower's life. It joins a leader, brings the weights of its rank to this machine,
// and runs steps until the leader stops.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/blobs/blob_cache.h"
#include "net/control/control_plane.h"
#include "src/engine/run_spec.h"

namespace lantern {

struct WorkerOptions {
  std::string join;             // HOST:PORT of the leader
  int rank = -1;                // wanted; -1: any
  std::string address;          // of this machine for the others; empty: see DataAddress
  std::filesystem::path model;  // a local copy to read what agrees with the leader's; may be empty
  bool same_machine = false;    // the leader's own path is ours: no copy, no cache, no network
  SharedKey key;                // of the LAN; null: none
  int threads = 0;              // 0: as the leader says
  std::string device = "auto";  // see DeviceOptions; on the leader's machine as the leader says
  double read_gbps = 0;         // this machine's, for the leader's shares; 0: not measured
  std::filesystem::path cache_folder = BlobCache::DefaultFolder();
  uint64_t cache_bytes = kDefaultCacheBytes;
  WaitLimit join_limit;  // none: wait for a leader for ever

  static constexpr uint64_t kDefaultCacheBytes = uint64_t{64} << 30;
};

class Worker {
 public:
  struct Events {
    std::function<void(const std::string& line)> on_message;
    std::function<void(uint64_t done, uint64_t total)> on_fetch;  // bytes of weights
  };

  // Throws Error{kConfig} where the leader's address cannot be used.
  Worker(const WorkerOptions& options, const Events& events);

  // Waits for a leader and a rank. Throws Error{kConfig} when refused for good, Error{kPeerLost}
  // at the limit or when the leader is lost.
  void Join();
  // Takes part in the run; returns when it ended well. Throws Error naming what ended it otherwise,
  // which the leader has been told.
  void Serve();

  // See ControlClient.
  bool leader_silent() const { return client_.leader_silent(); }

 private:
  std::unique_ptr<Communicator> Connect(const RunSpec& spec);
  std::unique_ptr<WeightFile> OpenWeights(const WorkOrder& order);
  std::unique_ptr<WeightFile> FetchWeights(const WorkOrder& order);
  void RequireNoLoss() const;
  void FollowUntilStop(const RunSpec& spec, const WeightFile& file,
                       std::shared_ptr<Communicator> world);

  const WorkerOptions options_;
  const Events events_;
  const std::string leader_;   // HOST:PORT
  const std::string address_;  // for the data connections
  ControlClient client_;
  Assignment assignment_;
  // Where the weights came from, as far as they are loaded; empty when they were not fetched.
  std::function<control::Ready()> sources_;
};

}  // namespace lantern
