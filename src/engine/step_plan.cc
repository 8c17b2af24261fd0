#include "src/engine/step_plan.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "models/shard.h"

namespace lantern {

uint64_t HashOf(std::span<const uint64_t> hashes) {
  return XXH64(hashes.data(), hashes.size_bytes(), 0);
}

void AnswerRow(std::span<const float> logits, int first_id, const RowRequest& request,
               std::vector<Candidate>& weighed, LogitsRow& row) {
  row.Clear();
  for (size_t begin = 0; begin < logits.size(); begin += kVocabBlock) {
    const auto block = logits.subspan(begin, std::min<size_t>(kVocabBlock, logits.size() - begin));
    row.block_hashes.push_back(XXH64(block.data(), block.size_bytes(), 0));
  }
  const SamplingParams& params = request.params;
  if (request.candidates > 0 || request.masses) {
    Weigh(logits, first_id, request.penalised, params, weighed);
  }
  if (request.masses) BlockMasses(weighed, row.masses);
  if (request.candidates > 0) {
    TopCandidates(weighed, params, request.position, request.candidates, row.candidates);
    const bool keyed_best = !params.greedy() && params.keeps_all();
    row.complete = keyed_best || row.candidates.size() == logits.size();
  }
  if (request.all_logits) row.logits.assign(logits.begin(), logits.end());
}

bool AnswerRow(const LogitsLook& look, int first_id, const RowRequest& request, LogitsRow& row) {
  if (!request.wants_top_only()) return false;
  row.Clear();
  row.block_hashes.assign(look.block_hashes.begin(), look.block_hashes.end());
  row.guess = look.guess;
  if (request.candidates == 0) return true;
  const bool greedy = request.params.greedy();
  const size_t wanted = std::min(greedy ? 1 : request.candidates, look.values);
  if (wanted > look.top.size()) return false;
  for (const RowAnswer& seen : greedy ? look.top.first(wanted) : look.top) {
    const float weight = CandidateWeight(seen.value, false, request.params);
    if (!greedy && std::isnan(weight)) return false;  // no order to sort by
    row.candidates.push_back({first_id + seen.index, weight});
  }
  std::sort(row.candidates.begin(), row.candidates.end());
  // Dividing may make different logits equal, and then lower ids come first: unseen ones, too,
  // unless some that was seen already weighs less than the last that is wanted.
  const bool saw_all = look.top.size() == static_cast<size_t>(look.values);
  if (!greedy && !saw_all && row.candidates.back().weight == row.candidates[wanted - 1].weight) {
    return false;
  }
  row.candidates.resize(wanted);
  row.complete = wanted == static_cast<size_t>(look.values);
  return true;
}

void JoinVocabulary(std::span<const LogitsRows> ranks, size_t i, LogitsRow& whole) {
  whole.Clear();
  whole.complete = true;
  whole.guess = ranks[0][i].guess;
  auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  // The first candidate (in global order) behind which some rank may hold unsent ones.
  const Candidate* horizon = nullptr;
  for (const LogitsRows& rank : ranks) {
    const LogitsRow& part = rank[i];
    append(whole.block_hashes, part.block_hashes);
    append(whole.candidates, part.candidates);
    append(whole.masses, part.masses);
    append(whole.logits, part.logits);
    whole.complete = whole.complete && part.complete;
    if (!part.complete && !part.candidates.empty() &&
        (horizon == nullptr || part.candidates.back() < *horizon)) {
      horizon = &part.candidates.back();
    }
  }
  std::sort(whole.candidates.begin(), whole.candidates.end());
  if (horizon != nullptr) {
    const auto end = std::upper_bound(whole.candidates.begin(), whole.candidates.end(), *horizon);
    whole.candidates.erase(end, whole.candidates.end());
  }
}

}  // namespace lantern
