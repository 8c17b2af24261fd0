// What a provider must prove on the running machine before it is used: libraries have computed
// wrongly on some CPUs.
#pragma once

#include "backends/cpu/gemm/gemm_provider.h"

namespace lantern {

class CpuContext;

// Multiplies small matrices of many shapes and magnitudes on all threads of the context, and holds
// every element to loops in double precision. The bound of one, where S is the sum of the
// magnitudes of its products:
//
//     (columns + 8) * 2^-23 * S + columns * 2^-126
//
// Any order of additions in f32 rounds at most `columns` times, each time by at most 2^-24 S; the
// factor of two is for units that round otherwise than IEEE, the last term for those that flush
// subnormal numbers. Products of bf16 numbers are exact in f32.
//
// Throws Error{kConfig} that names provider, shape, error and bound.
void RequireSound(GemmProvider& provider, CpuContext& context);

}  // namespace lantern
