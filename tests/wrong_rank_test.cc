// A rank that computes, encodes or remembers wrongly in a whole run: who notices, and what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstring>
#include <filesystem>

#include "models/synth.h"
#include "tests/altering_comm.h"
#include "tests/thread_cluster.h"

namespace lantern {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kLayers = 4, kDim = 256, kMostRanks = 6;

class WrongRankTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    path_ = testing::TempDir() + "wrong_rank_test.gguf";
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = kLayers;
    shape.dim = kDim;
    ThreadPool threads(2);
    WriteSynthetic(shape, "q8_0", 3, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
  }
  static void TearDownTestSuite() {
    file_.reset();
    std::filesystem::remove(path_);
  }

  static Request Ask(int tokens, int seed = 0) {
    Request request;
    for (int i = 0; i < 20; ++i) request.prompt.push_back((31 * i + 7 * seed + 1) % 2048);
    request.max_tokens = tokens;
    return request;
  }

  static std::string path_;
  static std::unique_ptr<WeightFile> file_;
};
std::string WrongRankTest::path_;
std::unique_ptr<WeightFile> WrongRankTest::file_;

// ---- encodes wrongly, in a run whose sums travel in lower precision ----

constexpr size_t kEncodedBytes = kDim + kDim / kWireBlock * sizeof(uint16_t);  // a token's, as q8

// What ranks did with encoded sums of one token.
struct Watched {
  std::array<std::atomic<int>, kMostRanks> sent{};
  std::atomic<int> all{0};
};

// Counts them, and doubles the scale of a block in the `nth` of rank `wrong`.
ThreadCluster::Wrap EncodesWrongly(int wrong, int nth, Watched& watched) {
  return [=, &watched](int rank, std::unique_ptr<Communicator> comm) {
    const auto sends = [=, &watched](std::span<std::byte> bytes) {
      if (bytes.size() != kEncodedBytes) return;
      if (++watched.sent[rank] != nth || rank != wrong) return;
      uint16_t scale;
      std::memcpy(&scale, bytes.data() + kDim, sizeof(scale));
      scale += 1 << 10;
      std::memcpy(bytes.data() + kDim, &scale, sizeof(scale));
    };
    return std::make_unique<AlteringComm>(std::move(comm), sends);
  };
}

class FallbackTest : public WrongRankTest, public testing::WithParamInterface<int> {};

// tp 2 x pp 2, and every sum is checked: two layers a stage, so four sums of a token on each rank.
TEST_P(FallbackTest, AllStagesGoBackToF32AndTheLeaderKnowsWhy) {
  const int wrong = GetParam(), stage = wrong / 2, other = 2 * (1 - stage);
  RunSpec spec = TestSpec(*file_, 2, 2, 200);
  spec.reduce = static_cast<int>(WireFormat::kQ8);
  spec.check_one_in = 1;
  Watched watched;
  ThreadCluster cluster(spec, *file_, EncodesWrongly(wrong, 4 * 5 + 2, watched));
  const Stage& leader = cluster.leader().stage();
  cluster.engine().Submit(Ask(40));
  for (int step = 0; step < 5; ++step) cluster.engine().Step();
  EXPECT_FALSE(leader.fallback());
  EXPECT_EQ(leader.sums().format(), WireFormat::kQ8);
  for (int step = 0; step < 5; ++step) cluster.engine().Step();
  // The second sum of its stage's sixth token was the last one of that stage.
  EXPECT_EQ(watched.sent[2 * stage], 22);
  EXPECT_EQ(watched.sent[2 * stage + 1], 22);
  // The later stage hears of it with that step's plan, the earlier one with the next.
  EXPECT_EQ(watched.sent[other], stage == 0 ? 20 : 24);
  EXPECT_EQ(watched.sent[other + 1], watched.sent[other]);
  EXPECT_EQ(leader.sums().format(), WireFormat::kF32);
  EXPECT_EQ(leader.fallback().rank, wrong);
  EXPECT_EQ(leader.fallback().site.layer, 2 * stage);
  EXPECT_EQ(leader.fallback().site.part, SumSite::kFeedForward);
  const int64_t checked = leader.sums().checked_sums();
  EXPECT_GT(checked, 0);
  while (cluster.engine().Step()) {
  }
  EXPECT_EQ(leader.sums().checked_sums(), checked);
  // A later answer is the exact one, on all ranks.
  const auto after = cluster.Generate(Ask(20, 1));
  ThreadCluster exact(TestSpec(*file_, 2, 2, 200), *file_);
  EXPECT_EQ(LogitsHash(*after), LogitsHash(*exact.Generate(Ask(20, 1))));
}
INSTANTIATE_TEST_SUITE_P(Ranks, FallbackTest, testing::Values(0, 1, 2, 3));

}  // namespace
}  // namespace lantern
