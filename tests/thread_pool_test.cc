#include "src/base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <numeric>
#include <vector>

namespace lantern {
namespace {

class ThreadPoolTest : public testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  ThreadPool pool_{std::get<0>(GetParam()), std::get<1>(GetParam())};
};

TEST_P(ThreadPoolTest, RunsEveryTaskOnceInEveryRegion) {
  for (int region = 0; region < 2000; ++region) {
    const int tasks = region % 17;
    std::vector<int> ran(tasks, 0);  // plain ints: the sanitizer sees a task that runs twice
    pool_.ParallelFor(tasks, [&](int task) { ran[task] += region + 1; });
    EXPECT_EQ(std::vector<int>(tasks, region + 1), ran);
  }
}

TEST_P(ThreadPoolTest, SeesWhatEarlierRegionsWrote) {
  std::vector<int64_t> values(64);
  std::iota(values.begin(), values.end(), 0);
  for (int region = 0; region < 500; ++region) {
    std::vector<int64_t> next(values.size());
    pool_.ParallelFor(static_cast<int>(values.size()),
                      [&](int i) { next[i] = values[i] + values[(i + 1) % values.size()] % 1000; });
    values = next;
  }
  std::vector<int64_t> expected(values.size());
  std::iota(expected.begin(), expected.end(), 0);
  for (int region = 0; region < 500; ++region) {
    std::vector<int64_t> next(expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      next[i] = expected[i] + expected[(i + 1) % expected.size()] % 1000;
    }
    expected = next;
  }
  EXPECT_EQ(expected, values);
}

TEST_P(ThreadPoolTest, WakesWorkersThatSleep) {
  for (int round = 0; round < 5; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));  // far longer than the spinning
    std::atomic<int> sum = 0;
    pool_.ParallelFor(100, [&](int task) { sum += task; });
    EXPECT_EQ(4950, sum);
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, ThreadPoolTest,
                         testing::Combine(testing::Values(1, 2, 3, 8), testing::Bool()));

// Work really spreads: each of two tasks waits for the other to have begun.
TEST(ThreadPool, TasksRunAtTheSameTime) {
  for (bool spin : {true, false}) {
    ThreadPool pool(2, spin);
    std::atomic<int> begun = 0;
    std::atomic<bool> met[2] = {false, false};
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    pool.ParallelFor(2, [&](int task) {
      ++begun;
      while (begun < 2 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
      met[task] = begun == 2;
    });
    EXPECT_TRUE(met[0]);
    EXPECT_TRUE(met[1]);
  }
}

TEST(ThreadPool, ComesAndGoesWithoutWork) {
  for (int i = 0; i < 50; ++i) ThreadPool pool(4, i % 2 == 0);
}

}  // namespace
}  // namespace lantern
