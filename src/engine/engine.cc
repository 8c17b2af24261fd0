#include "src/engine/engine.h"

#include <algorithm>

#include "models/kv_cache.h"
#include "src/base/check.h"

namespace lantern {
namespace {

constexpr int kMoreCandidates = 8;  // times as many, each time the ranks are asked again

}  // namespace

Engine::Engine(Stage& stage, const SchedulerOptions& options)
    : stage_(stage), options_(options), scheduler_(options), flights_(options.in_flight) {
  for (Flight& flight : flights_) {
    flight.step.plan.batch.blocks.reserve(options.blocks);  // tables grow step by step
  }
}

std::shared_ptr<Sequence> Engine::Submit(Request request, std::shared_ptr<Sequence> base) {
  request.sampling.Validate();
  auto sequence = std::make_shared<Sequence>();
  sequence->id = next_id_++;
  sequence->tokens = request.prompt;
  sequence->request = std::move(request);
  if (base != nullptr) {
    // At least one token must be computed, for its logits.
    const int limit = std::min<int>(base->cached, sequence->tokens.size() - 1);
    int shared = 0;
    while (shared < limit && base->tokens[shared] == sequence->tokens[shared]) ++shared;
    const size_t kept = KvCache::BlocksFor(shared);
    sequence->scheduled = sequence->cached = sequence->reused = shared;
    sequence->blocks.assign(base->blocks.begin(), base->blocks.begin() + kept);
    base->blocks.erase(base->blocks.begin(), base->blocks.begin() + kept);
    Release(*base);
  }
  sequence->started = Sequence::Clock::now();
  try {
    scheduler_.Add(sequence);
  } catch (...) {
    Release(*sequence);
    throw;
  }
  return sequence;
}

void Engine::Resume(const std::shared_ptr<Sequence>& sequence) {
  LANTERN_CHECK(!sequence->done());
  sequence->id = next_id_++;
  sequence->scheduled = sequence->cached = sequence->reused = 0;
  sequence->blocks.clear();  // of the other engine's cache, as these are its steps
  sequence->guessing_step = sequence->void_step = Sequence::kNoStep;
  scheduler_.Add(sequence);
}

void Engine::Cancel(const std::shared_ptr<Sequence>& sequence) {
  if (!sequence->done()) End(sequence, FinishReason::kCancelled);
  // Nobody may come by for minutes, and answers that wait to be taken have deadlines.
  while (!broken_ && scheduler_.idle() && begun_ > ended_) EndOldest();
}

// What the ranks hold is unknown after an error, so that it is the answer to all that comes later.
template <class Body>
void Engine::OnRanks(const Body& body) {
  if (broken_) throw *broken_;
  try {
    body();
  } catch (const Error& e) {
    broken_ = e;
    throw;
  }
}

void Engine::Release(Sequence& sequence) {
  scheduler_.Drop(sequence);
  sequence.cached = 0;
}

bool Engine::Step() {
  if (broken_) throw *broken_;
  while (begun_ - ended_ < flights_.size() && Begin()) {
  }
  if (begun_ == ended_) return false;
  EndOldest();
  return true;
}

// False where nothing can be begun before a step has ended.
bool Engine::Begin() {
  Flight& flight = Of(begun_);
  scheduler_.Next(flight.step);
  StepPlan& plan = flight.step.plan;
  if (plan.batch.tokens() == 0) return false;
  plan.slot = static_cast<int>(begun_ % flights_.size());
  flight.answered = false;
  OnRanks([&] { stage_.Begin(plan); });
  ++begun_;
  return true;
}

// REQUIRES: all older steps are answered.
void Engine::Await(Flight& flight) {
  if (flight.answered) return;
  OnRanks([&] { stage_.Collect(flight.step.plan, flight.rows); });
  LANTERN_CHECK_EQ(flight.rows.size(), flight.step.plan.rows.size());
  flight.answered = true;
}

void Engine::EndOldest() {
  Flight& flight = Of(ended_);
  Await(flight);
  ChooseTokens(flight);
  ++ended_;
  last_prompt_tokens_ = flight.step.prompt_tokens;
  Commit(flight);
}

// Whether the candidates reach far enough to tell the token.
bool Engine::Choose(const RowRequest& request, const LogitsRow& row, int& token) const {
  token = lantern::Choose(row.candidates, row.complete, TotalMass(row.masses), request.params,
                          request.position);
  return token >= 0;
}

void Engine::ChooseTokens(Flight& flight) {
  const auto& wanted = flight.step.plan.rows;
  flight.chosen.assign(wanted.size(), -1);
  open_.clear();
  for (size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i].candidates == 0 || !flight.CountsFor(*flight.step.row_owner[i])) continue;
    if (!Choose(wanted[i], flight.rows[i], flight.chosen[i])) open_.push_back(i);
  }
  if (!open_.empty()) AskAgain(flight);
}

// Where the candidates do not reach far enough, the ranks answer the same rows again with more.
void Engine::AskAgain(Flight& flight) {
  const StepPlan& plan = flight.step.plan;
  again_.kind = StepPlan::kRows;
  again_.step = plan.step;
  again_.slot = plan.slot;
  again_.rows = plan.rows;
  while (!open_.empty()) {
    for (RowRequest& row : again_.rows) {
      row.candidates *= kMoreCandidates;
      row.all_logits = false;
    }
    OnRanks([&] { stage_.Begin(again_); });
    // Answers come in the order of the steps.
    for (uint64_t later = ended_ + 1; later < begun_; ++later) Await(Of(later));
    OnRanks([&] { stage_.Collect(again_, more_); });
    std::erase_if(open_,
                  [&](size_t i) { return Choose(plan.rows[i], more_[i], flight.chosen[i]); });
  }
}

// What was cancelled while the step was in flight is left as it was then.
bool Engine::Flight::CountsFor(const Sequence& sequence) const {
  return !sequence.done() && sequence.void_step != step.plan.step;
}

void Engine::Commit(Flight& flight) {
  const Scheduler::Step& step = flight.step;
  for (auto& [sequence, count] : step.advances) {
    if (flight.CountsFor(*sequence)) sequence->cached += count;
  }
  for (size_t i = 0; i < flight.rows.size(); ++i) {
    Sequence& owner = *step.row_owner[i];
    if (!flight.CountsFor(owner)) continue;
    owner.position_hashes.push_back(HashOf(flight.rows[i].block_hashes));
    if (owner.wants_all_logits()) {
      owner.request.on_logits(step.plan.rows[i].position - 1, flight.rows[i].logits);
    }
    if (flight.chosen[i] < 0) continue;
    Accept(owner, flight.chosen[i]);
    Scheduler::Told(owner, flight.chosen[i], flight.rows[i].guess);
  }
  for (auto& [sequence, count] : step.advances) EndWhereDone(sequence);
  NameGuesses(flight);
}

// In the step that began with guesses of this one, in case it is run again.
void Engine::NameGuesses(const Flight& flight) {
  if (begun_ == ended_) return;
  for (int& token : Of(ended_).step.plan.batch.token) {
    if (token < 0) token = flight.chosen[BatchView::RowOfGuess(token)];
  }
}

void Engine::EndWhereDone(const std::shared_ptr<Sequence>& sequence) {
  const Sequence& s = *sequence;
  const int size = static_cast<int>(s.tokens.size());
  const auto& stops = s.request.stop_ids;
  if (s.done() || s.pending() > 1) return;
  if (s.request.max_tokens == 0 && s.pending() == 0) {
    End(sequence, FinishReason::kLength);
  } else if (s.generated() > 0 &&
             std::find(stops.begin(), stops.end(), s.tokens.back()) != stops.end()) {
    End(sequence, FinishReason::kStop);
  } else if (s.generated() > 0 && s.generated() >= s.request.max_tokens) {
    End(sequence, FinishReason::kLength);
  } else if (s.generated() > 0 && size >= options_.context) {
    End(sequence, FinishReason::kContext);
  }
}

void Engine::Accept(Sequence& sequence, int token) {
  if (sequence.generated() == 0) sequence.first_token = Sequence::Clock::now();
  sequence.tokens.push_back(token);
  const auto& stops = sequence.request.stop_ids;
  const bool stop = std::find(stops.begin(), stops.end(), token) != stops.end();
  if (!stop && sequence.request.on_token) sequence.request.on_token(token);
}

void Engine::End(const std::shared_ptr<Sequence>& sequence, FinishReason reason) {
  sequence->finish = reason;
  sequence->finished = Sequence::Clock::now();
  if (sequence->generated() == 0) sequence->first_token = sequence->finished;
  scheduler_.Remove(sequence, keep_finished_);
}

}  // namespace lantern
