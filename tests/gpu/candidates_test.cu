// Lists of candidates of a vocabulary's parts, offered, added up and joined: what TopOfRows and
// GuessTokens give of whole rows; and what the host's sampler chooses.
#include <algorithm>
#include <limits>

#include "backends/cuda/kernels/rows.h"
#include "src/engine/sampling.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Columns [begin, end) of rows.
std::vector<float> Slice(const std::vector<float>& logits, int ids, int begin, int end) {
  std::vector<float> slice;
  for (size_t row = 0; row < logits.size() / ids; ++row) {
    const auto from = logits.begin() + row * ids;
    slice.insert(slice.end(), from + begin, from + end);
  }
  return slice;
}

std::vector<RowAnswer> TopOf(const std::vector<float>& logits, int rows, int ids, int count,
                             const RowOrder& order = {}) {
  const PaddedMatrix<float> in(rows, ids, logits);
  const OnDevice<std::byte> scratch(TopScratchBytes(rows, ids, count));
  const OnDevice<RowAnswer> top(rows * count);
  TopOfRows(TestQueue(), in.view(), order, count, top.data(), scratch.data());
  return top.Get();
}

// The sum of what all parts offer, each part's own list with it. `ends`: of the parts' ids.
std::vector<float> Offered(const std::vector<float>& logits, int rows, const std::vector<int>& ends,
                           int count, const ChoiceRule* rules = nullptr) {
  const int ids = ends.back(), parts = static_cast<int>(ends.size());
  const size_t size = size_t(rows) * CandidateColumns(parts, count);
  std::vector<float> sum(size, 0);
  for (int part = 0, begin = 0; part < parts; begin = ends[part++]) {
    const int held = ends[part] - begin;
    const OnDevice<RowAnswer> top(
        TopOf(Slice(logits, ids, begin, ends[part]), rows, held, count, {rules, begin}));
    const OnDevice<float> all(size + 1), mine(size + 1);
    OfferCandidates(TestQueue(), rows, {top.data(), std::min(count, held), count},
                    {part, parts, begin, ids}, all.data(), mine.data());
    const std::vector<float> zeros = all.Get(), own = mine.Get();
    EXPECT_TRUE(std::all_of(zeros.begin(), zeros.end() - 1, [](float v) { return v == 0; }));
    EXPECT_TRUE(std::isnan(zeros.back()) && std::isnan(own.back())) << "written behind the lists";
    for (size_t i = 0; i < size; ++i) sum[i] += own[i];
  }
  return sum;
}

struct Joined {
  std::vector<RowAnswer> best, top;
  std::vector<int> guesses;
};

// rules, unless there are none: as of rows that are guessed from the list.
Joined Join(const std::vector<float>& lists, int rows, int parts, int ids, int count,
            const std::vector<ChoiceRule>& rules) {
  const OnDevice<float> all(lists);
  const OnDevice<RowAnswer> best(rows), top(rows * count + 1);
  const OnDevice<int> guesses(rows);
  const size_t keys = JoinScratchBytes(rows, parts, count) / sizeof(uint64_t);
  const OnDevice<uint64_t> scratch(keys + 1);
  auto* const bytes = reinterpret_cast<std::byte*>(scratch.data());
  const OnDevice<ChoiceRule> on_device(rules);
  JoinCandidates(TestQueue(), rows, count, parts, ids, all.data(),
                 rules.empty() ? nullptr : on_device.data(), best.data(), guesses.data(),
                 top.data(), rules.empty() ? nullptr : bytes);
  if (!rules.empty()) {
    GuessTokens(TestQueue(), rows, {top.data(), std::min(count, ids), count}, on_device.data(),
                best.data(), guesses.data());
    Require(cudaDeviceSynchronize(), "guessing");
  }
  EXPECT_EQ(scratch.Get().back(), ~uint64_t{0}) << "written behind scratch";
  const std::vector<RowAnswer> written = top.Get();
  EXPECT_EQ(written.back().index, -1) << "written behind the list";
  return {best.Get(), {written.begin(), written.end() - 1}, guesses.Get()};
}

bool Same(const RowAnswer& a, const RowAnswer& b) {
  const bool same_value = a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
  return same_value && a.index == b.index;
}

// Of parts and of the whole: the largest, and what is guessed among them.
void TestJoin(const std::vector<float>& logits, int rows, const std::vector<int>& ends, int count,
              const std::string& what) {
  const int ids = ends.back(), parts = static_cast<int>(ends.size()), found = std::min(count, ids);
  std::vector<ChoiceRule> rules(rows, {.seed = 5, .temperature = 0.8f, .top_p = 0.95f});
  for (int row = 0; row < rows; ++row) {
    rules[row].position = row;
    rules[row].top_k = std::max(1, count - 1);
    if (row % 4 == 3) rules[row].temperature = 0;  // greedy, beside others
  }
  const std::vector<RowAnswer> whole = TopOf(logits, rows, ids, count);
  const Joined joined = Join(Offered(logits, rows, ends, count), rows, parts, ids, count, rules);
  std::vector<RowAnswer> largest;
  for (int row = 0; row < rows; ++row) largest.push_back(whole[row * count]);
  std::vector<int> indices;
  for (const RowAnswer& answer : largest) indices.push_back(answer.index);
  const OnDevice<RowAnswer> top(whole), best(largest);
  const OnDevice<ChoiceRule> on_device(rules);
  const OnDevice<int> guesses(indices);
  GuessTokens(TestQueue(), rows, {top.data(), found, count}, on_device.data(), best.data(),
              guesses.data());
  EXPECT_EQ(joined.guesses, guesses.Get()) << what << ", " << count << " of " << parts << " parts";
  int wrong = 0;
  for (int row = 0; row < rows; ++row) {
    wrong += joined.best[row].index != joined.guesses[row];
    for (int i = 0; i < found; ++i) {
      wrong += !Same(joined.top[row * count + i], whole[row * count + i]);
    }
  }
  EXPECT_EQ(wrong, 0) << what << ", " << count << " of " << parts << " parts of " << ids;
}

TEST(JoinCandidates, AreThoseOfTheWholeRow) {
  for (const int count : {1, 5, 64, 128, 256}) {
    for (const std::vector<int>& ends : {std::vector{16000, 32000},
                                         {11000, 22016, 32000},
                                         {256, 400, 2048},
                                         {1000},
                                         {4096, 8192, 12288, 16384, 20480, 24576, 28672, 32768}}) {
      TestJoin(SomeFloats(6 * size_t(ends.back()), count, 3), 6, ends, count, "any");
    }
  }
}

// Lists of parts that have fewer values than are wanted.
TEST(JoinCandidates, OfShortParts) {
  for (const int count : {1, 64, 256}) {
    for (const std::vector<int>& ends :
         {std::vector{3, 500}, {1, 2, 3}, {40, 80}, {200, 210, 1000}, {1, 256}}) {
      TestJoin(SomeFloats(5 * size_t(ends.back()), count, 3), 5, ends, count, "short");
    }
  }
}

TEST(JoinCandidates, EqualOnesAndWhatIsNoNumber) {
  constexpr int kRows = 5, kIds = 3000;
  const std::vector<int> ends = {1024, 2048, kIds};
  std::vector<float> logits = SomeFloats(kRows * size_t(kIds), 3);
  for (float& value : logits) value = std::round(value);  // both zeros among them
  const auto row = [&](int r) { return std::span(logits).subspan(size_t(r) * kIds, kIds); };
  std::ranges::fill(row(1), std::nanf(""));
  std::ranges::fill(row(2), -kInfinity);
  for (int i = 0; i < 2000; ++i) row(3)[i] = std::nanf("");
  for (int i = 0; i < kIds; i += 7) row(4)[i] = i % 2 == 0 ? kInfinity : std::nanf("");
  for (const int count : {1, 64, 256}) TestJoin(logits, kRows, ends, count, "equal, NaN");
}

// Where sums were ended, what they left must not become an index that is none.
TEST(JoinCandidates, NeverGiveAnIdThatThereIsNot) {
  constexpr int kRows = 4, kParts = 2, kIds = 1000;
  for (const int count : {1, 64}) {
    for (const float garbage : {std::nanf(""), 0.f, -1.f, 1e9f, -kInfinity, kInfinity, 999.5f}) {
      const std::vector<float> lists(size_t(kRows) * CandidateColumns(kParts, count), garbage);
      const std::vector<ChoiceRule> rules(kRows, {.seed = 1, .temperature = 1, .top_k = 40});
      const Joined joined = Join(lists, kRows, kParts, kIds, count, rules);
      for (const int guess : joined.guesses) {
        EXPECT_TRUE(0 <= guess && guess < kIds) << guess << " of " << garbage;
      }
    }
  }
}

// Greedy rows need no list, only the largest.
TEST(JoinCandidates, TheLargestAlone) {
  constexpr int kRows = 7;
  const std::vector<int> ends = {700, 1300, 2100};
  const std::vector<float> logits = SomeFloats(kRows * size_t(ends.back()), 8);
  const Joined joined = Join(Offered(logits, kRows, ends, 1), kRows, 3, ends.back(), 1, {});
  for (int row = 0; row < kRows; ++row) {
    const auto values = std::span(logits).subspan(size_t(row) * ends.back(), ends.back());
    const auto largest = std::ranges::max_element(values);
    EXPECT_EQ(joined.guesses[row], largest - values.begin());
    EXPECT_TRUE(Same(joined.best[row], {*largest, joined.guesses[row]}));
  }
}

// By the rule of a row, as the host's sampler does among the same candidates.
TEST(JoinCandidates, GuessWhatTheHostChooses) {
  constexpr int kRows = 512, kCount = 64;
  const std::vector<int> ends = {1000, 2500, 4000};
  const std::vector<float> logits = SomeFloats(kRows * size_t(ends.back()), 2, 3);
  const SamplingParams params = {.temperature = 0.9f, .top_k = 40, .top_p = 0.9f, .seed = 11};
  std::vector<ChoiceRule> rules;
  for (int row = 0; row < kRows; ++row) {
    rules.push_back({params.seed, row, params.temperature, params.top_k, params.top_p, 0});
  }
  const Joined joined =
      Join(Offered(logits, kRows, ends, kCount), kRows, 3, ends.back(), kCount, rules);
  int right = 0;
  std::vector<Candidate> all, best;
  for (int row = 0; row < kRows; ++row) {
    const auto values = std::span(logits).subspan(size_t(row) * ends.back(), ends.back());
    Weigh(values, 0, {}, params, all);
    TopCandidates(all, params, row, params.top_k, best);
    right += joined.guesses[row] == Choose(best, false, {}, params, row);
  }
  EXPECT_GE(right, kRows - 2);  // near ties, see GuessTokens
}

// Where every id may be chosen, parts find their best with noise, and so does the whole.
TEST(JoinCandidates, KeyedGuessesAreTheHostsChoices) {
  constexpr int kRows = 256, kCount = 64;
  const std::vector<int> ends = {1000, 2500, 4000};
  const std::vector<float> logits = SomeFloats(kRows * size_t(ends.back()), 4, 3);
  const SamplingParams params = {.temperature = 0.7f, .seed = 12};
  std::vector<ChoiceRule> rules;
  for (int row = 0; row < kRows; ++row) rules.push_back({params.seed, row, params.temperature});
  const OnDevice<ChoiceRule> on_device(rules);
  const Joined joined = Join(Offered(logits, kRows, ends, kCount, on_device.data()), kRows, 3,
                             ends.back(), kCount, rules);
  const std::vector<RowAnswer> whole =
      TopOf(logits, kRows, ends.back(), kCount, {on_device.data(), 0});
  int right = 0, alike = 0;
  std::vector<Candidate> all, best;
  for (int row = 0; row < kRows; ++row) {
    const auto values = std::span(logits).subspan(size_t(row) * ends.back(), ends.back());
    Weigh(values, 0, {}, params, all);
    TopCandidates(all, params, row, 1, best);
    right += joined.guesses[row] == best[0].id;
    const RowAnswer& first = whole[row * kCount];
    alike += first.index == best[0].id && first.value == values[first.index];
  }
  EXPECT_GE(right, kRows - 2);
  EXPECT_GE(alike, kRows - 2);
}

}  // namespace
}  // namespace lantern::cuda
