#include "src/engine/sampling.h"

#include <algorithm>
#include <cmath>

#include "models/shard.h"
#include "src/base/check.h"
#include "src/base/error.h"
#include "src/tensor/keyed_bits.h"
#include "src/tensor/own_math.h"
#include "src/tensor/sum_tree.h"

namespace lantern {
namespace {

// Bounds of KeyedGumbel: u lies in [2^-24, 1 - 2^-24].
constexpr float kGumbelMax = 16.7f;

bool Contains(std::span<const int> sorted, int id) {
  return std::binary_search(sorted.begin(), sorted.end(), id);
}

// The best id by weight + noise. Ids that could not win even with the largest noise are passed
// over without drawing it: exact, and it spares most of a large vocabulary.
Candidate KeyedBest(std::span<const Candidate> all, uint64_t seed, int position) {
  float best_score = -INFINITY;
  const Candidate* best = nullptr;
  for (const Candidate& c : all) {
    if (best != nullptr && c.weight + kGumbelMax < best_score) continue;
    const float score = c.weight + KeyedGumbel(seed, position, c.id);
    if (best == nullptr || score > best_score || (score == best_score && c.id < best->id)) {
      best_score = score;
      best = &c;
    }
  }
  return *best;
}

Mass Merge(const Mass& a, const Mass& b) {
  const float max = std::max(a.max, b.max);
  const float left = a.sum * OwnExp(a.max - max);
  const float right = b.sum * OwnExp(b.max - max);
  return {max, left + right};
}

Mass MassOf(std::span<const Candidate> set) {
  Mass mass{-INFINITY, 0};
  for (const Candidate& c : set) mass.max = std::max(mass.max, c.weight);
  for (const Candidate& c : set) mass.sum += OwnExp(c.weight - mass.max);
  return mass;
}

}  // namespace

void SamplingParams::Validate() const {
  auto require = [](bool good, const char* flag, const char* range) {
    if (!good) Fail(ErrorKind::kBadRequest, "{} must be {}.", flag, range);
  };
  require(temperature >= 0 && temperature <= 100, "--temp", "between 0 and 100");
  require(top_k >= 0, "--top-k", "0 (off) or more");
  require(top_p > 0 && top_p <= 1, "--top-p", "above 0 and at most 1 (off)");
  require(min_p >= 0 && min_p <= 1, "--min-p", "between 0 (off) and 1");
  require(repeat_penalty > 0 && repeat_penalty <= 100, "--repeat-penalty", "above 0; 1 is off");
}

float KeyedGumbel(uint64_t seed, int position, int id) {
  const float u = KeyedUniform(seed, position, id);
  return -OwnLog(-OwnLog(u));
}

float CandidateWeight(float logit, bool penalised, const SamplingParams& params) {
  float weight = logit;
  if (penalised && params.repeat_penalty != 1) {
    weight = weight > 0 ? weight / params.repeat_penalty : weight * params.repeat_penalty;
  }
  return params.greedy() ? weight : weight / params.temperature;
}

void Weigh(std::span<const float> logits, int first_id, std::span<const int> penalised,
           const SamplingParams& params, std::vector<Candidate>& all) {
  all.resize(logits.size());
  for (size_t i = 0; i < logits.size(); ++i) {
    const int id = first_id + static_cast<int>(i);
    all[i] = {id, CandidateWeight(logits[i], Contains(penalised, id), params)};
  }
}

void TopCandidates(std::span<Candidate> all, const SamplingParams& params, int position, int count,
                   std::vector<Candidate>& best) {
  best.clear();
  if (all.empty()) return;
  if (!params.greedy() && params.keeps_all()) {
    // The largest weight first, so that KeyedBest can pass over nearly everything else.
    std::iter_swap(all.begin(), std::min_element(all.begin(), all.end()));
    best.push_back(KeyedBest(all, params.seed, position));
    return;
  }
  const size_t kept = std::min<size_t>(params.greedy() ? 1 : count, all.size());
  std::partial_sort(all.begin(), all.begin() + kept, all.end());
  best.assign(all.begin(), all.begin() + kept);
}

void BlockMasses(std::span<const Candidate> all, std::vector<Mass>& masses) {
  masses.clear();
  for (size_t begin = 0; begin < all.size(); begin += kVocabBlock) {
    const size_t size = std::min<size_t>(kVocabBlock, all.size() - begin);
    masses.push_back(MassOf(all.subspan(begin, size)));
  }
}

Mass TotalMass(std::span<const Mass> blocks) {
  if (blocks.empty()) return {};
  if (blocks.size() == 1) return blocks[0];
  const size_t middle = SplitPoint(static_cast<int>(blocks.size()));
  return Merge(TotalMass(blocks.first(middle)), TotalMass(blocks.subspan(middle)));
}

int Choose(std::span<const Candidate> candidates, bool complete, const Mass& total,
           const SamplingParams& params, int position) {
  LANTERN_CHECK(!candidates.empty());
  if (params.greedy()) return candidates[0].id;
  if (params.keeps_all()) return KeyedBest(candidates, params.seed, position).id;

  const int size = static_cast<int>(candidates.size());
  int kept = params.top_k > 0 ? std::min(params.top_k, size) : size;
  if (params.top_k > size && !complete) return -1;
  bool bounded = params.top_k > 0;  // whether a later candidate could still survive
  if (params.top_p < 1) {
    const Mass mass = params.top_k > 0 ? MassOf(candidates.first(kept)) : total;
    const float wanted = params.top_p * mass.sum;
    float reached = 0;
    for (int i = 0; i < kept; ++i) {
      reached += OwnExp(candidates[i].weight - mass.max);
      if (reached >= wanted) {
        kept = i + 1;
        bounded = true;
        break;
      }
    }
  }
  if (params.min_p > 0) {
    const float floor = candidates[0].weight + OwnLog(params.min_p);
    for (int i = 1; i < kept; ++i) {
      if (candidates[i].weight < floor) {
        kept = i;
        bounded = true;
        break;
      }
    }
  }
  if (!bounded && !complete) return -1;
  return KeyedBest(candidates.first(kept), params.seed, position).id;
}

}  // namespace lantern
