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
  Scheduler::Step step = scheduler_.Next();
  last_prompt_tokens_ = step.prompt_tokens;
  if (step.plan.batch.tokens() == 0) return false;
  std::vector<LogitsRow> rows = stage_.Lead(step.plan);
  const std::vector<int> chosen = ChooseTokens(step.plan, rows);
  Commit(step, rows, chosen);
  return true;
}

// One token per row, or -1 for rows that only wanted logits. Where the candidates do not reach far
// enough, the ranks answer the same rows again with more.
std::vector<int> Engine::ChooseTokens(const StepPlan& plan, std::vector<LogitsRow>& rows) {
  std::vector<int> chosen(plan.rows.size(), -1);
  auto choose = [&](size_t i, const LogitsRow& row) {
    const RowRequest& r = plan.rows[i];
    return Choose(row.candidates, row.complete, TotalMass(row.masses), r.params, r.position);
  };
  std::vector<size_t> open;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (plan.rows[i].candidates == 0) continue;
    chosen[i] = choose(i, rows[i]);
    if (chosen[i] < 0) open.push_back(i);
  }
  StepPlan again;
  again.kind = StepPlan::kRows;
  again.step = plan.step;
  again.rows = plan.rows;
  while (!open.empty()) {
    for (RowRequest& row : again.rows) {
      row.candidates *= kMoreCandidates;
      row.all_logits = false;
    }
    const std::vector<LogitsRow> more = stage_.Lead(again);
    std::erase_if(open, [&](size_t i) { return (chosen[i] = choose(i, more[i])) >= 0; });
  }
  return chosen;
}

void Engine::Commit(Scheduler::Step& step, const std::vector<LogitsRow>& rows,
                    const std::vector<int>& chosen) {
  for (auto& [sequence, count] : step.advances) sequence->cached += count;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::shared_ptr<Sequence>& owner = step.row_owner[i];
    owner->position_hashes.push_back(HashOf(rows[i].block_hashes));
    if (owner->wants_all_logits()) {
      owner->request.on_logits(step.plan.rows[i].position - 1, rows[i].logits);
    }
    if (chosen[i] >= 0) Accept(*owner, chosen[i]);
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
