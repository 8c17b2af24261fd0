// CpuBackend: the operations of backend_concept.h on host memory, by our own kernels.
// Kernels are one source compiled per instruction set (kernels.cc); all sets give the same bits.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/backend_concept.h"

namespace lantern {

class CpuContext;  // thread pool, kernel table, scratch: see context.h

struct CpuBackend {
  using Context = CpuContext;

  static Tensor Allocate(Context& context, BufferOwner& owner, int rows, int cols);
  static WeightMatrix PackWeight(Context& context, const RawWeight& raw,
                                 const PackedPlace& place = {});
  static void StreamWeights(Context& context, std::span<const WeightMatrix> weights);
  static void MatMul(Context& context, Tensor out, Tensor x, std::span<const WeightMatrix> parts);
  static void MatMulLeaves(Context& context, std::span<const Tensor> out, Tensor x,
                           const WeightMatrix& weight, const LeafCuts& cuts);
  static void RmsNorm(Context& context, Tensor out, Tensor x, Tensor weight, float eps);
  static void Rope(Context& context, Tensor q, Tensor k, const RopeTable& rope,
                   std::span<const int> position);
  static void AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                       const BatchView& batch);
  static void Attention(Context& context, Tensor out, Tensor q, const KvView& kv,
                        const BatchView& batch, const HeadMap& heads, int window);
  static void SiluMul(Context& context, Tensor out, Tensor gate_up);
  static void Add(Context& context, Tensor x, Tensor y);
  static void Embed(Context& context, Tensor out, const RawWeight& table, std::span<const int> ids);
  static void Gather(Context& context, Tensor out, Tensor x, std::span<const int> rows);
  static std::span<float> HostSpan(Context& context, Tensor tensor, std::span<float> host);

  // Bytes that PackWeight will allocate: what a memory check before loading counts.
  static size_t PackedBytes(DType type, int out, int in);
  static std::string PackedForm();
  // Names of the kernel sets this binary holds and this CPU runs, best first.
  static std::vector<std::string> RunnableIsas();
  // See ContextOptions::gemm; throws Error{kConfig} where that provider cannot be used here.
  static void RequireGemm(const std::string& name);
  // What computes products with many tokens: "own", or a library with its version.
  static std::string GemmName(const Context& context);
  // Throws Error{kConfig} when this CPU cannot run weights of `type` (f32, f16 and bf16 weights
  // need fused multiply-add).
  static void RequireSupport(const Context& context, DType type);
};

struct DestroyCpuContext {
  void operator()(CpuContext* context) const;
};
using CpuContextOwner = std::unique_ptr<CpuContext, DestroyCpuContext>;

// Throws Error{kConfig} for no threads, or an `isa` or `gemm` that is unknown or cannot run here.
CpuContextOwner MakeContext(const ContextOptions& options);

}  // namespace lantern
