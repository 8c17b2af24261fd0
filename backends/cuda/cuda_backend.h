// CudaBackend: the operations of backend_concept.h on an NVIDIA GPU. Kernels are launched in call
// order on one stream; what stands before and after a matrix product is launched with it where
// there is a kernel that does both (see CudaContext::Pending).
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "backends/backend_concept.h"

namespace lantern {

class CudaContext;

struct CudaBackend {
  using Context = CudaContext;

  static std::shared_ptr<Context> MakeContext(const ContextOptions& options);
  static Tensor Allocate(Context& context, BufferOwner& owner, int rows, int cols, DType type);
  static DType OperandType(const Context& context);
  static int RowStride(const Context& context, int cols);
  static void Upload(Context& context, Tensor tensor, std::span<const float> values);
  static EmbeddingTable MakeTable(Context& context, const RawWeight& rows);
  static std::vector<PackedPlace> PlaceTogether(Context& context, std::span<const RawWeight> raws);
  static WeightMatrix PackWeight(Context& context, const RawWeight& raw, const PackedPlace& place);
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
  static bool OnHost(const Context&) { return false; }
  static void LookAtResidual(Context& context, Tensor x, int row, int layer, int slot);
  static ResidualLook EndStep(Context& context, int slot);
  static void LookAtLogits(Context& context, Tensor logits, const BatchView& batch);
  static std::optional<LogitsLook> GetLogitsLook(Context& context, Tensor logits, int row);
  static CandidateLists OfferCandidates(Context& context, const BatchView& batch);
  static void GuessFrom(Context& context, Tensor all, const BatchView& batch);

  static bool IsHost(const DeviceOptions&);
  static std::string DeviceName(const DeviceOptions& device);
  static size_t AvailableMemory(const DeviceOptions& device);
  static size_t PackedBytes(const DeviceOptions&, DType type, int out, int in);
  static size_t TableBytes(const DeviceOptions&, DType type, int rows, int columns);
  static std::string GemmName(Context& context);
  static void RequireSupport(const Context& context, DType type);
};

}  // namespace lantern
