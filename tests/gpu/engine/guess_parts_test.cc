// Tokens guessed where the vocabulary is divided: two contexts on one GPU stand for two ranks, and
// the test adds up what they offer.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

#include "backends/backend.h"
#include "src/engine/step_plan.h"

namespace lantern {
namespace {

constexpr int kIds = 3000, kCut = 1280, kParts = 2, kRows = 6;

// A rank with logits of its part of the ids.
struct PartEnd {
  PartEnd(int number, const std::vector<float>& logits)
      : part{number, kParts, number == 0 ? 0 : kCut, kIds},
        context(Backend::MakeContext({.threads = 1, .spin = false, .device = {.name = "cuda"}})) {
    const int end = number == 0 ? kCut : kIds;
    memory = Backend::Allocate(*context, owner, kRows, end - part.first_id, DType::kF32);
    std::vector<float> mine;
    for (int row = 0; row < kRows; ++row) {
      const auto begin = logits.begin() + row * kIds;
      mine.insert(mine.end(), begin + part.first_id, begin + end);
    }
    Backend::Upload(*context, memory, mine);
  }

  VocabularyPart part;
  std::shared_ptr<Backend::Context> context;
  BufferOwner owner;
  Tensor memory;
};

struct Rows {
  std::vector<RowRequest> requests;
  std::vector<ChoiceRule> rules;
  int top_logits = 0;
};

Rows RowsBy(const std::vector<SamplingParams>& params) {
  Rows rows;
  for (int row = 0; row < kRows; ++row) {
    RowRequest request;
    request.params = params[row % params.size()];
    request.params.seed = 7;
    request.position = row;
    request.candidates = std::max(request.params.top_k, 1);
    rows.rules.push_back(request.rule());
    rows.top_logits = std::max(rows.top_logits, request.top_logits());
    rows.requests.push_back(request);
  }
  return rows;
}

// Runs a step that only looks at logits; `between` is what stands between offering and guessing.
template <class Between>
void RunLook(PartEnd& end, const Rows& rows, const Between& between) {
  const std::vector<int> numbers = {0, 1, 2, 3, 4, 5};
  const std::vector<std::span<const int>> blocks(kRows, std::span(numbers).first(1));
  const LogitsWanted wanted = {rows.top_logits, false, rows.rules, true, end.part};
  const BatchView batch{numbers, numbers, blocks, numbers, numbers, wanted};
  Backend::RunStep(*end.context, batch, 0, false, [&] {
    Backend::LookAtLogits(*end.context, end.memory, batch);
    const CandidateLists lists = Backend::OfferCandidates(*end.context, batch);
    between(lists);
    Backend::GuessFrom(*end.context, lists.all, batch);
  });
  Backend::EndStep(*end.context, 0);
}

int Chosen(std::span<const float> logits, const RowRequest& request) {
  std::vector<Candidate> all, best;
  Weigh(logits, 0, {}, request.params, all);
  TopCandidates(all, request.params, request.position, request.candidates, best);
  return Choose(best, false, {}, request.params, request.position);
}

// Both ranks guess what is chosen, and still answer for their own ids.
void ExpectGuesses(const std::vector<SamplingParams>& params) {
  std::mt19937 random(params.size());
  std::normal_distribution<float> logit(0, 3);
  std::vector<float> logits(kRows * kIds);
  for (float& value : logits) value = logit(random);
  const Rows rows = RowsBy(params);
  PartEnd ends[kParts] = {{0, logits}, {1, logits}};
  std::vector<float> sum;
  for (PartEnd& end : ends) {
    RunLook(end, rows, [&](const CandidateLists& lists) {
      std::vector<float> host(size_t(kRows) * lists.mine.cols);
      sum.resize(host.size());
      Backend::HostSpan(*end.context, lists.mine, host);
      for (size_t i = 0; i < host.size(); ++i) sum[i] += host[i];
    });
  }
  for (PartEnd& end : ends) {
    RunLook(end, rows,
            [&](const CandidateLists& lists) { Backend::Upload(*end.context, lists.all, sum); });
    for (int row = 0; row < kRows; ++row) {
      const auto of_row = std::span(logits).subspan(row * kIds, kIds);
      const auto look = Backend::GetLogitsLook(*end.context, end.memory, row);
      ASSERT_TRUE(look);
      EXPECT_EQ(look->guess, Chosen(of_row, rows.requests[row])) << end.part.part << ", " << row;
      const auto mine = of_row.subspan(end.part.first_id, end.memory.cols);
      if (!rows.rules[row].keyed()) {
        EXPECT_EQ(look->top[0].value, *std::ranges::max_element(mine));
      }
      EXPECT_EQ(mine[look->top[0].index], look->top[0].value);
      LogitsRow host, device;
      std::vector<Candidate> weighed;
      const RowRequest& request = rows.requests[row];
      AnswerRow(mine, end.part.first_id, request, weighed, host);
      ASSERT_TRUE(AnswerRow(*look, end.part.first_id, request, device));
      EXPECT_EQ(device.block_hashes, host.block_hashes);
    }
  }
}

TEST(GuessParts, AreWhatIsChosenOfTheWhole) {
  int gpus = 0;
  if (cudaGetDeviceCount(&gpus) != cudaSuccess || gpus == 0) GTEST_SKIP() << "needs a GPU";
  const SamplingParams greedy, few{.temperature = 0.7f, .top_k = 20},
      many{.temperature = 1.5f, .top_k = 200, .top_p = 0.9f};
  ExpectGuesses({greedy});
  ExpectGuesses({few});
  const SamplingParams every_id{.temperature = 0.9f};
  ExpectGuesses({every_id});
  ExpectGuesses({greedy, many, few, every_id});
}

}  // namespace
}  // namespace lantern
