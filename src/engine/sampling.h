// Sampling parameters and the arithmetic of choosing a token. Keyed by (seed, position, id), so a
// choice depends on nothing but the logits: not on the layout, the batch, or who asks.
//
// Order: repeat penalty, temperature, top-k, top-p, min-p; then the Gumbel-max of the survivors
// (at temperature 0 the largest logit). Ties go to the lower id.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "src/tensor/row_answer.h"

namespace lantern {

struct SamplingParams {
  float temperature = 0;     // 0: greedy
  int top_k = 0;             // 0: off
  float top_p = 1;           // 1: off
  float min_p = 0;           // 0: off
  float repeat_penalty = 1;  // 1: off; over the last kPenaltyWindow ids
  uint64_t seed = 0;

  static constexpr int kPenaltyWindow = 64;

  bool greedy() const { return temperature == 0; }
  // Whether every id survives, so that each rank can pick its best by itself.
  bool keeps_all() const { return top_k == 0 && top_p >= 1 && min_p <= 0; }
  // Throws Error{kBadRequest} for values outside their ranges.
  void Validate() const;
};

// An id that may be chosen. `weight` is its logit after penalty and temperature.
struct Candidate {
  int id = 0;
  float weight = 0;

  // Descending by weight, then ascending by id: a total order, the same on every rank.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    return a.weight != b.weight ? a.weight > b.weight : a.id < b.id;
  }
};

// Gumbel noise of (seed, position, id): -log(-log(u)), u from KeyedUniform.
float KeyedGumbel(uint64_t seed, int position, int id);

// Logit after penalty and temperature; the same operations wherever it is computed.
float CandidateWeight(float logit, bool penalised, const SamplingParams& params);

// Outputs below replace what the vectors held, and reuse their memory: a warm sampler allocates
// nothing.

// All of a rank's ids [first_id, first_id + size of logits) as candidates, in order of ids.
// `penalised`: ids in ascending order.
void Weigh(std::span<const float> logits, int first_id, std::span<const int> penalised,
           const SamplingParams& params, std::vector<Candidate>& all);

// This rank's contribution for one position: at most `count` best in order; where every id
// survives, the single best by keyed noise. Leaves `all` in another order.
void TopCandidates(std::span<Candidate> all, const SamplingParams& params, int position, int count,
                   std::vector<Candidate>& best);

// Masses, of weights and in the order of a fixed tree, of consecutive kVocabBlock-id blocks of ids
// in order, and their sum in the sum tree's shape.
void BlockMasses(std::span<const Candidate> all, std::vector<Mass>& masses);
Mass TotalMass(std::span<const Mass> blocks);

// Chooses among candidates in order. `complete`: they are all ids that there are. `total`: mass of
// the whole vocabulary, used where top-p works without top-k. Returns -1 where the candidates do
// not suffice to tell: the caller asks the ranks for more.
int Choose(std::span<const Candidate> candidates, bool complete, const Mass& total,
           const SamplingParams& params, int position);

}  // namespace lantern
