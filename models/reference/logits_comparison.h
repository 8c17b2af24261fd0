// How far two models' (or two runs') predictions lie apart, position by position, and how well one
// predicts a text. Sums are in double precision.
#pragma once

#include <span>

namespace lantern {

struct LogitsDistance {
  double mean_kl = 0;           // KL(expected || got) in nats, over positions
  double worst_kl = 0;          // of one position
  double same_likeliest = 0;    // share of positions with the same likeliest token
  double normalized_error = 0;  // squared differences of logits over the squares of the expected
  int positions = 0;
};

class LogitsComparison {
 public:
  // One position's logits, of the whole vocabulary. A logit that is no number makes every figure
  // of the distance one that is no number, and the token another.
  // REQUIRES: the same size, at least one.
  void Add(std::span<const float> expected, std::span<const float> got);
  // REQUIRES: at least one position was added.
  LogitsDistance Result() const;

 private:
  LogitsDistance total_;
  double squares_ = 0;  // of the expected logits
};

// -log softmax(logits)[target] in nats, in double, by our own exp and log.
double NegativeLogLikelihood(std::span<const float> logits, int target);

}  // namespace lantern
