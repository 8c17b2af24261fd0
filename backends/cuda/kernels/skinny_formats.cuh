// A format of weights as the skinny kernel sees it: where it has the activations, how a warp's ring
// fills with a unit of a strip, and how a unit's products are added up. Operands are those of
// m16n8k16 and m16n8k32 with weights as A and tokens as B.
#pragma once

#include <algorithm>

#include "backends/cuda/kernels/block_activations.cuh"
#include "backends/cuda/kernels/fragments.cuh"
#include "backends/cuda/kernels/plain_activations.cuh"
#include "backends/cuda/kernels/ring.cuh"

namespace lantern::cuda {

// 16 rows of a weight; `data` is null beyond the last.
struct Strip {
  const std::byte* data;
  int rows, column;  // rows that there are; of its first row in out
  bool second;       // of a MixedFormat
};

// f32, f16, bf16, row by row. A unit is 256 bytes of 16 rows; in shared memory the 16-byte chunks
// of odd rows change places, so that the lanes of a load meet different banks. f32 weights are
// rounded to f16, which has three bits more of those that models have than bf16.
template <DType type>
struct PlainFormat {
  static constexpr bool kIsF32 = type == DType::kF32;
  static constexpr bool kF16 = type != DType::kBF16;
  using Operand = std::conditional_t<kF16, __half, __nv_bfloat16>;
  static constexpr bool kBulk = false;
  static constexpr int kColumns = kIsF32 ? 64 : 128;
  static constexpr int kStageBytes = 16 * 256;
  static constexpr int kFactorBytes = 0;

  // Calls f with where activations go.
  template <int room, class Function>
  __device__ static void WithPlaces(const SkinnyTask& task, const SharedActivations& to,
                                    const Function& f) {
    if (task.columns % 4 == 0) {
      f(PlainPlaces<Operand, false, room == 1>{to.values, to.tokens});
    } else {
      f(PlainPlaces<Operand, true, room == 1>{to.values, to.tokens});
    }
  }
  // One token is read by all lanes, whatever their column.
  template <int room>
  __device__ static PlainLane LaneOf(const SharedActivations& from, int lane) {
    const int own = (room == 1 ? 0 : lane >> 2) * 64 + (lane & 3) * 16;
    return {from.values + own, from.tokens};
  }

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
    return {PackSaturated<Operand>(a.x, a.y), PackSaturated<Operand>(a.z, a.w),
            PackSaturated<Operand>(b.x, b.y), PackSaturated<Operand>(b.z, b.w)};
  }

  // Tiles of eight tokens. A lane has rows g and g + 8 of tokens 2 t and 2 t + 1.
  template <int room>
  struct Sums {
    static constexpr int kTiles = room == 1 ? 1 : room / 8;
    float of[kTiles][4];
  };

  // `at`: the unit, in what of x is in shared memory.
  template <int room>
  __device__ static void AddUnit(const Strip&, const std::byte* unit, const PlainLane& x, int at,
                                 int lane, Sums<room>& sums) {
    constexpr int kBlocks = kColumns / kBlockColumns;
    const int g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int block = 0; block < kBlocks; ++block) {
      const uint4 low = LoadEight(unit, g, block, t), high = LoadEight(unit, g + 8, block, t);
      const uint32_t a[8] = {low.x, high.x, low.y, high.y, low.z, high.z, low.w, high.w};
#pragma unroll
      for (int tile = 0; tile < sums.kTiles; ++tile) {
        const uint4 b = x.LoadB(at * kBlocks + block, tile);
        MultiplyAdd<kF16>(sums.of[tile], a, b.x, b.y);
        MultiplyAdd<kF16>(sums.of[tile], a + 4, b.z, b.w);
      }
    }
  }

  // A warp's sums, to [token][row].
  template <int room>
  __device__ static void StoreSums(const Sums<room>& sums, int tokens, int lane, float* to) {
    const int g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int tile = 0; tile < sums.kTiles; ++tile) {
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int token = 8 * tile + 2 * t + (i & 1);
        if (token < tokens) to[token * kSumStride + g + 8 * (i >> 1)] = sums.of[tile][i];
      }
    }
  }
};

// Tiles of BlockSets: a lane has rows g and g + 8 of a token.
template <int room>
struct BlockSums {
  float of[BlockSets<room>::kTiles][2];
};

template <DType type>
struct BlockFormat {
  using Layout = LayoutOf<type>;
  using Factors = PairFactors<Layout::kScales>;
  static constexpr bool kBulk = kBulkCopies;
  static constexpr int kColumns = kUnitColumns;
  static constexpr int kStageBytes = Layout::kUnitBytes;
  static constexpr int kFactorBytes = 8;
  static constexpr int kHalves = Factors::kHalves;

  template <int room, class Function>
  __device__ static void WithPlaces(const SkinnyTask&, const SharedActivations& to,
                                    const Function& f) {
    f(BlockPlaces<room, Factors::kHasMinimum>{to.values, to.factors});
  }
  template <int room>
  __device__ static BlockLane LaneOf(const SharedActivations& from, int lane) {
    return {from.values + lane * 8, from.factors + (lane & 3)};
  }

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

  template <int room>
  using Sums = BlockSums<room>;

  // `at`: the unit, in what of x is in shared memory.
  template <int room>
  __device__ static void AddUnit(const Strip&, const std::byte* unit, const BlockLane& x, int at,
                                 int lane, Sums<room>& sums) {
    if constexpr (BlockSets<room>::kInSet > 1) {
      AddSharedSets<room>(unit, x, at, lane, sums.of[0]);
    } else {
      AddOwnSets<room>(unit, x, at, lane, sums.of);
    }
  }

  template <int room>
  __device__ static void StoreSums(Sums<room>& sums, int tokens, int lane, float* to) {
    using Sets = BlockSets<room>;
    const int g = lane >> 2, t = lane & 3;
#pragma unroll
    for (int tile = 0; tile < Sets::kTiles; ++tile) {
#pragma unroll
      for (int row = 0; row < 2; ++row) {
        float sum = sums.of[tile][row];
        // Lanes t have different blocks of a token.
#pragma unroll
        for (int other = Sets::kTokens; other < 4; other *= 2) {
          sum += __shfl_xor_sync(~0u, sum, other);
        }
        const int token = 4 * tile + t;
        if (token < tokens) to[token * kSumStride + g + 8 * row] = sum;
      }
    }
  }

 private:
  // Whole numbers are summed from one that as a float is 1.5 * 2^23: then the sums, below 2^22,
  // are there as floats too.
  static constexpr int kWhole = 0x4b400000;
  using ByteSums = int[kHalves][4];

  __device__ static void Clear(ByteSums& sums) {
#pragma unroll
    for (int half = 0; half < kHalves; ++half) {
#pragma unroll
      for (int& sum : sums[half]) sum = kWhole;
    }
  }

  __device__ static void AddBlock(const uint32_t (&words)[Layout::kBits], int block, uint2 b,
                                  ByteSums& sums) {
    uint32_t a[4];
#pragma unroll
    for (int reg = 0; reg < 4; ++reg) a[reg] = TopCodes<Layout::kBits>(words, block, reg);
    AddRegisters(a, b, sums);
  }
  __device__ static void AddRegisters(const uint32_t (&a)[4], uint2 b, ByteSums& sums) {
    if constexpr (kHalves == 1) {
      MultiplyAddBytes<Layout::kSigned>(sums[0], a, b);
    } else {
      MultiplyAddHalf(sums[0], a[0], a[1], b.x);
      MultiplyAddHalf(sums[1], a[2], a[3], b.y);
    }
  }

  // What the sums of a block's bytes amount to. `x`: the block's factors.
  __device__ static void AddScaled(const ByteSums& bytes, const Factors& factors, int block,
                                   float2 x, float (&sums)[2]) {
    constexpr float kWholeFloat = 12582912, kStep = 1.0f / (1 << (8 - Layout::kBits));
    const float x_scale = x.x * kStep;
#pragma unroll
    for (int row = 0; row < 2; ++row) {
      float sum = 0;
#pragma unroll
      for (int half = 0; half < kHalves; ++half) {
        const float high = __int_as_float(bytes[half][2 * row]) - kWholeFloat;
        const float low = __int_as_float(bytes[half][2 * row + 1]) - kWholeFloat;
        sum += factors.scale[row][block][half] * (256 * high + low);
      }
      sums[row] += x_scale * sum;
      if constexpr (Factors::kHasMinimum) sums[row] -= factors.minimum[row][block] * x.y;
    }
  }

  // One or two tokens: sets of several blocks.
  template <int room>
  __device__ static void AddSharedSets(const std::byte* unit, const BlockLane& x, int at, int lane,
                                       float (&sums)[2]) {
    constexpr int kSets = BlockSets<room>::kSets, kTokens = BlockSets<room>::kTokens;
    const int g = lane >> 2, t = lane & 3, own_in_set = (g >> 1) / kTokens;
    uint2 b[kSets];
    ByteSums bytes[kSets];
#pragma unroll
    for (int set = 0; set < kSets; ++set) {
      b[set] = x.LoadB(at * kSets + set);
      Clear(bytes[set]);
    }
#pragma unroll
    for (int pair = 0; pair < kPairs; ++pair) {
      uint32_t words[Layout::kBits];
      LoadWords<Layout::kBits>(unit + pair * Layout::kPairBytes, lane, words);
      const uint32_t own = own_in_set == 2 * pair / kSets ? ~0u : 0;
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        const int set = (2 * pair + block) % kSets;
        AddBlock(words, block, {b[set].x & own, b[set].y & own}, bytes[set]);
      }
    }
#pragma unroll
    for (int set = 0; set < kSets; set += 2) {
      Factors factors;
      LoadFactors(unit + Layout::kCodeBytes, g, (t / kTokens * kSets + set) / 2, factors);
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        AddScaled(bytes[set + block], factors, block, x.LoadFactors(at * kSets + set + block),
                  sums);
      }
    }
  }

  // Tiles of four tokens, whose sets are of a block.
  template <int room>
  __device__ static void AddOwnSets(const std::byte* unit, const BlockLane& x, int at, int lane,
                                    float (&sums)[BlockSets<room>::kTiles][2]) {
    constexpr int kTiles = BlockSets<room>::kTiles, kSets = BlockSets<room>::kSets;
    // With many tokens two pairs are enough to keep the units busy, and all would spill registers.
#pragma unroll(kTiles > 4 ? 2 : kPairs)
    for (int pair = 0; pair < kPairs; ++pair) {
      uint32_t words[Layout::kBits];
      LoadWords<Layout::kBits>(unit + pair * Layout::kPairBytes, lane, words);
      Factors factors;
      LoadFactors(unit + Layout::kCodeBytes, lane >> 2, pair, factors);
#pragma unroll
      for (int block = 0; block < 2; ++block) {
        uint32_t a[4];
#pragma unroll
        for (int reg = 0; reg < 4; ++reg) a[reg] = TopCodes<Layout::kBits>(words, block, reg);
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile) {
          const int set = (at * kTiles + tile) * kSets + 2 * pair + block;
          ByteSums bytes;
          Clear(bytes);
          AddRegisters(a, x.LoadB(set), bytes);
          AddScaled(bytes, factors, block, x.LoadFactors(set), sums[tile]);
        }
      }
    }
  }
};

// Strips of either of two block formats, with their flag `second`.
template <DType one, DType two>
struct MixedFormat : BlockFormat<one> {
  using First = BlockFormat<one>;
  using Second = BlockFormat<two>;
  static constexpr int kStageBytes = std::max(First::kStageBytes, Second::kStageBytes);

  __device__ static void Fill(Ring& ring, const Strip& strip, int pitch_bytes, int unit, int lane) {
    if (strip.second) {
      Second::Fill(ring, strip, pitch_bytes, unit, lane);
    } else {
      First::Fill(ring, strip, pitch_bytes, unit, lane);
    }
  }

  template <int room>
  __device__ static void AddUnit(const Strip& strip, const std::byte* unit, const BlockLane& x,
                                 int at, int lane, BlockSums<room>& sums) {
    if (strip.second) {
      Second::template AddUnit<room>(strip, unit, x, at, lane, sums);
    } else {
      First::template AddUnit<room>(strip, unit, x, at, lane, sums);
    }
  }
};

}  // namespace lantern::cuda
