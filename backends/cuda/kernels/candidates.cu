// Lists of candidates of a vocabulary's parts: as numbers that are added up to the lists of all
// parts, and from there to the largest of the whole vocabulary.
#include <cmath>

#include "backends/cuda/kernels/answer_keys.cuh"
#include "backends/cuda/kernels/keyed_score.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/rows.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256;

// Number `i` of this part's list of a row: values at even places, ids behind them. Where the part
// has no more values it is {NaN, -1}.
__device__ float NumberOf(const RowAnswer* list, int held, int first_id, int i) {
  const bool is_id = i % 2 == 1;
  if (i / 2 >= held) return is_id ? -1 : NAN;
  const RowAnswer answer = list[i / 2];
  return is_id ? static_cast<float>(first_id + answer.index) : answer.value;
}

__global__ void __launch_bounds__(kThreads)
    OfferKernel(TopRows top, VocabularyPart part, int columns, float* all, float* mine) {
  WaitForInputs();
  LetNextBegin();
  const size_t row = blockIdx.x;
  const int begin = 2 * part.part * top.stride, end = begin + 2 * top.stride;
  all += row * columns;
  mine += row * columns;
  for (int i = threadIdx.x; i < columns; i += kThreads) {
    const bool is_mine = begin <= i && i < end;
    all[i] = 0;
    mine[i] =
        is_mine ? NumberOf(top.values + row * top.stride, top.count, part.first_id, i - begin) : 0;
  }
}

// What is no id of the vocabulary stands behind all values: the end of a short list, and what sums
// that were ended may leave, as an embedding is looked up by the result.
__device__ uint64_t KeyOfNumbers(const float* value_and_id, int ids, const ChoiceRule* rule) {
  const float number = value_and_id[1];
  if (!(0 <= number && number < static_cast<float>(ids))) return KeyOf(NAN, ids - 1);
  const int id = static_cast<int>(number);
  return KeyOf(OrderOf(rule, value_and_id[0], id), id);
}

// keys [rows, parts, run], unless it is null: of each list, and 0 behind its end.
__global__ void __launch_bounds__(kThreads)
    JoinKernel(const float* all, int columns, int parts, int count, int run, int ids,
               const ChoiceRule* rules, uint64_t* keys, RowAnswer* best, int* guesses) {
  WaitForInputs();
  LetNextBegin();
  const size_t row = blockIdx.x;
  const ChoiceRule* const rule = rules == nullptr ? nullptr : rules + row;
  all += row * columns;
  if (keys != nullptr) {
    keys += row * parts * run;
    for (int i = threadIdx.x; i < parts * run; i += kThreads) {
      const int list = i / run, place = i % run;
      keys[i] = place < count ? KeyOfNumbers(all + 2 * (list * count + place), ids, rule) : 0;
    }
  }
  if (threadIdx.x >= 32) return;
  uint64_t largest = 0;  // of the lists' first
  for (int list = threadIdx.x; list < parts; list += 32) {
    largest = max(largest, KeyOfNumbers(all + 2 * list * count, ids, rule));
  }
  largest = LargestOfWarp(largest);
  if (threadIdx.x != 0) return;
  best[row] = AnswerOf(largest);
  guesses[row] = best[row].index;
}

}  // namespace

int CandidateColumns(int parts, int count) { return (2 * parts * count + 3) / 4 * 4; }

void OfferCandidates(const Queue& queue, int rows, TopRows top, const VocabularyPart& part,
                     float* all, float* mine) {
  LANTERN_CHECK(0 <= part.part && part.part < part.parts && top.count <= top.stride);
  if (rows == 0) return;
  Launch(queue, OfferKernel, rows, kThreads, 0, top, part, CandidateColumns(part.parts, top.stride),
         all, mine);
}

size_t JoinScratchBytes(int rows, int parts, int count) {
  return static_cast<size_t>(rows) * parts * TopRun(count) * sizeof(uint64_t);
}

void JoinCandidates(const Queue& queue, int rows, int count, int parts, int ids, const float* all,
                    const ChoiceRule* rules, RowAnswer* best, int* guesses, RowAnswer* top,
                    std::byte* scratch) {
  LANTERN_CHECK(0 < count && count <= kMostTop && 0 < parts && 0 < ids);
  if (rows == 0) return;
  auto* const keys = reinterpret_cast<uint64_t*>(scratch);
  const int run = TopRun(count);
  Launch(queue, JoinKernel, rows, kThreads, 0, all, CandidateColumns(parts, count), parts, count,
         run, ids, rules, keys, best, guesses);
  if (keys != nullptr) TopOfRuns(queue, rows, parts, count, keys, top);
}

}  // namespace lantern::cuda
