// Reducer: the sums over one group of ranks as a run wants them: in which format partial sums
// travel, by which algorithm, and whether that does to the numbers what it may. Sums go on while
// their rank computes: each part of a step has one of its own under way. All ranks start, advance
// and finish them in one order.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "net/encoded_sum.h"
#include "net/running_sum.h"
#include "net/sum_table.h"

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
  // By which all sums go that can; none: by size, or as measured.
  std::optional<SumAlgorithm> algorithm;
  // Which algorithm is the fastest is measured so over the real links before the first step; none:
  // it goes by size alone. So it does in lower precisions, where the choice shows in the bits.
  std::optional<SumTimingOptions> timing;
};

// Of the sums of one layer that were checked.
struct LayerErrors {
  int64_t sums = 0;
  double worst = 0, mean = 0;  // see EncodingErrors; mean over the sums
};

class Reducer {
 public:
  // Sums under way at once.
  static constexpr int kParts = 2;

  // `group` must outlive this.
  Reducer(Communicator& group, const ReducerOptions& options)
      : group_(group), options_(options), format_(options.format) {}

  // All ranks' next sums belong to the next step. The first time, when all have loaded, ranks sum
  // known vectors (random, equal, cancelling, one huge, tiny, zero) over the real links, in f32
  // and in the format, and compare with double precision. Throws Error{kPeerLost} where a result
  // is wrong.
  void BeginStep();
  // Starts out = the sum over all ranks: the tree's bits with f32 on the wire (but by rings), else
  // within SumErrorBound. `mine` as for RunningSum::StartExact; all of it is this sum's until
  // Finish. ENSURES: the same bits on every rank. REQUIRES: the part has no sum under way.
  void Start(int part, const SumPlan& plan, SumSite site, std::span<float> out,
             std::span<const std::span<const float>> mine);
  // Waits for the part's sum.
  void Finish(int part);
  // For between other work. Progress moves what is under way, as far as that goes without waiting;
  // Advance takes the part's sum to its next round, where it has one.
  void Progress() { group_.Progress(); }
  void Advance(int part);

  // Messages may be under way in memory that Start was given.
  bool unsettled() const;
  // The group has failed, and with it all that was under way.
  void Forget();

  const SumTable& table() const { return table_; }
  // By which sums of vectors of so many f32 bytes go.
  SumAlgorithm AlgorithmFor(size_t bytes, const SumPlan& plan) const;

  // From here on sums travel in f32. REQUIRES: all ranks do so before the same sum.
  void FallBack(const Fallback& why);

  // How sums were to travel, and how they do: in f32 from the moment that a checked one was beyond
  // its format's bound.
  WireFormat asked() const { return options_.format; }
  WireFormat format() const { return format_; }
  // Why that is. The rank is this group's, or whose FallBack was told.
  const Fallback& fallback() const { return fallback_; }
  int64_t checked_sums() const;
  const std::vector<LayerErrors>& errors() const { return errors_; }  // by layer
  Communicator& group() { return group_; }

 private:
  struct Part {
    RunningSum sum;
    SumSite site;
  };

  void StartEncoded(Part& part, SumAlgorithm algorithm, std::span<float> out,
                    std::span<const std::span<const float>> mine);
  bool IsChecked(SumSite site) const;
  void Check(Part& part, std::span<float> out);
  void CheckAtStart();
  std::vector<SumAlgorithm> CheckedAlgorithms() const;
  void RequireWithin(double bound, std::span<const float> sum, std::span<const double> exact) const;

  Communicator& group_;
  const ReducerOptions options_;
  WireFormat format_;
  SumTable table_;
  std::array<Part, kParts> parts_;
  uint64_t step_ = 0;
  Fallback fallback_;
  std::vector<LayerErrors> errors_;
};

}  // namespace lantern
