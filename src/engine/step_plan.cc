#include "src/engine/step_plan.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "models/shard.h"

namespace lantern {

uint64_t HashOf(std::span<const uint64_t> hashes) {
  return XXH64(hashes.data(), hashes.size_bytes(), 0);
}

namespace {

// By how much a device's noise may be wrong, and more: logits and noise are some tens.
constexpr float kNoiseError = 1e-3f;

// Candidates from what was seen. False where one is no number, as there is no order to sort by.
bool WeighSeen(std::span<const RowAnswer> seen, int first_id, const RowRequest& request,
               std::vector<Candidate>& weighed) {
  for (const RowAnswer& answer : seen) {
    const int id = first_id + answer.index;
    const bool penalised =
        std::binary_search(request.penalised.begin(), request.penalised.end(), id);
    const float weight = CandidateWeight(answer.value, penalised, request.params);
    if (seen.size() > 1 && std::isnan(weight)) return false;
    weighed.push_back({id, weight});
  }
  return true;
}

bool SawAll(const LogitsLook& look) { return look.top.size() == static_cast<size_t>(look.values); }

// Nothing that was not seen weighs more than the last that was, before penalties, which make
// weights smaller. It may weigh as much, as dividing makes different logits equal, and then lower
// ids come first: so what is kept must weigh more.
bool KeepBest(const LogitsLook& look, const RowRequest& request, LogitsRow& row) {
  const bool greedy = request.params.greedy();
  const size_t wanted = std::min(greedy ? 1 : request.candidates, look.values);
  if (wanted > row.candidates.size()) return false;
  std::sort(row.candidates.begin(), row.candidates.end());
  const float beneath = CandidateWeight(look.top.back().value, false, request.params);
  if (!SawAll(look) && !(row.candidates[wanted - 1].weight > beneath)) return false;
  row.candidates.resize(wanted);
  row.complete = wanted == static_cast<size_t>(look.values);
  return true;
}

// The same of weights with noise, which the device had to order them.
bool KeepKeyedBest(const LogitsLook& look, int first_id, const RowRequest& request,
                   LogitsRow& row) {
  const auto noise = [&](int id) { return KeyedGumbel(request.params.seed, request.position, id); };
  const RowAnswer& last = look.top.back();
  const float beneath =
      CandidateWeight(last.value, false, request.params) + noise(first_id + last.index);
  std::vector<Candidate>& seen = row.candidates;
  const int id = Choose(seen, true, {}, request.params, request.position);
  const Candidate best =
      *std::find_if(seen.begin(), seen.end(), [id](const Candidate& c) { return c.id == id; });
  if (!SawAll(look) && !(best.weight + noise(id) > beneath + kNoiseError)) return false;
  seen.assign(1, best);
  row.complete = true;
  return true;
}

}  // namespace

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
  if (!request.can_be_seen()) return false;
  row.Clear();
  row.block_hashes.assign(look.block_hashes.begin(), look.block_hashes.end());
  row.guess = look.guess;
  if (request.masses) row.masses.assign(look.masses.begin(), look.masses.end());
  if (request.candidates == 0) return true;
  const bool best_alone = request.params.greedy() && !request.is_penalised();
  if (!WeighSeen(best_alone ? look.top.first(1) : look.top, first_id, request, row.candidates)) {
    return false;
  }
  if (best_alone) {
    row.complete = look.values == 1;
    return true;
  }
  const bool keyed = !request.params.greedy() && request.params.keeps_all();
  return keyed ? KeepKeyedBest(look, first_id, request, row) : KeepBest(look, request, row);
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
