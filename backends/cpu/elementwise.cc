// Operations that treat tokens one by one, and memory.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "src/base/check.h"
#include "src/base/huge_memory.h"
#include "src/tensor/quant.h"
#include "src/tensor/residual.h"

namespace lantern {
namespace {

// What is read from end to end, above all the cache of keys and values, is so large.
constexpr size_t kLarge = size_t{2} << 20;

std::shared_ptr<std::byte> LinesOfMemory(size_t bytes) {
  constexpr size_t kLine = 64;
  const size_t rounded = std::max((bytes + kLine - 1) / kLine * kLine, kLine);
  auto* const data = static_cast<std::byte*>(std::aligned_alloc(kLine, rounded));
  if (data == nullptr) throw std::bad_alloc();
  return {data, [](std::byte* p) { std::free(p); }};
}

}  // namespace

Tensor CpuBackend::Allocate(Context&, BufferOwner& owner, int rows, int cols, DType type) {
  const size_t bytes = RowBytes(type, cols) * rows;
  const auto memory = bytes >= kLarge ? HugeMemory(bytes) : LinesOfMemory(bytes);
  std::memset(memory.get(), 0, bytes);  // takes huge memory's pages now, not in the first step
  owner = memory;
  return {memory.get(), type, rows, cols, cols};
}

void CpuBackend::Upload(Context&, Tensor tensor, std::span<const float> values) {
  LANTERN_CHECK_EQ(values.size(), static_cast<size_t>(tensor.rows) * tensor.cols);
  if (values.data() == tensor.data) return;
  for (int row = 0; row < tensor.rows; ++row) {
    std::copy_n(values.data() + static_cast<size_t>(row) * tensor.cols, tensor.cols,
                tensor.Row(row));
  }
}

void CpuBackend::RmsNorm(Context& context, Tensor out, Tensor x, Tensor weight, float eps) {
  LANTERN_CHECK(out.rows == x.rows && out.cols == x.cols && weight.cols == x.cols);
  context.ParallelFor(x.rows, [&](int row) {
    context.kernels().rms_norm(out.Row(row), x.Row(row), weight.Row(0), x.cols, eps);
  });
}

void CpuBackend::Rope(Context& context, Tensor q, Tensor k, const RopeTable& rope,
                      const BatchView& batch) {
  const int dim = rope.head_dim;
  const std::span<const int> position = batch.position;
  LANTERN_CHECK(q.rows == k.rows && q.cols % dim == 0 && k.cols % dim == 0);
  LANTERN_CHECK_EQ(static_cast<int>(position.size()), q.rows);
  context.ParallelFor(q.rows, [&](int row) {
    LANTERN_CHECK(0 <= position[row] && position[row] < rope.cos_sin.rows);
    const float* cos_sin = rope.cos_sin.Row(position[row]);
    for (int i = 0; i < q.cols; i += dim) context.kernels().rope(q.Row(row) + i, cos_sin, dim);
    for (int i = 0; i < k.cols; i += dim) context.kernels().rope(k.Row(row) + i, cos_sin, dim);
  });
}

void CpuBackend::SiluMul(Context& context, Tensor out, Tensor gate_up) {
  LANTERN_CHECK(out.rows == gate_up.rows && 2 * out.cols == gate_up.cols);
  context.ParallelFor(out.rows, [&](int row) {
    const float* gate = gate_up.Row(row);
    context.kernels().silu_mul(out.Row(row), gate, gate + out.cols, out.cols);
  });
}

void CpuBackend::Add(Context& context, Tensor x, Tensor y) {
  LANTERN_CHECK(x.rows == y.rows && x.cols == y.cols);
  context.ParallelFor(x.rows,
                      [&](int row) { context.kernels().add(x.Row(row), y.Row(row), x.cols); });
}

void CpuBackend::Embed(Context& context, Tensor out, const EmbeddingTable& embedding,
                       const BatchView& batch) {
  const RawWeight& table = embedding.rows;
  const std::span<const int> ids = batch.token;
  LANTERN_CHECK_EQ(static_cast<int>(ids.size()), out.rows);
  LANTERN_CHECK_EQ(table.in, out.cols);
  constexpr int kTasksPerThread = 4;
  const int tasks = std::min(out.rows, context.threads() * kTasksPerThread);
  const size_t row_bytes = RowBytes(table.type, table.in);
  auto& scratch = context.embed_scratch();
  if (scratch.size() < tasks * row_bytes) scratch.resize(tasks * row_bytes);
  context.ParallelFor(tasks, [&](int task) {
    std::byte* const bytes = scratch.data() + task * row_bytes;
    for (int row = task; row < out.rows; row += tasks) {
      LANTERN_CHECK(0 <= ids[row] && ids[row] < table.out);
      table.read_row(ids[row], bytes);
      DecodeRow(table.type, bytes, table.in, out.Row(row));
    }
  });
}

void CpuBackend::Gather(Context&, Tensor out, Tensor x, const BatchView& batch) {
  const std::span<const int> rows = batch.logits_at;
  LANTERN_CHECK_EQ(static_cast<int>(rows.size()), out.rows);
  LANTERN_CHECK_EQ(x.cols, out.cols);
  for (int row = 0; row < out.rows; ++row) {
    LANTERN_CHECK(0 <= rows[row] && rows[row] < x.rows);
    std::copy_n(x.Row(rows[row]), x.cols, out.Row(row));
  }
}

void CpuBackend::RunStep(Context& context, const BatchView&, int, bool,
                         const std::function<void()>& body) {
  auto& seen = context.residual_seen();
  seen.bad_layer = ResidualLook::kAllFinite;
  std::fill(seen.hashes.begin(), seen.hashes.end(), 0u);
  body();
}

void CpuBackend::LookAtResidual(Context& context, Tensor x, int row, int layer, int slot) {
  auto& seen = context.residual_seen();
  const std::span<const float> values = HostSpan(context, x, {});
  if (!AllFinite(values)) seen.bad_layer = std::min(seen.bad_layer, layer);
  if (slot < 0) return;
  if (seen.hashes.size() <= static_cast<size_t>(slot)) seen.hashes.resize(slot + 1);
  seen.hashes[slot] += context.kernels().residual_hash(
      values.data(), static_cast<int64_t>(values.size()), static_cast<uint32_t>(row * x.cols));
}

ResidualLook CpuBackend::EndStep(Context& context, int) {
  const auto& seen = context.residual_seen();
  return {seen.bad_layer, seen.hashes, true};
}

std::span<float> CpuBackend::HostSpan(Context&, Tensor tensor, std::span<float> host) {
  const size_t count = static_cast<size_t>(tensor.rows) * tensor.cols;
  if (tensor.dense()) return {tensor.f32(), count};
  LANTERN_CHECK_LE(count, host.size());
  for (int row = 0; row < tensor.rows; ++row) {
    std::copy_n(tensor.Row(row), tensor.cols, host.data() + static_cast<size_t>(row) * tensor.cols);
  }
  return host.first(count);
}

}  // namespace lantern
