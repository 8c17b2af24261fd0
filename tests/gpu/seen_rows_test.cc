// MassesOfRows, and rows ordered by keyed rules, against the sampler on the host.
#include <gtest/gtest.h>

#include <cmath>
#include <span>

#include "backends/cuda/kernels/rows.h"
#include "src/engine/sampling.h"
#include "src/engine/step_plan.h"
#include "tests/gpu/gpu_testing.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

TEST(MassesOfRows, AreTheHosts) {
  for (const int ids : {1, 255, 256, 257, 5000}) {
    constexpr int kRows = 5;
    const std::vector<float> logits = SomeFloats(kRows * size_t(ids), ids, 6);
    const PaddedMatrix<float> in(kRows, ids, logits);
    std::vector<ChoiceRule> rules(kRows);
    for (int row = 1; row < kRows; ++row) rules[row].temperature = 0.4f * row;  // the first: greedy
    const size_t blocks = (ids + 255) / 256;
    const OnDevice<ChoiceRule> on_device(rules);
    const OnDevice<Mass> masses(kRows * blocks + 1);
    MassesOfRows(TestQueue(), in.view(), on_device.data(), masses.data());
    Require(cudaDeviceSynchronize(), "finding masses");
    const std::vector<Mass> actual = masses.Get();
    EXPECT_TRUE(std::isnan(actual.back().sum)) << "written behind the masses";
    for (int row = 1; row < kRows; ++row) {
      std::vector<Candidate> all;
      Weigh(std::span(logits).subspan(size_t(row) * ids, ids), 0, {},
            {.temperature = rules[row].temperature}, all);
      std::vector<Mass> expected;
      BlockMasses(all, expected);
      ASSERT_EQ(expected.size(), blocks);
      for (size_t b = 0; b < blocks; ++b) {
        const Mass& mass = actual[row * blocks + b];
        EXPECT_EQ(mass.max, expected[b].max) << ids << " ids, row " << row << " block " << b;
        EXPECT_NEAR(mass.sum, expected[b].sum, 1e-5 * expected[b].sum);
      }
    }
  }
}

// What is made of the device's looks is, token for token, what the host makes of the logits.
TEST(KeyedOrder, LeadsToTheHostsChoices) {
  constexpr int kRows = 64, kIds = 33000, kCount = 128, kFirst = 1280;
  const std::vector<float> logits = SomeFloats(kRows * size_t(kIds), 3, 4);
  const PaddedMatrix<float> in(kRows, kIds, logits);
  std::vector<RowRequest> requests(kRows);
  std::vector<ChoiceRule> rules;
  for (int row = 0; row < kRows; ++row) {
    RowRequest& request = requests[row];
    request.params = {.temperature = 0.5f + row % 3, .seed = 7};
    request.position = 100 + row;
    request.candidates = 1;
    if (row % 2 == 1) {
      request.params.repeat_penalty = 1.3f;
      for (int i = 0; i < 40; ++i) request.penalised.push_back(kFirst + 700 * i + row);
    }
    ASSERT_TRUE(request.can_be_seen());
    ASSERT_LE(request.top_logits(), kCount);
    rules.push_back(request.rule());
    ASSERT_TRUE(rules.back().keyed());
  }
  const OnDevice<ChoiceRule> on_device(rules);
  const OnDevice<RowAnswer> top(kRows * kCount);
  const OnDevice<std::byte> scratch(TopScratchBytes(kRows, kIds, kCount));
  TopOfRows(TestQueue(), in.view(), {on_device.data(), kFirst}, kCount, top.data(), scratch.data());
  const std::vector<RowAnswer> seen = top.Get();
  int sufficed = 0;
  std::vector<Candidate> weighed;
  for (int row = 0; row < kRows; ++row) {
    LogitsRow by_look, by_host;
    AnswerRow(std::span(logits).subspan(size_t(row) * kIds, kIds), kFirst, requests[row], weighed,
              by_host);
    LogitsLook look;
    look.values = kIds;
    look.top = std::span(seen).subspan(row * kCount, kCount);
    if (!AnswerRow(look, kFirst, requests[row], by_look)) continue;
    ++sufficed;
    ASSERT_EQ(by_look.candidates.size(), 1u);
    EXPECT_EQ(by_look.candidates[0].id, by_host.candidates[0].id) << "row " << row;
    EXPECT_EQ(by_look.candidates[0].weight, by_host.candidates[0].weight) << "row " << row;
    EXPECT_TRUE(by_look.complete && by_host.complete);
  }
  EXPECT_GE(sufficed, kRows - 1);
}

}  // namespace
}  // namespace lantern::cuda
