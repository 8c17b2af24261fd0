#include "models/reference/logits_comparison.h"

#include <algorithm>
#include <cmath>

#include "src/base/check.h"
#include "src/tensor/own_math.h"

namespace lantern {
namespace {

// ln(sum of exp(logits - max)).
double LogSum(std::span<const float> logits, double max) {
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - max);
  return std::log(sum);
}

// The larger one, or NaN where either is: std::max would drop it.
double Worse(double a, double b) { return std::isnan(b) || b > a ? b : a; }

}  // namespace

void LogitsComparison::Add(std::span<const float> expected, std::span<const float> got) {
  LANTERN_CHECK(!expected.empty() && expected.size() == got.size());
  const auto top_p = std::max_element(expected.begin(), expected.end());
  const auto top_q = std::max_element(got.begin(), got.end());
  const double max_p = *top_p, max_q = *top_q;
  const double log_sum_p = LogSum(expected, max_p), log_sum_q = LogSum(got, max_q);
  double kl = 0;
  for (size_t id = 0; id < expected.size(); ++id) {
    const double log_p = expected[id] - max_p - log_sum_p, log_q = got[id] - max_q - log_sum_q;
    kl += std::exp(log_p) * (log_p - log_q);
    const double difference = double{got[id]} - expected[id];
    total_.normalized_error += difference * difference;
    squares_ += double{expected[id]} * expected[id];
  }
  if (kl < 0) kl = 0;  // rounding of a sum that is never negative
  total_.mean_kl += kl;
  total_.worst_kl = Worse(total_.worst_kl, kl);
  const bool same = top_p - expected.begin() == top_q - got.begin();
  total_.same_likeliest += same && !std::isnan(kl);
  ++total_.positions;
}

LogitsDistance LogitsComparison::Result() const {
  LANTERN_CHECK(total_.positions > 0);
  LogitsDistance distance = total_;
  distance.mean_kl /= total_.positions;
  distance.same_likeliest /= total_.positions;
  if (squares_ > 0) distance.normalized_error /= squares_;
  return distance;
}

double NegativeLogLikelihood(std::span<const float> logits, int target) {
  float max = logits[0];
  for (float logit : logits) max = std::max(max, logit);
  double sum = 0;
  for (float logit : logits) sum += OwnExp(logit - max);
  return OwnLog(static_cast<float>(sum)) - (double{logits[target]} - max);
}

}  // namespace lantern
