// SwitchedBackend: what GPU builds compute with. Each context is a GPU's or the processor's, as its
// --device says, so that one program can compare the two, and join a group with either.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "backends/cuda/cuda_backend.h"

namespace lantern {

struct SwitchedContext {
  std::shared_ptr<CudaContext> gpu;  // one of the two
  std::shared_ptr<CpuContext> cpu;
};

struct SwitchedBackend {
  using Context = SwitchedContext;

  static bool IsHost(const DeviceOptions& device) { return device.name == "cpu"; }
  // Throws Error{kConfig} for a device that there is not.
  static std::shared_ptr<Context> MakeContext(const ContextOptions& options);

  static Tensor Allocate(Context& c, BufferOwner& owner, int rows, int cols, DType type) {
    return c.gpu ? CudaBackend::Allocate(*c.gpu, owner, rows, cols, type)
                 : CpuBackend::Allocate(*c.cpu, owner, rows, cols, type);
  }
  static void Upload(Context& c, Tensor tensor, std::span<const float> values) {
    c.gpu ? CudaBackend::Upload(*c.gpu, tensor, values)
          : CpuBackend::Upload(*c.cpu, tensor, values);
  }
  static EmbeddingTable MakeTable(Context& c, const RawWeight& rows) {
    return c.gpu ? CudaBackend::MakeTable(*c.gpu, rows) : CpuBackend::MakeTable(*c.cpu, rows);
  }
  static std::vector<PackedPlace> PlaceTogether(Context& c, std::span<const RawWeight> raws) {
    return c.gpu ? CudaBackend::PlaceTogether(*c.gpu, raws)
                 : CpuBackend::PlaceTogether(*c.cpu, raws);
  }
  static WeightMatrix PackWeight(Context& c, const RawWeight& raw, const PackedPlace& place = {}) {
    return c.gpu ? CudaBackend::PackWeight(*c.gpu, raw, place)
                 : CpuBackend::PackWeight(*c.cpu, raw, place);
  }
  static void StreamWeights(Context& c, std::span<const WeightMatrix> weights) {
    c.gpu ? CudaBackend::StreamWeights(*c.gpu, weights)
          : CpuBackend::StreamWeights(*c.cpu, weights);
  }
  static void MatMul(Context& c, Tensor out, Tensor x, std::span<const WeightMatrix> parts) {
    c.gpu ? CudaBackend::MatMul(*c.gpu, out, x, parts) : CpuBackend::MatMul(*c.cpu, out, x, parts);
  }
  static void MatMulLeaves(Context& c, std::span<const Tensor> out, Tensor x,
                           const WeightMatrix& weight, const LeafCuts& cuts) {
    c.gpu ? CudaBackend::MatMulLeaves(*c.gpu, out, x, weight, cuts)
          : CpuBackend::MatMulLeaves(*c.cpu, out, x, weight, cuts);
  }
  static void RmsNorm(Context& c, Tensor out, Tensor x, Tensor weight, float eps) {
    c.gpu ? CudaBackend::RmsNorm(*c.gpu, out, x, weight, eps)
          : CpuBackend::RmsNorm(*c.cpu, out, x, weight, eps);
  }
  static void Rope(Context& c, Tensor q, Tensor k, const RopeTable& rope, const BatchView& batch) {
    c.gpu ? CudaBackend::Rope(*c.gpu, q, k, rope, batch)
          : CpuBackend::Rope(*c.cpu, q, k, rope, batch);
  }
  static void AppendKv(Context& c, const KvView& kv, Tensor k, Tensor v, const BatchView& batch) {
    c.gpu ? CudaBackend::AppendKv(*c.gpu, kv, k, v, batch)
          : CpuBackend::AppendKv(*c.cpu, kv, k, v, batch);
  }
  static void Attention(Context& c, Tensor out, Tensor q, const KvView& kv, const BatchView& batch,
                        const HeadMap& heads, int window) {
    c.gpu ? CudaBackend::Attention(*c.gpu, out, q, kv, batch, heads, window)
          : CpuBackend::Attention(*c.cpu, out, q, kv, batch, heads, window);
  }
  static void SiluMul(Context& c, Tensor out, Tensor gate_up) {
    c.gpu ? CudaBackend::SiluMul(*c.gpu, out, gate_up) : CpuBackend::SiluMul(*c.cpu, out, gate_up);
  }
  static void Add(Context& c, Tensor x, Tensor y) {
    c.gpu ? CudaBackend::Add(*c.gpu, x, y) : CpuBackend::Add(*c.cpu, x, y);
  }
  static void Embed(Context& c, Tensor out, const EmbeddingTable& table, const BatchView& batch) {
    c.gpu ? CudaBackend::Embed(*c.gpu, out, table, batch)
          : CpuBackend::Embed(*c.cpu, out, table, batch);
  }
  static void Gather(Context& c, Tensor out, Tensor x, const BatchView& batch) {
    c.gpu ? CudaBackend::Gather(*c.gpu, out, x, batch) : CpuBackend::Gather(*c.cpu, out, x, batch);
  }
  static std::span<float> HostSpan(Context& c, Tensor tensor, std::span<float> host) {
    return c.gpu ? CudaBackend::HostSpan(*c.gpu, tensor, host)
                 : CpuBackend::HostSpan(*c.cpu, tensor, host);
  }
  static void RunStep(Context& c, const BatchView& batch, int slot, bool repeats,
                      const std::function<void()>& body) {
    c.gpu ? CudaBackend::RunStep(*c.gpu, batch, slot, repeats, body)
          : CpuBackend::RunStep(*c.cpu, batch, slot, repeats, body);
  }
  static void LookAtResidual(Context& c, Tensor x, int row, int layer, int slot) {
    c.gpu ? CudaBackend::LookAtResidual(*c.gpu, x, row, layer, slot)
          : CpuBackend::LookAtResidual(*c.cpu, x, row, layer, slot);
  }
  static ResidualLook EndStep(Context& c, int slot) {
    return c.gpu ? CudaBackend::EndStep(*c.gpu, slot) : CpuBackend::EndStep(*c.cpu, slot);
  }
  static void LookAtLogits(Context& c, Tensor logits, const BatchView& batch) {
    c.gpu ? CudaBackend::LookAtLogits(*c.gpu, logits, batch)
          : CpuBackend::LookAtLogits(*c.cpu, logits, batch);
  }
  static std::optional<LogitsLook> GetLogitsLook(Context& c, Tensor logits, int row) {
    return c.gpu ? CudaBackend::GetLogitsLook(*c.gpu, logits, row)
                 : CpuBackend::GetLogitsLook(*c.cpu, logits, row);
  }
  static CandidateLists OfferCandidates(Context& c, const BatchView& batch) {
    return c.gpu ? CudaBackend::OfferCandidates(*c.gpu, batch)
                 : CpuBackend::OfferCandidates(*c.cpu, batch);
  }
  static void GuessFrom(Context& c, Tensor all, const BatchView& batch) {
    c.gpu ? CudaBackend::GuessFrom(*c.gpu, all, batch) : CpuBackend::GuessFrom(*c.cpu, all, batch);
  }
  static std::string GemmName(Context& c) {
    return c.gpu ? CudaBackend::GemmName(*c.gpu) : CpuBackend::GemmName(*c.cpu);
  }
  static DType OperandType(Context& c) {
    return c.gpu ? CudaBackend::OperandType(*c.gpu) : CpuBackend::OperandType(*c.cpu);
  }
  static int RowStride(Context& c, int cols) {
    return c.gpu ? CudaBackend::RowStride(*c.gpu, cols) : CpuBackend::RowStride(*c.cpu, cols);
  }
  static bool OnHost(Context& c) {
    return c.gpu ? CudaBackend::OnHost(*c.gpu) : CpuBackend::OnHost(*c.cpu);
  }
  static void RequireSupport(Context& c, DType type) {
    c.gpu ? CudaBackend::RequireSupport(*c.gpu, type) : CpuBackend::RequireSupport(*c.cpu, type);
  }

  static std::string DeviceName(const DeviceOptions& device) {
    return IsHost(device) ? CpuBackend::DeviceName(device) : CudaBackend::DeviceName(device);
  }
  static size_t AvailableMemory(const DeviceOptions& device) {
    return IsHost(device) ? CpuBackend::AvailableMemory(device)
                          : CudaBackend::AvailableMemory(device);
  }
  static size_t PackedBytes(const DeviceOptions& device, DType type, int out, int in) {
    return IsHost(device) ? CpuBackend::PackedBytes(device, type, out, in)
                          : CudaBackend::PackedBytes(device, type, out, in);
  }
  static size_t TableBytes(const DeviceOptions& device, DType type, int rows, int columns) {
    return IsHost(device) ? CpuBackend::TableBytes(device, type, rows, columns)
                          : CudaBackend::TableBytes(device, type, rows, columns);
  }
  // Of the processor's: GPUs keep no packed files, and have one way to multiply.
  static std::string PackedForm() { return CpuBackend::PackedForm(); }
  static std::vector<std::string> RunnableIsas() { return CpuBackend::RunnableIsas(); }
  static void RequireGemm(const std::string& name) { CpuBackend::RequireGemm(name); }
};

}  // namespace lantern
