// AnswerRows against libxxhash and a search in index order.
#include <xxhash.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "backends/cuda/kernels/rows.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr int kVocabBlock = 256;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

RowAnswer BestOf(std::span<const float> row) {
  RowAnswer best = {row[0], 0};
  for (size_t i = 1; i < row.size(); ++i) {
    const bool better = std::isnan(best.value) ? !std::isnan(row[i]) : row[i] > best.value;
    if (better) best = {row[i], static_cast<int>(i)};
  }
  return best;
}

void TestAnswers(int rows, int ids, const std::vector<float>& logits, const std::string& what) {
  const int blocks = (ids + kVocabBlock - 1) / kVocabBlock;
  const PaddedMatrix<float> in(rows, ids, logits);
  const OnDevice<uint64_t> hashes(rows * blocks + 1);
  const OnDevice<RowAnswer> best(rows);
  const OnDevice<int> guesses(rows);
  AnswerRows(TestQueue(), in.view(), hashes.data(), best.data(), guesses.data());
  const std::vector<uint64_t> got = hashes.Get();
  const std::vector<RowAnswer> answers = best.Get();
  const std::vector<int> guessed = guesses.Get();
  int wrong_hashes = 0, wrong_answers = 0;
  for (int row = 0; row < rows; ++row) {
    const std::span<const float> values = std::span(logits).subspan(row * ids, ids);
    for (int block = 0; block < blocks; ++block) {
      const auto part =
          values.subspan(block * kVocabBlock, std::min(kVocabBlock, ids - block * kVocabBlock));
      if (got[row * blocks + block] == XXH64(part.data(), part.size_bytes(), 0)) continue;
      if (wrong_hashes++ == 0) ADD_FAILURE() << "hash of row " << row << ", block " << block;
    }
    const RowAnswer exact = BestOf(values), answer = answers[row];
    EXPECT_EQ(guessed[row], answer.index);
    const bool same_value =
        answer.value == exact.value || (std::isnan(answer.value) && std::isnan(exact.value));
    if (same_value && answer.index == exact.index) continue;
    if (wrong_answers++ > 0) continue;
    ADD_FAILURE() << "row " << row << " is largest at " << exact.index << " (" << exact.value
                  << "), found " << answer.index << " (" << answer.value << ")";
  }
  EXPECT_EQ(wrong_hashes, 0) << what << ", " << rows << " rows of " << ids;
  EXPECT_EQ(wrong_answers, 0) << what << ", " << rows << " rows of " << ids;
  EXPECT_EQ(got.back(), ~uint64_t{0}) << "written behind the last hash";
}

TEST(AnswerRows, OfAnyLength) {
  for (int ids = 1; ids < 40; ++ids) TestAnswers(2, ids, SomeFloats(2 * ids, ids), "short");
  for (const int ids : {63,  64,  65,   255,  256,   257,   258,    263,    287,    288,   511,
                        512, 513, 1000, 4096, 16384, 32000, 128256, 131072, 131073, 300007}) {
    TestAnswers(1, ids, SomeFloats(ids, ids), "any");
    TestAnswers(3, ids, SomeFloats(3 * ids, ids + 1), "any");
  }
}

TEST(AnswerRows, ManyRows) {
  TestAnswers(64, 128256, SomeFloats(64 * 128256, 1), "many");
  TestAnswers(1000, 515, SomeFloats(1000 * 515, 2), "many");
}

TEST(AnswerRows, TheLargestIsFoundWhereverItIs) {
  constexpr int kIds = 1100;
  std::vector<float> logits(kIds * kIds, -2);
  for (int row = 0; row < kIds; ++row) logits[row * kIds + row] = row % 2 == 0 ? 3 : -1;
  TestAnswers(kIds, kIds, logits, "diagonal");
}

// Equal largest values, in one thread's reach and far from each other: rows and distances alike.
TEST(AnswerRows, TheFirstOfEqualsWins) {
  for (const int ids : {40, 1000, 128256}) {
    TestAnswers(1, ids, std::vector<float>(ids, 0.25f), "all equal");
    TestAnswers(1, ids, std::vector<float>(ids, -0.25f), "all equal");
    const int rows = 30;
    std::vector<float> logits = SomeFloats(rows * ids, ids);
    for (int row = 0; row < rows; ++row) {
      const int first = row * 7919 % ids;
      for (int at = first; at < ids; at += row + 1) logits[row * ids + at] = 50;
    }
    TestAnswers(rows, ids, logits, "equals");
  }
}

TEST(AnswerRows, ZerosAreEqual) {
  std::vector<float> logits(4 * 300, -1);
  logits[7] = -0.0f, logits[9] = 0.0f;                  // row 0: 7
  logits[300 + 270] = 0.0f, logits[300 + 299] = -0.0f;  // row 1: 270
  logits[600 + 12] = -0.0f, logits[600 + 280] = 0.0f;   // row 2: 12
  logits[900 + 299] = -0.0f;                            // row 3: 299
  TestAnswers(4, 300, logits, "zeros");
}

TEST(AnswerRows, NotANumberNeverWins) {
  for (const int ids : {1, 3, 300, 5000}) {
    constexpr int kRows = 7;
    const float nan = std::nanf("");
    std::vector<float> logits = SomeFloats(kRows * ids, ids + 3);
    const auto row = [&](int r) { return std::span(logits).subspan(r * ids, ids); };
    std::ranges::fill(row(0), nan);
    std::ranges::fill(row(1), -nan);
    std::ranges::fill(row(2), -kInfinity);
    std::ranges::fill(row(3), nan);
    row(3).back() = -kInfinity;
    row(4).front() = nan;
    for (int i = 0; i < ids; i += 2) row(5)[i] = -nan;
    row(6)[ids / 2] = kInfinity;
    TestAnswers(kRows, ids, logits, "NaNs and infinities");
  }
}

}  // namespace
}  // namespace lantern::cuda
