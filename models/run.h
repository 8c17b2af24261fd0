// What one step needs to run: the batch and the rank's working state. Passed down to every layer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "models/activations.h"
#include "models/kv_cache.h"
#include "net/reducer.h"

namespace lantern {

// A ragged batch: tokens of several sequences, prefill and decode mixed. Tokens of one sequence
// are consecutive and ascending in position.
struct Batch {
  std::vector<int> token;       // ids
  std::vector<int> position;    // of each token in its sequence
  std::vector<int> sequence;    // of each token: index into blocks_end
  std::vector<int> blocks;      // the block tables of all sequences, one after the other
  std::vector<int> blocks_end;  // per sequence: where its table ends
  std::vector<int> logits_at;   // tokens whose logits are wanted, ascending

  int tokens() const { return static_cast<int>(token.size()); }
};

// State of one step. Owns nothing.
struct Run {
  Backend::Context& ctx;
  Reducer& sums;
  KvCache& kv;
  Activations& act;
  const Batch& batch;
  BatchView view;  // of batch, for the backend
  // Filled with ResidualHash of act.x after each of this rank's layers; empty: not wanted.
  std::span<uint32_t> residual = {};
};

}  // namespace lantern
