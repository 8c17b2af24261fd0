#include "src/engine/engine.h"

#include <algorithm>

#include "models/kv_cache.h"
#include "src/base/check.h"

namespace lantern {
namespace {

constexpr int kMoreCandidates = 8;  // times as many, each time the ranks are asked again

}  // namespace

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
    sequence->cached = sequence->reused = shared;
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
  sequence->cached = sequence->reused = 0;
  sequence->blocks.clear();  // of the other engine's cache
  scheduler_.Add(sequence);
}

void Engine::Cancel(const std::shared_ptr<Sequence>& sequence) {
  if (!sequence->done()) End(sequence, FinishReason::kCancelled);
}

void Engine::Release(Sequence& sequence) {
  scheduler_.Drop(sequence);
  sequence.cached = 0;
}

bool Engine::Step() {
  const Scheduler::Step& step = scheduler_.Next();
  last_prompt_tokens_ = step.prompt_tokens;
  if (step.plan.batch.tokens() == 0) return false;
  stage_.Lead(step.plan, rows_);
  ChooseTokens(step.plan);
  Commit(step);
  return true;
}

// Whether the candidates reach far enough to tell the token.
bool Engine::Choose(const RowRequest& request, const LogitsRow& row, int& token) const {
  token = lantern::Choose(row.candidates, row.complete, TotalMass(row.masses), request.params,
                          request.position);
  return token >= 0;
}

// Where the candidates do not reach far enough, the ranks answer the same rows again with more.
void Engine::ChooseTokens(const StepPlan& plan) {
  chosen_.assign(plan.rows.size(), -1);
  open_.clear();
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    if (plan.rows[i].candidates == 0) continue;
    if (!Choose(plan.rows[i], rows_[i], chosen_[i])) open_.push_back(i);
  }
  if (open_.empty()) return;
  again_.kind = StepPlan::kRows;
  again_.step = plan.step;
  again_.rows = plan.rows;
  while (!open_.empty()) {
    for (RowRequest& row : again_.rows) {
      row.candidates *= kMoreCandidates;
      row.all_logits = false;
    }
    stage_.Lead(again_, more_);
    std::erase_if(open_, [&](size_t i) { return Choose(plan.rows[i], more_[i], chosen_[i]); });
  }
}

void Engine::Commit(const Scheduler::Step& step) {
  for (auto& [sequence, count] : step.advances) sequence->cached += count;
  for (size_t i = 0; i < rows_.size(); ++i) {
    const std::shared_ptr<Sequence>& owner = step.row_owner[i];
    owner->position_hashes.push_back(HashOf(rows_[i].block_hashes));
    if (owner->wants_all_logits()) {
      owner->request.on_logits(step.plan.rows[i].position - 1, rows_[i].logits);
    }
    if (chosen_[i] >= 0) Accept(*owner, chosen_[i]);
  }
  for (auto& [sequence, count] : step.advances) {
    Sequence& s = *sequence;
    const int size = static_cast<int>(s.tokens.size());
    const auto& stops = s.request.stop_ids;
    if (s.done() || s.pending() > 1) continue;
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
