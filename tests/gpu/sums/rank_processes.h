// Ranks as processes, each with a GPU of its own where there are enough: started before anybody
// uses CUDA, with memory that they share to meet in, and ended whatever happens.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace lantern {

// How many GPUs there are, and whether NCCL can be loaded; asked by processes of their own.
int GpuCount();
bool HasNccl();
// 2 .. GpuCount(); 2 where there is only one.
std::vector<int> RankCounts();

class Rank {
 public:
  static constexpr int kMostRanks = 8;
  static constexpr size_t kMostBytes = 128;

  int rank = 0, size = 1, gpus = 1;
  int device() const { return gpus > 0 ? rank % gpus : 0; }

  // Waits for all ranks; every rank's bytes, in rank order. Throws when one is lost or late.
  std::vector<std::vector<std::byte>> Exchange(std::span<const std::byte> mine);
  void Barrier() { Exchange({}); }
  // Whether another rank's process has ended badly, and when that was seen first.
  bool PeerIsLost() const;

 private:
  friend class RankProcesses;
  struct Board;

  Board* board_ = nullptr;
  int exchanges_ = 0;
};

// Runs body(rank) in `size` processes and waits until they end, at most 60 s. Their failures are
// printed by them and fail the test. `killed`: that rank must end by SIGKILL, the others well.
void RunRanks(int size, const std::function<void(Rank&)>& body, int killed = -1);

// Calls `then` from a thread once a peer is lost: the control plane's part.
class LossWatch {
 public:
  LossWatch(const Rank& rank, const std::function<void()>& then);
  ~LossWatch();
  // Since the loss was seen; 0 before.
  double seconds() const;

 private:
  std::atomic<bool> stop_{false};
  std::atomic<std::chrono::steady_clock::time_point> seen_{};
  std::thread thread_;
};

// Waits until `done` says so, asking now and then; false after 20 s.
bool WaitUntil(const std::function<bool()>& done);

}  // namespace lantern
