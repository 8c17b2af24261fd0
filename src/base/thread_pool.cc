#include "src/base/thread_pool.h"

#include <string>

#include "src/base/check.h"

namespace lantern {
namespace {

// About 50 us of spinning: longer than the gap between two operations of a layer, far shorter than
// the gap between two answers.
constexpr int kSpins = 20000;

constexpr uint64_t kTaskMask = 0xffffffff;

inline void CpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

ThreadPool::ThreadPool(int threads, bool spin, const std::vector<Core>& cores)
    : spins_(spin ? kSpins : 0) {
  LANTERN_CHECK_GE(threads, 1);
  LANTERN_CHECK(cores.empty() || static_cast<int>(cores.size()) == threads);
  for (int i = 1; i < threads; ++i) {
    workers_.emplace_back([this, i, core = cores.empty() ? Core() : cores[i]] {
      NameThisThread("compute " + std::to_string(i));
      const OnCore bound(core);
      WorkerLoop();
    });
  }
}

ThreadPool::~ThreadPool() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wake_.notify_all();
  for (auto& worker : workers_) worker.join();
}

void ThreadPool::Run(int tasks, const void* work, TaskFunction function) {
  work_ = work;
  function_ = function;
  tasks_ = tasks;
  unfinished_.store(tasks, std::memory_order_relaxed);
  const uint64_t region = (offer_.load(std::memory_order_relaxed) | kTaskMask) + 1;
  // Sequentially consistent against AwaitTasks: either this thread sees the sleeper, or the sleeper
  // sees the tasks. The lock then waits until the sleeper really sleeps.
  offer_.store(region | static_cast<uint64_t>(tasks));
  if (sleepers_.load() > 0) {
    { std::lock_guard lock(mutex_); }
    wake_.notify_all();
  }
  TakeTasks();
  for (int spin = 0; unfinished_.load(std::memory_order_acquire) != 0; ++spin) {
    if (spin < spins_) {
      CpuRelax();
    } else {
      std::this_thread::yield();
    }
  }
}

void ThreadPool::TakeTasks() {
  uint64_t offer = offer_.load(std::memory_order_acquire);
  while ((offer & kTaskMask) != 0) {
    if (!offer_.compare_exchange_weak(offer, offer - 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      continue;
    }
    // Tasks left count down, task numbers up: weights are then read in ascending order.
    const int task = tasks_ - static_cast<int>(offer & kTaskMask);
    function_(work_, task);
    unfinished_.fetch_sub(1, std::memory_order_release);
    offer = offer_.load(std::memory_order_acquire);
  }
}

void ThreadPool::AwaitTasks() {
  const auto ready = [this] { return (offer_.load() & kTaskMask) != 0 || stop_; };
  for (int spin = 0; spin < spins_; ++spin) {
    if (ready()) return;
    CpuRelax();
  }
  std::unique_lock lock(mutex_);
  ++sleepers_;
  wake_.wait(lock, ready);
  --sleepers_;
}

void ThreadPool::WorkerLoop() {
  for (;;) {
    AwaitTasks();
    if (stop_) return;
    TakeTasks();
  }
}

}  // namespace lantern
