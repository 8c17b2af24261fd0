// PeerRows' part of the memory that ranks share, and how partial sums travel: by a copy engine, on
// a stream beside that of the products. Its kernels are in peer_rows.cu.
#include "backends/cuda/kernels/peer_rows.h"

#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr size_t kMeetingBytes = 256;  // at the beginning; then partial sums, then normed rows

// Elements from row to row, so that rows begin at multiples of 16 bytes in 16 bits.
int Stride(int columns) { return (columns + 7) / 8 * 8; }
// In whole lines of 256 bytes, as what follows begins at one.
size_t HalfBytes(int rows, int columns) {
  return (sizeof(float) * ((rows + 1) / 2) * Stride(columns) + 255) / 256 * 256;
}

}  // namespace

// Of half of the rows partial sums, and of all rows what products read, in 16 bits: as much.
size_t PeerRows::Bytes(int rows, int columns) {
  return kMeetingBytes + 2 * HalfBytes(rows, columns);
}

PeerRows::PeerRows(PeerMemory& memory, size_t offset, int rows, int columns)
    : memory_(memory), offset_(offset), rows_(rows), columns_(columns), stride_(Stride(columns)) {
  static_assert(sizeof(PeerRowsView::Meeting) <= kMeetingBytes);
  LANTERN_CHECK_EQ(memory.size(), 2);
  LANTERN_CHECK_EQ(offset % 16, 0u);
  LANTERN_CHECK_LE(offset + Bytes(rows, columns), memory.bytes());
  cudaStream_t stream = nullptr;
  Require(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "making a queue");
  sending_.reset(stream);
  cudaEvent_t event = nullptr;
  Require(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
  made_.reset(event);
  const unsigned first = 1;
  Require(cudaMemcpy(&View().mine->sum, &first, sizeof(first), cudaMemcpyHostToDevice),
          "counting sums");
  Require(cudaDeviceSynchronize(), "counting sums");
}

// What was aborted may have left something on its way.
PeerRows::~PeerRows() { cudaStreamSynchronize(sending_.get()); }

std::byte* PeerRows::Partials(int rank) const {
  LANTERN_CHECK(memory_.of(rank) != nullptr);
  return memory_.of(rank) + offset_ + kMeetingBytes;
}

std::byte* PeerRows::Shared(int rank) const { return Partials(rank) + HalfBytes(rows_, columns_); }

PeerRowsView PeerRows::View() const {
  const auto meeting = [&](int rank) {
    return reinterpret_cast<PeerRowsView::Meeting*>(memory_.of(rank) + offset_);
  };
  return {meeting(memory_.rank()), meeting(1 - memory_.rank()), memory_.abort_word()};
}

void PeerRows::Send(const Queue& queue, Matrix part, int row, int column) {
  LANTERN_CHECK(part.type == Real::kF32 && row + part.rows <= (rows_ + 1) / 2);
  LANTERN_CHECK_LE(column + part.columns, columns_);
  Require(cudaEventRecord(made_.get(), queue.stream), "marking a product");
  Require(cudaStreamWaitEvent(sending_.get(), made_.get()), "waiting for a product");
  const size_t pitch = sizeof(float) * stride_;
  Require(
      cudaMemcpy2DAsync(Partials(1 - memory_.rank()) + row * pitch + sizeof(float) * column, pitch,
                        part.data, sizeof(float) * part.stride, sizeof(float) * part.columns,
                        part.rows, cudaMemcpyDeviceToDevice, sending_.get()),
      "sending partial sums");
}

void PeerRows::CheckSum(const Matrix& x, const Matrix& partial) const {
  LANTERN_CHECK(x.type == Real::kF32 && partial.type == Real::kF32);
  LANTERN_CHECK(x.rows == partial.rows && x.columns == partial.columns);
  LANTERN_CHECK(x.rows >= 2 && Fits(x.rows) && x.columns == columns_);
}

// The copy engine does one after the other, so whoever sees the number sees what came before it.
// Nobody waits for these copies here: when this rank's kernel of the sum ends, the other has used
// them.
void PeerRows::EndSend() {
  const PeerRowsView view = View();
  Require(cudaMemcpyAsync(&view.theirs->sent, &view.mine->sum, sizeof(unsigned),
                          cudaMemcpyDeviceToDevice, sending_.get()),
          "sending partial sums");
}

}  // namespace lantern::cuda
