// Attention against double precision: new tokens alone and in runs, heads that are cut by ranks,
// all types, windows, tables in any order, and caches full of NaNs where nothing was written.
#include "backends/cuda/kernels/attention_paths.h"
#include "tests/gpu/attention_testing.h"

namespace lantern::cuda {
namespace {

void Check(AttentionCase c, const std::string& name) {
  c.name = name;
  AttentionTester(c).Check();
}

std::string NameOf(DType type) { return Info(type).name; }
std::string NameOf(Real real) { return NameOf(TypeOf(real)); }

// One new token for each sequence of these lengths, itself included.
std::vector<NewTokens> Singles(const std::vector<int>& lengths) {
  std::vector<NewTokens> runs;
  for (const int length : lengths) runs.push_back({length - 1, 1});
  return runs;
}
const std::vector<int> kLengths = {1, 31, 32, 33, 255, 256, 257, 1000, 5000};
const std::vector<NewTokens> kMixed = {{0, 1}, {7, 5}, {0, 130}, {998, 1}, {300, 77}, {31, 1}};

struct HeadCut {
  Heads heads;
  int kv;
};
const std::vector<HeadCut> kHeadCuts = {
    {{4, 0, 0, 1}, 4},   {{4, 0, 0, 2}, 2},    {{8, 0, 0, 8}, 1},   {{16, 16, 2, 8}, 2},
    {{3, 3, 0, 4}, 2},   {{5, 6, 1, 4}, 2},    {{1, 5, 1, 4}, 1},   {{6, 1, 0, 3}, 3},
    {{12, 0, 0, 12}, 1}, {{13, 11, 0, 12}, 2}, {{20, 3, 0, 10}, 3},
};

// What a step of decoding writes stays within what a caller has for any step.
TEST(Attention, PlansStayWithinScratch) {
  constexpr int kMultiprocessors = 132, kTokens = 256, kPositions = 131072, kDim = 128;
  for (const HeadCut& cut : kHeadCuts) {
    const size_t limit =
        AttentionScratchBytes(kMultiprocessors, kTokens, cut.heads.query, kDim, kPositions);
    for (int tokens = 1; tokens <= kTokens; tokens += 1 + tokens / 4) {
      for (int positions = 1; positions <= kPositions; positions += 1 + positions / 3) {
        const DecodePlan plan =
            PlanDecode(kMultiprocessors, tokens, cut.kv, Width(cut.heads), positions);
        EXPECT_GE(static_cast<long long>(plan.chunk) * plan.splits, positions);
        EXPECT_LT(static_cast<long long>(plan.chunk) * (plan.splits - 1), positions);
        EXPECT_EQ(0, plan.chunk % DecodePlan::kLeastChunk);
        EXPECT_LE(plan.splits, DecodePlan::kMostSplits);
        if (plan.splits == 1) continue;  // nothing goes to scratch
        const size_t counters = DecodeCounterBytes(kMultiprocessors);
        const size_t rows = static_cast<size_t>(tokens) * cut.heads.query * plan.splits;
        EXPECT_LE(plan.units * sizeof(int), counters);
        EXPECT_LE(counters + rows * (kDim + 2) * sizeof(float), limit) << tokens << positions;
        EXPECT_LE(
            counters + rows * (kDim + 2) * sizeof(float),
            AttentionScratchBytes(kMultiprocessors, tokens, cut.heads.query, kDim, positions));
      }
    }
  }
}

TEST(Attention, SinglesOfManyLengths) {
  for (const int dim : {64, 128}) {
    for (const DType cache : {DType::kF16, DType::kBF16}) {
      AttentionCase c{.head_dim = dim, .runs = Singles(kLengths), .cache = cache};
      Check(c, "exact, " + std::to_string(dim) + ", " + NameOf(cache));
      c.most_positions = 8192;
      Check(c, "bucket, " + std::to_string(dim) + ", " + NameOf(cache));
      c.real = Real::kF16;
      Check(c, "of f16, " + std::to_string(dim) + ", " + NameOf(cache));
    }
  }
}

TEST(Attention, OneSingle) {
  for (const int length : kLengths) {
    AttentionCase c{.runs = Singles({length})};
    Check(c, std::to_string(length));
    c.most_positions = 32768;
    c.cache = DType::kBF16;
    c.head_dim = 64;
    Check(c, std::to_string(length) + ", bucket");
  }
}

TEST(Attention, ManySingles) {
  std::vector<int> lengths;
  for (int i = 0; i < 64; ++i) lengths.push_back(1 + i * 37 % 401);
  Check({.runs = Singles(lengths), .most_positions = 512}, "64 sequences");
  lengths.back() = 3000;
  Check({.heads = {4, 0, 0, 1}, .kv_heads = 4, .runs = Singles(lengths)}, "one is much longer");
}

TEST(Attention, HeadsOfRanks) {
  for (const HeadCut& cut : kHeadCuts) {
    const std::string name = std::to_string(cut.heads.query) + " heads from " +
                             std::to_string(cut.heads.q_begin) + " by " +
                             std::to_string(cut.heads.group);
    AttentionCase c{.heads = cut.heads, .kv_heads = cut.kv, .runs = Singles({700, 90, 1})};
    Check(c, name + ", singles");
    c.runs = {{0, 130}, {60, 9}, {500, 1}};
    Check(c, name + ", runs");
    c.real = Real::kF32;
    c.runs = {{0, 20}, {60, 9}, {500, 1}};
    Check(c, name + ", f32");
  }
}

TEST(Attention, Runs) {
  const std::vector<std::vector<NewTokens>> steps = {
      {{0, 2}}, {{0, 64}}, {{0, 300}}, {{300, 200}}, {{0, 65}, {63, 64}, {100, 33}}, kMixed};
  for (const int dim : {64, 128}) {
    for (const DType cache : {DType::kF16, DType::kBF16}) {
      for (size_t i = 0; i < steps.size(); ++i) {
        AttentionCase c{.head_dim = dim, .runs = steps[i], .cache = cache};
        c.heads = {4, 0, 0, 2};
        const std::string name =
            "step " + std::to_string(i) + ", " + std::to_string(dim) + ", " + NameOf(cache);
        Check(c, name);
        c.real = Real::kF16;
        Check(c, name + ", of f16");
      }
    }
  }
}

TEST(Attention, ManyRuns) {
  std::vector<NewTokens> runs;
  for (int i = 0; i < 70; ++i) runs.push_back({i * 13 % 90, i % 3 == 0 ? 1 : 1 + i % 40});
  Check({.heads = {4, 0, 0, 4}, .kv_heads = 1, .runs = runs, .most_positions = 256}, "70 runs");
}

TEST(Attention, Windows) {
  for (const int window : {1, 15, 32, 100, 300, 6000}) {
    for (const int dim : {64, 128}) {
      AttentionCase c{.head_dim = dim, .heads = {4, 0, 0, 2}, .window = window};
      const std::string name = std::to_string(window) + ", " + std::to_string(dim);
      c.runs = Singles(kLengths);
      Check(c, name + ", singles");
      c.runs = kMixed;
      Check(c, name + ", runs");
      c.real = Real::kF32;
      c.runs = {{0, 20}, {333, 9}, {500, 1}};
      Check(c, name + ", f32");
    }
  }
}

TEST(Attention, LargeProducts) {
  AttentionCase c{.runs = Singles({257, 1000}), .query_deviation = 6, .bound = 4e-2};
  Check(c, "singles");
  c.runs = {{300, 200}};
  Check(c, "run");
  c.real = Real::kF32;
  c.bound = 1e-4;
  c.runs = {{300, 20}};
  Check(c, "f32");
}

TEST(Attention, OtherBlocks) {
  for (const int block : {16, 64}) {
    AttentionCase c{.runs = Singles({1, 16, 17, 300}), .block_tokens = block};
    Check(c, std::to_string(block) + ", singles");
    c.runs = kMixed;
    Check(c, std::to_string(block) + ", runs");
  }
}

TEST(Attention, OtherShapesAndTypes) {
  for (const int dim : {8, 40, 64, 96, 128, 256}) {
    for (const DType cache : {DType::kF32, DType::kF16, DType::kBF16}) {
      for (const Real real : {Real::kF32, Real::kBF16, Real::kF16}) {
        AttentionCase c{.head_dim = dim, .heads = {4, 0, 0, 2}, .cache = cache, .real = real};
        const std::string name =
            std::to_string(dim) + ", cache " + NameOf(cache) + ", " + NameOf(real);
        c.runs = Singles({1, 33, 700});
        Check(c, name + ", singles");
        c.runs = {{0, 30}, {99, 1}, {200, 5}};
        Check(c, name + ", runs");
      }
    }
  }
}

// A cache in bf16 makes 65536 of f16's largest number, which is beyond f16 again.
TEST(Attention, F16OutputsSaturateAndKeepWhatIsNoNumber) {
  for (const int dim : {96, 128}) {
    for (const DType cache : {DType::kF16, DType::kBF16}) {
      for (const float value : {65504.0f, -65504.0f, NAN}) {
        AttentionCase c{.head_dim = dim, .heads = {4, 0, 0, 2}, .cache = cache, .real = Real::kF16};
        c.all_values = value;
        const std::string name =
            std::to_string(dim) + ", " + NameOf(cache) + ", " + std::to_string(value);
        c.runs = Singles({1, 700});
        Check(c, name + ", singles");
        c.runs = {{0, 30}, {200, 70}};
        Check(c, name + ", runs");
      }
    }
  }
}

}  // namespace
}  // namespace lantern::cuda
