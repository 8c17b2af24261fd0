// AnswerRows: hashes and the largest value of rows of logits in one pass. Four threads hash a block
// of the vocabulary, as xxh64 has four sums, and compare what they read. Eight blocks of threads, a
// cluster, take a row, so that the largest of all is found within it; devices without clusters give
// a row to one block. xxh64: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md.
#include <cooperative_groups.h>

#include <cmath>

#include "backends/cuda/kernels/answer_keys.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/row_units.cuh"
#include "backends/cuda/kernels/rows.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256, kWarps = kThreads / 32;
constexpr int kGrid = 8;               // blocks of threads for a row: 512 vocabulary blocks at once
constexpr int kVocabBlock = 256;       // values
constexpr int kStripe = 8;             // values, two for each of the four sums
constexpr int kSums = 4;               // threads for a vocabulary block
constexpr int kTogether = 32 / kSums;  // vocabulary blocks of a warp

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900
constexpr int kPeers = kGrid;
#define LANTERN_CLUSTER __cluster_dims__(kGrid, 1, 1)
#else
constexpr int kPeers = 1;
#define LANTERN_CLUSTER
#endif

// All peers of a row have come here, and see what the others wrote before.
__device__ void SyncPeers() {
#if __CUDA_ARCH__ >= 900
  cooperative_groups::this_cluster().sync();
#else
  __syncthreads();
#endif
}
// A peer's shared variable.
__device__ uint64_t* Of([[maybe_unused]] int peer, uint64_t* shared) {
#if __CUDA_ARCH__ >= 900
  return cooperative_groups::this_cluster().map_shared_rank(shared, peer);
#else
  return shared;
#endif
}

constexpr uint64_t kPrime1 = 0x9e3779b185ebca87, kPrime2 = 0xc2b2ae3d27d4eb4f,
                   kPrime3 = 0x165667b19e3779f9, kPrime4 = 0x85ebca77c2b2ae63,
                   kPrime5 = 0x27d4eb2f165667c5;

__device__ uint64_t Rotated(uint64_t value, int by) { return value << by | value >> (64 - by); }
__device__ uint64_t Round(uint64_t sum, uint64_t word) {
  return Rotated(sum + word * kPrime2, 31) * kPrime1;
}
__device__ uint64_t WordOf(float2 values) {
  return static_cast<uint64_t>(__float_as_uint(values.y)) << 32 | __float_as_uint(values.x);
}
__device__ float2 PairAt(const float* values) { return *reinterpret_cast<const float2*>(values); }

// The largest of the values seen in ascending order of index. A NaN is larger than none.
struct Largest {
  float value = NAN;
  int index = 0;

  __device__ void See(float seen, int at) {
    if (seen != seen || seen <= value) return;
    value = seen;
    index = at;
  }
  __device__ void See(float2 seen, int at) {
    See(seen.x, at);
    See(seen.y, at + 1);
  }
};

// The hash's sum `which` over whole stripes of a vocabulary block that begins at index `first`.
__device__ uint64_t SumOfStripes(const float* block, int first, int stripes, int which,
                                 Largest& largest) {
  constexpr int kStripes = kVocabBlock / kStripe;
  uint64_t sum = which == 0   ? kPrime1 + kPrime2
                 : which == 1 ? kPrime2
                 : which == 2 ? 0
                              : 0 - kPrime1;
  block += 2 * which;
  first += 2 * which;
  if (stripes == kStripes) {
    float2 pairs[kStripes];  // all loads at once: one wait for memory
#pragma unroll
    for (int s = 0; s < kStripes; ++s) pairs[s] = PairAt(block + s * kStripe);
#pragma unroll
    for (int s = 0; s < kStripes; ++s) {
      sum = Round(sum, WordOf(pairs[s]));
      largest.See(pairs[s], first + s * kStripe);
    }
  } else {
#pragma unroll 1
    for (int s = 0; s < stripes; ++s) {
      const float2 pair = PairAt(block + s * kStripe);
      sum = Round(sum, WordOf(pair));
      largest.See(pair, first + s * kStripe);
    }
  }
  return sum;
}

// The four sums of four neighbouring threads in one. REQUIRES: a whole warp calls it.
__device__ uint64_t Merged(uint64_t sum, int which) {
  uint64_t merged = Rotated(sum, which == 0 ? 1 : which == 1 ? 7 : which == 2 ? 12 : 18);
  merged += __shfl_xor_sync(~0u, merged, 1);
  merged += __shfl_xor_sync(~0u, merged, 2);
  const uint64_t round = Round(0, sum);
#pragma unroll
  for (int i = 0; i < kSums; ++i) {
    merged = (merged ^ __shfl_sync(~0u, round, i, kSums)) * kPrime1 + kPrime4;
  }
  return merged;
}

// What is left of a block behind its whole stripes, and the last mixing of bits.
__device__ uint64_t Finished(uint64_t hash, const float* block, int first, int count,
                             Largest& largest) {
  int at = count / kStripe * kStripe;
  if (count < kStripe) hash = kPrime5;
  hash += count * sizeof(float);
  for (; at + 2 <= count; at += 2) {
    const float2 pair = PairAt(block + at);
    largest.See(pair, first + at);
    hash = Rotated(hash ^ Round(0, WordOf(pair)), 27) * kPrime1 + kPrime4;
  }
  if (at < count) {
    largest.See(block[at], first + at);
    hash = Rotated(hash ^ __float_as_uint(block[at]) * kPrime1, 23) * kPrime2 + kPrime3;
  }
  hash = (hash ^ hash >> 33) * kPrime2;
  hash = (hash ^ hash >> 29) * kPrime3;
  return hash ^ hash >> 32;
}

// Hashes this thread's vocabulary blocks of a row; the largest value that it saw.
__device__ Largest HashBlocks(const float* logits, int ids, uint64_t* hashes) {
  const int warp = blockIdx.x * kWarps + threadIdx.x / 32, which = threadIdx.x % kSums;
  const int blocks = (ids + kVocabBlock - 1) / kVocabBlock;
  Largest largest;
  for (int base = warp * kTogether; base < blocks; base += kPeers * kWarps * kTogether) {
    const int block = base + threadIdx.x % 32 / kSums;
    const int first = block * kVocabBlock;
    const int count = max(0, min(kVocabBlock, ids - first));
    const float* const values = logits + first;
    uint64_t hash = SumOfStripes(values, first, count / kStripe, which, largest);
    hash = Merged(hash, which);
    if (which == 0 && count > 0) {
      hashes[block] = Finished(hash, values, first, count, largest);
    }
  }
  return largest;
}

__global__ void LANTERN_CLUSTER __launch_bounds__(kThreads)
    AnswerKernel(Rows<float> logits, int ids, uint64_t* hashes, RowAnswer* best, int* guesses) {
  __shared__ uint64_t keys[kWarps];
  WaitForInputs();
  LetNextBegin();
  if (blockIdx.x >= kPeers) return;
  const int row = blockIdx.y;
  const long long row_hashes = (ids + kVocabBlock - 1) / kVocabBlock;
  const Largest largest = HashBlocks(logits[row], ids, hashes + row * row_hashes);
  const uint64_t key = LargestOfWarp(KeyOf(largest.value, largest.index));
  if (threadIdx.x % 32 == 0) keys[threadIdx.x / 32] = key;
  SyncPeers();
  if (blockIdx.x == 0 && threadIdx.x < 32) {
    uint64_t all = 0;
    for (int i = threadIdx.x; i < kPeers * kWarps; i += 32) {
      all = max(all, Of(i / kWarps, keys)[i % kWarps]);
    }
    all = LargestOfWarp(all);
    if (threadIdx.x == 0) {
      best[row] = AnswerOf(all);
      guesses[row] = best[row].index;
    }
  }
  SyncPeers();  // nobody's shared memory goes before it was read
}

}  // namespace

void AnswerRows(const Queue& queue, Matrix logits, uint64_t* hashes, RowAnswer* best,
                int* guesses) {
  if (logits.rows == 0) return;
  Launch(queue, AnswerKernel, dim3(kGrid, logits.rows), kThreads, 0, RowsOf<float>(logits),
         logits.columns, hashes, best, guesses);
}

}  // namespace lantern::cuda
