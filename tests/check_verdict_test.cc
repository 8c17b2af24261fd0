// Which measurements `lantern check` calls a broken promise.
#include "models/reference/check_verdict.h"

#include <gmock/gmock.h>

#include <limits>

namespace lantern {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

LogitsDistance OnePosition() {
  LogitsDistance distance;
  distance.positions = 1;
  return distance;
}

CheckPromises Expecting(const std::string& hash) {
  CheckPromises promises;
  promises.expected_hash = hash;
  return promises;
}

CheckRow Row(int tp, const std::string& mode, const std::string& hash) {
  CheckRow row;
  row.tp = tp;
  row.mode = mode;
  row.exact = mode == "f32";
  row.hash = hash;
  row.perplexity = 12;
  if (tp > 1) row.distance = OnePosition();
  return row;
}

TEST(BrokenPromises, NoneWhereAllIsWell) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "f32", "aa"), Row(2, "q8", "bb")};
  rows[2].sums = {{0.01, 0.001, 0.01}};
  rows[2].distance->mean_kl = 3;  // reported: no mode states a bound for it
  EXPECT_THAT(BrokenPromises(rows, {}), IsEmpty());
  EXPECT_THAT(BrokenPromises(rows, Expecting("aa")), IsEmpty());
}

TEST(BrokenPromises, AnExactRowWithAnotherHash) {
  const std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "f32", "aa"),
                                      Row(3, "f32", "ab")};
  EXPECT_THAT(BrokenPromises(rows, {}),
              ElementsAre(AllOf(HasSubstr("tp 3 x pp 1, f32"), HasSubstr("ab"), HasSubstr("aa"))));
  CheckPromises none;
  none.one_hash = false;
  EXPECT_THAT(BrokenPromises(rows, none), IsEmpty());
}

TEST(BrokenPromises, AnotherHashThanExpected) {
  const std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "f32", "aa")};
  EXPECT_THAT(BrokenPromises(rows, Expecting("cc")),
              ElementsAre(AllOf(HasSubstr("tp 1"), HasSubstr("aa"), HasSubstr("cc"))));
}

TEST(BrokenPromises, SumsBeyondTheBound) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "q8", "bb")};
  rows[1].sums = {{0.01, 0.001, 0.02}, {0.03, 0.001, 0.02}};
  EXPECT_THAT(BrokenPromises(rows, {}),
              ElementsAre(AllOf(HasSubstr("q8"), HasSubstr("layer 1"), HasSubstr("3.00e-02"),
                                HasSubstr("2.00e-02"))));
  rows[1].sums = {{kNaN, 0.001, 0.02}};
  EXPECT_THAT(BrokenPromises(rows, {}), ElementsAre(HasSubstr("layer 0")));
}

TEST(BrokenPromises, SumsThatWentBackToF32) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "q8", "bb")};
  rows[1].fallback = "a partial sum from rank 1 lost more than q8 may lose";
  EXPECT_THAT(
      BrokenPromises(rows, {}),
      ElementsAre("tp 2 x pp 1, q8: a partial sum from rank 1 lost more than q8 may lose, so "
                  "its machine computes wrongly."));
}

TEST(BrokenPromises, NoNumbers) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "f32", "aa")};
  rows[1].distance->normalized_error = kNaN;
  EXPECT_THAT(BrokenPromises(rows, {}), ElementsAre(HasSubstr("no numbers")));
  rows[1] = Row(2, "f32", "aa");
  rows[1].perplexity = kNaN;
  EXPECT_THAT(BrokenPromises(rows, {}), ElementsAre(HasSubstr("no numbers")));
}

TEST(BrokenPromises, TooFarFromDoublePrecision) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa")};
  CheckPromises promises;
  rows[0].reference = OnePosition();
  rows[0].reference->normalized_error = 0.2;
  EXPECT_THAT(BrokenPromises(rows, promises), IsEmpty());  // no bound was stated
  promises.reference_bound = 0.3;
  EXPECT_THAT(BrokenPromises(rows, promises), IsEmpty());
  promises.reference_bound = 0.1;
  EXPECT_THAT(BrokenPromises(rows, promises),
              ElementsAre(AllOf(HasSubstr("double precision"), HasSubstr("2.00e-01"))));
  rows[0].reference->normalized_error = kNaN;
  EXPECT_THAT(BrokenPromises(rows, promises), ElementsAre(HasSubstr("double precision")));
}

TEST(BrokenPromises, OfDevicesThatAreOffTheProcessor) {
  std::vector<CheckRow> rows = {Row(1, "f32", "aa"), Row(2, "f32", "bb")};
  rows[1].device = "cuda bf16";  // whose bits are its own
  CheckPromises promises;
  promises.device_bound = 0.1;
  rows[1].distance->normalized_error = 0.09;
  EXPECT_THAT(BrokenPromises(rows, promises), IsEmpty());
  rows[1].distance->normalized_error = 0.11;
  EXPECT_THAT(BrokenPromises(rows, promises),
              ElementsAre(AllOf(HasSubstr("tp 2 x pp 1, f32, cuda bf16"), HasSubstr("1.10e-01"))));
}

}  // namespace
}  // namespace lantern
