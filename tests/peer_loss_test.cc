// Kills, stops or ends one process of three in the middle of a loop of sums over Gloo. Within five
// seconds each of the others must end with a sentence that names it; nobody else may be blamed,
// although the survivors see each other's connections close too.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "net/parallel_plan.h"
#include "net/running_sum.h"
#include "src/base/error.h"
#include "tests/forked_ranks.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

constexpr int kRanks = 3;
#if LANTERN_SANITIZED
constexpr int kTimes = 1;  // each takes seconds of waiting for heartbeats
constexpr size_t kFloats = 100000;
#else
constexpr int kTimes = 2;
constexpr size_t kFloats = 400000;
#endif
constexpr std::chrono::seconds kStartLimit{60};
constexpr std::chrono::seconds kLossLimit{5};

enum class Fate { kKilled, kStopped, kLeft, kReported };

// Sums for ever, mostly in the middle of a long message; says so once it is under way. A victim
// that ends by itself does so in between.
std::string SumForEver(RankEnd& end, bool leaves, bool reports) {
  const int size = end.world->size();
  const SumPlan plan(size, CutByShare(MakePlan(1, size, 1), 0, size));
  std::vector<float> mine(kFloats, 1.0f), out(mine.size());
  const std::span<const float> sums[] = {mine};
  for (int i = 0;; ++i) {
    TreeSum(*end.world, plan, out, sums);
    if (i == 20) end.WriteLine("under way");
    if (i == 24 && leaves) return "left";
    if (i == 24 && reports) {
      end.client->ReportError("Out of memory.");
      return "reported";
    }
  }
}

const char* ExpectedWords(Fate fate, int victim) {
  switch (fate) {
    case Fate::kKilled:
    case Fate::kStopped:
      return "stopped answering: no heartbeat for 2.";
    case Fate::kLeft:
      return victim == 0 ? "ended early." : "left before the end.";
    case Fate::kReported:
      return "failed: Out of memory.";
  }
  return "";
}

void LoseOne(int victim, Fate fate, bool shared_memory) {
  ForkedRanks ranks(kRanks,
                    [&](RankEnd& end) {
                      const bool self = end.rank == victim;
                      return SumForEver(end, self && fate == Fate::kLeft,
                                        self && fate == Fate::kReported);
                    },
                    {shared_memory, {}});
  for (int rank = 0; rank < kRanks; ++rank) {
    ASSERT_EQ(ranks.ReadLine(rank, kStartLimit), "under way") << "rank " << rank;
  }
  const auto start = Clock::now();
  if (fate == Fate::kKilled) ranks.Signal(victim, SIGKILL);
  if (fate == Fate::kStopped) ranks.Signal(victim, SIGSTOP);
  const std::string name = fmt::format("Rank {} (", victim);
  const std::string pid = fmt::format(", pid {})", ranks.pid(victim));
  for (int rank = 0; rank < kRanks; ++rank) {
    if (rank == victim) continue;
    const std::string line = ranks.ReadLine(rank, kLossLimit);
    EXPECT_THAT(line, ::testing::StartsWith("error: " + name)) << "survivor " << rank;
    EXPECT_THAT(line, HasSubstr(pid)) << "survivor " << rank;
    EXPECT_THAT(line, HasSubstr(ExpectedWords(fate, victim))) << "survivor " << rank;
    EXPECT_LT(Clock::now() - start, kLossLimit);
    EXPECT_EQ(ranks.ReadLine(rank, kLossLimit), "(end)") << "survivor " << rank << " hangs";
  }
}

// The victim's rank; whether the ranks talk through shared memory or over TCP.
class PeerLoss : public ::testing::TestWithParam<std::tuple<int, bool>> {
 protected:
  static int victim() { return std::get<0>(GetParam()); }
  static void Lose(Fate fate) {
    for (int i = 0; i < kTimes; ++i) LoseOne(victim(), fate, std::get<1>(GetParam()));
  }
};

TEST_P(PeerLoss, KilledIsNamed) { Lose(Fate::kKilled); }

TEST_P(PeerLoss, StoppedIsNamed) { Lose(Fate::kStopped); }

TEST_P(PeerLoss, LeavingEarlyIsNamed) { Lose(Fate::kLeft); }

TEST_P(PeerLoss, ReportingAnErrorIsNamed) {
  if (victim() == 0) GTEST_SKIP() << "the leader has no client to report with";
  Lose(Fate::kReported);
}

INSTANTIATE_TEST_SUITE_P(Victim, PeerLoss,
                         ::testing::Combine(::testing::Range(0, kRanks), ::testing::Bool()));

// A process that was stopped for too long ends by itself when it goes on.
TEST(Resumed, LearnsThatItWasGivenUp) {
  for (int victim = 0; victim < 2; ++victim) {
    ForkedRanks ranks(2, [](RankEnd& end) { return SumForEver(end, false, false); });
    for (int rank = 0; rank < 2; ++rank) ASSERT_EQ(ranks.ReadLine(rank, kStartLimit), "under way");
    ranks.Signal(victim, SIGSTOP);
    EXPECT_THAT(ranks.ReadLine(1 - victim, kLossLimit), HasSubstr(fmt::format("Rank {}", victim)));
    ranks.Signal(victim, SIGCONT);
    EXPECT_THAT(ranks.ReadLine(victim, kLossLimit), ::testing::StartsWith("error: "));
    EXPECT_EQ(ranks.ReadLine(victim, kLossLimit), "(end)");
  }
}

}  // namespace
}  // namespace lantern
