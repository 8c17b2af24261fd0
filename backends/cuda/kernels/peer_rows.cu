// The kernels of PeerRows. A block takes whole rows. The first tells the other rank that this one
// is in the sum, so that what it will write into may be written; all wait for the same of the
// other, and for its partial sums. The last to end tells that all rows are there, and waits until
// the other's are here.
//
// So a rank begins to send for sum s + 1 after its own kernel of sum s, which ended when the other
// rank had read what was sent for s. And it writes rows into the other's memory when that rank is
// in its kernel of the same sum, behind all that read the rows of the sum before.
#include <algorithm>

#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/norm.cuh"
#include "backends/cuda/kernels/peer_access.cuh"
#include "backends/cuda/kernels/peer_rows.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kMostThreads = 512;
// Of columns: 16 bytes of what is written into the other's memory, as the link likes it.
constexpr int kUnit = 8;
constexpr int kHeld = 2;  // units that a thread keeps: 8192 columns in all

// Until a word of the other rank's has come to `sum`; false where that was aborted meanwhile.
__device__ bool Await(const unsigned* word, unsigned sum, const unsigned* abort) {
  for (unsigned polls = 1; static_cast<int>(AcquireWord(word) - sum) < 0; ++polls) {
    if (polls % kPollsPerLook == 0 && LoadWord(abort) != 0) return false;
  }
  return true;
}

// Where both ranks have come to this sum. False where it was aborted. REQUIRES: all threads of the
// block call this.
__device__ bool Meet(const PeerRowsView& view) {
  __shared__ bool met;
  if (threadIdx.x == 0) {
    const unsigned sum = LoadWord(&view.mine->sum);
    if (blockIdx.x == 0) ReleaseWord(&view.theirs->ready, sum);
    met = Await(&view.mine->sent, sum, view.abort) && Await(&view.mine->ready, sum, view.abort);
  }
  __syncthreads();
  return met;
}

// REQUIRES: all threads of the block call this, once they have written their rows.
__device__ void EndSum(const PeerRowsView& view) {
  __syncthreads();
  if (threadIdx.x != 0) return;
  __threadfence_system();
  const unsigned last = gridDim.x - 1;
  if (atomicInc(&view.mine->ended, last) != last) return;
  __threadfence_system();
  const unsigned sum = LoadWord(&view.mine->sum);
  ReleaseWord(&view.theirs->done, sum);
  Await(&view.mine->done, sum, view.abort);
  view.mine->sum = sum + 1;
}

// What a sum reads and writes: rows of this rank, counted from 0. `there`: in the other's memory.
template <class Out>
struct RowsOfSum {
  Rows<float> x, mine, theirs;
  Rows<Out> here, there;
};

// Wider than one access is.
template <int kN>
__device__ Floats<kN> LoadFloats(const float* from) {
  constexpr int kAccess = kN < 4 ? kN : 4;
  Floats<kN> floats;
#pragma unroll
  for (int i = 0; i < kN; i += kAccess) {
    const Floats<kAccess> some = Load<kAccess>(from + i);
    memcpy(&floats.of[i], some.of, sizeof(some));
  }
  return floats;
}
template <int kN>
__device__ void StoreFloats(float* to, const Floats<kN>& floats) {
  constexpr int kAccess = kN < 4 ? kN : 4;
#pragma unroll
  for (int i = 0; i < kN; i += kAccess) {
    Floats<kAccess> some;
    memcpy(some.of, &floats.of[i], sizeof(some));
    Store<kAccess>(to + i, some);
  }
}

// Of a unit, what is added up.
template <int kN>
struct Terms {
  Floats<kN> x, mine, theirs;

  template <class Out>
  __device__ void Fetch(const RowsOfSum<Out>& rows, int row, int column) {
    x = LoadFloats<kN>(rows.x[row] + column);
    mine = LoadFloats<kN>(rows.mine[row] + column);
    theirs = LoadFloats<kN>(rows.theirs[row] + column);
  }
  // In memory, too.
  __device__ const Floats<kN>& Sum(float* to) {
#pragma unroll
    for (int i = 0; i < kN; ++i) x.of[i] += mine.of[i] + theirs.of[i];
    StoreFloats<kN>(to, x);
    return x;
  }
};

// Norms the rows of the sum into both ranks' memory; without `norms`, these are as they are, and
// are here already. A block takes rows that are gridDim.x apart, and fetches one while it writes
// the one before: so the link is as busy as the memory.
template <int kN, class Out, bool norms>
__global__ void __launch_bounds__(kMostThreads)
    RowsKernel(const __grid_constant__ PeerRowsView view, RowsOfSum<Out> rows, int count,
               const float* weight, int columns, float eps) {
  const int units = columns / kN, first = threadIdx.x, step = blockDim.x;
  const int beyond = first + kHeld * step;
  Terms<kN> terms[kHeld];
  const auto fetch = [&](int row) {
#pragma unroll
    for (int k = 0; k < kHeld; ++k) {
      const int unit = first + k * step;
      if (unit < units && row < count) terms[k].Fetch(rows, row, unit * kN);
    }
  };
  WaitForInputs();
  LetNextBegin();
  if (!Meet(view)) return;
  fetch(blockIdx.x);
  for (int row = blockIdx.x; row < count; row += gridDim.x) {
    Floats<kN> held[kHeld];
    float squares = 0;
#pragma unroll
    for (int k = 0; k < kHeld; ++k) {
      const int unit = first + k * step;
      if (unit >= units) continue;
      held[k] = terms[k].Sum(rows.x[row] + unit * kN);
      squares += SumOfSquares(held[k]);
    }
    fetch(row + gridDim.x);
    for (int unit = beyond; unit < units; unit += step) {
      Terms<kN> more;
      more.Fetch(rows, row, unit * kN);
      squares += SumOfSquares(more.Sum(rows.x[row] + unit * kN));
    }
    const float scale =
        norms ? 1 / sqrtf(SumOfBlock(squares) / static_cast<float>(columns) + eps) : 1;
    const auto share = [&](int unit, const Floats<kN>& values) {
      if constexpr (norms) {
        const Floats<kN> factors = LoadFloats<kN>(weight + unit * kN);
        PutUnit(rows.there[row] + unit * kN, values, factors, scale);
        PutUnit(rows.here[row] + unit * kN, values, factors, scale);
      } else {
        StoreFloats<kN>(rows.there[row] + unit * kN, values);
      }
    };
#pragma unroll
    for (int k = 0; k < kHeld; ++k) {
      const int unit = first + k * step;
      if (unit < units) share(unit, held[k]);
    }
    for (int unit = beyond; unit < units; unit += step) {
      share(unit, LoadFloats<kN>(rows.x[row] + unit * kN));
    }
    __syncthreads();  // SumOfBlock's memory is used again
  }
  EndSum(view);
}

template <bool norms, class Out>
void LaunchRows(const Queue& queue, const PeerRowsView& view, const RowsOfSum<Out>& rows, int count,
                const float* weight, int columns, float eps) {
  WithUnit<kUnit>(columns, [&](auto unit) {
    constexpr int kN = decltype(unit)::value;
    constexpr int kPerWarp = 32 * kHeld;
    const int warps = (columns / kN + kPerWarp - 1) / kPerWarp;
    Launch(queue, RowsKernel<kN, Out, norms>, std::min(count, 2 * queue.multiprocessors),
           std::clamp(32 * warps, 32, kMostThreads), 0, view, rows, count, weight, columns, eps);
  });
}

template <class T>
Rows<T> From(void* data, int row, long long stride) {
  return {static_cast<T*>(data) + row * stride, stride};
}

}  // namespace

Matrix PeerRows::NormRows(const Queue& queue, Matrix x, Matrix partial, const float* weight,
                          float eps, Real type) {
  CheckSum(x, partial);
  const RowRange mine = Mine(x.rows);
  const Matrix normed{Shared(memory_.rank()), type, x.rows, x.columns, stride_};
  void* const there = Shared(1 - memory_.rank());
  WithReal(type, [&](auto out) {
    using Out = decltype(out);
    if constexpr (sizeof(Out) == 2) {
      const RowsOfSum<Out> rows{From<float>(x.data, mine.begin, x.stride),
                                From<float>(partial.data, mine.begin, partial.stride),
                                From<float>(Partials(memory_.rank()), 0, stride_),
                                From<Out>(normed.data, mine.begin, stride_),
                                From<Out>(there, mine.begin, stride_)};
      LaunchRows<true>(queue, View(), rows, mine.size(), weight, x.columns, eps);
    } else {
      LANTERN_CHECK(false);
    }
  });
  return normed;
}

void PeerRows::JoinRows(const Queue& queue, Matrix x, Matrix partial) {
  CheckSum(x, partial);
  const RowRange mine = Mine(x.rows), theirs = Theirs(x.rows);
  const RowsOfSum<float> rows{From<float>(x.data, mine.begin, x.stride),
                              From<float>(partial.data, mine.begin, partial.stride),
                              From<float>(Partials(memory_.rank()), 0, stride_),
                              {},
                              From<float>(Shared(1 - memory_.rank()), 0, stride_)};
  LaunchRows<false>(queue, View(), rows, mine.size(), nullptr, x.columns, 0);
  const size_t pitch = sizeof(float) * x.stride;
  Require(
      cudaMemcpy2DAsync(static_cast<std::byte*>(x.data) + theirs.begin * pitch, pitch,
                        Shared(memory_.rank()), sizeof(float) * stride_, sizeof(float) * x.columns,
                        theirs.size(), cudaMemcpyDeviceToDevice, queue.stream),
      "joining rows");
}

}  // namespace lantern::cuda
