// Attention over the paged cache: rotation and appending, a kernel for steps in which every
// sequence has one new token, and one on tensor cores for longer runs.
#pragma once

#include "backends/cuda/kernels/queue.h"
#include "src/tensor/dtype.h"

namespace lantern::cuda {

// A step's tokens; all pointers are of device memory and keep their addresses from step to step,
// so that a captured graph finds the next step's numbers there. They are copied there before the
// step's first kernel and written by no kernel of the step, and so are the cache's earlier
// positions: attention may read both while the kernel before it still runs.
struct StepTokens {
  const int* position = nullptr;      // [tokens]: of each token in its sequence
  const int* sequence = nullptr;      // [tokens]
  const int* blocks = nullptr;        // the block tables of all sequences, one after the other
  const int* blocks_begin = nullptr;  // [sequences + 1]
  // Tokens that follow each other in one sequence: run r is tokens [run_begin[r], run_begin[r+1]).
  const int* run_begin = nullptr;  // [runs + 1]
  int tokens = 0, runs = 0;
  int longest_run = 0;     // no run of the step has more tokens
  int most_positions = 0;  // no sequence has more positions, those of this step included
};

// A layer's cache. Block b, head h, slot t begins at ((b * heads + h) * block_tokens + t) *
// head_dim elements, keys and values alike. f16, bf16 or f32.
struct Cache {
  void* keys = nullptr;
  void* values = nullptr;
  DType type = DType::kF16;
  int block_tokens = 32, heads = 0, head_dim = 0;
};

// Local query head h reads local kv head (q_begin + h) / group - kv_begin.
struct Heads {
  int query = 0;  // local query heads
  int q_begin = 0, kv_begin = 0, group = 1;
};

struct AttentionStep {
  // q, k, v side by side: [tokens, (query + 2 kv) * head_dim]. Neighbouring pairs of q and k are
  // rotated by rope: [positions, head_dim / 2, 2] cos and sin in f32. Rotated keys and values go
  // to the cache; qkv itself may be left as it was or rotated. What is beyond f16, in a cache or in
  // qkv by cuBLASLt, is infinity and mostly ends in outputs that are no numbers: a model with such
  // keys has no use for f16, and to look for them would take time in every step.
  Matrix qkv;
  const float* rope = nullptr;
  Cache cache;
  Heads heads;
  int window = 0;  // > 0: a token sees the last `window` positions only, itself included
  Matrix out;      // [tokens, query * head_dim], of qkv's type
};

// Bytes of scratch memory for any step within these limits. Zeroed once by the caller before the
// first use; launches leave counters in it as they found them.
size_t AttentionScratchBytes(int multiprocessors, int tokens, int query_heads, int head_dim,
                             int most_positions);

// Rotates, appends and attends, in as many launches as that takes: one where every run is one
// token and the shape is fast. With activations in 16 bits products are on tensor cores; with f32
// ones all arithmetic is f32.
// ENSURES: the same bits in every run. Launch shapes depend on StepTokens' counts, not on memory.
// REQUIRES: head_dim is a multiple of 8, at most 256; of 64 or 128 it is fast.
void Attend(const Queue& queue, const StepTokens& step, const AttentionStep& attention,
            std::byte* scratch);

}  // namespace lantern::cuda
