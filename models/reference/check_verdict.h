// What `lantern check` measured, and which promises that breaks. Pure: it runs nothing.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "models/reference/logits_comparison.h"

namespace lantern {

// Errors of a layer's partial sums as they travelled, relative to what the mode's bound refers to.
struct SumError {
  double worst = 0, mean = 0;
  double bound = 0;  // that the mode states for the worst
};

// One text through one layout, with partial sums travelling in one mode.
struct CheckRow {
  int tp = 1, pp = 1;
  int threads = 0;                                    // of rank 0
  std::string mode;                                   // --reduce
  bool exact = true;                                  // whether the mode keeps every bit
  std::string device = kCpu;                          // "cpu", "cuda bf16", "cuda f16"
  std::string hash;                                   // logits_hash over all positions
  double perplexity = 0;                              // of the text
  std::optional<LogitsDistance> distance;             // from the first row; none for itself
  double sent_per_token = 0, received_per_token = 0;  // bytes, by rank 0, its logits included
  double tokens_per_s = 0;
  std::vector<SumError> sums;  // by layer; empty where nothing was counted
  std::string fallback;        // why sums went back to f32; empty: they did not
  // From double precision: of the first row, and the first of every device, of small models.
  std::optional<LogitsDistance> reference;

  static constexpr const char* kCpu = "cpu";
  bool on_cpu() const { return device == kCpu; }
  std::string Name() const;  // "tp 2 x pp 1, f32", "tp 1 x pp 1, f32, cuda bf16"
};

struct CheckPromises {
  bool one_hash = true;        // all exact rows on CPUs have the same hash: not with vendor GEMMs
  std::string expected_hash;   // that they must have, from another machine; empty: any
  double reference_bound = 0;  // for a row's normalized error from double precision; 0: none
  // For that of rows on other devices than the first row's, from it. Their bits are their own.
  double device_bound = 0;
};

// One sentence for every promise that is broken; none: all is well.
// REQUIRES: at least one row; the first is exact, and the others are compared with it.
std::vector<std::string> BrokenPromises(std::span<const CheckRow> rows,
                                        const CheckPromises& promises);

}  // namespace lantern
