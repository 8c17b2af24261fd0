// ThreadCluster: a whole run in one process, a thread per rank. The oracle for runs over processes,
// and the way to test many layouts quickly.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "models/weight_file.h"
#include "net/thread_comm.h"
#include "src/base/error.h"
#include "src/engine/engine.h"
#include "src/engine/rank.h"

namespace lantern {

// A spec for `file` with one thread per rank and room for `sequences` of `context` tokens.
inline RunSpec TestSpec(const WeightFile& file, int tp, int pp, int context, int sequences = 1) {
  RunSpec spec;
  spec.model = file.path().string();
  spec.tp = tp;
  spec.pp = pp;
  spec.context = context;
  spec.kv_blocks = KvCache::BlocksFor(context) * sequences;
  spec.threads = 1;
  spec.spin = false;
  spec.in_flight = pp;
  return spec;
}

class ThreadCluster {
 public:
  // Puts something between a rank and its communicator.
  using Wrap = std::function<std::unique_ptr<Communicator>(int, std::unique_ptr<Communicator>)>;

  ThreadCluster(const RunSpec& spec, const WeightFile& file, const Wrap& wrap = {})
      : world_(MakeThreadGroup(spec.tp * spec.pp)) {
    for (int r = 0; wrap && r < spec.tp * spec.pp; ++r) world_[r] = wrap(r, std::move(world_[r]));
    for (int r = 1; r < spec.tp * spec.pp; ++r) {
      followers_.emplace_back([this, spec, &file, r] { FollowAll(spec, file, r); });
    }
    leader_ = std::make_unique<Rank>(spec, file, Comm(0), Loader::Progress());
    SchedulerOptions scheduling = spec.scheduler();
    scheduling.least_part = 1;  // so that few sequences fill the steps in flight
    engine_ = std::make_unique<Engine>(leader_->stage(), scheduling);
  }
  ~ThreadCluster() {
    try {
      leader_->stage().Stop();
    } catch (const Error&) {
      // A follower failed and said so; the others were woken.
    }
    for (std::thread& follower : followers_) follower.join();
  }

  Engine& engine() { return *engine_; }
  Rank& leader() { return *leader_; }
  // As the control plane does when a rank is lost.
  void Abort(const std::string& reason) {
    for (auto& comm : world_) comm->Abort(reason);
  }

  std::shared_ptr<Sequence> Generate(Request request) {
    auto sequence = engine_->Submit(std::move(request));
    engine_->Finish(*sequence);
    return sequence;
  }

 private:
  std::shared_ptr<Communicator> Comm(int rank) {
    return {world_[rank].get(), [](Communicator*) {}};
  }
  void FollowAll(const RunSpec& spec, const WeightFile& file, int r) {
    try {
      Rank rank(spec, file, Comm(r), Loader::Progress());
      while (rank.stage().Follow()) {
      }
    } catch (const Error& e) {
      for (auto& comm : world_) comm->Abort(e.what());
    }
  }

  std::vector<std::unique_ptr<Communicator>> world_;
  std::vector<std::thread> followers_;
  std::unique_ptr<Rank> leader_;
  std::unique_ptr<Engine> engine_;
};

}  // namespace lantern
