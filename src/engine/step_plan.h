// StepPlan: what every rank needs to run one step, and LogitsRow: what the last stage answers.
// Plans travel with the data they order: by broadcast inside stage 0, then in front of the hidden
// state from stage to stage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "models/run.h"
#include "src/base/reused_list.h"
#include "src/engine/sampling.h"

namespace lantern {

// One position whose logits are wanted: row i of a plan's `rows` is token batch.logits_at[i].
struct RowRequest {
  RowRequest() { penalised.reserve(SamplingParams::kPenaltyWindow); }

  SamplingParams params;
  int position = 0;            // of the token to be chosen
  std::vector<int> penalised;  // ids, ascending
  int candidates = 0;          // how many each rank sends at most; 0: none
  bool masses = false;         // also block masses, for top-p over the whole vocabulary
  bool all_logits = false;     // also every logit (score)

  bool is_penalised() const { return params.repeat_penalty != 1 && !penalised.empty(); }
  // Whether what a device sees of the logits (LogitsLook) answers it. Penalties that make logits
  // larger could lift one that was not seen; and of masses they would change a part.
  bool can_be_seen() const {
    if (all_logits) return false;
    if (candidates == 0 || !is_penalised()) return true;
    return params.repeat_penalty > 1 && !masses && top_logits() > 0;
  }
  // How many of the largest it takes; 0: the largest alone, or more than devices find.
  int top_logits() const {
    if (candidates == 0 || (params.greedy() && !is_penalised())) return 0;
    constexpr int kKeyed = 16;  // the gap from the first to the last is seldom small: see AnswerRow
    const int wanted = params.greedy() || !params.keeps_all() ? candidates : kKeyed;
    const int lowered = is_penalised() ? static_cast<int>(penalised.size()) : 0;
    const int seen = wanted + lowered + 1;  // one more: see AnswerRow
    return seen <= LogitsLook::kMostTop ? seen : 0;
  }
  // Whether a device can guess the token. Of penalties it knows nothing.
  bool can_be_guessed() const {
    return candidates > 0 && can_be_seen() && !is_penalised() &&
           (params.greedy() || top_logits() > 0);
  }
  // How a device looks at the row.
  ChoiceRule rule() const {
    if (candidates == 0 || !can_be_seen()) return {};
    return {params.seed, position, params.temperature, params.top_k, params.top_p, params.min_p};
  }
};

// A token of the batch may be one that the step before, which is still under way, will give: see
// BatchView. Only where steps are queued on devices (Stage::queues).
struct StepPlan {
  enum Kind : int {
    kForward,  // run the batch, then answer the rows
    kRows,     // answer rows again, from the logits of the last forward step in this slot
    kStop,     // the end of the run
    kCollect,  // where steps are queued: end the one in this slot, and answer it
  };
  int kind = kForward;
  uint64_t step = 0;
  int slot = 0;  // of those in flight: below RunSpec::in_flight
  Batch batch;
  ReusedList<RowRequest> rows;
};

// One rank's answer for one row; its ids only.
struct LogitsRow {
  std::vector<uint64_t> block_hashes;  // xxh64 of each kVocabBlock ids' f32 logits
  std::vector<Candidate> candidates;
  std::vector<Mass> masses;
  std::vector<float> logits;
  bool complete = false;  // no id of this rank's outside the candidates could be chosen
  int guess = -1;         // of this rank's device: what LogitsLook says; never sent

  // Keeps the memory.
  void Clear() {
    block_hashes.clear();
    candidates.clear();
    masses.clear();
    logits.clear();
    complete = false;
    guess = -1;
  }
};

using LogitsRows = ReusedList<LogitsRow>;

// Answers one row from this rank's logits of ids [first_id, first_id + size). `weighed`: scratch.
void AnswerRow(std::span<const float> logits, int first_id, const RowRequest& request,
               std::vector<Candidate>& weighed, LogitsRow& row);

// The same from what a device saw of them. False where that does not suffice, as what was not seen
// might weigh as much as what is wanted.
bool AnswerRow(const LogitsLook& look, int first_id, const RowRequest& request, LogitsRow& row);

// Joins row `i` of the ranks' answers, in rank order, into one for the whole vocabulary; the first
// rank is this one, whose guess stays. Candidates stay a true prefix of the global order: those
// behind a rank's last one sent are dropped.
void JoinVocabulary(std::span<const LogitsRows> ranks, size_t i, LogitsRow& whole);

// logits_hash of one position: xxh64 over its block hashes in id order.
uint64_t HashOf(std::span<const uint64_t> hashes);

}  // namespace lantern
