// One answer: the same logits hash for every layout, chunk, thread count and company in the batch.
// Here ranks are threads; cli tests do the same over processes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>

#include "models/synth.h"
#include "tests/test_files.h"

namespace lantern {
namespace {

// Sanitizers slow everything down tenfold; they look for other faults than wrong bits.
#if LANTERN_SANITIZED
constexpr int kPositions = 60, kSampled = 8, kStories = 1;
#else
constexpr int kPositions = 1500, kSampled = 30, kStories = 3;
#endif

struct Layout {
  int tp, pp;
  std::vector<int> shares = {};
};

struct Way {  // everything that must not matter
  Layout layout;
  int chunk = 512, threads = 1, company = 0;
  std::string isa = "auto";
  int in_flight = 0;  // 0: one step for each stage
  std::optional<SumAlgorithm> algorithm = {};
  int timed_sums = 0;  // so the fastest algorithm is found out
};

std::vector<int> Prompt(int count, int vocab, int seed) {
  std::vector<int> ids(count);
  for (int i = 0; i < count; ++i) ids[i] = (7919 * (i + 1) + 104729 * seed) % vocab;
  return ids;
}

std::shared_ptr<Sequence> RunOne(const WeightFile& file, const Way& way, std::vector<int> prompt,
                                 int tokens, SamplingParams sampling = {}) {
  const int context = static_cast<int>(prompt.size()) + tokens;
  RunSpec spec =
      TestSpec(file, way.layout.tp, way.layout.pp, context, /*sequences=*/way.company + 1);
  spec.shares = way.layout.shares;
  spec.chunk = way.chunk;
  spec.threads = way.threads;
  spec.isa = way.isa;
  if (way.in_flight > 0) spec.in_flight = way.in_flight;
  if (way.algorithm) spec.algorithm = static_cast<int>(*way.algorithm);
  spec.timed_sums = way.timed_sums;
  ThreadCluster cluster(spec, file);
  Engine& engine = cluster.engine();
  const int vocab = file.config().vocab;
  std::vector<std::shared_ptr<Sequence>> others;
  for (int i = 0; i < way.company; ++i) {
    Request other;
    other.prompt = Prompt(5 + kPositions / 40 * i, vocab, i + 2);
    other.max_tokens = tokens;
    other.sampling.temperature = 0.5f * i;
    other.sampling.seed = i;
    others.push_back(engine.Submit(other));
    engine.Step();  // so that they are at different places when the one under test arrives
  }
  Request request;
  request.prompt = std::move(prompt);
  request.max_tokens = tokens;
  request.sampling = sampling;
  auto sequence = engine.Submit(std::move(request));
  engine.Finish(*sequence);
  return sequence;
}

std::string Describe(const Way& way) {
  std::ostringstream out;
  out << "tp " << way.layout.tp << " pp " << way.layout.pp << " chunk " << way.chunk << " threads "
      << way.threads << " company " << way.company << " isa " << way.isa << " in flight "
      << way.in_flight << " sums "
      << (way.algorithm ? SumAlgorithmName(*way.algorithm) : "as they fit");
  return out.str();
}

struct SynthCase {
  const char* name;
  const char* type;
  int head_dim, heads, kv_heads, ffn;
};

// 28 heads of 64 and 14 of 128 give 7 leaves even with 256-column blocks; ffn is an odd number of
// blocks, so that leaves are unequal.
const SynthCase kCases[] = {
    {"q4_0_d64", "q4_0", 64, 8, 2, 32 * 13},      {"q4_0_d128", "q4_0", 128, 8, 8, 32 * 9},
    {"q8_0_d64", "q8_0", 64, 8, 1, 32 * 7},       {"q8_0_d128", "q8_0", 128, 8, 4, 32 * 11},
    {"q4_k_m_d64", "q4_k_m", 64, 28, 4, 256 * 9}, {"q4_k_m_d128", "q4_k_m", 128, 14, 2, 256 * 7},
    {"f16_d64", "f16", 64, 8, 8, 32 * 13 + 8},    {"f16_d128", "f16", 128, 7, 7, 32 * 7 + 2},
    {"bf16_d64", "bf16", 64, 9, 3, 32 * 11 + 4},  {"bf16_d128", "bf16", 128, 8, 1, 32 * 9 + 5},
};

class SynthGrid : public testing::TestWithParam<SynthCase> {
 protected:
  void SetUp() override {
    const SynthCase& c = GetParam();
    ModelConfig shape = ShapeByName("tiny");
    shape.layers = 2;
    shape.head_dim = c.head_dim;
    shape.heads = c.heads;
    shape.kv_heads = c.kv_heads;
    shape.ffn = c.ffn;
    shape.vocab = 800;  // not a multiple of the vocabulary block
    path_ = testing::TempDir() + "grid_" + c.name + ".gguf";
    ThreadPool threads(2);
    WriteSynthetic(shape, c.type, 5, path_, threads, [](size_t, size_t) {});
    file_ = OpenWeightFile(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }

  std::string path_;
  std::unique_ptr<WeightFile> file_;
};

// Each layout with another chunk, thread count and company, so that every value meets every format
// and every tp.
std::vector<Way> SomeWays() {
  return {
      {{1, 1}, 1, 2, 4},
      {{1, 2}, 7, 1, 4},
      {{2, 1}, 1, 1, 0},
      {{2, 2}, 512, 2, 4},
      {{3, 1, {3, 2, 2}}, 7, 1, 4},
      {{3, 2}, 512, 1, 0},
      {{4, 1}, 512, 1, 4},
      {{4, 2, {1, 2, 2, 1}}, 7, 1, 0},
      {{5, 1, {2, 1, 1, 1, 1}}, 512, 1, 4},
      {{5, 2}, 512, 1, 0},
      {{7, 1}, 512, 1, 4},
      {{7, 2}, 7, 1, 0},
  };
}

// The same layouts with everything else: takes hours on two cores, minutes on sixteen.
std::vector<Way> EveryWay() {
  std::vector<Way> ways;
  for (const Way& way : SomeWays()) {
    for (int chunk : {1, 7, 512}) {
      for (int company : {0, 4}) {
        for (int threads : {1, 2}) ways.push_back({way.layout, chunk, threads, company});
      }
    }
  }
  return ways;
}

TEST_P(SynthGrid, OneHash) {
  const int tokens = 20;
  const std::vector<int> prompt = Prompt(kPositions - tokens, 800, 1);
  const auto expected = RunOne(*file_, {{1, 1}}, prompt, tokens);
  ASSERT_EQ(expected->generated(), tokens);
  for (const Way& way : std::getenv("LANTERN_FULL_GRID") ? EveryWay() : SomeWays()) {
    const auto sequence = RunOne(*file_, way, prompt, tokens);
    EXPECT_EQ(LogitsHash(*sequence), LogitsHash(*expected)) << Describe(way);
    EXPECT_EQ(sequence->tokens, expected->tokens) << Describe(way);
  }
}

TEST_P(SynthGrid, EveryKernelSetAgrees) {
  const std::vector<int> prompt = Prompt(60, 800, 1);
  const auto expected = RunOne(*file_, {{1, 1}}, prompt, 10);
  for (const std::string& isa : Backend::RunnableIsas()) {
    const Way way{{2, 1}, 7, 1, 1, isa};
    EXPECT_EQ(LogitsHash(*RunOne(*file_, way, prompt, 10)), LogitsHash(*expected)) << Describe(way);
  }
}

TEST_P(SynthGrid, SamplingDoesNotSeeTheLayout) {
  const std::vector<int> prompt = Prompt(40, 800, 3);
  SamplingParams plain{.temperature = 1.3f, .seed = 11};
  SamplingParams nucleus{.temperature = 2.5f, .top_p = 0.99f, .min_p = 0.0001f, .seed = 12};
  SamplingParams mixed{.temperature = 0.9f, .top_k = 50, .top_p = 0.9f, .repeat_penalty = 1.2f};
  for (const SamplingParams& sampling : {plain, nucleus, mixed}) {
    const auto expected = RunOne(*file_, {{1, 1}}, prompt, kSampled, sampling);
    for (const Layout& layout : {Layout{2, 2}, Layout{3, 1}}) {
      const auto got = RunOne(*file_, {layout, 512, 1, 2}, prompt, kSampled, sampling);
      EXPECT_EQ(got->tokens, expected->tokens) << Describe({layout});
    }
    SamplingParams other = sampling;
    other.seed += 1;
    EXPECT_NE(RunOne(*file_, {{1, 1}}, prompt, kSampled, other)->tokens, expected->tokens);
  }
}

class InFlightGrid : public SynthGrid {};

TEST_P(InFlightGrid, StepsInFlightChangeNoBit) {
  const std::vector<int> prompt = Prompt(100, 800, 4);
  const SamplingParams greedy, nucleus{.temperature = 2.5f, .top_p = 0.99f, .seed = 12};
  for (const SamplingParams& sampling : {greedy, nucleus}) {
    const auto expected = RunOne(*file_, {{1, 1}}, prompt, kSampled, sampling);
    for (int in_flight : {1, 2, 3}) {
      for (const Layout& layout : {Layout{1, 2}, Layout{2, 2}}) {
        for (int chunk : {7, 512}) {
          const Way way{layout, chunk, 1, in_flight == 2 ? 3 : 4, "auto", in_flight};
          const auto got = RunOne(*file_, way, prompt, kSampled, sampling);
          EXPECT_EQ(got->tokens, expected->tokens) << Describe(way);
          EXPECT_EQ(LogitsHash(*got), LogitsHash(*expected)) << Describe(way);
        }
      }
    }
  }
}

class SumGrid : public SynthGrid {};

// A prompt in one chunk, so that it is computed in two parts whose sums take turns.
TEST_P(SumGrid, ExactAlgorithmsChangeNoBit) {
  const std::vector<int> prompt = Prompt(150, 800, 6);
  const auto expected = RunOne(*file_, {{1, 1}}, prompt, kSampled);
  for (const Layout& layout : {Layout{2, 1}, Layout{3, 1}, Layout{4, 1}, Layout{8, 1}, Layout{2, 2},
                               Layout{3, 2}, Layout{4, 2}, Layout{8, 2}, Layout{3, 1, {4, 1, 2}}}) {
    Way way{layout};
    way.timed_sums = 2;
    std::vector<Way> ways = {way};
    for (const SumAlgorithm algorithm : kSumAlgorithms) {
      way.algorithm = algorithm;
      if (IsExact(algorithm) && FitsRanks(algorithm, layout.tp)) ways.push_back(way);
    }
    for (const Way& each : ways) {
      const auto got = RunOne(*file_, each, prompt, kSampled);
      EXPECT_EQ(got->tokens, expected->tokens) << Describe(each);
      EXPECT_EQ(LogitsHash(*got), LogitsHash(*expected)) << Describe(each);
    }
  }
}

// One format suffices: what is in flight is the same whatever the weights are.
INSTANTIATE_TEST_SUITE_P(Formats, InFlightGrid, testing::Values(kCases[2]),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Formats, SumGrid, testing::Values(kCases[0]),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Formats, SynthGrid, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

// The trained model of the shared test data, against what llama2.c answers.
TEST(StoriesGrid, GoldensForEveryLayout) {
  const char* data = std::getenv("LANTERN_TEST_DATA");
  if (data == nullptr) GTEST_SKIP() << "LANTERN_TEST_DATA is not set";
  const std::string folder = data;
  std::vector<Layout> layouts;
  for (int tp : {1, 2, 4}) {
    for (int pp : {1, 2, 5}) layouts.push_back({tp, pp});
  }
  layouts.push_back({3, 1});
  layouts.push_back({3, 2, {2, 3, 1}});
  layouts.push_back({8, 1});
  const int chunks[] = {512, 7, 1};
  for (const char* model : {"stories260K-f32.gguf", "stories260K-hf"}) {
    const auto file = OpenWeightFile(folder + "/models/" + model);
    for (int p = 1; p <= kStories; ++p) {
      const std::string golden = folder + "/goldens/260K_p" + std::to_string(p) + ".ids";
      const std::vector<int> prompt = GoldenIds(golden, "prompt_ids");
      const std::vector<int> expected = GoldenIds(golden, "gen_ids");
      ASSERT_EQ(expected.size(), 100u);
      const std::string hash = LogitsHash(*RunOne(*file, {{1, 1}}, prompt, 100));
      for (size_t i = 0; i < layouts.size(); ++i) {
        const int n = static_cast<int>(i) + p;
        const Way way{layouts[i], chunks[n % 3], 1 + n % 2, n % 4};
        const auto got = RunOne(*file, way, prompt, 100);
        EXPECT_EQ(std::vector<int>(got->tokens.begin() + prompt.size(), got->tokens.end()),
                  expected)
            << model << " p" << p << ", " << Describe(way);
        EXPECT_EQ(LogitsHash(*got), hash) << model << " p" << p << ", " << Describe(way);
      }
    }
  }
}

// The trained model of the repository, on a prompt that it was trained to answer.
TEST(TinyModelGrid, OneAnswerForEveryLayout) {
  const std::filesystem::path tests = LANTERN_TESTS_DIR;
  const auto file = OpenWeightFile(tests / "../models/tiny/lantern-tiny-q8_0.gguf");
  const std::vector<int> prompt = ReadIds(tests / "goldens/tiny/ids.txt");
  const int tokens = kSampled;
  const auto expected = RunOne(*file, {{1, 1}}, prompt, tokens);
  const int chunks[] = {512, 7, 1};
  int n = 0;
  for (int tp : {1, 2, 4}) {
    for (int pp : {1, 2, 4, 8}) {
      const Way way{{tp, pp}, chunks[n % 3], 1 + n % 2, n % 4};
      const auto got = RunOne(*file, way, prompt, tokens);
      EXPECT_EQ(got->tokens, expected->tokens) << Describe(way);
      EXPECT_EQ(LogitsHash(*got), LogitsHash(*expected)) << Describe(way);
      ++n;
    }
  }
}

}  // namespace
}  // namespace lantern
