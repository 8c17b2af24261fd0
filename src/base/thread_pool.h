// ThreadPool: a fixed group of threads that run one parallel region at a time; the caller takes
// part as thread 0. Workers spin for a moment after a region and then sleep, so that decode's many
// short regions start within a microsecond and an idle program costs nothing.
//
// A region ends when its tasks are done, not when every worker has shown up: a worker that the
// system has put aside (more threads than cores) delays nobody and finds the region over.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "src/base/cores.h"

namespace lantern {

class ThreadPool {
 public:
  // `threads` counts the caller. `spin` false: sleep at once, for ranks that outnumber the cores.
  // `cores`, unless empty: one for each thread, the caller's first, which binds itself (OnCore):
  // its mask is also what it starts.
  explicit ThreadPool(int threads, bool spin = true, const std::vector<Core>& cores = {});
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return static_cast<int>(workers_.size()) + 1; }

  // Calls work(task) for every task in [0, tasks); tasks are handed out dynamically, so results
  // must not depend on which thread runs which. Returns when all are done.
  // REQUIRES: called by one thread at a time; `work` does not throw and does not call ParallelFor.
  template <class Work>
  void ParallelFor(int tasks, const Work& work) {
    if (tasks <= 1 || workers_.empty()) {
      for (int task = 0; task < tasks; ++task) work(task);
      return;
    }
    Run(tasks, &work, [](const void* w, int task) { (*static_cast<const Work*>(w))(task); });
  }

 private:
  using TaskFunction = void (*)(const void* work, int task);
  void Run(int tasks, const void* work, TaskFunction function);
  void TakeTasks();
  void WorkerLoop();
  void AwaitTasks();

  const int spins_;
  // Written while no task is out; read only by a thread that holds a task.
  const void* work_ = nullptr;
  TaskFunction function_ = nullptr;
  int tasks_ = 0;
  // Region number in the high half, tasks not yet taken in the low half. One word, so that a late
  // worker can never take a task of one region on the strength of another.
  std::atomic<uint64_t> offer_{0};
  std::atomic<int> unfinished_{0};  // tasks of the region that have not returned
  std::atomic<int> sleepers_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::thread> workers_;
};

}  // namespace lantern
