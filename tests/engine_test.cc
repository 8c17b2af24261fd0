// The engine on one rank: scheduling, reuse of a cached prefix, cancelling, limits.
#include "src/engine/engine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "models/synth.h"
#include "tests/thread_cluster.h"

namespace lantern {
namespace {

class EngineTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    path_ = testing::TempDir() + "engine_test.gguf";
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = 2;
    ThreadPool threads(2);
    WriteSynthetic(shape, "q8_0", 3, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
  }
  static void TearDownTestSuite() {
    file_.reset();
    std::filesystem::remove(path_);
  }

  static Request Ask(std::vector<int> prompt, int tokens) {
    Request request;
    request.prompt = std::move(prompt);
    request.max_tokens = tokens;
    return request;
  }
  static std::vector<int> Ids(int count, int seed = 0) {
    std::vector<int> ids(count);
    for (int i = 0; i < count; ++i) ids[i] = (31 * i + 7 * seed + 1) % 2048;
    return ids;
  }

  static std::string path_;
  static std::unique_ptr<WeightFile> file_;
};
std::string EngineTest::path_;
std::unique_ptr<WeightFile> EngineTest::file_;

// KiB of the file that are in this process's memory, by whatever mapping.
long ResidentKib(const std::string& path) {
  std::ifstream maps("/proc/self/smaps");
  long sum = 0;
  bool ours = false;
  for (std::string line; std::getline(maps, line);) {
    if (line.find(" kB") == std::string::npos) ours = line.ends_with(path);  // begins a mapping
    if (ours && line.starts_with("Rss:")) sum += std::stol(line.substr(4));
  }
  return sum;
}

TEST_F(EngineTest, LoadingGivesTheFilesPagesBack) {
#if defined(LANTERN_SANITIZED)
  GTEST_SKIP() << "sanitizers keep maps of their own";
#endif
  const long whole = static_cast<long>(std::filesystem::file_size(path_) / 1024);
  const auto file = OpenWeightFile(path_);
  for (const std::string& name : file->names()) {
    const StoredTensor* tensor = file->Find(name);
    for (int64_t row = 0; row < tensor->rows; ++row) tensor->Row(row);
  }
  EXPECT_GT(ResidentKib(path_), whole * 9 / 10);  // what a reader that gives nothing back leaves
  ThreadCluster cluster(TestSpec(*file, 1, 1, 64), *file);
  cluster.Generate(Ask(Ids(5), 5));
  // The embedding, which stays in the file, was read above; all else is gone.
  const StoredTensor* table = file->Find("token_embd.weight");
  const long kept = static_cast<long>(table->rows * table->row_bytes() / 1024);
  EXPECT_LT(ResidentKib(path_), kept + 300);
  EXPECT_LT(kept + 300, whole / 2);
}

TEST_F(EngineTest, StopIdEndsTheAnswerAndIsNotShown) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 64), *file_);
  const auto free_run = cluster.Generate(Ask(Ids(5), 10));
  const int stop = free_run->tokens[5 + 4];
  Request request = Ask(Ids(5), 10);
  request.stop_ids = {stop};
  std::vector<int> shown;
  request.on_token = [&](int id) { shown.push_back(id); };
  const auto stopped = cluster.Generate(std::move(request));
  EXPECT_EQ(stopped->finish, FinishReason::kStop);
  EXPECT_EQ(stopped->tokens.back(), stop);
  EXPECT_EQ(shown.size() + 1, static_cast<size_t>(stopped->generated()));
  EXPECT_TRUE(std::equal(stopped->tokens.begin(), stopped->tokens.end(), free_run->tokens.begin()));
}

TEST_F(EngineTest, AnswerEndsWithTheContext) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 20), *file_);
  const auto sequence = cluster.Generate(Ask(Ids(15), 100));
  EXPECT_EQ(sequence->finish, FinishReason::kContext);
  EXPECT_EQ(sequence->tokens.size(), 20u);
}

TEST_F(EngineTest, ReusedPrefixChangesNoBit) {
  ThreadCluster cluster(TestSpec(*file_, 2, 1, 200), *file_);
  Engine& engine = cluster.engine();
  std::vector<int> second = Ids(90);
  second.resize(70);
  second.insert(second.end(), {5, 6, 7, 8, 9});
  const auto fresh = cluster.Generate(Ask(second, 20));

  engine.KeepFinished(true);
  const auto base = cluster.Generate(Ask(Ids(90), 10));
  const auto reused = engine.Submit(Ask(second, 20), base);
  EXPECT_EQ(reused->reused, 70);
  engine.Finish(*reused);
  EXPECT_EQ(reused->tokens, fresh->tokens);
  EXPECT_EQ(LogitsHash(*reused), LogitsHash(*fresh));
  EXPECT_TRUE(base->blocks.empty());
}

TEST_F(EngineTest, ReuseOfTheWholePromptStillComputesItsLastToken) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 100), *file_);
  Engine& engine = cluster.engine();
  engine.KeepFinished(true);
  const auto base = cluster.Generate(Ask(Ids(40), 5));
  const auto again = engine.Submit(Ask(Ids(40), 5), base);
  EXPECT_EQ(again->reused, 39);
  engine.Finish(*again);
  EXPECT_EQ(again->tokens, base->tokens);
  EXPECT_EQ(LogitsHash(*again), LogitsHash(*base));
}

TEST_F(EngineTest, CancelGivesBlocksBackAndOthersGoOn) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 64, /*sequences=*/2), *file_);
  Engine& engine = cluster.engine();
  const auto alone = cluster.Generate(Ask(Ids(10, 2), 20));
  const auto cancelled = engine.Submit(Ask(Ids(10, 1), 50));
  const auto kept = engine.Submit(Ask(Ids(10, 2), 20));
  for (int i = 0; i < 5; ++i) engine.Step();
  engine.Cancel(cancelled);
  EXPECT_EQ(cancelled->finish, FinishReason::kCancelled);
  EXPECT_TRUE(cancelled->blocks.empty());
  engine.Finish(*kept);
  EXPECT_EQ(kept->tokens, alone->tokens);
}

// Every stage finishes the steps that it has, and the group goes on.
TEST_F(EngineTest, CancelWhileStepsAreInFlight) {
  ThreadCluster cluster(TestSpec(*file_, 1, 2, 200, /*sequences=*/2), *file_);
  Engine& engine = cluster.engine();
  engine.KeepFinished(true);
  const auto whole = cluster.Generate(Ask(Ids(150, 1), 20));
  engine.Release(*whole);
  // In the middle of a prompt of several chunks, then of an answer.
  RunSpec spec = TestSpec(*file_, 1, 2, 200, /*sequences=*/2);
  spec.chunk = 10;
  ThreadCluster chunked(spec, *file_);
  Engine& other = chunked.engine();
  other.KeepFinished(true);
  std::shared_ptr<Sequence> base;
  for (const int steps : {4, 18}) {
    base = other.Submit(Ask(Ids(150, 1), 20), base);
    for (int i = 0; i < steps; ++i) other.Step();
    EXPECT_FALSE(base->done());
    other.Cancel(base);
    EXPECT_EQ(base->finish, FinishReason::kCancelled);
    EXPECT_FALSE(other.Step());
  }
  EXPECT_GT(base->cached, 100);
  const auto again = other.Submit(Ask(Ids(150, 1), 20), base);
  EXPECT_GT(again->reused, 100);
  other.Finish(*again);
  EXPECT_EQ(again->tokens, whole->tokens);
  EXPECT_EQ(LogitsHash(*again), LogitsHash(*whole));
}

// One of two is cancelled while both are in flight; its blocks serve a third at once.
TEST_F(EngineTest, CancelInFlightLeavesTheOthersAlone) {
  ThreadCluster cluster(TestSpec(*file_, 1, 2, 64, /*sequences=*/2), *file_);
  Engine& engine = cluster.engine();
  const auto second = cluster.Generate(Ask(Ids(40, 2), 20));
  const auto third = cluster.Generate(Ask(Ids(40, 3), 20));
  const auto cancelled = engine.Submit(Ask(Ids(40, 1), 20));
  const auto kept = engine.Submit(Ask(Ids(40, 2), 20));
  for (int i = 0; i < 5; ++i) engine.Step();
  engine.Cancel(cancelled);
  const size_t generated = cancelled->tokens.size();
  const auto late = engine.Submit(Ask(Ids(40, 3), 20));
  engine.Finish(*kept);
  engine.Finish(*late);
  EXPECT_EQ(kept->tokens, second->tokens);
  EXPECT_EQ(LogitsHash(*kept), LogitsHash(*second));
  EXPECT_EQ(late->tokens, third->tokens);
  EXPECT_EQ(LogitsHash(*late), LogitsHash(*third));
  EXPECT_EQ(cancelled->tokens.size(), generated);
}

TEST_F(EngineTest, StopWhileStepsAreInFlight) {
  RunSpec spec = TestSpec(*file_, 2, 2, 200, /*sequences=*/3);
  spec.chunk = 10;
  spec.in_flight = 3;
  ThreadCluster cluster(spec, *file_);
  for (int i = 0; i < 3; ++i) cluster.engine().Submit(Ask(Ids(100, i), 20));
  for (int i = 0; i < 7; ++i) cluster.engine().Step();
}  // the cluster stops, and its followers come home

// A rank that ends in the middle ends the others' waits, and nothing is left in memory that is
// gone.
TEST_F(EngineTest, ErrorWhileStepsAreInFlight) {
  RunSpec spec = TestSpec(*file_, 1, 2, 200);
  spec.chunk = 10;
  ThreadCluster cluster(spec, *file_);
  cluster.engine().Submit(Ask(Ids(100), 20));
  for (int i = 0; i < 3; ++i) cluster.engine().Step();
  cluster.Abort("The test ended it.");
  EXPECT_THROW(
      {
        while (cluster.engine().Step()) {
        }
      },
      Error);
}

// Rows that the ranks are asked about again, while later steps are in flight.
TEST_F(EngineTest, MoreCandidatesWhileStepsAreInFlight) {
  const auto ask = [&](int seed) {
    Request request = Ask(Ids(30, seed), 20);
    request.sampling = {.temperature = 50, .top_p = 0.98f, .seed = static_cast<uint64_t>(seed)};
    return request;
  };
  std::vector<std::vector<int>> expected;
  ThreadCluster alone(TestSpec(*file_, 1, 1, 64), *file_);
  for (int i = 0; i < 4; ++i) expected.push_back(alone.Generate(ask(i))->tokens);
  for (const int in_flight : {1, 2, 3}) {
    RunSpec spec = TestSpec(*file_, 1, 2, 64, /*sequences=*/4);
    spec.in_flight = in_flight;
    ThreadCluster cluster(spec, *file_);
    std::vector<std::shared_ptr<Sequence>> all;
    for (int i = 0; i < 4; ++i) all.push_back(cluster.engine().Submit(ask(i)));
    while (cluster.engine().Step()) {
    }
    for (int i = 0; i < 4; ++i) EXPECT_EQ(all[i]->tokens, expected[i]) << in_flight << ", " << i;
  }
}

// Ranks that queue steps, as those with GPUs do, and end them when they are collected: here, where
// a step is done at once, the order of their messages is what shows.
RunSpec QueuedSpec(const WeightFile& file, int tp, int in_flight) {
  RunSpec spec = TestSpec(file, tp, 1, 64, /*sequences=*/4);
  spec.in_flight = in_flight;
  spec.queues_on_host = true;
  return spec;
}

TEST_F(EngineTest, QueuedStepsGiveTheSame) {
  const auto ask = [&](int seed) {
    Request request = Ask(Ids(30, seed), 20);
    // The last two are asked about again.
    if (seed > 0) request.sampling = {.temperature = 1, .top_k = 40, .seed = uint64_t(seed)};
    if (seed > 1) request.sampling = {.temperature = 50, .top_p = 0.98f, .seed = uint64_t(seed)};
    return request;
  };
  std::vector<std::shared_ptr<Sequence>> expected;
  ThreadCluster alone(TestSpec(*file_, 1, 1, 64), *file_);
  for (int i = 0; i < 4; ++i) expected.push_back(alone.Generate(ask(i)));
  for (const int tp : {1, 2, 3}) {
    for (const int in_flight : {1, 2, 3}) {
      ThreadCluster cluster(QueuedSpec(*file_, tp, in_flight), *file_);
      std::vector<std::shared_ptr<Sequence>> all;
      for (int i = 0; i < 4; ++i) all.push_back(cluster.engine().Submit(ask(i)));
      while (cluster.engine().Step()) {
      }
      EXPECT_EQ(cluster.leader().stage().queues(), tp == 1 || in_flight > 1);
      for (int i = 0; i < 4; ++i) {
        EXPECT_EQ(all[i]->tokens, expected[i]->tokens) << tp << ", " << in_flight << ", " << i;
        EXPECT_EQ(LogitsHash(*all[i]), LogitsHash(*expected[i])) << tp << ", " << in_flight;
      }
    }
  }
}

TEST_F(EngineTest, StopWhileStepsAreQueued) {
  for (int steps = 0; steps < 4; ++steps) {
    ThreadCluster cluster(QueuedSpec(*file_, 2, 3), *file_);
    for (int i = 0; i < 4; ++i) cluster.engine().Submit(Ask(Ids(20, i), 20));
    for (int step = 0; step < steps; ++step) cluster.engine().Step();
  }
}

TEST_F(EngineTest, ErrorWhileStepsAreQueued) {
  ThreadCluster cluster(QueuedSpec(*file_, 2, 3), *file_);
  for (int i = 0; i < 4; ++i) cluster.engine().Submit(Ask(Ids(20, i), 40));
  for (int i = 0; i < 3; ++i) cluster.engine().Step();
  cluster.Abort("The test ended it.");
  EXPECT_THROW(
      {
        while (cluster.engine().Step()) {
        }
      },
      Error);
}

TEST_F(EngineTest, MoreRequestsThanRoomWaitTheirTurn) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 64, /*sequences=*/2), *file_);
  Engine& engine = cluster.engine();
  std::vector<std::shared_ptr<Sequence>> all;
  for (int i = 0; i < 7; ++i) all.push_back(engine.Submit(Ask(Ids(20 + i, i), 30)));
  while (engine.Step()) {
  }
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(all[i]->finish, FinishReason::kLength);
    EXPECT_EQ(all[i]->tokens, cluster.Generate(Ask(Ids(20 + i, i), 30))->tokens) << i;
  }
}

TEST_F(EngineTest, RefusesWhatCannotFit) {
  ThreadCluster cluster(TestSpec(*file_, 1, 1, 32), *file_);
  EXPECT_THROW(cluster.engine().Submit(Ask({}, 5)), Error);
  EXPECT_THROW(cluster.engine().Submit(Ask(Ids(33), 5)), Error);
  Request bad = Ask(Ids(3), 5);
  bad.sampling.top_p = 0;
  EXPECT_THROW(cluster.engine().Submit(bad), Error);
  EXPECT_EQ(cluster.Generate(Ask(Ids(3), 5))->generated(), 5);  // and nothing was lost by it
}

TEST_F(EngineTest, MemoryIsCheckedBeforeLoading) {
  RunSpec spec = TestSpec(*file_, 1, 1, 64);
  EXPECT_NO_THROW(RequireMemory(spec, *file_, 0, 1));
  spec.kv_blocks = 2000000000 / 64;  // far beyond any machine: 2 layers x 2 x 4 heads x 32 x 32 x 4
  try {
    RequireMemory(spec, *file_, 0, 1);
    FAIL() << "this should not fit";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kConfig);
    const std::string needed = std::to_string(BytesOf(spec, *file_, 0).total());
    EXPECT_NE(std::string(e.what()).find(needed + " bytes"), std::string::npos) << e.what();
  }
}

}  // namespace
}  // namespace lantern
