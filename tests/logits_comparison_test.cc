// KL divergence, likeliest token, squared error and likelihood, against figures worked out by hand.
#include "models/reference/logits_comparison.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace lantern {
namespace {

// Logits of these probabilities, shifted: softmax does not see the shift.
std::vector<float> Logits(const std::vector<double>& probabilities, double shift = 0) {
  std::vector<float> logits;
  for (const double p : probabilities) logits.push_back(static_cast<float>(std::log(p) + shift));
  return logits;
}

TEST(LogitsComparison, TheSameLogitsAreNoDistanceApart) {
  LogitsComparison comparison;
  const std::vector<float> logits = {3, -1, 80, 0.25f};
  comparison.Add(logits, logits);
  const LogitsDistance distance = comparison.Result();
  EXPECT_EQ(distance.mean_kl, 0);
  EXPECT_EQ(distance.worst_kl, 0);
  EXPECT_EQ(distance.same_likeliest, 1);
  EXPECT_EQ(distance.normalized_error, 0);
  EXPECT_EQ(distance.positions, 1);
}

TEST(LogitsComparison, KlIsFromTheExpectedAndKnowsNoShift) {
  LogitsComparison comparison;
  comparison.Add(Logits({0.5, 0.5}), Logits({0.75, 0.25}, 7));
  const double kl = 0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25);
  EXPECT_NEAR(comparison.Result().worst_kl, kl, 1e-6);
}

TEST(LogitsComparison, MeanAndWorstOverPositions) {
  LogitsComparison comparison;
  const std::vector<float> even = Logits({0.5, 0.5});
  comparison.Add(even, even);
  comparison.Add(even, Logits({0.75, 0.25}));
  comparison.Add(Logits({0.9, 0.1}), Logits({0.1, 0.9}));
  const LogitsDistance distance = comparison.Result();
  const double second = 0.5 * std::log(0.5 / 0.75) + 0.5 * std::log(0.5 / 0.25);
  const double third = 0.8 * std::log(9.0);
  EXPECT_NEAR(distance.worst_kl, third, 1e-6);
  EXPECT_NEAR(distance.mean_kl, (second + third) / 3, 1e-6);
  EXPECT_NEAR(distance.same_likeliest, 2.0 / 3, 1e-12);  // of equals, the lower id
  EXPECT_EQ(distance.positions, 3);
}

TEST(LogitsComparison, ErrorsAreRelativeToAllExpectedLogits) {
  LogitsComparison comparison;
  comparison.Add(std::vector<float>{3, 4}, std::vector<float>{3, 5});
  EXPECT_NEAR(comparison.Result().normalized_error, 1.0 / 25, 1e-12);
  comparison.Add(std::vector<float>{5, 0}, std::vector<float>{7, 0});
  EXPECT_NEAR(comparison.Result().normalized_error, 5.0 / 50, 1e-12);
}

TEST(LogitsComparison, OneBitIsSeen) {
  LogitsComparison comparison;
  const std::vector<float> logits = {1, 2, 3};
  std::vector<float> altered = logits;
  altered[1] = std::nextafter(altered[1], 9.0f);
  comparison.Add(logits, altered);
  EXPECT_GT(comparison.Result().normalized_error, 0);
}

TEST(LogitsComparison, ALogitThatIsNoNumberIsNotLost) {
  LogitsComparison comparison;
  const std::vector<float> logits = {1, 2, 3};
  comparison.Add(logits, std::vector<float>{1, std::numeric_limits<float>::quiet_NaN(), 3});
  comparison.Add(logits, logits);
  const LogitsDistance distance = comparison.Result();
  EXPECT_TRUE(std::isnan(distance.mean_kl));
  EXPECT_TRUE(std::isnan(distance.worst_kl));
  EXPECT_TRUE(std::isnan(distance.normalized_error));
  EXPECT_EQ(distance.same_likeliest, 0.5);
}

TEST(NegativeLogLikelihood, IsThatOfSoftmax) {
  const std::vector<float> logits = Logits({0.7, 0.2, 0.1}, 40);
  EXPECT_NEAR(NegativeLogLikelihood(logits, 0), -std::log(0.7), 1e-5);
  EXPECT_NEAR(NegativeLogLikelihood(logits, 2), -std::log(0.1), 1e-5);
}

}  // namespace
}  // namespace lantern
