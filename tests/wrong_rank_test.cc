// A rank that computes, encodes or remembers wrongly in a whole run: who notices, and what is said.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <span>
#include <vector>

#include "models/synth.h"
#include "src/engine/residual_check.h"
#include "src/tensor/residual.h"
#include "tests/altering_comm.h"
#include "tests/thread_cluster.h"

namespace lantern {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int kLayers = 4, kDim = 192, kMostRanks = 6;

class WrongRankTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    path_ = testing::TempDir() + "wrong_rank_test.gguf";
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = kLayers;
    shape.dim = kDim;
    shape.ffn = 512;  // 16 leaves, so that each rank sends one vector a sum
    ThreadPool threads(2);
    WriteSynthetic(shape, "q8_0", 3, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
  }
  static void TearDownTestSuite() {
    file_.reset();
    std::filesystem::remove(path_);
  }

  static Request Ask(int tokens, int seed = 0, int prompt = 20) {
    Request request;
    for (int i = 0; i < prompt; ++i) request.prompt.push_back((31 * i + 7 * seed + 1) % 2048);
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

// ---- computes wrongly after a sum ----

constexpr size_t kVectorBytes = kDim * sizeof(float);  // a token's

// Rank `wrong` remembers one of the partial sums that it got for so many tokens wrongly: the `nth`.
ThreadCluster::Wrap RemembersWrongly(int wrong, int nth, size_t tokens = 1) {
  return [=](int rank, std::unique_ptr<Communicator> comm) -> std::unique_ptr<Communicator> {
    if (rank != wrong) return comm;
    const auto got = [=, seen = 0](std::span<std::byte> bytes) mutable {
      if (bytes.size() == tokens * kVectorBytes && ++seen == nth) bytes[2] ^= std::byte{0x40};
    };
    return std::make_unique<AlteringComm>(std::move(comm), AlteringComm::Alter(), got);
  };
}

struct WrongMemory {
  int tp, pp, wrong;
  int nth;  // vector of those that the rank gets
  int steps_before;
  std::vector<const char*> words;  // of what the leader's people read
};

class ResidualTest : public WrongRankTest, public testing::WithParamInterface<WrongMemory> {};

TEST_P(ResidualTest, IsNoticedWithinATokenAndNamed) {
  const WrongMemory& p = GetParam();
  ThreadCluster cluster(TestSpec(*file_, p.tp, p.pp, 200), *file_,
                        RemembersWrongly(p.wrong, p.nth));
  const auto sequence = cluster.engine().Submit(Ask(100));
  std::string said;
  try {
    while (cluster.engine().Step()) {
    }
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kPeerLost);
    said = e.what();
  }
  cluster.Abort("The test is over.");
  for (const char* words : p.words) EXPECT_THAT(said, HasSubstr(words));
  EXPECT_THAT(said, AllOf(HasSubstr("computes wrongly"), HasSubstr("lantern check")));
  EXPECT_LE(p.steps_before, sequence->generated());
  EXPECT_LE(sequence->generated(), p.steps_before + 1);  // that token at most
}
// After the prompt's, each token has eight sums in one stage of four layers, and four in each of
// two stages, of which the second gets a hidden state before them.
INSTANTIATE_TEST_SUITE_P(
    Ranks, ResidualTest,
    testing::Values(
        // The sixth sum of the tenth token after the prompt: layer 2's feed-forward.
        WrongMemory{2, 1, 1, 9 * 8 + 6, 10, {"After layer 2 rank 0 and rank 1 hold different"}},
        WrongMemory{2, 1, 0, 9 * 8 + 1, 10, {"After layer 0 rank 0 and rank 1 hold different"}},
        WrongMemory{2, 2, 1, 9 * 4 + 3, 10, {"After layer 1 rank 0 and rank 1 hold different"}},
        WrongMemory{2, 2, 3, 9 * 5 + 4, 10, {"After layer 3 rank 2 and rank 3 hold different"}},
        WrongMemory{2, 2, 2, 9 * 5 + 3, 10, {"After layer 2 rank 2 and rank 3 hold different"}},
        // Three vectors of others for each sum.
        WrongMemory{
            4, 1, 2, 9 * 24 + 4, 10, {"After layer 0 rank 2 holds other numbers than the 3"}},
        WrongMemory{4, 1, 0, 9 * 24 + 24, 10, {"After layer 3 rank 0 holds other numbers than"}}));

// A prompt's chunk is computed in two halves, here of 40 tokens, whose sums take turns: first half,
// second half, of the attention, then of the feed-forward network.
TEST_F(WrongRankTest, IsNoticedInEitherHalfOfAChunk) {
  for (const int nth : {4 * 2 + 1, 4 * 2 + 2, 4 * 2 + 3, 4 * 2 + 4}) {  // layer 2
    ThreadCluster cluster(TestSpec(*file_, 2, 1, 200), *file_, RemembersWrongly(1, nth, 40));
    cluster.engine().Submit(Ask(20, 0, 80));
    std::string said;
    try {
      while (cluster.engine().Step()) {
      }
    } catch (const Error& e) {
      said = e.what();
    }
    cluster.Abort("The test is over.");
    EXPECT_THAT(said, HasSubstr("After layer 2 rank 0 and rank 1 hold different")) << nth;
  }
}

// Sums of the step may be under way when it fails; nothing waits for them, and nothing hangs.
TEST_F(WrongRankTest, WhatEndedAStepIsSaidAgain) {
  const auto wrap = [](int rank, std::unique_ptr<Communicator> comm) {
    const auto got = [rank, seen = 0](std::span<std::byte> bytes) mutable {
      const bool wrong = rank == 0 && bytes.size() == 40 * kVectorBytes && ++seen == 5;
      if (wrong) std::memset(bytes.data(), 0xff, bytes.size());  // no numbers
    };
    return std::make_unique<AlteringComm>(std::move(comm), AlteringComm::Alter(), got);
  };
  ThreadCluster cluster(TestSpec(*file_, 2, 1, 200), *file_, wrap);
  const auto first = cluster.engine().Submit(Ask(20, 0, 80));
  std::vector<std::string> said;
  for (int step = 0; step < 2; ++step) {
    try {
      cluster.engine().Step();
    } catch (const Error& e) {
      said.push_back(e.what());  // rank 0's own, or rank 1's, to which those numbers travel
    }
  }
  cluster.engine().Cancel(first);
  cluster.Abort("The test is over.");
  ASSERT_EQ(said.size(), 2u);
  EXPECT_THAT(said[0], HasSubstr("Layer 1 gave a value that is not a number"));
  EXPECT_EQ(said[1], said[0]);
}

TEST_F(WrongRankTest, NoHashesOfOneRank) {
  ThreadCluster cluster(TestSpec(*file_, 1, 2, 60), *file_);
  EXPECT_EQ(cluster.Generate(Ask(30))->generated(), 30);
}

TEST(DifferenceText, NamesThoseWhoDifferFromMost) {
  const std::string names[] = {"a (rank 4)", "b", "c", "d", "e"};
  const uint32_t two[] = {1, 2}, one_odd[] = {1, 2, 1}, two_odd[] = {3, 1, 1, 2, 1};
  const uint32_t none[] = {1, 2, 1, 2};
  EXPECT_THAT(DifferenceText(9, std::span(names).first(2), two),
              HasSubstr("After layer 9 a (rank 4) and b hold different numbers"));
  EXPECT_THAT(DifferenceText(9, std::span(names).first(3), one_odd),
              HasSubstr("layer 9 b holds other numbers than the 2 ranks"));
  EXPECT_THAT(DifferenceText(9, names, two_odd),
              HasSubstr("layer 9 a (rank 4) and d hold other numbers than the 3 ranks"));
  EXPECT_THAT(DifferenceText(9, std::span(names).first(4), none),
              HasSubstr("a (rank 4) and b and c and d hold different numbers"));
}

TEST(Residual, OneValueThatIsNoNumberIsFoundWhereverItIs) {
  for (const size_t n : {1, 15, 16, 17, 63, 192}) {
    std::vector<float> x(n, -1.5f);
    x[0] = std::numeric_limits<float>::max();
    x[n / 2] = -std::numeric_limits<float>::denorm_min();
    EXPECT_TRUE(AllFinite(x)) << n;
    const uint32_t hash = ResidualHash(x, 0);
    for (size_t i = 0; i < n; ++i) {
      for (const float bad : {std::numeric_limits<float>::infinity(),
                              -std::numeric_limits<float>::infinity(), std::nanf("")}) {
        const float before = std::exchange(x[i], bad);
        EXPECT_FALSE(AllFinite(x)) << i << " of " << n;
        EXPECT_NE(ResidualHash(x, 0), hash);
        x[i] = before;
      }
    }
  }
  EXPECT_TRUE(AllFinite({}));
}

// As residual.h says it, an element at a time.
uint32_t SumOfMixes(std::span<const float> x, uint32_t first) {
  uint32_t sum = 0;
  for (const float value : x) {
    uint32_t h = std::bit_cast<uint32_t>(value) + 0x9e3779b9u * first++;
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    sum += h ^ h >> 16;
  }
  return sum;
}

TEST(Residual, TheHashOfTheWholeIsTheSumOfItsPartsOnes) {
  std::vector<float> x(1000);
  for (size_t i = 0; i < x.size(); ++i) x[i] = std::sin(static_cast<float>(i));
  for (const size_t n : {0, 1, 15, 16, 17, 31, 100, 1000}) {
    const std::span<const float> whole = std::span(x).first(n);
    for (const size_t first : {size_t{0}, size_t{3}, size_t{1} << 32, (size_t{1} << 32) - 5}) {
      const uint32_t hash = ResidualHash(whole, first);
      EXPECT_EQ(hash, SumOfMixes(whole, static_cast<uint32_t>(first))) << n << " from " << first;
      for (const size_t cut : {n / 2, n / 3, n}) {
        EXPECT_EQ(hash, ResidualHash(whole.first(cut), first) +
                            ResidualHash(whole.subspan(cut), first + cut));
      }
    }
  }
  EXPECT_EQ(ResidualHash({}, 7), 0u);
}

TEST(Residual, TheHashTellsPlaces) {
  const float one[] = {1, 2, 3}, other[] = {2, 1, 3};
  EXPECT_NE(ResidualHash(one, 0), ResidualHash(other, 0));
  EXPECT_NE(ResidualHash(one, 0), ResidualHash(one, 1));
}

}  // namespace
}  // namespace lantern
