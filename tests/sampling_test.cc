// The sampler's arithmetic: order, ties, truncation, and that the split over ranks is invisible.
#include "src/engine/sampling.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "src/base/error.h"
#include "src/engine/step_codec.h"

namespace lantern {
namespace {

std::vector<float> RandomLogits(int count, uint64_t seed) {
  std::vector<float> logits(count);
  for (int i = 0; i < count; ++i) logits[i] = 2 * KeyedGumbel(seed, 0, i);
  return logits;
}

// What a leader does: ranks answer, the answers are joined, more is asked for where needed.
int Sample(std::span<const float> logits, int ranks, RowRequest request) {
  for (;;) {
    std::vector<LogitsRows> parts(ranks);
    std::vector<Candidate> weighed;
    const int blocks = (static_cast<int>(logits.size()) + 255) / 256;
    for (int r = 0; r < ranks; ++r) {
      const size_t begin = std::min<size_t>(blocks * r / ranks * 256, logits.size());
      const size_t end = std::min<size_t>(blocks * (r + 1) / ranks * 256, logits.size());
      AnswerRow(logits.subspan(begin, end - begin), begin, request, weighed, parts[r].Add());
    }
    LogitsRow row;
    JoinVocabulary(parts, 0, row);
    const int id = Choose(row.candidates, row.complete, TotalMass(row.masses), request.params,
                          request.position);
    if (id >= 0) return id;
    request.candidates *= 8;
  }
}

RowRequest Ask(const SamplingParams& params, int position, int candidates, bool masses = false) {
  RowRequest request;
  request.params = params;
  request.position = position;
  request.candidates = candidates;
  request.masses = masses;
  return request;
}

TEST(Sampling, GreedyTakesTheLargestAndTheLowerIdOfEquals) {
  std::vector<float> logits(1000, 0.0f);
  logits[700] = logits[300] = 5;
  for (int ranks : {1, 2, 4}) EXPECT_EQ(Sample(logits, ranks, Ask({}, 9, 1)), 300);
}

TEST(Sampling, RanksAreInvisible) {
  const SamplingParams all[] = {
      {.temperature = 1},
      {.temperature = 0.7f, .top_k = 40},
      {.temperature = 3, .top_p = 0.95f},
      {.temperature = 2, .min_p = 0.001f},
      {.temperature = 1.5f, .top_k = 700, .top_p = 0.99f, .min_p = 1e-4f}};
  for (int trial = 0; trial < 40; ++trial) {
    const std::vector<float> logits = RandomLogits(3000, trial);
    for (SamplingParams params : all) {
      params.seed = trial;
      const bool masses = params.top_k == 0 && params.top_p < 1;
      const int first = params.top_k > 0 ? params.top_k : 2;  // 2: has to ask for more
      const int expected = Sample(logits, 1, Ask(params, trial, first, masses));
      for (int ranks : {2, 3, 7, 12}) {
        EXPECT_EQ(Sample(logits, ranks, Ask(params, trial, first, masses)), expected);
      }
      EXPECT_EQ(Sample(logits, 5, Ask(params, trial, 3000, masses)), expected);
    }
  }
}

// Frequencies over many positions against the softmax; the bound is five standard deviations.
TEST(Sampling, FrequenciesFollowTheSoftmax) {
  const std::vector<float> logits = {0.0f, 1.0f, 2.0f, -1.0f};
  const int draws = 40000;
  std::map<int, int> count;
  for (int p = 0; p < draws; ++p) ++count[Sample(logits, 1, Ask({.temperature = 0.8f}, p, 1))];
  double sum = 0;
  for (float logit : logits) sum += std::exp(logit / 0.8);
  for (int id = 0; id < 4; ++id) {
    const double p = std::exp(logits[id] / 0.8) / sum;
    EXPECT_NEAR(count[id], draws * p, 5 * std::sqrt(draws * p * (1 - p))) << id;
  }
}

TEST(Sampling, TruncationKeepsWhatItShould) {
  // Probabilities 0.5, 0.25, 0.125, 0.0625, ...
  std::vector<float> logits(12);
  for (int i = 0; i < 12; ++i) logits[i] = static_cast<float>(-i * std::log(2.0));
  auto drawn = [&](SamplingParams params, bool masses) {
    params.temperature = 1;
    std::map<int, int> seen;
    for (int p = 0; p < 3000; ++p) ++seen[Sample(logits, 1, Ask(params, p, 3, masses))];
    return static_cast<int>(seen.size());
  };
  EXPECT_EQ(drawn({.top_k = 3}, false), 3);
  EXPECT_EQ(drawn({.top_p = 0.7f}, true), 2);
  EXPECT_EQ(drawn({.top_p = 0.8f}, true), 3);
  EXPECT_EQ(drawn({.min_p = 0.2f}, false), 3);
  EXPECT_EQ(drawn({.top_k = 3, .top_p = 0.5f}, false), 1);
}

TEST(Sampling, PenaltyLowersWhatWasSaid) {
  std::vector<float> logits = {2.0f, 1.9f, -0.5f, -0.6f};
  RowRequest request = Ask({.repeat_penalty = 1.5f}, 0, 1);
  request.penalised = {0};
  EXPECT_EQ(Sample(logits, 1, request), 1);
  const SamplingParams penalty{.repeat_penalty = 2};
  EXPECT_EQ(CandidateWeight(-0.5f, true, penalty), -1.0f);
  EXPECT_EQ(CandidateWeight(2.0f, true, penalty), 1.0f);
  EXPECT_EQ(CandidateWeight(2.0f, false, penalty), 2.0f);
}

TEST(Sampling, BadParametersAreRefused) {
  for (SamplingParams bad :
       {SamplingParams{.temperature = -1}, SamplingParams{.temperature = NAN},
        SamplingParams{.top_k = -1}, SamplingParams{.top_p = 0}, SamplingParams{.top_p = 1.1f},
        SamplingParams{.min_p = -0.1f}, SamplingParams{.repeat_penalty = 0}}) {
    EXPECT_THROW(bad.Validate(), Error);
  }
}

StepPlan SomePlan() {
  StepPlan plan;
  plan.step = 77;
  plan.batch = {{5, 6, 7}, {0, 1, 9}, {0, 0, 1}, {3, 1, 2}, {1, 3}, {1, 2}};
  plan.rows.Add() = Ask({.temperature = 0.5f, .seed = 1234567890123456789u}, 2, 40, true);
  plan.rows[0].penalised = {1, 5};
  plan.rows.Add() = {};
  return plan;
}

TEST(StepCodec, PlansSurviveAndReplaceWhatWasThere) {
  const StepPlan plan = SomePlan();
  std::vector<std::byte> bytes(5);
  Encode(plan, {{3, SumSite::kFeedForward}, 2}, bytes);
  StepPlan got = plan;
  Fallback fallback;
  got.rows.Add().penalised = {8, 9};
  got.batch.token.push_back(1);
  Decode(bytes, got, fallback);
  EXPECT_EQ(fallback.rank, 2);
  EXPECT_EQ(fallback.site.layer, 3);
  EXPECT_EQ(fallback.site.part, SumSite::kFeedForward);
  EXPECT_EQ(got.step, 77u);
  EXPECT_EQ(got.batch.token, plan.batch.token);
  EXPECT_EQ(got.batch.blocks, plan.batch.blocks);
  EXPECT_EQ(got.batch.blocks_end, plan.batch.blocks_end);
  EXPECT_EQ(got.batch.logits_at, plan.batch.logits_at);
  ASSERT_EQ(got.rows.size(), 2u);
  EXPECT_EQ(got.rows[0].params.seed, plan.rows[0].params.seed);
  EXPECT_EQ(got.rows[0].penalised, plan.rows[0].penalised);
  EXPECT_TRUE(got.rows[0].masses);
  EXPECT_TRUE(got.rows[1].penalised.empty());
}

TEST(StepCodec, RowsSurvive) {
  LogitsRows rows;
  rows.Add() = {{1, 2}, {{3, 0.5f}}, {{1.0f, 2.0f}}, {0.25f}, true};
  std::vector<std::byte> bytes;
  Encode(rows, {}, bytes);
  LogitsRows got;
  Fallback fallback{{1, SumSite::kFeedForward}, 1};
  Decode(bytes, got, fallback);
  EXPECT_FALSE(fallback);
  ASSERT_EQ(got.size(), 1u);
  EXPECT_EQ(got[0].block_hashes, rows[0].block_hashes);
  EXPECT_EQ(got[0].candidates[0].id, 3);
  EXPECT_EQ(got[0].masses[0].sum, 2.0f);
  EXPECT_EQ(got[0].logits, rows[0].logits);
  EXPECT_TRUE(got[0].complete);
}

// What ends a queued step names its slot, and replaces the plan that came before.
TEST(StepCodec, PlansThatCollectAreShort) {
  StepPlan plan;
  plan.kind = StepPlan::kCollect;
  plan.step = 78;
  plan.slot = 1;
  std::vector<std::byte> bytes;
  Encode(plan, {}, bytes);
  EXPECT_LT(bytes.size(), 100u);
  StepPlan got = SomePlan();
  Fallback fallback;
  Decode(bytes, got, fallback);
  EXPECT_EQ(got.kind, StepPlan::kCollect);
  EXPECT_EQ(got.step, 78u);
  EXPECT_EQ(got.slot, 1);
  EXPECT_EQ(got.batch.tokens(), 0);
  EXPECT_EQ(got.rows.size(), 0u);
}

// The host compares what it chooses with what its own device guessed.
TEST(JoinVocabulary, KeepsTheGuessOfThisRank) {
  std::vector<LogitsRows> ranks(2);
  for (LogitsRows& rows : ranks) rows.Add().candidates = {{7, 0.5f}};
  ranks[0][0].guess = 40;
  LogitsRow whole;
  JoinVocabulary(ranks, 0, whole);
  EXPECT_EQ(whole.guess, 40);
}

TEST(StepCodec, EveryShorterOrLongerMessageIsRefused) {
  std::vector<std::byte> bytes;
  Encode(SomePlan(), {}, bytes);
  StepPlan got;
  Fallback fallback;
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THROW(Decode(std::span(bytes).first(size), got, fallback), Error) << size;
  }
  bytes.push_back({});
  EXPECT_THROW(Decode(bytes, got, fallback), Error);
  bytes.assign(100, std::byte{0xff});  // lists of four billion items
  EXPECT_THROW(Decode(bytes, got, fallback), Error);
}

// What a device sees of logits: the `count` largest, found by another sort than the sampler's.
std::vector<RowAnswer> LargestOf(std::span<const float> logits, size_t count) {
  std::vector<RowAnswer> all;
  for (const float value : logits) all.push_back({value, static_cast<int>(all.size())});
  std::stable_sort(all.begin(), all.end(),
                   [](const RowAnswer& a, const RowAnswer& b) { return a.value > b.value; });
  all.resize(std::min(count, all.size()));
  return all;
}

// Whether a look at `count` logits answers; if so, it does as the logits do.
bool AnswersAlike(std::span<const float> logits, const RowRequest& request, size_t count) {
  constexpr int kFirstId = 500;
  std::vector<Candidate> weighed;
  LogitsRow exact, got;
  AnswerRow(logits, kFirstId, request, weighed, exact);
  const std::vector<RowAnswer> top = LargestOf(logits, count);
  const LogitsLook look = {exact.block_hashes, static_cast<int>(logits.size()), top, {}};
  if (!AnswerRow(look, kFirstId, request, got)) return false;
  EXPECT_EQ(got.block_hashes, exact.block_hashes);
  EXPECT_EQ(got.complete, exact.complete);
  EXPECT_EQ(got.candidates.size(), exact.candidates.size());
  for (size_t i = 0; i < std::min(got.candidates.size(), exact.candidates.size()); ++i) {
    EXPECT_EQ(got.candidates[i].id, exact.candidates[i].id) << i;
    EXPECT_EQ(got.candidates[i].weight, exact.candidates[i].weight) << i;
  }
  return true;
}

TEST(LookedAtRow, AnswersAsItsLogits) {
  for (const int ids : {1, 30, 41, 64, 3000}) {
    const std::vector<float> logits = RandomLogits(ids, ids);
    for (const float temperature : {0.1f, 0.7f, 1.0f, 3.0f}) {
      const SamplingParams params = {.temperature = temperature, .top_k = 40, .top_p = 0.95f};
      EXPECT_TRUE(AnswersAlike(logits, Ask(params, 3, 40), 64));
      EXPECT_TRUE(AnswersAlike(logits, Ask(params, 3, 40), 41));
    }
    EXPECT_TRUE(AnswersAlike(logits, Ask({}, 3, 1), 1));
    EXPECT_TRUE(AnswersAlike(logits, Ask({}, 3, 1), 64));
    EXPECT_TRUE(AnswersAlike(logits, Ask({}, 3, 0), 64));
  }
}

// Neighbours of 1000 differ by 2^-14: a temperature of 3 makes some of their weights equal.
TEST(LookedAtRow, EqualWeightsOfDifferentLogits) {
  std::vector<float> logits(300);
  for (int i = 0; i < 300; ++i) logits[i] = 1000 + static_cast<float>(i) * 0x1p-14f;
  const SamplingParams params = {.temperature = 3, .top_k = 40};
  int answered = 0;
  for (int count = 41; count < 64; ++count) {
    answered += AnswersAlike(logits, Ask(params, 3, 40), count);
  }
  EXPECT_GT(answered, 10);
  const std::vector<float> equal(300, 2.5f);
  EXPECT_FALSE(AnswersAlike(equal, Ask(params, 3, 40), 64));
  EXPECT_TRUE(AnswersAlike(equal, Ask(params, 3, 40), 300));
}

// Some of the largest fall behind others by the penalty.
TEST(LookedAtRow, PenalisedIds) {
  std::vector<float> logits = RandomLogits(3000, 4);
  const std::vector<RowAnswer> order = LargestOf(logits, 60);
  for (const SamplingParams& params :
       {SamplingParams{.temperature = 0.7f, .top_k = 10, .repeat_penalty = 1.5f},
        SamplingParams{.repeat_penalty = 1.5f}}) {
    RowRequest request = Ask(params, 3, params.greedy() ? 1 : 10);
    for (int i = 0; i < 60; i += 3) request.penalised.push_back(500 + order[i].index);
    std::sort(request.penalised.begin(), request.penalised.end());
    EXPECT_EQ(request.top_logits(), (params.greedy() ? 1 : 10) + 20 + 1);
    EXPECT_TRUE(AnswersAlike(logits, request, request.top_logits()));
    EXPECT_FALSE(AnswersAlike(logits, request, 1));
    EXPECT_FALSE(request.can_be_guessed());
    std::vector<float> few(logits.begin(), logits.begin() + 5);
    few[2] = NAN;  // which no order has a place for
    EXPECT_FALSE(AnswersAlike(few, request, request.top_logits()));
  }
}

// In order of weight and noise, as a device finds them.
TEST(LookedAtRow, WhereEveryIdSurvives) {
  constexpr int kIds = 3000, kFirstId = 500;
  const std::vector<float> logits = RandomLogits(kIds, 9);
  int sufficed = 0;
  for (int position = 0; position < 100; ++position) {
    RowRequest request = Ask({.temperature = 0.8f, .seed = 3}, position, 1);
    std::vector<float> scores;
    for (int i = 0; i < kIds; ++i) {
      scores.push_back(logits[i] / 0.8f + KeyedGumbel(3, position, kFirstId + i));
    }
    std::vector<RowAnswer> seen = LargestOf(scores, request.top_logits());
    for (RowAnswer& answer : seen) answer.value = logits[answer.index];
    if (position % 2 == 1) {
      request.params.repeat_penalty = 1.2f;
      request.penalised = {kFirstId + seen[2].index, kFirstId + kIds + 5};
    }
    LogitsRow exact, got;
    std::vector<Candidate> weighed;
    AnswerRow(logits, kFirstId, request, weighed, exact);
    const LogitsLook look = {exact.block_hashes, kIds, seen, {}};
    if (!AnswerRow(look, kFirstId, request, got)) continue;
    ++sufficed;
    ASSERT_EQ(got.candidates.size(), 1u);
    EXPECT_EQ(got.candidates[0].id, exact.candidates[0].id) << position;
    EXPECT_EQ(got.candidates[0].weight, exact.candidates[0].weight);
    EXPECT_TRUE(got.complete);
  }
  EXPECT_GE(sufficed, 99);
}

// Top-p over the whole vocabulary: masses are taken over as they were seen.
TEST(LookedAtRow, Masses) {
  const std::vector<float> logits = RandomLogits(3000, 5);
  const RowRequest request = Ask({.temperature = 0.7f, .top_p = 0.9f}, 3, 255, true);
  LogitsRow exact, got;
  std::vector<Candidate> weighed;
  AnswerRow(logits, 0, request, weighed, exact);
  const std::vector<RowAnswer> seen = LargestOf(logits, request.top_logits());
  const LogitsLook look = {exact.block_hashes, 3000, seen, exact.masses};
  ASSERT_TRUE(AnswerRow(look, 0, request, got));
  EXPECT_EQ(Choose(got.candidates, got.complete, TotalMass(got.masses), request.params, 3),
            Choose(exact.candidates, exact.complete, TotalMass(exact.masses), request.params, 3));
}

TEST(LookedAtRow, AsksForTheLogitsWhereItMust) {
  const std::vector<float> logits = RandomLogits(3000, 1);
  const SamplingParams params = {.temperature = 0.7f, .top_k = 40};
  EXPECT_FALSE(AnswersAlike(logits, Ask(params, 3, 40), 39));
  EXPECT_FALSE(AnswersAlike(logits, Ask(params, 3, 40), 40));  // equal weights may follow
  EXPECT_FALSE(AnswersAlike(logits, Ask(params, 3, 320), 256));
  RowRequest penalised = Ask({.temperature = 1, .top_k = 40, .repeat_penalty = 1.1f}, 3, 40);
  EXPECT_TRUE(AnswersAlike(logits, penalised, 64));  // nothing to penalise yet
  penalised.penalised = {507};
  penalised.params.repeat_penalty = 0.9f;  // could lift what was not seen
  EXPECT_FALSE(AnswersAlike(logits, penalised, 64));
  penalised.params.repeat_penalty = 1.1f;
  penalised.masses = true;  // of which the penalty changes one
  EXPECT_FALSE(AnswersAlike(logits, penalised, 64));
  RowRequest scored = Ask(params, 3, 40);
  scored.all_logits = true;
  EXPECT_FALSE(AnswersAlike(logits, scored, 64));
}

TEST(LookedAtRow, HowManyAreWanted) {
  EXPECT_EQ(Ask({}, 3, 1).top_logits(), 0);
  EXPECT_EQ(Ask({.temperature = 1}, 3, 1).top_logits(), 17);
  EXPECT_EQ(Ask({.temperature = 1, .top_k = 40}, 3, 40).top_logits(), 41);
  EXPECT_EQ(Ask({.temperature = 1, .top_k = 255}, 3, 255).top_logits(), 256);
  EXPECT_EQ(Ask({.temperature = 1, .top_k = 256}, 3, 256).top_logits(), 0);
}

}  // namespace
}  // namespace lantern
