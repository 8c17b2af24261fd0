// A format of weights as the skinny kernel sees it: how a warp's ring fills with a unit of a strip,
// and how a unit's products are added up. Fragments are those of m16n8k16 with weights as A and
// tokens as B, see fragments.cuh.
#pragma once

#include <algorithm>

#include "backends/cuda/kernels/activations.cuh"
#include "backends/cuda/kernels/fragments.cuh"
#include "backends/cuda/kernels/ring.cuh"

namespace lantern::cuda {

// 16 rows of a weight; `data` is null beyond the last.
struct Strip {
  const std::byte* data;
  int rows, column;  // rows that there are; of its first row in out
  bool second;       // of a MixedFormat
};

// What a lane sees of the activations in shared memory. Lanes whose column has no token read what
// lies there: a column of B shows in that column of the sums only, and nobody looks at these.
struct LaneActivations {
  const std::byte* values;  // of its token and its quarter, from the first block
  const std::byte* zeros;
  const float* sums;  // [block][tokens]
  int tokens;         // room: 64 bytes each in a block
  bool one_token;     // then all lanes read it, whatever their column
};

__device__ inline uint4 LoadB(const LaneActivations& x, int block, int tile) {
  const int token = x.one_token ? 0 : 8 * tile;
  return *reinterpret_cast<const uint4*>(x.values + (block * x.tokens + token) * 64);
}

// f32, f16, bf16, row by row. A unit is 256 bytes of 16 rows; in shared memory the 16-byte chunks
// of odd rows change places, so that the lanes of a load meet different banks.
template <DType type>
struct PlainFormat {
  static constexpr bool kIsF32 = type == DType::kF32;
  static constexpr bool kF16 = type == DType::kF16;
  static constexpr bool kConsecutive = true;
  static constexpr bool kBulk = false;
  static constexpr bool kSpreadsBlocks = false;
  template <bool one_token>
  static constexpr bool kNeedsSums = false;
  static constexpr int kColumns = kIsF32 ? 64 : 128;
  static constexpr int kStageBytes = 16 * 256;

  __device__ static int Chunk(int row, int chunk) {
    return row * 256 + (chunk ^ ((row & 1) * (kIsF32 ? 1 : 4))) * 16;
  }

  __device__ static void Fill(Ring& ring, const Strip& strip, int pitch_bytes, int unit, int lane) {
    const uint32_t to = ring.FillAddress();
    const int chunk = lane & 15, column = unit * 256 + chunk * 16;
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const int row = 2 * i + (lane >> 4);
      const bool there = row < strip.rows && column < pitch_bytes;
      const std::byte* from =
          there ? strip.data + static_cast<long long>(row) * pitch_bytes + column : strip.data;
      CopyAsync16(to + Chunk(row, chunk), from, there);
    }
    ring.ArriveWhenCopied();
  }

  // Lane t's eight columns of a row.
  __device__ static uint4 LoadEight(const std::byte* unit, int row, int block, int t) {
    if constexpr (!kIsF32) {
      return *reinterpret_cast<const uint4*>(unit + Chunk(row, 4 * block + t));
    }
    const float4 a = *reinterpret_cast<const float4*>(unit + Chunk(row, 8 * block + 2 * t));
    const float4 b = *reinterpret_cast<const float4*>(unit + Chunk(row, 8 * block + 2 * t + 1));
    const auto couple = [](float low, float high) {
      const __nv_bfloat162 both = __floats2bfloat162_rn(low, high);
      return reinterpret_cast<const uint32_t&>(both);
    };
    return {couple(a.x, a.y), couple(a.z, a.w), couple(b.x, b.y), couple(b.z, b.w)};
  }

  template <int tiles>
  __device__ static void AddUnit(const std::byte* unit, const LaneActivations& x, int first_block,
                                 int lane, float (&sums)[tiles][4]) {
    const int g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int block = 0; block < kColumns / 32; ++block) {
      const uint4 low = LoadEight(unit, g, block, t), high = LoadEight(unit, g + 8, block, t);
      const uint32_t a[8] = {low.x, high.x, low.y, high.y, low.z, high.z, low.w, high.w};
#pragma unroll
      for (int tile = 0; tile < tiles; ++tile) {
        const uint4 b = LoadB(x, first_block + block, tile);
        MultiplyAdd<kF16>(sums[tile], a, b.x, b.y);
        MultiplyAdd<kF16>(sums[tile], a + 4, b.z, b.w);
      }
    }
  }
};

template <DType type>
struct BlockFormat {
  using Layout = LayoutOf<type>;
  using Factors = PairFactors<Layout::kScales>;
  static constexpr bool kF16 = false;
  static constexpr bool kConsecutive = false;
  static constexpr bool kBulk = kBulkCopies;
  static constexpr bool kSpreadsBlocks = true;
  template <bool one_token>
  static constexpr bool kNeedsSums = Factors::kHasMinimum || (one_token && kHasFractions<Layout>);
  static constexpr int kColumns = kUnitColumns;
  static constexpr int kStageBytes = Layout::kUnitBytes;

  __device__ static void Fill(Ring& ring, const Strip& strip, int, int unit, int lane) {
    const std::byte* from = strip.data + static_cast<long long>(unit) * kStageBytes;
    if constexpr (kBulk) {
      if (lane == 0) ring.Bulk(from, kStageBytes);
    } else {
      for (int at = lane * 16; at < kStageBytes; at += 512) {
        CopyAsync16(ring.FillAddress() + at, from + at, true);
      }
      ring.ArriveWhenCopied();
    }
  }

  // The A fragments of both instructions over block 0 or 1 of a pair.
  template <bool fractions>
  __device__ static void Fragments(const uint32_t (&words)[Layout::kBits], int block,
                                   uint32_t (&a)[8]) {
#pragma unroll
    for (int p = 0; p < 8; ++p) {
      if constexpr (fractions) {
        a[p] = Fractions<Layout>(words, 8 * block + p);
      } else {
        a[p] = Integers<Layout>(words, 8 * block + p);
      }
    }
  }

  template <int tiles>
  __device__ static void AddUnit(const std::byte* unit, const LaneActivations& x, int first_block,
                                 int lane, float (&sums)[tiles][4]) {
    // With many tokens a pair is enough to keep the units busy, and all would spill registers.
#pragma unroll(tiles >= 4 ? 1 : kPairs)
    for (int pair = 0; pair < kPairs; ++pair) {
      uint32_t words[Layout::kBits];
      LoadWords<Layout::kBits>(unit + pair * Layout::kPairBytes, lane, words);
      Factors factors;
      LoadFactors(unit + Layout::kCodeBytes, lane >> 2, pair, factors);
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        uint32_t a[8];
        Fragments<false>(words, block, a);
#pragma unroll
        for (int tile = 0; tile < tiles; ++tile) {
          AddBlock(a, x, first_block + 2 * pair + block, tile, lane & 3, factors, block,
                   sums[tile]);
        }
      }
    }
  }

  __device__ static void AddBlock(const uint32_t (&a)[8], const LaneActivations& x, int x_block,
                                  int tile, int t, const Factors& factors, int block,
                                  float (&sum)[4]) {
    const uint4 b = LoadB(x, x_block, tile);
    float first[4] = {}, second[4] = {};
    MultiplyAdd<false>(first, a, b.x, b.y);
    if constexpr (Factors::kHalves == 1) {
      MultiplyAdd<false>(first, a + 4, b.z, b.w);
    } else {
      MultiplyAdd<false>(second, a + 4, b.z, b.w);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const auto& scale = factors.scale[i / 2][block];
      sum[i] += scale[0] * first[i];
      if constexpr (Factors::kHalves == 2) sum[i] += scale[1] * second[i];
    }
    if constexpr (Factors::kHasMinimum) {
      const float* of = x.sums + x_block * x.tokens + (x.one_token ? 0 : 8 * tile + 2 * t);
      const float2 x_sum = x.one_token ? float2{of[0], 0} : *reinterpret_cast<const float2*>(of);
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        sum[2 * row] -= factors.minimum[row][block] * x_sum.x;
        sum[2 * row + 1] -= factors.minimum[row][block] * x_sum.y;
      }
    }
  }

  // One token has the eight columns of the instruction to itself. Column b gets the products of
  // block b of the unit: for block b's instructions all other columns of B are zero. So a lane
  // ends with the sums of blocks 2 t and 2 t + 1, and needs the scales of these only; the lanes of
  // a quad are added at the end of the strip. sums: rows g and g + 8.
  __device__ static void AddUnitOfOne(const std::byte* unit, const LaneActivations& x,
                                      int first_block, int lane, float (&sums)[1][4]) {
    const int g = lane >> 2, t = lane & 3;
    const std::byte* mine = x.values + (first_block + g) * 64;
    float first[2][4] = {}, second[2][4] = {};  // two chains each: an instruction takes a while
#pragma unroll
    for (int pair = 0; pair < kPairs; ++pair) {
      uint32_t words[Layout::kBits];
      LoadWords<Layout::kBits>(unit + pair * Layout::kPairBytes, lane, words);
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        uint32_t a[8];
        Fragments<kHasFractions<Layout>>(words, block, a);
        const uint4 b = *reinterpret_cast<const uint4*>(g == 2 * pair + block ? mine : x.zeros);
        MultiplyAdd<false>(first[block], a, b.x, b.y);
        MultiplyAdd<false>(second[block], a + 4, b.z, b.w);
      }
    }
    Factors factors;
    LoadFactors(unit + Layout::kCodeBytes, g, t, factors);
    float2 x_sum = {0, 0};
    if constexpr (kNeedsSums<true>) {
      x_sum = *reinterpret_cast<const float2*>(x.sums + first_block + 2 * t);
    }
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      AddScaled(factors, i / 2, i % 2, first[0][i] + first[1][i], second[0][i] + second[1][i],
                i % 2 == 0 ? x_sum.x : x_sum.y, &sums[0][i]);
    }
  }

  // Adds what the sums over both halves of a block in a row amount to.
  __device__ static void AddScaled(const Factors& factors, int row, int block, float first,
                                   float second, float x_sum, float* sum) {
    const auto& scale = factors.scale[row][block];
    if constexpr (Factors::kHalves == 2) {
      *sum += scale[0] * first + scale[1] * second;
    } else if constexpr (kHasFractions<Layout>) {
      constexpr float kSteps = 1 << Layout::kBits;
      *sum += scale[0] * kSteps * (first + second - (1 + Layout::kZero / kSteps) * x_sum);
    } else {
      *sum += scale[0] * (first + second);
    }
    if constexpr (Factors::kHasMinimum) *sum -= factors.minimum[row][block] * x_sum;
  }
};

// Strips of either of two block formats, with their flag `second`.
template <DType one, DType two>
struct MixedFormat : BlockFormat<one> {
  using First = BlockFormat<one>;
  using Second = BlockFormat<two>;
  template <bool one_token>
  static constexpr bool kNeedsSums =
      First::template kNeedsSums<one_token> || Second::template kNeedsSums<one_token>;
  static constexpr int kStageBytes = std::max(First::kStageBytes, Second::kStageBytes);

  __device__ static void Fill(Ring& ring, const Strip& strip, int pitch_bytes, int unit, int lane) {
    if (strip.second) {
      Second::Fill(ring, strip, pitch_bytes, unit, lane);
    } else {
      First::Fill(ring, strip, pitch_bytes, unit, lane);
    }
  }
};

// Adds up a unit of a strip, by the way for one token or for any number.
template <class Format, bool one_token, int tiles>
struct UnitAdder {
  __device__ static void Add(const Strip&, const std::byte* unit, const LaneActivations& x,
                             int first_block, int lane, float (&sums)[tiles][4]) {
    if constexpr (one_token) {
      Format::AddUnitOfOne(unit, x, first_block, lane, sums);
    } else {
      Format::AddUnit(unit, x, first_block, lane, sums);
    }
  }
};
template <DType one, DType two, bool one_token, int tiles>
struct UnitAdder<MixedFormat<one, two>, one_token, tiles> {
  __device__ static void Add(const Strip& strip, const std::byte* unit, const LaneActivations& x,
                             int first_block, int lane, float (&sums)[tiles][4]) {
    if (strip.second) {
      UnitAdder<BlockFormat<two>, one_token, tiles>::Add(strip, unit, x, first_block, lane, sums);
    } else {
      UnitAdder<BlockFormat<one>, one_token, tiles>::Add(strip, unit, x, first_block, lane, sums);
    }
  }
};

}  // namespace lantern::cuda
