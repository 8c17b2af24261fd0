// Activations: every scratch buffer of a forward pass, allocated once for the largest step. What
// outlives a step, as it travels or may be asked about while others run, is there once for each
// step in flight.
#pragma once

#include <span>
#include <vector>

#include "backends/backend.h"

namespace lantern {

// The largest shapes that any of this rank's layers needs.
struct ActivationShape {
  int tokens = 0;      // per step
  int logit_rows = 0;  // positions per step whose logits are wanted
  int dim = 0;
  int heads = 0, kv_heads = 0, head_dim = 0;  // local
  int ffn = 0;                                // local
  int vocab = 0;                              // local; 0 where there is no head
  int subtrees = 1;                           // of the sum shards
  int steps = 1;                              // in flight

  size_t Bytes() const;
};

class Activations {
 public:
  Activations(Backend::Context& context, const ActivationShape& shape);

  // Whose x and logits the views are of from here on; 0 at first. REQUIRES: slot within the steps.
  void Use(int slot);
  // Views for a step's tokens [begin, end): of x, sum and partial sums their rows, which stay as
  // they are while other tokens are selected; the rest is scratch, the same for all.
  // REQUIRES: end within the shape.
  void Select(int begin, int end);

  Tensor x;            // [tokens, dim]: the residual stream; one for each step in flight
  Tensor norm;         // [tokens, dim]
  Tensor sum;          // [tokens, dim]: a projection summed over ranks
  Tensor picked;       // [logit_rows, dim]: rows whose logits are wanted
  Tensor picked_norm;  // the same, normed
  Tensor logits;       // [logit_rows, vocab]; one for each step in flight

  // These differ from layer to layer in columns, never beyond the shape.
  Tensor Qkv(int cols) const { return Cut(qkv_, cols); }         // [tokens, (heads+2 kv)*head_dim]
  Tensor Heads(int cols) const { return Cut(heads_, cols); }     // [tokens, heads*head_dim]
  Tensor GateUp(int cols) const { return Cut(gate_up_, cols); }  // [tokens, 2*ffn]
  Tensor Ffn(int cols) const { return Cut(ffn_, cols); }         // [tokens, ffn]
  // Partial sums, one dense [tokens, dim] each. Where a rank owns a single subtree, it is `sum`.
  std::span<const Tensor> Partials(int subtrees);
  // The part's sum and partial sums as ranks exchange them: in the tensors' own memory, or copied
  // there from a device. The copies stay for one part at a time.
  struct HostSums {
    std::span<float> sum;
    std::vector<std::span<const float>> partials;
  };
  const HostSums& OnHost(std::span<const Tensor> partials);
  // What was summed, back to the device, if it has one.
  void UploadSum() {
    if (!Backend::OnHost(context_)) Backend::Upload(context_, sum, host_sums_.sum);
  }

 private:
  struct Memory {
    BufferOwner owner;
    Tensor all;
  };
  Tensor Cut(const Memory& memory, int cols) const;
  Backend::Context& context_;
  Tensor Selected(const Memory& memory) const { return memory.all.Rows(begin_, end_); }

  int begin_ = 0, end_ = 0, slot_ = 0;
  std::vector<Memory> x_, logits_;  // by slot
  Memory norm_, sum_, qkv_, heads_, gate_up_, ffn_, picked_, picked_norm_;
  std::vector<Memory> extra_partials_;
  std::vector<Tensor> partials_;
  HostSums host_sums_;
  std::vector<std::vector<float>> mirrors_;  // of partial sums on a device; the sum is the first's
};

}  // namespace lantern
