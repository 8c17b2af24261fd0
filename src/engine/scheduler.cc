#include "src/engine/scheduler.h"

#include <algorithm>

#include "models/kv_cache.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr int kFirstCandidates = 256;  // for top-p and min-p over the whole vocabulary

RowRequest RowFor(const Sequence& sequence) {
  RowRequest row;
  const SamplingParams& params = sequence.request.sampling;
  row.params = params;
  row.position = static_cast<int>(sequence.tokens.size());
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
  return row;
}

}  // namespace

Scheduler::Scheduler(const SchedulerOptions& options)
    : options_(options), allocator_(options.blocks) {}

int Scheduler::BlocksNeeded(const Sequence& sequence) const {
  const int most = sequence.prompt_tokens() + sequence.request.max_tokens;
  return KvCache::BlocksFor(std::min(most, options_.context));
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
    running_.push_back(std::move(sequence));
    waiting_.pop_front();
  }
}

void Scheduler::Append(Step& step, const std::shared_ptr<Sequence>& owner, int count) {
  Sequence& sequence = *owner;
  Batch& batch = step.plan.batch;
  const int end = sequence.cached + count;
  while (static_cast<int>(sequence.blocks.size()) < KvCache::BlocksFor(end)) {
    sequence.blocks.push_back(allocator_.Take());
    --promised_blocks_;
  }
  const bool last = end == static_cast<int>(sequence.tokens.size());
  for (int position = sequence.cached; position < end; ++position) {
    const bool samples = last && position == end - 1 && sequence.request.max_tokens > 0;
    if (samples || sequence.wants_all_logits()) {
      batch.logits_at.push_back(batch.tokens());
      RowRequest row = samples ? RowFor(sequence) : RowRequest{};
      row.position = position + 1;
      row.all_logits = sequence.wants_all_logits();
      step.plan.rows.push_back(std::move(row));
      step.row_owner.push_back(owner);
    }
    batch.token.push_back(sequence.tokens[position]);
    batch.position.push_back(position);
    batch.sequence.push_back(static_cast<int>(batch.blocks.size()));
  }
  batch.blocks.push_back(sequence.blocks);
  step.advances.emplace_back(owner, count);
}

Scheduler::Step Scheduler::Next() {
  Admit();
  Step step;
  auto room = [&] { return options_.step_tokens - step.plan.batch.tokens(); };
  auto rows_left = [&] { return options_.logit_rows - static_cast<int>(step.plan.rows.size()); };
  // One that goes on in a new group has tokens to read again before it generates more.
  const auto generates = [](const Sequence& s) { return s.generated() > 0 && s.pending() == 1; };
  std::vector<std::shared_ptr<Sequence>> reading;
  for (const auto& sequence : running_) {
    if (!generates(*sequence)) reading.push_back(sequence);
    if (generates(*sequence) && room() > 0) Append(step, sequence, 1);
  }
  for (const auto& sequence : reading) {
    int count = std::min({sequence->pending(), options_.chunk, room()});
    if (sequence->wants_all_logits()) count = std::min(count, rows_left());
    // A prompt's last token needs a row for its answer.
    if (count == sequence->pending() && rows_left() == 0) --count;
    if (count <= 0) continue;
    Append(step, sequence, count);
    step.prompt_tokens += count;
  }
  step.plan.step = ++step_;
  return step;
}

}  // namespace lantern
