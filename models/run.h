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

// State of one step. Owns nothing. A step may be computed in two parts, the first and the second
// half of its tokens: layer by layer, sum by sum in turns, so that the sums of one travel while the
// other is computed. Every token's numbers are those of any other cut.
class Run {
 public:
  // Of a part: below it, what the halves lose as products is more than what hiding a sum gains.
  static constexpr int kLeastTokens = 32;

  // blocks: the batch's tables, by sequence. Begins with the whole step.
  Run(Backend::Context& context, Reducer& reducer, KvCache& cache, Activations& activations,
      const Batch& step, std::span<const std::span<const int>> blocks)
      : ctx(context), sums(reducer), kv(cache), act(activations), batch(step), blocks_(blocks) {
    EnterAll();
  }

  // Below, tokens are those of this part; so are the activations' rows.
  void Enter(int part) {
    const int middle = batch.tokens() / 2;
    part_ = part;
    if (parts() == 1) return;
    part == 0 ? Select(0, middle) : Select(middle, batch.tokens());
  }
  void EnterAll() { Select(0, batch.tokens()); }

  int parts() const {
    return sums.group().size() > 1 && batch.tokens() >= 2 * kLeastTokens ? 2 : 1;
  }
  int part() const { return part_; }  // entered last
  int first_token() const { return static_cast<int>(tokens_.data() - batch.token.data()); }
  std::span<const int> tokens() const { return tokens_; }
  const BatchView& view() const { return view_; }

  // For between the operations of a part: the other one's sum is under way. Advance: see Reducer.
  void Progress() {
    if (parts() > 1) sums.Progress();
  }
  void Advance() {
    if (parts() > 1) sums.Advance(1 - part_);
  }

  Backend::Context& ctx;
  Reducer& sums;
  KvCache& kv;
  Activations& act;
  const Batch& batch;
  // Filled with ResidualHash of act.x after each of this rank's layers, the parts' ones added up;
  // empty: not wanted.
  std::span<uint32_t> residual = {};

 private:
  void Select(int begin, int end) {
    act.Select(begin, end);
    const size_t size = end - begin;
    tokens_ = std::span(batch.token).subspan(begin, size);
    view_ = {std::span(batch.position).subspan(begin, size),
             std::span(batch.sequence).subspan(begin, size), blocks_};
  }

  const std::span<const std::span<const int>> blocks_;
  int part_ = 0;
  std::span<const int> tokens_;
  BatchView view_;
};

}  // namespace lantern
