// GuessTokens against the host's sampler.
#include <algorithm>
#include <random>

#include "backends/cuda/kernels/rows.h"
#include "src/engine/sampling.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr int kMany = 4096;  // rows

// Values in descending order, as of logits that are mostly below the few largest.
std::vector<RowAnswer> SomeTop(int rows, int count, int vocabulary) {
  std::mt19937 random(rows + count);
  std::normal_distribution<float> logit(0, 3);
  std::vector<RowAnswer> top;
  for (int row = 0; row < rows; ++row) {
    std::vector<RowAnswer> of_row;
    for (int i = 0; i < count; ++i) {
      const int index =
          i * (vocabulary / count) + static_cast<int>(random() % (vocabulary / count));
      of_row.push_back({logit(random), index});
    }
    std::sort(of_row.begin(), of_row.end(),
              [](const RowAnswer& a, const RowAnswer& b) { return a.value > b.value; });
    top.insert(top.end(), of_row.begin(), of_row.end());
  }
  return top;
}

int Chosen(std::span<const RowAnswer> top, const ChoiceRule& rule) {
  const SamplingParams params = {.temperature = rule.temperature,
                                 .top_k = rule.top_k,
                                 .top_p = rule.top_p,
                                 .min_p = rule.min_p,
                                 .seed = rule.seed};
  std::vector<Candidate> candidates;
  for (const RowAnswer& seen : top.first(std::min<size_t>(rule.top_k, top.size()))) {
    candidates.push_back({seen.index, CandidateWeight(seen.value, false, params)});
  }
  std::sort(candidates.begin(), candidates.end());
  return lantern::Choose(candidates, true, {}, params, rule.position);
}

// How many of many rows are guessed as they are chosen.
int RightGuesses(int count, ChoiceRule rule) {
  const std::vector<RowAnswer> top = SomeTop(kMany, count, 32000);
  std::vector<ChoiceRule> rules(kMany, rule);
  for (int row = 0; row < kMany; ++row) rules[row].position = row;
  const OnDevice<RowAnswer> device_top(top), best(std::vector<RowAnswer>(kMany, {1, 7}));
  const OnDevice<ChoiceRule> device_rules(rules);
  const OnDevice<int> guesses(std::vector<int>(kMany, 7));
  GuessTokens(TestQueue(), kMany, {device_top.data(), count, count}, device_rules.data(),
              best.data(), guesses.data());
  const std::vector<int> got = guesses.Get();
  const std::vector<RowAnswer> answers = best.Get();
  int right = 0;
  for (int row = 0; row < kMany; ++row) {
    EXPECT_EQ(answers[row].index, got[row]);
    EXPECT_EQ(answers[row].value, 1);
    const auto of_row = std::span(top).subspan(size_t(row) * count, count);
    right += got[row] == (rule.temperature == 0 ? 7 : Chosen(of_row, rules[row]));
  }
  return right;
}

TEST(GuessTokens, AreWhatTheHostChooses) {
  const ChoiceRule rules[] = {
      {.seed = 3, .temperature = 0.7f, .top_k = 40, .top_p = 0.95f, .min_p = 0.05f},
      {.seed = 1ull << 40, .temperature = 1, .top_k = 40},
      {.seed = 5, .temperature = 2, .top_k = 255, .top_p = 0.5f},
      {.seed = 6, .temperature = 0.3f, .top_k = 63, .min_p = 0.2f},
      {.seed = 7, .temperature = 1, .top_k = 1},
      {.seed = 8, .temperature = 1, .top_k = 40, .top_p = 1e-6f},
  };
  for (const ChoiceRule& rule : rules) {
    for (const int count : {std::max(64, rule.top_k + 1), 256}) {
      const int right = RightGuesses(count, rule);
      EXPECT_GE(right, kMany - 4) << "top-k " << rule.top_k << " of " << count;
    }
  }
}

TEST(GuessTokens, FewerValuesThanWanted) {
  EXPECT_GE(RightGuesses(5, {.seed = 2, .temperature = 1, .top_k = 40, .top_p = 0.9f}), kMany - 4);
}

TEST(GuessTokens, LeavesTheLargestWithoutATemperature) {
  EXPECT_EQ(RightGuesses(64, {.seed = 2, .temperature = 0, .top_k = 40}), kMany);
}

}  // namespace
}  // namespace lantern::cuda
