// MultiplyF32 of large.h: tiles of 64 tokens by 64 rows, one chain of fused multiply-adds for every
// output. No tensor cores: they would round.
#include <algorithm>

#include "backends/cuda/kernels/large.h"
#include "backends/cuda/kernels/launch.cuh"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kTile = 64;      // tokens and rows of a block
constexpr int kDepth = 16;     // columns that it holds at once
constexpr int kOwn = 4;        // tokens and rows of a thread
constexpr int kThreads = 256;  // (kTile / kOwn)^2, and kTile * kDepth / 4
constexpr int kPadded = kTile + 4;

// Four columns of a row, zeros where there are none.
__device__ float4 LoadFour(const float* row, bool exists, int column, int columns) {
  float4 four = make_float4(0, 0, 0, 0);
  if (!exists) return four;
  if (column + 4 <= columns) return *reinterpret_cast<const float4*>(row + column);
  if (column < columns) four.x = row[column];
  if (column + 1 < columns) four.y = row[column + 1];
  if (column + 2 < columns) four.z = row[column + 2];
  return four;
}

// tile[column][row]: what a thread multiplies next lies side by side.
__device__ void StoreFour(float (*tile)[kPadded], int column, int row, float4 four) {
  tile[column][row] = four.x;
  tile[column + 1][row] = four.y;
  tile[column + 2][row] = four.z;
  tile[column + 3][row] = four.w;
}

__device__ void MultiplyTiles(const float (*x)[kPadded], const float (*w)[kPadded], int token,
                              int row, float (&sums)[kOwn][kOwn]) {
#pragma unroll
  for (int column = 0; column < kDepth; ++column) {
    const float4 a = *reinterpret_cast<const float4*>(&x[column][token]);
    const float4 b = *reinterpret_cast<const float4*>(&w[column][row]);
    const float tokens[kOwn] = {a.x, a.y, a.z, a.w}, rows[kOwn] = {b.x, b.y, b.z, b.w};
#pragma unroll
    for (int i = 0; i < kOwn; ++i) {
#pragma unroll
      for (int j = 0; j < kOwn; ++j) sums[i][j] = __fmaf_rn(tokens[i], rows[j], sums[i][j]);
    }
  }
}

struct Parameters {
  const float* x;
  const float* w;
  float* out;
  long long x_stride, w_stride, out_stride;
  int tokens, rows, columns;
  bool add;
};

__global__ void __launch_bounds__(kThreads) MultiplyTile(const Parameters p) {
  __shared__ alignas(16) float x_tile[kDepth][kPadded];
  __shared__ alignas(16) float w_tile[kDepth][kPadded];
  WaitForInputs();
  LetNextBegin();
  const int first_row = blockIdx.x * kTile, first_token = blockIdx.y * kTile;
  const int loaded = threadIdx.x / (kDepth / 4), column = threadIdx.x % (kDepth / 4) * 4;
  const bool has_token = first_token + loaded < p.tokens, has_row = first_row + loaded < p.rows;
  const float* const x = p.x + (first_token + loaded) * p.x_stride;
  const float* const w = p.w + (first_row + loaded) * p.w_stride;
  const int token = threadIdx.x / (kTile / kOwn) * kOwn, row = threadIdx.x % (kTile / kOwn) * kOwn;
  float sums[kOwn][kOwn] = {};
  float4 next_x = LoadFour(x, has_token, column, p.columns);
  float4 next_w = LoadFour(w, has_row, column, p.columns);
  for (int begin = 0; begin < p.columns; begin += kDepth) {
    __syncthreads();  // everybody is done with the tiles before
    StoreFour(x_tile, column, loaded, next_x);
    StoreFour(w_tile, column, loaded, next_w);
    __syncthreads();
    next_x = LoadFour(x, has_token, begin + kDepth + column, p.columns);
    next_w = LoadFour(w, has_row, begin + kDepth + column, p.columns);
    MultiplyTiles(x_tile, w_tile, token, row, sums);
  }
  for (int i = 0; i < kOwn; ++i) {
    if (first_token + token + i >= p.tokens) break;
    float* const out = p.out + (first_token + token + i) * p.out_stride + first_row + row;
    for (int j = 0; j < kOwn; ++j) {
      if (first_row + row + j < p.rows) out[j] = p.add ? out[j] + sums[i][j] : sums[i][j];
    }
  }
}

}  // namespace

void MultiplyF32(const Queue& queue, Matrix out, Matrix x, const Weight& weight, int begin,
                 bool add, float* scratch) {
  LANTERN_CHECK(x.type == Real::kF32 && out.type == Real::kF32);
  LANTERN_CHECK_EQ(x.rows, out.rows);
  LANTERN_CHECK_EQ(out.columns, weight.out);
  LANTERN_CHECK_LE(begin + x.columns, weight.in);
  if (x.rows == 0) return;
  const int pitch = Pitch(DType::kF32, x.columns);
  const int most = static_cast<int>(kF32ScratchBytes / sizeof(float) / pitch) / kTile * kTile;
  LANTERN_CHECK_GE(most, kTile);
  for (int first = 0; first < weight.out; first += most) {
    const int rows = std::min(most, weight.out - first);
    Unpack(queue, weight, first, rows, begin, x.columns, Real::kF32, scratch, pitch);
    const Parameters parameters{static_cast<const float*>(x.data),
                                scratch,
                                static_cast<float*>(out.data) + first,
                                x.stride,
                                pitch,
                                out.stride,
                                x.rows,
                                rows,
                                x.columns,
                                add};
    const dim3 grid((rows + kTile - 1) / kTile, (x.rows + kTile - 1) / kTile);
    Launch(queue, MultiplyTile, grid, dim3(kThreads), 0, parameters);
  }
}

}  // namespace lantern::cuda
