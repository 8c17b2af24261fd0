// Tensors, weights and tables on the device. Weights stream through two pinned buffers: while one
// is copied and packed, the other is filled from the file by all threads.
#include <algorithm>

#include "backends/cuda/context.h"
#include "backends/cuda/cuda_backend.h"
#include "src/base/check.h"

namespace lantern {
namespace {

constexpr size_t kStagingBytes = size_t{16} << 20;  // of many rows; a single one may be longer
constexpr int kPackRows = 64;                       // see PackRows

// Calls use(rows on the device, first, count) for all rows of `raw`, as they are stored, some at a
// time; what it queues may read them.
template <class Use>
void StreamRows(CudaContext& context, const RawWeight& raw, const Use& use) {
  const size_t row_bytes = RowBytes(raw.type, raw.in);
  const int fitting = static_cast<int>(kStagingBytes / row_bytes) / kPackRows * kPackRows;
  const int step = std::max(fitting, kPackRows);
  int turn = 0;
  for (int first = 0; first < raw.out; first += step, turn = 1 - turn) {
    const int count = std::min(step, raw.out - first);
    cuda::Staging& staging = context.staging(turn);
    std::byte* const rows = staging.Host(count * row_bytes);
    constexpr int kRowsOfTask = 16;
    context.host_threads().ParallelFor((count + kRowsOfTask - 1) / kRowsOfTask, [&](int task) {
      const int end = std::min(count, (task + 1) * kRowsOfTask);
      for (int row = task * kRowsOfTask; row < end; ++row) {
        raw.read_row(first + row, rows + row * row_bytes);
      }
    });
    use(staging.Copy(context.queue(), count * row_bytes), first, count);
    staging.Done(context.queue());
  }
  context.Wait();
}

}  // namespace

Tensor CudaBackend::Allocate(Context& context, BufferOwner& owner, int rows, int cols, DType type) {
  context.Enter();
  const int stride = RowStride(context, cols);
  const auto data = cuda::ZeroedMemory(RowBytes(type, stride) * rows);
  owner = data;
  return {data.get(), type, rows, cols, stride};
}

DType CudaBackend::OperandType(const Context& context) { return cuda::TypeOf(context.compute()); }

// Rows begin at multiples of 16 bytes in 16-bit types.
int CudaBackend::RowStride(const Context&, int cols) { return (cols + 7) / 8 * 8; }

void CudaBackend::Upload(Context& context, Tensor tensor, std::span<const float> values) {
  context.Enter();
  LANTERN_CHECK_EQ(values.size(), static_cast<size_t>(tensor.rows) * tensor.cols);
  const size_t row_bytes = tensor.cols * sizeof(float);
  if (tensor.rows == 0) return;
  cuda::Require(
      cudaMemcpy2DAsync(tensor.f32(), tensor.stride * sizeof(float), values.data(), row_bytes,
                        row_bytes, tensor.rows, cudaMemcpyHostToDevice, context.queue().stream),
      "copying to the device");
  context.Wait();  // `values` may go
}

EmbeddingTable CudaBackend::MakeTable(Context& context, const RawWeight& rows) {
  context.Enter();
  const size_t row_bytes = RowBytes(rows.type, rows.in);
  const auto data = cuda::DeviceMemory(row_bytes * rows.out);
  StreamRows(context, rows, [&](const std::byte* from, int first, int count) {
    cuda::Require(cudaMemcpyAsync(data.get() + first * row_bytes, from, count * row_bytes,
                                  cudaMemcpyDeviceToDevice, context.queue().stream),
                  "copying the embedding table");
  });
  RawWeight shape = rows;
  shape.read_row = {};  // the file may go
  return {shape, data};
}

// Plain weights of one type: as rows of one matrix they may be one product (LargeProducts).
std::vector<PackedPlace> CudaBackend::PlaceTogether(Context& context,
                                                    std::span<const RawWeight> raws) {
  std::vector<PackedPlace> places(raws.size());
  const auto joins = [&](const RawWeight& raw) {
    return raw.type == raws[0].type && raw.in == raws[0].in && !IsBlockFormat(raw.type);
  };
  if (raws.size() < 2 || !std::all_of(raws.begin(), raws.end(), joins)) return places;
  context.Enter();
  size_t bytes = 0;
  for (const RawWeight& raw : raws) bytes += cuda::PackedBytes(raw.type, raw.out, raw.in);
  const std::shared_ptr<std::byte> all = cuda::DeviceMemory(bytes);
  size_t at = 0;
  for (size_t i = 0; i < raws.size(); ++i) {
    places[i].data = {all, all.get() + at};
    at += cuda::PackedBytes(raws[i].type, raws[i].out, raws[i].in);
  }
  return places;
}

WeightMatrix CudaBackend::PackWeight(Context& context, const RawWeight& raw,
                                     const PackedPlace& place) {
  context.Enter();
  LANTERN_CHECK_EQ(raw.in % Info(raw.type).block, 0);
  const size_t bytes = cuda::PackedBytes(raw.type, raw.out, raw.in);
  LANTERN_CHECK(!place.filled);
  const auto data = place.data ? place.data : cuda::DeviceMemory(bytes);
  StreamRows(context, raw, [&](const std::byte* rows, int first, int count) {
    cuda::PackRows(context.queue(), raw.type, rows, first, count, raw.out, raw.in, data.get());
  });
  return {raw.type, raw.out, raw.in, bytes, data};
}

void CudaBackend::StreamWeights(Context& context, std::span<const WeightMatrix> weights) {
  context.Enter();
  for (const WeightMatrix& w : weights) {
    cuda::Stream(context.queue(), {w.data.get(), w.type, w.out, w.in});
  }
  context.Wait();
}

}  // namespace lantern
