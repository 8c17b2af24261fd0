#include "src/base/cores.h"

#include <hwloc.h>
#include <hwloc/cpukinds.h>
#include <pthread.h>

#include <algorithm>

namespace lantern {
namespace {

using Mask = std::array<cpu_set_t, 4>;

Core ProcessorsIn(hwloc_const_cpuset_t set) {
  Core core;
  for (int id = hwloc_bitmap_first(set); id >= 0; id = hwloc_bitmap_next(set, id)) {
    core.push_back(id);
  }
  return core;
}

AllowedCores CoresIn(hwloc_topology_t topology) {
  AllowedCores all;
  hwloc_bitmap_t mine = hwloc_bitmap_alloc();
  if (hwloc_get_cpubind(topology, mine, HWLOC_CPUBIND_PROCESS) != 0) hwloc_bitmap_fill(mine);
  hwloc_bitmap_t both = hwloc_bitmap_alloc();
  for (hwloc_obj_t core = nullptr;
       (core = hwloc_get_next_obj_by_type(topology, HWLOC_OBJ_CORE, core)) != nullptr;) {
    hwloc_bitmap_and(both, core->cpuset, mine);
    if (!hwloc_bitmap_iszero(both)) all.cores.push_back(ProcessorsIn(both));
  }
  hwloc_bitmap_free(both);
  hwloc_bitmap_free(mine);
  all.mixed = hwloc_cpukinds_get_nr(topology, 0) > 1;
  return all;
}

}  // namespace

AllowedCores FindCores() {
  hwloc_topology_t topology;
  if (hwloc_topology_init(&topology) != 0) return {};
  const AllowedCores all = hwloc_topology_load(topology) == 0 ? CoresIn(topology) : AllowedCores();
  hwloc_topology_destroy(topology);
  return all;
}

int PhysicalCores() { return std::max<int>(FindCores().cores.size(), 1); }

std::vector<Core> ShareOfCores(const AllowedCores& all, int threads, int index, int count) {
  const int each = static_cast<int>(all.cores.size()) / count;
  if (threads != each) return {};
  std::vector<Core> share;
  for (int i = 0; i < each; ++i) {
    share.push_back(all.cores[all.mixed ? i * count + index : index * each + i]);
  }
  return share;
}

OnCore::OnCore(const Core& core) {
  if (core.empty() || sched_getaffinity(0, sizeof(Mask), before_.data()) != 0) return;
  Mask wanted = {};
  bool any = false;
  for (const int id : core) {
    if (!CPU_ISSET_S(id, sizeof(Mask), before_.data())) continue;
    CPU_SET_S(id, sizeof(Mask), wanted.data());
    any = true;
  }
  bound_ = any && sched_setaffinity(0, sizeof(Mask), wanted.data()) == 0;
}

OnCore::~OnCore() {
  if (bound_) sched_setaffinity(0, sizeof(Mask), before_.data());
}

ThreadMask::ThreadMask() : known_(sched_getaffinity(0, sizeof(mask_), mask_.data()) == 0) {}

void ThreadMask::Apply() const {
  if (known_) sched_setaffinity(0, sizeof(mask_), mask_.data());
}

void NameThisThread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace lantern
