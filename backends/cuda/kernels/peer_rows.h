// PeerRows: sums over two GPUs that reach each other's memory, of so many rows that the link
// bounds them. Each rank has half of the rows: it gets the other's partial sums of these, adds them
// up, norms them, and gives the other what its products read, in 16 bits (sequence parallelism:
// Korthikanti et al. 2022). That is three quarters of what travels when each sends all of its
// partial sums, each rank adds half, and partial sums travel beside the product that makes the
// other half of them.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include "backends/cuda/kernels/peer_memory.h"
#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// What the kernels know; PeerRows fills it.
struct PeerRowsView {
  // Sums are counted from 1, modulo 2^32. The first three are the other rank's to write: the last
  // one whose partial sums are all here, that the other is in, and whose rows are all here.
  struct Meeting {
    unsigned sent, ready, done;
    unsigned sum;    // the next one here, or the one under way
    unsigned ended;  // blocks of the one under way
  };
  Meeting *mine, *theirs;
  const unsigned* abort;
};

// Rows [begin, end).
struct RowRange {
  int begin = 0, end = 0;
  int size() const { return end - begin; }
};

class PeerRows {
 public:
  // Of memory, for sums of up to `rows` rows.
  static size_t Bytes(int rows, int columns);

  // In bytes [offset, offset + Bytes) of `memory`, which two ranks have and which must outlive
  // this; both give the same offset, a multiple of 16, rows and columns. To be made before the
  // other has the memory's handle.
  PeerRows(PeerMemory& memory, size_t offset, int rows, int columns);
  ~PeerRows();

  bool Fits(int rows) const { return rows <= rows_; }
  // Whose each of `rows` rows are.
  RowRange Mine(int rows) const { return Half(rows, memory_.rank()); }
  RowRange Theirs(int rows) const { return Half(rows, 1 - memory_.rank()); }

  // A sum is Send for all partial sums of the other rank's rows, EndSend, and one of the others.
  // Matrices have all rows of the sum, in f32; of `partial` and x those of Mine(rows) are used.
  // REQUIRES: Fits; both ranks call the same with the same shapes in the same order, and whatever
  // reads what NormRows returned is queued before the next sum; all on one stream. What is written
  // once the memory was aborted is of no use.

  // Sends a part of the partial sums, which has `row` of the rows of Theirs before it, and so many
  // columns: what is queued from here on runs beside that. It must stay until the sum has ended.
  void Send(const Queue& queue, Matrix part, int row, int column);
  void EndSend();
  // x += all partial sums, in rank order among themselves. Returns x / sqrt(mean(x^2) + eps) *
  // weight by row, of all rows, as RmsNorm gives it (rows.h); there until the next sum. type: of
  // 16 bits.
  Matrix NormRows(const Queue& queue, Matrix x, Matrix partial, const float* weight, float eps,
                  Real type);
  // x += all partial sums, in all rows.
  void JoinRows(const Queue& queue, Matrix x, Matrix partial);

 private:
  struct DestroyStream {
    void operator()(cudaStream_t stream) const { cudaStreamDestroy(stream); }
  };
  struct DestroyEvent {
    void operator()(cudaEvent_t event) const { cudaEventDestroy(event); }
  };

  static RowRange Half(int rows, int rank) {
    return rank == 0 ? RowRange{0, rows / 2} : RowRange{rows / 2, rows};
  }
  std::byte* Partials(int rank) const;
  std::byte* Shared(int rank) const;
  PeerRowsView View() const;
  void CheckSum(const Matrix& x, const Matrix& partial) const;

  const PeerMemory& memory_;
  const size_t offset_;
  const int rows_, columns_;
  const long long stride_;  // elements from row to row
  std::unique_ptr<std::remove_pointer_t<cudaStream_t>, DestroyStream> sending_;
  std::unique_ptr<std::remove_pointer_t<cudaEvent_t>, DestroyEvent> made_;
};

}  // namespace lantern::cuda
