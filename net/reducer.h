// Reducer: the sums over one group of ranks as a run wants them: in which format partial sums
// travel, by which algorithm, and whether that does to the numbers what it may.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "net/collectives.h"
#include "net/encoded_sum.h"

namespace lantern {

// Which of a model's sums this is.
struct SumSite {
  int layer = 0;  // of the model
  enum Part { kAttention, kFeedForward } part = kAttention;
};

// Why sums that were to travel in a lower precision go on in f32: a checked one was beyond what its
// format allows. That holds for all numbers, so some machine computes wrongly.
struct Fallback {
  SumSite site;   // the sum's
  int rank = -1;  // whose partial sum it was; below 0: there is no fallback
  explicit operator bool() const { return rank >= 0; }
};

// What happened, as a part of a sentence. `asked`: how sums were to travel.
std::string FallbackText(const Fallback& fallback, WireFormat asked);

struct ReducerOptions {
  WireFormat format = WireFormat::kF32;
  // Of so many sums one is checked, chosen alike on all ranks and reaching every site; 0: none.
  int check_one_in = 256;
};

// Of the sums of one layer that were checked.
struct LayerErrors {
  int64_t sums = 0;
  double worst = 0, mean = 0;  // see EncodingErrors; mean over the sums
};

class Reducer {
 public:
  // `group` must outlive this.
  Reducer(Communicator& group, const ReducerOptions& options)
      : group_(group),
        check_one_in_(options.check_one_in),
        asked_(options.format),
        format_(options.format) {}

  // All ranks' next sums belong to the next step. The first time, when all have loaded, ranks sum
  // known vectors (random, equal, cancelling, one huge, tiny, zero) over the real links, in f32
  // and in the format, and compare with double precision. Throws Error{kPeerLost} where a result
  // is wrong.
  void BeginStep();
  // out = the sum over all ranks: TreeSum's bits with f32 on the wire, else within SumErrorBound.
  // `mine` as for TreeSum. ENSURES: the same bits on every rank.
  void Sum(const SumPlan& plan, SumSite site, std::span<float> out,
           std::span<const std::span<const float>> mine);

  // From here on sums travel in f32. REQUIRES: all ranks do so before the same sum.
  void FallBack(const Fallback& why);

  // How sums were to travel, and how they do: in f32 from the moment that a checked one was beyond
  // its format's bound.
  WireFormat asked() const { return asked_; }
  WireFormat format() const { return format_; }
  // Why that is. The rank is this group's, or whose FallBack was told.
  const Fallback& fallback() const { return fallback_; }
  int64_t checked_sums() const;
  const std::vector<LayerErrors>& errors() const { return errors_; }  // by layer
  Communicator& group() { return group_; }

 private:
  void Exchange(const SumPlan& plan, SumSite site, std::span<float> out,
                std::span<const std::span<const float>> mine);
  bool IsChecked(SumSite site) const;
  void Check(SumSite site, std::span<float> out);
  void CheckAtStart();
  void RequireWithin(double bound, std::span<const float> sum, std::span<const double> exact) const;

  Communicator& group_;
  const int check_one_in_;
  const WireFormat asked_;
  WireFormat format_;
  uint64_t step_ = 0;
  Fallback fallback_;
  std::vector<LayerErrors> errors_;
};

}  // namespace lantern
