// What one step needs to run: the batch and the rank's working state. Passed down to every layer.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/backend.h"
#include "models/activations.h"
#include "models/kv_cache.h"
#include "net/device_sums.h"
#include "net/reducer.h"

namespace lantern {

// A ragged batch: tokens of several sequences, prefill and decode mixed. Tokens of one sequence
// are consecutive and ascending in position.
struct Batch {
  std::vector<int> token;       // ids, or guesses: see BatchView
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

  // blocks: the batch's tables, by sequence. device: what sums instead of the reducer, or null.
  // Begins with the whole step.
  Run(Backend::Context& context, Reducer& reducer, DeviceSums* device, KvCache& cache,
      Activations& activations, const Batch& step, std::span<const std::span<const int>> blocks,
      const LogitsWanted& wanted)
      : ctx(context),
        sums(reducer),
        device_sums(device),
        kv(cache),
        act(activations),
        batch(step),
        blocks_(blocks),
        wanted_(wanted) {
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
    const bool worth_it = sums.group().size() > 1 && batch.tokens() >= 2 * kLeastTokens;
    return worth_it && Backend::OnHost(ctx) ? 2 : 1;
  }
  int part() const { return part_; }                // entered last
  int first_token() const { return first_token_; }  // of the part
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
  DeviceSums* const device_sums;
  KvCache& kv;
  Activations& act;
  const Batch& batch;
  // Whether, from the step's first sum on, every rank has some rows of the residual stream only:
  // those of x that it sums.
  bool divides_rows() const {
    return !finds_bad_layer && device_sums != nullptr && device_sums->DividesRows(batch.tokens());
  }
  bool rows_divided() const { return rows_divided_; }  // now
  void DivideRows() { rows_divided_ = true; }
  // All rows are on all ranks again.
  void JoinRows() {
    if (rows_divided_) device_sums->JoinRows(act.x, act.sum);
    rows_divided_ = false;
  }
  // Whether the residual stream is looked at, and hashed, after a layer, the stage's last one or
  // another: where other ranks hold the same, or wanted so, to find the first layer that gave a
  // value that is no number. Otherwise it is only looked at, after the last.
  bool LooksAfter(bool last) const {
    return finds_bad_layer || (sums.group().size() > 1 && (last || !divides_rows()));
  }
  bool finds_bad_layer = false;
  // Whether tokens are guessed on devices that each have a part of the vocabulary.
  bool guesses_together() const { return wanted_.guesses && wanted_.vocabulary.parts > 1; }

 private:
  void Select(int begin, int end) {
    act.Select(begin, end);
    const size_t size = end - begin;
    first_token_ = begin;
    view_ = {std::span(batch.position).subspan(begin, size),
             std::span(batch.sequence).subspan(begin, size),
             blocks_,
             std::span(batch.token).subspan(begin, size),
             batch.logits_at,
             wanted_};
  }

  const std::span<const std::span<const int>> blocks_;
  const LogitsWanted wanted_;
  bool rows_divided_ = false;
  int part_ = 0;
  int first_token_ = 0;
  BatchView view_;
};

}  // namespace lantern
