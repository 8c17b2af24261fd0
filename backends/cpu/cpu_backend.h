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

  // Throws Error{kConfig} for no threads, or an `isa`, `gemm` or device that is unknown or cannot
  // run here.
  static std::shared_ptr<Context> MakeContext(const ContextOptions& options);
  static Tensor Allocate(Context& context, BufferOwner& owner, int rows, int cols,
                         DType type = DType::kF32);
  static DType OperandType(const Context&) { return DType::kF32; }
  static int RowStride(const Context&, int cols) { return cols; }  // dense: kernels stream rows
  static void Upload(Context& context, Tensor tensor, std::span<const float> values);
  static EmbeddingTable MakeTable(Context&, const RawWeight& rows) { return {rows, nullptr}; }
  // Anywhere.
  static std::vector<PackedPlace> PlaceTogether(Context&, std::span<const RawWeight> raws) {
    return std::vector<PackedPlace>(raws.size());
  }
  static WeightMatrix PackWeight(Context& context, const RawWeight& raw,
                                 const PackedPlace& place = {});
  static void StreamWeights(Context& context, std::span<const WeightMatrix> weights);
  static void MatMul(Context& context, Tensor out, Tensor x, std::span<const WeightMatrix> parts);
  static void MatMulLeaves(Context& context, std::span<const Tensor> out, Tensor x,
                           const WeightMatrix& weight, const LeafCuts& cuts);
  static void RmsNorm(Context& context, Tensor out, Tensor x, Tensor weight, float eps);
  static void Rope(Context& context, Tensor q, Tensor k, const RopeTable& rope,
                   const BatchView& batch);
  static void AppendKv(Context& context, const KvView& kv, Tensor k, Tensor v,
                       const BatchView& batch);
  static void Attention(Context& context, Tensor out, Tensor q, const KvView& kv,
                        const BatchView& batch, const HeadMap& heads, int window);
  static void SiluMul(Context& context, Tensor out, Tensor gate_up);
  static void Add(Context& context, Tensor x, Tensor y);
  static void Embed(Context& context, Tensor out, const EmbeddingTable& table,
                    const BatchView& batch);
  static void Gather(Context& context, Tensor out, Tensor x, const BatchView& batch);
  static std::span<float> HostSpan(Context& context, Tensor tensor, std::span<float> host);

  static void RunStep(Context& context, const BatchView& batch, int slot, bool repeats,
                      const std::function<void()>& body);
  static bool OnHost(const Context&) { return true; }
  static void LookAtResidual(Context& context, Tensor x, int row, int layer, int slot);
  static ResidualLook EndStep(Context& context, int slot);
  static void LookAtLogits(Context&, Tensor, const BatchView&) {}
  static std::optional<LogitsLook> GetLogitsLook(Context&, Tensor, int) { return std::nullopt; }
  static CandidateLists OfferCandidates(Context&, const BatchView&) { return {}; }
  static void GuessFrom(Context&, Tensor, const BatchView&) {}

  static bool IsHost(const DeviceOptions&) { return true; }
  static std::string DeviceName(const DeviceOptions&) { return "cpu"; }
  static size_t AvailableMemory(const DeviceOptions& device);
  // Bytes that PackWeight will allocate: what a memory check before loading counts.
  static size_t PackedBytes(DType type, int out, int in);
  static size_t PackedBytes(const DeviceOptions&, DType type, int out, int in) {
    return PackedBytes(type, out, in);
  }
  static size_t TableBytes(const DeviceOptions&, DType, int, int) { return 0; }
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

}  // namespace lantern
