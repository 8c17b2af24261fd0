// The physical cores that this process may use, and threads: bound to them, and named.
#pragma once

#include <sched.h>

#include <array>
#include <string>
#include <vector>

namespace lantern {

// The processors (hardware threads) of one physical core, as the system numbers them.
using Core = std::vector<int>;

// Cores with a processor in the affinity mask, cut down to it: what taskset and containers leave.
// Empty where the system does not say.
struct AllowedCores {
  std::vector<Core> cores;
  bool mixed = false;  // of several kinds, such as performance and efficiency cores
};
AllowedCores FindCores();
// How many there are, at least 1.
int PhysicalCores();

// The cores of rank `index` of `count` on one machine, one for each of its `threads`; no two ranks
// have one in common, and where cores are mixed each has some of every kind. Empty where threads
// should not be bound: when the ranks outnumber the cores, or leave some to spare. There the system
// does better, which sees who else computes: another program would bind itself to the same cores.
std::vector<Core> ShareOfCores(const AllowedCores& all, int threads, int index, int count);

// Binds the calling thread to a core, and gives it back its mask at the end. Threads and processes
// inherit masks, so nothing may be started meanwhile. Does nothing for a core that is empty or
// outside the thread's mask, or where the system refuses.
class OnCore {
 public:
  explicit OnCore(const Core& core);
  ~OnCore();
  OnCore(const OnCore&) = delete;
  OnCore& operator=(const OnCore&) = delete;

 private:
  std::array<cpu_set_t, 4> before_;  // 4096 processors; the system refuses less than it has
  bool bound_ = false;
};

// Where the thread that makes this may run, for one that it starts later, when it may be bound.
class ThreadMask {
 public:
  ThreadMask();
  void Apply() const;  // to the calling thread

 private:
  std::array<cpu_set_t, 4> mask_;
  bool known_ = false;
};

// As top and perf show it; 15 characters at most.
void NameThisThread(const std::string& name);

}  // namespace lantern
