// Products with few tokens, bound by how fast weights stream: every weight is read once, for all
// tokens of the step, and multiplied by tensor cores: bf16 weights with activations in bf16, f16
// and f32 ones in f16, weights in blocks with activations in blocks too, of whole numbers of 16
// bits (block_activations.cuh). Sums are f32. What stands before and after a product in a layer is
// fused into it. Finite numbers beyond f16 become its largest.
#pragma once

#include "backends/cuda/kernels/queue.h"
#include "backends/cuda/kernels/weights.h"

namespace lantern::cuda {

constexpr int kSkinnyTokens = 32;  // most that these kernels take

struct SkinnyProduct {
  // Rows of x are tokens. With a norm, x is the residual stream [n, in] in f32 and the product
  // reads x / sqrt(mean(x^2) + eps) * norm; without one it is bf16 or f16. Rounded as said above.
  Matrix x;
  const float* norm = nullptr;  // [in]
  float eps = 0;

  // Weights whose outputs lie side by side in `out`, of any formats, all with the same `in`.
  Weight parts[3];
  int part_count = 0;
  // The columns of the weights that x holds: [begin, begin + x.columns). begin is 0 or a multiple
  // of 32 (256 for K formats).
  int begin = 0;

  enum Into {
    kStore,  // out = product, in any type
    kAdd,    // out += product, in f32: the residual stream
    kGated,  // out = silu(parts[0]) * parts[1], in any type; the parts have equal outs and one
             // format
  } into = kStore;
  Matrix out;
};

// REQUIRES: x.rows == out.rows, 1 .. kSkinnyTokens.
// ENSURES: the same bits in every run; a token's numbers may depend on how many tokens there are.
void Multiply(const Queue& queue, const SkinnyProduct& product);

// Reads all bytes of a weight and computes nothing of use: how fast a product could be.
void Stream(const Queue& queue, const Weight& weight);

}  // namespace lantern::cuda
