// TopOfRows: the largest values of rows in order. Many blocks of threads each find the best of a
// piece of the row, then one block finds the best of those. Both sort by bitonic networks: runs of
// 64 keys in a warp's registers, longer ones in shared memory; and of two runs in order they keep
// the better half until one is left. Networks: Batcher, "Sorting networks and their applications".
#include <algorithm>
#include <bit>

#include "backends/cuda/kernels/answer_keys.cuh"
#include "backends/cuda/kernels/keyed_score.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kSegment = 64;  // keys that a warp sorts in registers: the shortest run
constexpr int kPieceThreads = 512, kPiece = 2 * kPieceThreads;  // a key for each value
constexpr int kMergeThreads = 1024, kMerge = 4096;

int PiecesOf(int columns) { return (columns + kPiece - 1) / kPiece; }

// A warp's keys, two to a thread: numbers `lane` and 32 + lane.
struct Segment {
  uint64_t low, high;
};

__device__ uint64_t Exchanged(uint64_t key, int distance, bool larger) {
  const uint64_t other = __shfl_xor_sync(~0u, key, distance);
  return larger == (key > other) ? key : other;
}

// Puts a bitonic segment in descending order.
__device__ void Merge(Segment& segment) {
  const int lane = threadIdx.x % 32;
  const uint64_t low = max(segment.low, segment.high);
  segment.high = min(segment.low, segment.high);
  segment.low = low;
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    const bool larger = (lane & distance) == 0;
    segment.low = Exchanged(segment.low, distance, larger);
    segment.high = Exchanged(segment.high, distance, larger);
  }
}

__device__ void Sort(Segment& segment) {
  const int lane = threadIdx.x % 32;
#pragma unroll
  for (int size = 2; size <= 32; size *= 2) {
#pragma unroll
    for (int distance = size / 2; distance > 0; distance /= 2) {
      const bool first = (lane & distance) == 0;
      const bool low_falls = (lane & size) == 0, high_falls = ((32 + lane) & size) == 0;
      segment.low = Exchanged(segment.low, distance, first == low_falls);
      segment.high = Exchanged(segment.high, distance, first == high_falls);
    }
  }
  Merge(segment);
}

// Below, `held` keys lie in shared memory in runs of `run`, powers of two; all threads of a block
// call together, after a barrier, and there is one at the end.

// Keys i and j in order, the larger first.
__device__ void Order(uint64_t* keys, int i, int j) {
  const uint64_t a = keys[i], b = keys[j];
  keys[i] = max(a, b);
  keys[j] = min(a, b);
}

// Puts each run, bitonic before, in descending order.
template <int kThreads>
__device__ void Settle(uint64_t* keys, int held, int run) {
  for (int distance = run / 2; distance >= kSegment; distance /= 2) {
    for (int pair = threadIdx.x; pair < held / 2; pair += kThreads) {
      const int i = 2 * pair - (pair & (distance - 1));
      Order(keys, i, i + distance);
    }
    __syncthreads();
  }
  for (int base = threadIdx.x / 32 * kSegment; base < held; base += kThreads / 32 * kSegment) {
    uint64_t* const at = keys + base + threadIdx.x % 32;
    Segment segment = {at[0], at[32]};
    Merge(segment);
    at[0] = segment.low;
    at[32] = segment.high;
  }
  __syncthreads();
}

// Joins every two runs in descending order to one.
template <int kThreads>
__device__ void Join(uint64_t* keys, int held, int run) {
  for (int pair = threadIdx.x; pair < held / 2; pair += kThreads) {
    const int in_run = pair & (run - 1), i = 2 * pair - in_run;
    Order(keys, i, i + 2 * (run - in_run) - 1);
  }
  __syncthreads();
  Settle<kThreads>(keys, held, run);
}

// Keeps the better half of every two runs in descending order, as a run. held <= kMost.
template <int kThreads, int kMost>
__device__ void Halve(uint64_t* keys, int held, int run) {
  constexpr int kEach = (kMost / 2 + kThreads - 1) / kThreads;
  uint64_t kept[kEach];
#pragma unroll
  for (int e = 0; e < kEach; ++e) {
    const int to = threadIdx.x + e * kThreads;
    if (to >= held / 2) continue;
    const int in_run = to & (run - 1), i = 2 * to - in_run;
    kept[e] = max(keys[i], keys[i + 2 * (run - in_run) - 1]);
  }
  __syncthreads();
#pragma unroll
  for (int e = 0; e < kEach; ++e) {
    const int to = threadIdx.x + e * kThreads;
    if (to < held / 2) keys[to] = kept[e];
  }
  __syncthreads();
  Settle<kThreads>(keys, held / 2, run);
}

__device__ uint64_t KeyAt(const float* row, int columns, int index, const ChoiceRule* rule,
                          int first_id) {
  if (index >= columns) return 0;
  return KeyOf(OrderOf(rule, row[index], first_id + index), index);
}

// best [rows, pieces, run]: of each piece in descending order, 0 where there are no more.
__global__ void __launch_bounds__(kPieceThreads)
    PieceKernel(Rows<float> logits, int columns, int run, RowOrder order, uint64_t* best) {
  __shared__ uint64_t keys[kPiece];
  WaitForInputs();
  LetNextBegin();
  const float* const row = logits[blockIdx.y];
  const int at = threadIdx.x / 32 * kSegment + threadIdx.x % 32;
  const int first = blockIdx.x * kPiece + at;
  const ChoiceRule* const rule = order.rules == nullptr ? nullptr : order.rules + blockIdx.y;
  Segment segment = {KeyAt(row, columns, first, rule, order.first_id),
                     KeyAt(row, columns, first + 32, rule, order.first_id)};
  Sort(segment);
  keys[at] = segment.low;
  keys[at + 32] = segment.high;
  __syncthreads();
  for (int joined = kSegment; joined < run; joined *= 2) Join<kPieceThreads>(keys, kPiece, joined);
  for (int held = kPiece; held > run; held /= 2) Halve<kPieceThreads, kPiece>(keys, held, run);
  best += (static_cast<size_t>(blockIdx.y) * gridDim.x + blockIdx.x) * run;
  for (int i = threadIdx.x; i < run; i += kPieceThreads) best[i] = keys[i];
}

// Reads up to 2 * kMerge / run runs, and of every two keeps the better half; how many keys that is.
__device__ int ReadHalved(const uint64_t* runs, int count, int run, uint64_t* keys) {
  int held = run;
  while (2 * held < count * run) held *= 2;
  for (int to = threadIdx.x; to < held; to += kMergeThreads) {
    const int in_run = to & (run - 1), a = 2 * to - in_run, b = a + 2 * (run - in_run) - 1;
    keys[to] = max(a < count * run ? runs[a] : 0, b < count * run ? runs[b] : 0);
  }
  __syncthreads();
  Settle<kMergeThreads>(keys, held, run);
  return held;
}

// top [rows, count] of runs [rows, pieces, run]. With `logits` values are theirs, whatever the
// order was.
__global__ void __launch_bounds__(kMergeThreads, 1)
    MergeKernel(const uint64_t* runs, int pieces, int run, int count, Rows<float> logits,
                RowAnswer* top) {
  __shared__ uint64_t keys[kMerge];
  WaitForInputs();
  LetNextBegin();
  runs += static_cast<size_t>(blockIdx.x) * pieces * run;
  const int thread = threadIdx.x, together = 2 * kMerge / run;
  uint64_t best = 0;  // the thread's, in descending order; of the first `run` threads
  for (int begin = 0; begin < pieces; begin += together) {
    const int now = min(together, pieces - begin);
    int held = ReadHalved(runs + static_cast<size_t>(begin) * run, now, run, keys);
    for (; held > run; held /= 2) Halve<kMergeThreads, kMerge>(keys, held, run);
    if (begin > 0) {
      if (thread < run) keys[run + thread] = best;
      __syncthreads();
      Halve<kMergeThreads, kMerge>(keys, 2 * run, run);
    }
    if (thread < run) best = keys[thread];
    __syncthreads();
  }
  if (thread >= count) return;
  RowAnswer answer = AnswerOf(best);
  if (logits.data != nullptr && answer.index >= 0) answer.value = logits[blockIdx.x][answer.index];
  top[static_cast<size_t>(blockIdx.x) * count + thread] = answer;
}

}  // namespace

int TopRun(int count) { return std::max<int>(kSegment, std::bit_ceil(unsigned(count))); }

size_t TopScratchBytes(int rows, int columns, int count) {
  return static_cast<size_t>(rows) * PiecesOf(columns) * TopRun(count) * sizeof(uint64_t);
}

void TopOfRows(const Queue& queue, Matrix logits, const RowOrder& order, int count, RowAnswer* top,
               std::byte* scratch) {
  LANTERN_CHECK(0 < count && count <= kMostTop);
  if (logits.rows == 0 || logits.columns == 0) return;
  const int run = TopRun(count), pieces = PiecesOf(logits.columns);
  auto* const best = reinterpret_cast<uint64_t*>(scratch);
  Launch(queue, PieceKernel, dim3(pieces, logits.rows), kPieceThreads, 0, RowsOf<float>(logits),
         logits.columns, run, order, best);
  const Rows<float> values = order.rules == nullptr ? Rows<float>{} : RowsOf<float>(logits);
  Launch(queue, MergeKernel, logits.rows, kMergeThreads, 0, best, pieces, run, count, values, top);
}

void TopOfRuns(const Queue& queue, int rows, int runs, int count, const uint64_t* keys,
               RowAnswer* top) {
  Launch(queue, MergeKernel, rows, kMergeThreads, 0, keys, runs, TopRun(count), count,
         Rows<float>{}, top);
}

}  // namespace lantern::cuda
