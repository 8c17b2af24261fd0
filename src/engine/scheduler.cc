#include "src/engine/scheduler.h"

#include <algorithm>

#include "models/kv_cache.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// For top-p and min-p over the whole vocabulary: as many as devices find with one more.
constexpr int kFirstCandidates = LogitsLook::kMostTop - 1;

// Sets all of `row` but its position and all_logits: what is asked for to choose the next token.
void AskForToken(const Sequence& sequence, RowRequest& row) {
  const SamplingParams& params = sequence.request.sampling;
  row.params = params;
  row.penalised.clear();
  if (params.repeat_penalty != 1) {
    const size_t window = std::min<size_t>(SamplingParams::kPenaltyWindow, sequence.tokens.size());
    row.penalised.assign(sequence.tokens.end() - window, sequence.tokens.end());
    std::sort(row.penalised.begin(), row.penalised.end());
    row.penalised.erase(std::unique(row.penalised.begin(), row.penalised.end()),
                        row.penalised.end());
  }
  const bool single = params.greedy() || params.keeps_all();
  row.candidates = single ? 1 : params.top_k > 0 ? params.top_k : kFirstCandidates;
  row.masses = !single && params.top_k == 0 && params.top_p < 1;
}

// Likewise, for a row whose logits alone are wanted.
void AskForNoToken(RowRequest& row) {
  row.params = {};
  row.penalised.clear();
  row.candidates = 0;
  row.masses = false;
}

// The row of the last token appended.
void AppendRow(Scheduler::Step& step, const std::shared_ptr<Sequence>& owner, int position,
               bool samples) {
  step.plan.batch.logits_at.push_back(step.plan.batch.tokens() - 1);
  RowRequest& row = step.plan.rows.Add();
  if (samples) {
    AskForToken(*owner, row);
  } else {
    AskForNoToken(row);
  }
  row.position = position + 1;
  row.all_logits = owner->wants_all_logits();
  owner->guessing_step = row.can_be_guessed() ? step.plan.step : Sequence::kNoStep;
  owner->guessed_row = static_cast<int>(step.row_owner.size());
  step.row_owner.push_back(owner);
}

// One that goes on in a new group has tokens to read again before it generates more.
bool Generates(const Sequence& sequence) {
  return sequence.generated() > 0 && sequence.pending() == 1;
}

}  // namespace

void Scheduler::Step::Clear() {
  plan.batch.token.clear();
  plan.batch.position.clear();
  plan.batch.sequence.clear();
  plan.batch.blocks.clear();
  plan.batch.blocks_end.clear();
  plan.batch.logits_at.clear();
  plan.rows.clear();
  row_owner.clear();
  advances.clear();
  prompt_tokens = 0;
}

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options), allocator_(options.blocks) {}

int Scheduler::MostTokens(const Sequence& sequence) const {
  return std::min(sequence.prompt_tokens() + sequence.request.max_tokens, options_.context);
}

int Scheduler::BlocksNeeded(const Sequence& sequence) const {
  return KvCache::BlocksFor(MostTokens(sequence));
}

void Scheduler::Add(std::shared_ptr<Sequence> sequence) {
  const int tokens = static_cast<int>(sequence->tokens.size());
  if (tokens == 0) Fail(ErrorKind::kBadRequest, "The prompt is empty: give at least one token.");
  if (tokens > options_.context) {
    Fail(ErrorKind::kBadRequest,
         "The prompt has {} tokens and the context holds {}: shorten it or raise --ctx.", tokens,
         options_.context);
  }
  if (BlocksNeeded(*sequence) > allocator_.total()) {
    Fail(ErrorKind::kBadRequest, "The request needs {} cache blocks and there are {}: raise --ctx.",
         BlocksNeeded(*sequence), allocator_.total());
  }
  waiting_.push_back(std::move(sequence));
}

void Scheduler::Remove(const std::shared_ptr<Sequence>& sequence, bool keep) {
  if (auto it = std::find(running_.begin(), running_.end(), sequence); it != running_.end()) {
    promised_blocks_ -= BlocksNeeded(*sequence) - static_cast<int>(sequence->blocks.size());
    running_.erase(it);
  } else {
    std::erase(waiting_, sequence);
  }
  if (!keep) allocator_.Return(sequence->blocks);
}

void Scheduler::Admit() {
  while (!waiting_.empty() && static_cast<int>(running_.size()) < options_.logit_rows) {
    auto& sequence = waiting_.front();
    const int more = BlocksNeeded(*sequence) - static_cast<int>(sequence->blocks.size());
    if (more > allocator_.free() - promised_blocks_) return;
    promised_blocks_ += more;
    // All that grows with the answer, so that none of its steps allocates.
    sequence->tokens.reserve(MostTokens(*sequence) + 1);
    sequence->position_hashes.reserve(MostTokens(*sequence) + 1);
    sequence->blocks.reserve(BlocksNeeded(*sequence));
    running_.push_back(std::move(sequence));
    waiting_.pop_front();
  }
}

void Scheduler::Append(Step& step, const std::shared_ptr<Sequence>& owner, int count) {
  Sequence& sequence = *owner;
  Batch& batch = step.plan.batch;
  const int begin = sequence.scheduled, end = begin + count;
  while (static_cast<int>(sequence.blocks.size()) < KvCache::BlocksFor(end)) {
    sequence.blocks.push_back(allocator_.Take());
    --promised_blocks_;
  }
  const int known = static_cast<int>(sequence.tokens.size());
  const bool last = end >= known;
  for (int position = begin; position < end; ++position) {
    batch.token.push_back(position < known ? sequence.tokens[position]
                                           : BatchView::GuessOf(sequence.guessed_row));
    batch.position.push_back(position);
    batch.sequence.push_back(static_cast<int>(batch.blocks_end.size()));
    const bool samples = last && position == end - 1 && sequence.request.max_tokens > 0;
    if (samples || sequence.wants_all_logits()) AppendRow(step, owner, position, samples);
  }
  batch.blocks.insert(batch.blocks.end(), sequence.blocks.begin(), sequence.blocks.end());
  batch.blocks_end.push_back(static_cast<int>(batch.blocks.size()));
  step.advances.emplace_back(owner, count);
  sequence.scheduled = end;
}

// So many that all who generate find room in the steps in flight: then every stage has its part.
int Scheduler::MostGenerating() const {
  const auto generates = [](const auto& sequence) { return Generates(*sequence); };
  const auto all = std::count_if(running_.begin(), running_.end(), generates);
  return options_.PartOf(static_cast<int>(all));
}

// Whether a step can take the sequence's next token, known or guessed, for its answer.
bool Scheduler::Continues(const Sequence& sequence) const {
  if (Generates(sequence) && sequence.unscheduled() > 0) return true;
  const bool is_guessed =
      options_.guesses && sequence.unscheduled() == 0 && sequence.guessing_step == steps_ - 1;
  return is_guessed && static_cast<int>(sequence.tokens.size()) + 1 < MostTokens(sequence);
}

void Scheduler::Told(Sequence& sequence, int token, int guess) {
  const bool is_taken_up = sequence.scheduled == static_cast<int>(sequence.tokens.size());
  if (!is_taken_up || token == guess) return;
  --sequence.scheduled;
  sequence.void_step = sequence.guessing_step;
}

void Scheduler::Next(Step& step) {
  Admit();
  step.Clear();
  step.plan.step = ++steps_;
  const StepPlan& plan = step.plan;
  auto room = [&] { return options_.step_tokens - plan.batch.tokens(); };
  auto rows_left = [&] { return options_.logit_rows - static_cast<int>(plan.rows.size()); };
  int generating = std::min(MostGenerating(), room());
  for (const auto& sequence : running_) {
    if (generating == 0 || !Continues(*sequence)) continue;
    Append(step, sequence, 1);
    --generating;
  }
  for (const auto& sequence : running_) {
    if (Generates(*sequence)) continue;
    int count = std::min({sequence->unscheduled(), options_.chunk, room()});
    if (sequence->wants_all_logits()) count = std::min(count, rows_left());
    // A prompt's last token needs a row for its answer.
    if (count == sequence->unscheduled() && rows_left() == 0) --count;
    if (count <= 0) continue;
    Append(step, sequence, count);
    step.prompt_tokens += count;
  }
}

}  // namespace lantern
