// The kernel sets that this binary holds, and which of them this CPU runs.
#pragma once

#include <string>
#include <vector>

#include "backends/cpu/kernels/kernel_table.h"
#include "src/tensor/dtype.h"

namespace lantern {

// Best first; "generic", which runs anywhere, is always the last.
std::vector<const KernelTable*> RunnableKernels();

// The set of that name, or the best for "auto". Throws Error{kConfig} naming the choices when this
// binary has no such set or this CPU cannot run it.
const KernelTable& ChooseKernels(const std::string& isa);

const FormatKernels& KernelsOf(const KernelTable& kernels, DType type);

// Whether this CPU multiplies and adds with one rounding (FMA, and F16C beside it on x86): what
// f32, f16 and bf16 weights need.
bool HasFusedMultiplyAdd();

}  // namespace lantern
