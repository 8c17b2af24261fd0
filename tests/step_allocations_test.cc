// A warm decode step allocates no memory: not in the engine, the model, the backend or the
// collectives. Counts every call of malloc and its kin in this process, all threads together.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "models/synth.h"
#include "src/base/thread_pool.h"
#include "tests/thread_cluster.h"

#if defined(__GLIBC__) && !defined(LANTERN_SANITIZED)
#define LANTERN_COUNTS_ALLOCATIONS 1
#else
#define LANTERN_COUNTS_ALLOCATIONS 0
#endif

namespace {
std::atomic<long> allocations{0};
}

#if LANTERN_COUNTS_ALLOCATIONS
// In front of glibc's own, which stay reachable under these names. operator new calls malloc.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t bytes) {
  ++allocations;
  return __libc_malloc(bytes);
}
void* calloc(size_t count, size_t bytes) {
  ++allocations;
  return __libc_calloc(count, bytes);
}
void* realloc(void* old, size_t bytes) {
  ++allocations;
  return __libc_realloc(old, bytes);
}
void* aligned_alloc(size_t alignment, size_t bytes) {
  ++allocations;
  return __libc_memalign(alignment, bytes);
}
}
#endif

namespace lantern {
namespace {

constexpr int kPrompt = 20, kWarmSteps = 4, kContext = 200;

class StepAllocationsTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    path_ = testing::TempDir() + "step_allocations_test.gguf";
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

  static Request Ask(const SamplingParams& sampling, int seed) {
    Request request;
    for (int i = 0; i < kPrompt; ++i) request.prompt.push_back((31 * i + 7 * seed + 1) % 2048);
    request.max_tokens = kContext - kPrompt;
    request.sampling = sampling;
    return request;
  }

  // Allocations of all steps between the warm ones and the end of the answers.
  static long Count(const RunSpec& spec, const SamplingParams& sampling, int sequences = 1) {
    ThreadCluster cluster(spec, *file_);
    Engine& engine = cluster.engine();
    for (int i = 0; i < sequences; ++i) engine.Submit(Ask(sampling, i));
    for (int i = 0; i < kWarmSteps; ++i) engine.Step();
    const long before = allocations;
    // Until the first answer is nearly whole: each step gives tokens to its part of the sequences.
    const int parts = std::min(spec.in_flight, sequences);
    const int steps = (kContext - kPrompt - 1) * parts - kWarmSteps;
    for (int i = 0; i < steps; ++i) EXPECT_TRUE(engine.Step());
    return allocations - before;
  }
  static RunSpec Spec(int tp, int pp, int threads, int sequences = 1) {
    RunSpec spec = TestSpec(*file_, tp, pp, kContext, sequences);
    spec.threads = threads;
    return spec;
  }

  static std::string path_;
  static std::unique_ptr<WeightFile> file_;
};
std::string StepAllocationsTest::path_;
std::unique_ptr<WeightFile> StepAllocationsTest::file_;

const SamplingParams kSampled{
    .temperature = 0.7f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f, .repeat_penalty = 1.1f};

TEST_F(StepAllocationsTest, TheCounterCounts) {
#if !LANTERN_COUNTS_ALLOCATIONS
  GTEST_SKIP() << "this build's malloc is another one";
#endif
  const long before = allocations;
  std::vector<int> kept(1000);
  EXPECT_EQ(allocations, before + 1) << kept.data();
}

TEST_F(StepAllocationsTest, OneRank) {
  for (const int threads : {1, 2, 3}) EXPECT_EQ(Count(Spec(1, 1, threads), {}), 0) << threads;
}

TEST_F(StepAllocationsTest, EveryWayOfSampling) {
  EXPECT_EQ(Count(Spec(1, 1, 2), {.temperature = 1}), 0);
  EXPECT_EQ(Count(Spec(1, 1, 2), {.temperature = 1, .top_p = 0.9f}), 0);
  EXPECT_EQ(Count(Spec(1, 1, 2), kSampled), 0);
}

TEST_F(StepAllocationsTest, SeveralSequences) {
  EXPECT_EQ(Count(Spec(1, 1, 2, 3), kSampled, 3), 0);
}

TEST_F(StepAllocationsTest, ConvertedWeights) {
  for (const DType type : {DType::kF32, DType::kQ4_0}) {
    RunSpec spec = Spec(1, 1, 1);
    spec.type = static_cast<int>(type);
    EXPECT_EQ(Count(spec, {}), 0);
  }
}

TEST_F(StepAllocationsTest, SeveralRanks) {
  EXPECT_EQ(Count(Spec(2, 1, 1), kSampled), 0);
  EXPECT_EQ(Count(Spec(1, 2, 1), kSampled), 0);
  EXPECT_EQ(Count(Spec(2, 2, 1), {}), 0);
  EXPECT_EQ(Count(Spec(1, 2, 1, 4), kSampled, 4), 0);
  RunSpec uneven = Spec(2, 1, 1);
  uneven.shares = {3, 1};
  EXPECT_EQ(Count(uneven, {}), 0);
}

}  // namespace
}  // namespace lantern
