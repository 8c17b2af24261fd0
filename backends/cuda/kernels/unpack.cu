// Unpacking: weights back to rows of plain numbers, at the speed of memory. Every value is the one
// that DecodeRow (src/tensor/quant.h) gives, rounded where the destination is narrower.
#include <algorithm>

#include "backends/cuda/kernels/fragments.cuh"
#include "backends/cuda/kernels/halves.cuh"
#include "backends/cuda/kernels/launch.cuh"
#include "backends/cuda/kernels/weights.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kThreads = 256;

// Rows [first, first + count) and columns [begin, begin + columns) go to `to`.
struct Window {
  int first, count, begin, columns;
  void* to;
  long long pitch;
  bool aligned;  // to and pitch to 16 bytes, begin to 8 columns
};

__device__ float ToFloat(float value) { return value; }
__device__ float ToFloat(__half value) { return __half2float(value); }
__device__ float ToFloat(__nv_bfloat16 value) { return __bfloat162float(value); }

// Those of eight values that the window has, which are at a row of the matrix and from a column on
// that is a multiple of 8.
template <class T>
__device__ void StoreEight(const Window& window, int row, int column, const float (&values)[8]) {
  row -= window.first;
  column -= window.begin;
  if (row < 0 || row >= window.count || column <= -8 || column >= window.columns) return;
  T* to = static_cast<T*>(window.to) + row * window.pitch + column;
  if (window.aligned && column + 8 <= window.columns) {
    if constexpr (sizeof(T) == 4) {
      reinterpret_cast<float4*>(to)[0] = {values[0], values[1], values[2], values[3]};
      reinterpret_cast<float4*>(to)[1] = {values[4], values[5], values[6], values[7]};
    } else {
      *reinterpret_cast<uint4*>(to) = {
          PackSaturated<T>(values[0], values[1]), PackSaturated<T>(values[2], values[3]),
          PackSaturated<T>(values[4], values[5]), PackSaturated<T>(values[6], values[7])};
    }
    return;
  }
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const bool inside = column + i >= 0 && column + i < window.columns;
    if (inside) to[i] = Saturated<T>(values[i]);
  }
}

// The value of a code of register `reg`: product and difference rounded one by one, as the
// definition does.
template <class Layout>
__device__ float ValueOf(const PairFactors<Layout::kScales>& factors, int block, int reg,
                         float code) {
  const int row = reg & 1, half = reg >> 1;
  constexpr int kHalves = PairFactors<Layout::kScales>::kHalves;
  const float product = __fmul_rn(factors.scale[row][block][kHalves == 2 ? half : 0], code);
  if constexpr (!PairFactors<Layout::kScales>::kHasMinimum) return product;
  return __fsub_rn(product, factors.minimum[row][block]);
}

// A lane has two times four columns of a row, neighbours exchange them for eight in a run: even
// lanes of a quad get the first 16 columns of the block, odd ones the rest.
__device__ void Exchange(int t, float (&first)[4], float (&second)[4], float (&run)[8]) {
  const bool odd = t & 1;
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    const float other = __shfl_xor_sync(~0u, odd ? first[i] : second[i], 1);
    run[i] = odd ? other : first[i];
    run[4 + i] = odd ? second[i] : other;
  }
}

// A warp for each pair of blocks of a strip. `strip`, `pair`: the first, in the whole matrix.
template <DType type, class T>
__global__ void UnpackBlocks(const std::byte* packed, int units, int strip, int strips, int pair,
                             int pairs, Window window) {
  using Layout = LayoutOf<type>;
  LetNextBegin();
  WaitForInputs();
  const long long warp = (static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x) >> 5;
  if (warp >= static_cast<long long>(strips) * pairs) return;
  const int lane = threadIdx.x & 31, g = lane >> 2, t = lane & 3;
  strip += static_cast<int>(warp / pairs);
  pair += static_cast<int>(warp % pairs);
  const std::byte* unit =
      packed + (static_cast<long long>(strip) * units + pair / kPairs) * Layout::kUnitBytes;
  uint32_t words[Layout::kBits];
  LoadWords<Layout::kBits>(unit + pair % kPairs * Layout::kPairBytes, lane, words);
  PairFactors<Layout::kScales> factors;
  LoadFactors(unit + Layout::kCodeBytes, g, pair % kPairs, factors);
#pragma unroll
  for (int part = 0; part < 4; ++part) {  // block, row
    const int block = part >> 1, row = part & 1;
    float values[2][4];
#pragma unroll
    for (int i = 0; i < 4; ++i) {  // couple i of the row has columns 2 i and 2 i + 1 of the lane's
      const int reg = 2 * (i >> 1) + row;
      const uint32_t codes = WholeNumbers<Layout>(words, block, reg, i & 1);
      float* to = values[i >> 1] + 2 * (i & 1);
      to[0] = ValueOf<Layout>(factors, block, reg, __uint_as_float(codes << 16));
      to[1] = ValueOf<Layout>(factors, block, reg, __uint_as_float(codes & 0xffff0000));
    }
    float run[8];
    Exchange(t, values[0], values[1], run);
    const int column = pair * 64 + block * 32 + (t & 1) * 16 + (t >> 1) * 8;
    StoreEight<T>(window, strip * kStripRows + g + 8 * row, column, run);
  }
}

// Of eight columns each.
__host__ __device__ int RunsOf(const Window& window) {
  return (window.begin + window.columns + 7) / 8 - window.begin / 8;
}

template <class From, class T>
__global__ void UnpackPlain(const From* packed, int pitch, Window window) {
  LetNextBegin();
  WaitForInputs();
  const int runs = RunsOf(window);
  const long long i = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= static_cast<long long>(window.count) * runs) return;
  const int row = window.first + static_cast<int>(i / runs);
  const int column = (window.begin / 8 + static_cast<int>(i % runs)) * 8;
  // The pitch is a multiple of eight: what is read beyond `in` is padding.
  const From* from = packed + static_cast<long long>(row) * pitch + column;
  alignas(16) From eight[8];
#pragma unroll
  for (int k = 0; k < static_cast<int>(sizeof(eight) / 16); ++k) {
    reinterpret_cast<uint4*>(eight)[k] = reinterpret_cast<const uint4*>(from)[k];
  }
  float values[8];
#pragma unroll
  for (int k = 0; k < 8; ++k) values[k] = ToFloat(eight[k]);
  StoreEight<T>(window, row, column, values);
}

dim3 GridFor(long long threads) {
  return dim3(static_cast<unsigned>((threads + kThreads - 1) / kThreads));
}

template <DType type, class T>
void UnpackType(const Queue& queue, const Weight& weight, const Window& window) {
  const int strip = window.first / kStripRows;
  const int strips = (window.first + window.count + kStripRows - 1) / kStripRows - strip;
  const int pair = window.begin / 64, pairs = (window.begin + window.columns + 63) / 64 - pair;
  const int units = (weight.in + kUnitColumns - 1) / kUnitColumns;
  Launch(queue, UnpackBlocks<type, T>, GridFor(32ll * strips * pairs), dim3(kThreads), 0,
         weight.data, units, strip, strips, pair, pairs, window);
}

template <class From, class T>
void UnpackRows(const Queue& queue, const Weight& weight, const Window& window) {
  const long long threads = static_cast<long long>(window.count) * RunsOf(window);
  Launch(queue, UnpackPlain<From, T>, GridFor(threads), dim3(kThreads), 0,
         reinterpret_cast<const From*>(weight.data), Pitch(weight.type, weight.in), window);
}

template <class T>
void UnpackTo(const Queue& queue, const Weight& weight, const Window& window) {
  switch (weight.type) {
    case DType::kF32:
      return UnpackRows<float, T>(queue, weight, window);
    case DType::kF16:
      return UnpackRows<__half, T>(queue, weight, window);
    case DType::kBF16:
      return UnpackRows<__nv_bfloat16, T>(queue, weight, window);
    case DType::kQ8_0:
      return UnpackType<DType::kQ8_0, T>(queue, weight, window);
    case DType::kQ4_0:
      return UnpackType<DType::kQ4_0, T>(queue, weight, window);
    case DType::kQ4_1:
      return UnpackType<DType::kQ4_1, T>(queue, weight, window);
    case DType::kQ5_0:
      return UnpackType<DType::kQ5_0, T>(queue, weight, window);
    case DType::kQ5_1:
      return UnpackType<DType::kQ5_1, T>(queue, weight, window);
    case DType::kQ4_K:
      return UnpackType<DType::kQ4_K, T>(queue, weight, window);
    case DType::kQ5_K:
      return UnpackType<DType::kQ5_K, T>(queue, weight, window);
    case DType::kQ6_K:
      return UnpackType<DType::kQ6_K, T>(queue, weight, window);
  }
}

}  // namespace

void Unpack(const Queue& queue, const Weight& weight, int first, int count, int begin, int columns,
            Real to, void* dst, long long dst_pitch) {
  const int step = IsBlockFormat(weight.type) ? kBlockColumns : 1;
  LANTERN_CHECK(begin % step == 0);
  LANTERN_CHECK(columns % step == 0 || begin + columns == weight.in);
  if (count == 0 || columns == 0) return;
  const bool aligned = reinterpret_cast<uintptr_t>(dst) % 16 == 0 &&
                       dst_pitch * RealBytes(to) % 16 == 0 && begin % 8 == 0;
  const Window window{first, count, begin, columns, dst, dst_pitch, aligned};
  switch (to) {
    case Real::kBF16:
      return UnpackTo<__nv_bfloat16>(queue, weight, window);
    case Real::kF16:
      return UnpackTo<__half>(queue, weight, window);
    case Real::kF32:
      return UnpackTo<float>(queue, weight, window);
  }
}

}  // namespace lantern::cuda
