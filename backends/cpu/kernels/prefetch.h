// Asking for weights ahead of their use. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

template <int kBytes>
LANTERN_INLINE void PrefetchFar(const uint8_t* w, int far = kUsualAhead.far) {
  LANTERN_UNROLL for (int i = 0; i < kBytes; i += 64) __builtin_prefetch(w + far + i, 0, 2);
}
template <int kBytes>
LANTERN_INLINE void PrefetchNear(const uint8_t* w, int near) {
  LANTERN_UNROLL for (int i = 0; i < kBytes; i += 64) __builtin_prefetch(w + near + i);
}
// Distances of zero ask for what is being read, which costs less than to look for them.
template <int kBytes>
LANTERN_INLINE void Prefetch(const uint8_t* w, Ahead ahead) {
  PrefetchFar<kBytes>(w, ahead.far);
  PrefetchNear<kBytes>(w, ahead.near);
}

// The same in kSteps steps of which this is step `i`, amid arithmetic: lines that are asked for all
// at once wait for the fill buffers, and the products behind them too (only those from the second
// level: Q6_K on one thread 0.85 of the read loop instead of 0.92). g++ would gather them again; it
// moves nothing across the empty statement.
template <int kBytes, int kSteps>
LANTERN_INLINE void PrefetchStep(const uint8_t* w, Ahead ahead, int i) {
  constexpr int kLines = (kBytes + 63) / 64;
  asm volatile("");
  LANTERN_UNROLL for (int line = 0; line < kLines; ++line) {
    if (line * kSteps / kLines == i) Prefetch<64>(w + 64 * line, ahead);
  }
}

// The job's distances where memory decides; full tiles compute for longer, and have no registers
// for them (AVX2's Q4_0 prompts: 4% slower).
template <int kTokens, int kTile>
LANTERN_INLINE Ahead AheadOf(const PanelJob& job) {
  if constexpr (kTokens == kTile) return kUsualAhead;
  return job.ahead;
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
