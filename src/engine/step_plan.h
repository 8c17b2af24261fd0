// StepPlan: what every rank needs to run one step, and LogitsRow: what the last stage answers.
// Plans travel with the data they order: by broadcast inside stage 0, then in front of the hidden
// state from stage to stage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <msgpack.hpp>
#include <span>
#include <vector>

#include "models/run.h"
#include "src/engine/sampling.h"

namespace lantern {

// One position whose logits are wanted: row i of a plan's `rows` is token batch.logits_at[i].
struct RowRequest {
  SamplingParams params;
  int position = 0;            // of the token to be chosen
  std::vector<int> penalised;  // ids, ascending
  int candidates = 0;          // how many each rank sends at most; 0: none
  bool masses = false;         // also block masses, for top-p over the whole vocabulary
  bool all_logits = false;     // also every logit (score)
  MSGPACK_DEFINE(params, position, penalised, candidates, masses, all_logits)
};

struct StepPlan {
  enum Kind : int {
    kForward,  // run the batch, then answer the rows
    kRows,     // answer rows again, from the logits of the step before
    kStop,     // the end of the run
  };
  int kind = kForward;
  uint64_t step = 0;
  Batch batch;
  std::vector<RowRequest> rows;
};

// One rank's answer for one row; its ids only.
struct LogitsRow {
  std::vector<uint64_t> block_hashes;  // xxh64 of each kVocabBlock ids' f32 logits
  std::vector<Candidate> candidates;
  std::vector<Mass> masses;
  std::vector<float> logits;
  bool complete = false;  // no id of this rank's outside the candidates could be chosen
  MSGPACK_DEFINE(block_hashes, candidates, masses, logits, complete)
};

std::vector<std::byte> Encode(const StepPlan& plan);
std::vector<std::byte> Encode(const std::vector<LogitsRow>& rows);
// Throw Error{kPeerLost} for bytes that no Encode made.
StepPlan DecodePlan(std::span<const std::byte> bytes);
std::vector<LogitsRow> DecodeRows(std::span<const std::byte> bytes);

// Answers one row from this rank's logits of ids [first_id, first_id + size).
LogitsRow AnswerRow(std::span<const float> logits, int first_id, const RowRequest& request);

// Joins the ranks' answers, in rank order, into one for the whole vocabulary. Candidates stay a
// true prefix of the global order: those behind a rank's last one sent are dropped.
LogitsRow JoinVocabulary(std::span<const LogitsRow> parts);

// logits_hash of one position: xxh64 over its block hashes in id order.
uint64_t HashOf(std::span<const uint64_t> hashes);

}  // namespace lantern
