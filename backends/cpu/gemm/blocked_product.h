// CpuBackend's matrix products by a provider: blocks of output rows are unpacked into plain
// numbers, which the provider multiplies by all tokens; each thread works on blocks of its own.
#pragma once

#include <span>

#include "backends/backend_concept.h"
#include "backends/cpu/gemm/gemm_provider.h"

namespace lantern {

class CpuContext;

// CpuBackend::MatMul. Throws Error{kConfig} where the library refuses.
void GemmMatMul(CpuContext& context, GemmProvider& gemm, Tensor out, Tensor x,
                std::span<const WeightMatrix> parts);
// CpuBackend::MatMulLeaves. A subtree is one product: leaves are for those who keep the bits.
void GemmMatMulLeaves(CpuContext& context, GemmProvider& gemm, std::span<const Tensor> out,
                      Tensor x, const WeightMatrix& weight, const LeafCuts& cuts);

}  // namespace lantern
