// Which cores a rank gets, and that binding a thread leaves nothing behind.
#include "src/base/cores.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "src/base/thread_pool.h"

namespace lantern {
namespace {

// The processors that the calling thread may use.
std::set<int> Mask() {
  std::array<cpu_set_t, 4> mask = {};
  EXPECT_EQ(sched_getaffinity(0, sizeof(mask), mask.data()), 0);
  std::set<int> processors;
  for (int id = 0; id < 4096; ++id) {
    if (CPU_ISSET_S(id, sizeof(mask), mask.data())) processors.insert(id);
  }
  return processors;
}
std::set<int> MaskOfNewThread() {
  std::set<int> mask;
  std::thread([&mask] { mask = Mask(); }).join();
  return mask;
}

// Cores of two hardware threads, numbered as Linux commonly does.
AllowedCores Cores(int count, bool mixed = false) {
  AllowedCores all{{}, mixed};
  for (int i = 0; i < count; ++i) all.cores.push_back({i, i + count});
  return all;
}
std::vector<int> Firsts(const std::vector<Core>& cores) {
  std::vector<int> firsts;
  for (const Core& core : cores) firsts.push_back(core.at(0));
  return firsts;
}

TEST(Cores, AreWithinTheMask) {
  const std::vector<Core> cores = FindCores().cores;
  EXPECT_GE(PhysicalCores(), 1);
  EXPECT_LE(cores.size(), Mask().size());
  std::set<int> seen;
  for (const Core& core : cores) {
    EXPECT_FALSE(core.empty());
    for (const int id : core) {
      EXPECT_TRUE(Mask().count(id)) << id;
      EXPECT_TRUE(seen.insert(id).second) << id;
    }
  }
}

TEST(Cores, ASmallerMaskHasFewer) {
  const std::vector<Core> cores = FindCores().cores;
  if (cores.size() < 2) GTEST_SKIP() << "one core";
  const OnCore bound(cores[1]);
  // Of the whole process: gtest's main thread is its only one.
  EXPECT_EQ(FindCores().cores, std::vector<Core>{cores[1]});
}

TEST(Cores, RanksOfAMachineShareThemOut) {
  EXPECT_EQ(Firsts(ShareOfCores(Cores(8), 8, 0, 1)), (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7}));
  EXPECT_EQ(Firsts(ShareOfCores(Cores(8), 4, 0, 2)), (std::vector<int>{0, 1, 2, 3}));
  EXPECT_EQ(Firsts(ShareOfCores(Cores(8), 4, 1, 2)), (std::vector<int>{4, 5, 6, 7}));
  EXPECT_EQ(Firsts(ShareOfCores(Cores(7), 3, 1, 2)), (std::vector<int>{3, 4, 5}));
  EXPECT_EQ(ShareOfCores(Cores(2), 1, 1, 2), (std::vector<Core>{{1, 3}}));
}

TEST(Cores, OfUnlikeSpeedEachRankGetsSomeOfEveryKind) {
  EXPECT_EQ(Firsts(ShareOfCores(Cores(6, true), 3, 0, 2)), (std::vector<int>{0, 2, 4}));
  EXPECT_EQ(Firsts(ShareOfCores(Cores(6, true), 3, 1, 2)), (std::vector<int>{1, 3, 5}));
}

TEST(Cores, ThreadsStayFreeWhereTheyDoNotFillTheMachine) {
  EXPECT_TRUE(ShareOfCores(Cores(8), 4, 0, 1).empty());   // cores to spare
  EXPECT_TRUE(ShareOfCores(Cores(8), 16, 0, 1).empty());  // more threads than cores
  EXPECT_TRUE(ShareOfCores(Cores(2), 1, 2, 4).empty());   // more ranks than cores
  EXPECT_TRUE(ShareOfCores({}, 1, 0, 1).empty());         // the system does not say
}

TEST(OnCore, BindsAndGivesTheMaskBack) {
  const std::set<int> before = Mask();
  for (const Core& core : FindCores().cores) {
    {
      const OnCore bound(core);
      EXPECT_EQ(Mask(), std::set<int>(core.begin(), core.end()));
    }
    EXPECT_EQ(Mask(), before);
  }
  EXPECT_EQ(MaskOfNewThread(), before);
}

TEST(OnCore, LeavesTheMaskWhereTheCoreIsNotInIt) {
  const std::set<int> before = Mask();
  for (const Core& core : {Core{}, Core{4000}}) {
    const OnCore bound(core);
    EXPECT_EQ(Mask(), before);
  }
}

TEST(ThreadPool, BindsWorkersAndNotItsCaller) {
  const std::vector<Core> cores = FindCores().cores;
  const std::set<int> before = Mask();
  const int threads = static_cast<int>(cores.size());
  ThreadPool pool(threads, true, cores);
  std::vector<std::set<int>> masks(threads);
  std::atomic<int> begun = 0;
  // Every task waits for all others, so that each thread runs one.
  pool.ParallelFor(threads, [&](int task) {
    masks[task] = Mask();
    for (++begun; begun < threads;) std::this_thread::yield();
  });
  std::set<std::set<int>> expected{before}, seen(masks.begin(), masks.end());
  for (int i = 1; i < threads; ++i) expected.insert({cores[i].begin(), cores[i].end()});
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(MaskOfNewThread(), before);
}

}  // namespace
}  // namespace lantern
