// The scheduler with several steps in flight: who is in which step. No engine, no model.
#include "src/engine/scheduler.h"

#include <gtest/gtest.h>

#include "models/kv_cache.h"

namespace lantern {
namespace {

using Step = Scheduler::Step;

std::shared_ptr<Sequence> NewSequence(int prompt, int tokens) {
  auto sequence = std::make_shared<Sequence>();
  sequence->request.prompt.assign(prompt, 7);
  sequence->request.max_tokens = tokens;
  sequence->tokens = sequence->request.prompt;
  return sequence;
}

// What the engine does when a step's answers are here: every row gives a token.
void Commit(const Step& step) {
  for (const auto& [sequence, count] : step.advances) sequence->cached += count;
  for (const auto& owner : step.row_owner) owner->tokens.push_back(9);
}

// By sequence of `all`: how many of its tokens the step holds.
std::vector<int> Counts(const Step& step, const std::vector<std::shared_ptr<Sequence>>& all) {
  std::vector<int> counts(all.size(), 0);
  for (const auto& [sequence, count] : step.advances) {
    counts[std::find(all.begin(), all.end(), sequence) - all.begin()] += count;
  }
  return counts;
}

class SchedulerTest : public testing::Test {
 protected:
  // `count` sequences that have just chosen their first token.
  void Start(int count, int in_flight, bool guesses = false) {
    scheduler_ = std::make_unique<Scheduler>(SchedulerOptions{.blocks = 100,
                                                              .context = 64,
                                                              .chunk = 64,
                                                              .step_tokens = 64,
                                                              .logit_rows = 16,
                                                              .in_flight = in_flight,
                                                              .least_part = guesses ? 16 : 1,
                                                              .guesses = guesses});
    for (int i = 0; i < count; ++i) {
      all_.push_back(NewSequence(1, 50));
      scheduler_->Add(all_.back());
    }
    Commit(Next());
  }
  const Step& Next() {
    steps_.emplace_back();
    scheduler_->Next(steps_.back());
    return steps_.back();
  }

  std::unique_ptr<Scheduler> scheduler_;
  std::vector<std::shared_ptr<Sequence>> all_;
  std::deque<Step> steps_;
};

TEST_F(SchedulerTest, OneStepHoldsAllWhoGenerate) {
  Start(4, 1);
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{1, 1, 1, 1}));
}

TEST_F(SchedulerTest, StepsInFlightShareThoseWhoGenerate) {
  Start(5, 2);
  const Step& first = Next();
  const Step& second = Next();
  EXPECT_EQ(Counts(first, all_), (std::vector<int>{1, 1, 1, 0, 0}));
  EXPECT_EQ(Counts(second, all_), (std::vector<int>{0, 0, 0, 1, 1}));
  EXPECT_EQ(Next().plan.batch.tokens(), 0);  // nobody's next token is known
  Commit(first);
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{1, 1, 1, 0, 0}));
  Commit(second);
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{0, 0, 0, 1, 1}));
}

TEST_F(SchedulerTest, OneAloneIsInOneStepAtATime) {
  Start(1, 3);
  const Step& first = Next();
  EXPECT_EQ(Counts(first, all_), (std::vector<int>{1}));
  EXPECT_EQ(Next().plan.batch.tokens(), 0);
  Commit(first);
  EXPECT_EQ(Next().plan.batch.position, (std::vector<int>{2}));
}

// A token that is told, and the guess of it that the step behind began with.
void Tell(const Step& step, int token, int guess) {
  for (const auto& [sequence, count] : step.advances) {
    if (sequence->void_step != step.plan.step) sequence->cached += count;
  }
  for (const auto& owner : step.row_owner) {
    if (owner->void_step == step.plan.step) continue;
    owner->tokens.push_back(token);
    Scheduler::Told(*owner, token, guess);
  }
}

TEST_F(SchedulerTest, AStepBeginsWithWhatTheOneBeforeGuesses) {
  Start(2, 2, true);
  const Step& first = Next();
  const Step& second = Next();
  EXPECT_EQ(first.plan.batch.token, (std::vector<int>{9, 9}));
  EXPECT_EQ(second.plan.batch.token, (std::vector<int>{-1, -2}));
  EXPECT_EQ(second.plan.batch.position, (std::vector<int>{2, 2}));
  EXPECT_EQ(second.plan.rows.size(), 2u);
  EXPECT_EQ(second.plan.rows[0].position, 3);
  Tell(first, 5, 5);
  const Step& third = Next();
  EXPECT_EQ(third.plan.batch.token, (std::vector<int>{-1, -2}));
  EXPECT_EQ(third.plan.batch.position, (std::vector<int>{3, 3}));
  Tell(second, 5, 5);
  EXPECT_EQ(all_[0]->cached, 3);
  EXPECT_EQ(all_[0]->tokens, (std::vector<int>{7, 9, 5, 5}));
}

TEST_F(SchedulerTest, AWrongGuessIsDoneAgain) {
  Start(1, 2, true);
  const Step& first = Next();
  const Step& wrong = Next();
  Tell(first, 5, 6);
  const Step& again = Next();
  EXPECT_EQ(again.plan.batch.token, (std::vector<int>{5}));
  EXPECT_EQ(again.plan.batch.position, wrong.plan.batch.position);
  Tell(wrong, 4, 4);
  EXPECT_EQ(all_[0]->tokens, (std::vector<int>{7, 9, 5}));
  EXPECT_EQ(Next().plan.batch.token, (std::vector<int>{-1}));
  Tell(again, 3, 3);
  EXPECT_EQ(all_[0]->tokens, (std::vector<int>{7, 9, 5, 3}));
  EXPECT_EQ(all_[0]->cached, 3);
}

TEST_F(SchedulerTest, WhatNoDeviceGuessesWaits) {
  Start(2, 2, true);
  all_[1]->request.sampling.repeat_penalty = 1.1f;
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{1, 1}));
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{1, 0}));
}

// Guesses of the step right before are there, and of no other.
TEST_F(SchedulerTest, OlderGuessesAreGone) {
  Start(1, 3, true);
  const Step& first = Next();
  const Step& second = Next();
  EXPECT_EQ(Next().plan.batch.tokens(), 0);
  Tell(first, 5, 5);
  EXPECT_EQ(Next().plan.batch.tokens(), 0);
  Tell(second, 4, 4);
  EXPECT_EQ(Next().plan.batch.token, (std::vector<int>{4}));
}

TEST_F(SchedulerTest, NothingIsGuessedBehindTheLastToken) {
  Scheduler scheduler({.blocks = 9,
                       .context = 64,
                       .logit_rows = 4,
                       .in_flight = 2,
                       .least_part = 4,
                       .guesses = true});
  const auto sequence = NewSequence(3, 2);
  scheduler.Add(sequence);
  Step prompt, second, none;
  scheduler.Next(prompt);
  scheduler.Next(second);
  EXPECT_EQ(second.plan.batch.token, (std::vector<int>{-1}));
  Tell(prompt, 5, 5);
  scheduler.Next(none);
  EXPECT_EQ(none.plan.batch.tokens(), 0);
}

TEST_F(SchedulerTest, SharesFollowTheNumberThatIsLeft) {
  Start(4, 2);
  const Step& first = Next();
  const Step& second = Next();
  Commit(first);
  for (int i : {0, 1}) scheduler_->Remove(all_[i], false);
  Commit(second);
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{0, 0, 1, 0}));
  EXPECT_EQ(Counts(Next(), all_), (std::vector<int>{0, 0, 0, 1}));
}

TEST_F(SchedulerTest, ChunksOfAPromptFollowEachOther) {
  Scheduler scheduler({.blocks = 10,
                       .context = 100,
                       .chunk = 30,
                       .step_tokens = 30,
                       .logit_rows = 4,
                       .in_flight = 3});
  const auto sequence = NewSequence(70, 20);
  scheduler.Add(sequence);
  Step first, second, third, none;
  scheduler.Next(first);
  scheduler.Next(second);
  scheduler.Next(third);
  EXPECT_EQ(first.plan.batch.position.front(), 0);
  EXPECT_EQ(second.plan.batch.position.front(), 30);
  EXPECT_EQ(third.plan.batch.position.front(), 60);
  EXPECT_EQ(third.plan.batch.tokens(), 10);
  EXPECT_EQ(first.plan.rows.size() + second.plan.rows.size(), 0u);
  EXPECT_EQ(third.plan.rows.size(), 1u);  // the prompt's last token alone asks for an answer
  EXPECT_EQ(sequence->cached, 0);
  scheduler.Next(none);
  EXPECT_EQ(none.plan.batch.tokens(), 0);
  for (const Step* step : {&first, &second, &third}) Commit(*step);
  scheduler.Next(first);
  EXPECT_EQ(first.plan.batch.position, (std::vector<int>{70}));
}

TEST_F(SchedulerTest, WhatIsReadAgainGoesInChunksToo) {
  Scheduler scheduler({.blocks = 10,
                       .context = 100,
                       .chunk = 20,
                       .step_tokens = 20,
                       .logit_rows = 4,
                       .in_flight = 2});
  const auto sequence = NewSequence(10, 50);
  sequence->tokens.resize(41, 9);  // 31 of them its own answer, in a group that is lost
  scheduler.Add(sequence);
  Step steps[3];
  scheduler.Next(steps[0]);
  scheduler.Next(steps[1]);
  EXPECT_EQ(steps[1].plan.batch.tokens(), 20);
  EXPECT_EQ(steps[1].plan.rows.size(), 0u);
  Commit(steps[0]);
  scheduler.Next(steps[2]);
  EXPECT_EQ(steps[2].plan.batch.position, (std::vector<int>{40}));
  EXPECT_EQ(steps[2].plan.rows.size(), 1u);
}

TEST_F(SchedulerTest, RemovedInFlightGivesItsBlocksBack) {
  Start(3, 2);
  const int free = scheduler_->free_blocks();
  Next();
  Next();
  for (const auto& sequence : all_) scheduler_->Remove(sequence, false);
  EXPECT_EQ(scheduler_->free_blocks(), 100);
  EXPECT_EQ(free, 97);
  EXPECT_TRUE(scheduler_->idle());
}

}  // namespace
}  // namespace lantern
