// How each weight format's packed block of sixteen rows (pack.h) adds to the sums of some tokens.
// Everything a format is: its bytes, its input, and AddBlock, the arithmetic of one block in the
// order that backends/README.md fixes. Included by kernels.cc only.
#pragma once

#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/kernels/lanes.h"
#include "backends/cpu/kernels/leaves.h"
#include "backends/cpu/kernels/prefetch.h"

namespace lantern::LANTERN_ISA_NAMESPACE {

// Rows of part `part` in a field of `unit` bytes a row.
LANTERN_INLINE const uint8_t* PartOf(const uint8_t* field, int unit, int part) {
  return field + unit * kLanes * part;
}

// ---- where a panel keeps its blocks' fields ----
// Formats whose block is an odd multiple of 32 bytes keep the fields of two blocks side by side, so
// that vectors of 64 bytes stay within cache lines; a last block without a neighbour is alone.

template <int kBlockBytes, bool kPaired>
struct BlockPlace {
  const uint8_t* base;
  int neighbours, place;  // blocks in this pair, and which of them this is

  LANTERN_FORCE_INLINE BlockPlace(const uint8_t* panel, int block, int blocks)
      : base(panel + static_cast<size_t>(kPaired ? block & ~1 : block) * kBlockBytes),
        neighbours(kPaired && (block | 1) < blocks ? 2 : 1),
        place(kPaired ? block & 1 : 0) {}
  // A field of `bytes` that begins `offset` bytes into a block that is alone.
  LANTERN_FORCE_INLINE const uint8_t* Field(int offset, int bytes) const {
    return base + neighbours * offset + place * bytes;
  }
};

// ---- plain numbers: a block is one column, the sum a chain of fused multiply-adds ----

template <FV (*kLoad)(const void*), int kElementBytes>
struct PlainFormat {
  using Input = float;
  static constexpr int kBytes = kPanelRows * kElementBytes, kTile = kPlainTile;
  static constexpr bool kGroups = true;                   // panels lie so, and there is AddColumns
  static constexpr bool kGathers = kTile == kTileTokens;  // full tiles' tokens lie side by side
  static constexpr int kLine = kPanelLine / kBytes;       // columns of a cache line

  LANTERN_INLINE size_t PanelBytes(int columns) {
    return static_cast<size_t>((columns + kLine - 1) / kLine) * kPanelLine;
  }
  LANTERN_INLINE const uint8_t* LineOf(const uint8_t* panel, int column) {
    return panel + static_cast<size_t>(column / kLine) * (kPanelGroup * kPanelLine);
  }
  LANTERN_INLINE FV Column(const uint8_t* panel, int column, int part) {
    const uint8_t* w = LineOf(panel, column) + column % kLine * kBytes;
    return kLoad(PartOf(w, kElementBytes, part));
  }

  // Columns [column, end) of neighbouring panels, a line of each panel in turn; in(t, column) is
  // token t's activation. Fewer panels than a group are asked for as much farther ahead: they pass
  // the others by.
  template <int kPanels, int kTokens, class In>
  LANTERN_INLINE void AddColumns(const PanelJob& job, const In& in, int column, int end,
                                 PanelSums<kPanels * kTokens>& sum) {
    Ahead ahead = AheadOf<kTokens, kTile>(job);
    ahead.far *= kPanelGroup / kPanels;
    ahead.near *= kPanelGroup / kPanels;
    const auto add = [&](const uint8_t* w, int at, int panel) __attribute__((always_inline)) {
      AddColumn<kTokens>(w + panel * kPanelLine, in, at, sum, panel * kTokens);
    };
    const auto add_alone = [&](int at) __attribute__((always_inline)) {
      const uint8_t* w = LineOf(job.panel, at) + at % kLine * kBytes;
      LANTERN_UNROLL for (int panel = 0; panel < kPanels; ++panel) add(w, at, panel);
    };
    for (; column < end && column % kLine != 0; ++column) add_alone(column);
    const uint8_t* w = LineOf(job.panel, column);
    for (; column + kLine <= end; column += kLine, w += kPanelGroup * kPanelLine) {
      LANTERN_UNROLL for (int i = 0; i < kLine; ++i) {
        LANTERN_UNROLL for (int panel = 0; panel < kPanels; ++panel) {
          PrefetchStep<kPanels * kPanelLine, kPanels * kLine>(w, ahead, i * kPanels + panel);
          add(w + i * kBytes, column + i, panel);
        }
      }
    }
    for (; column < end; ++column) add_alone(column);
  }

 private:
  // One panel's column: its sums are those from `first` on.
  template <int kTokens, class In, int kSums>
  LANTERN_INLINE void AddColumn(const uint8_t* w, const In& in, int column, PanelSums<kSums>& sum,
                                int first) {
    FV weight[kParts];
    LANTERN_UNROLL for (int p = 0; p < kParts; ++p) weight[p] = kLoad(PartOf(w, kElementBytes, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const FV x = SplatV(in(t, column));
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
        sum[first + t][p] = FmaV(weight[p], x, sum[first + t][p]);
      }
    }
  }
};
using F32Format = PlainFormat<Load<FV>, 4>;
using F16Format = PlainFormat<LoadHalfV, 2>;
using BF16Format = PlainFormat<LoadBFloat16V, 2>;

// ---- integer sums ----
// `Levels` gives the quantized weights of columns 4 j to 4 j + 3 of a part's rows, as unsigned
// bytes (Q8_0: signed where the set takes those), and says how many products' pairs 16 bits hold.

LANTERN_INLINE BV LowNibbles(BV v) { return v & 15; }
LANTERN_INLINE BV HighNibbles(BV v) { return (BV)((U16V)v >> 4) & 15; }

struct NibbleLevels {               // low nibbles are columns 0-15, high ones 16-31
  static constexpr int kBatch = 8;  // 8 * 2 * 15 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const BV both = Load<BV>(PartOf(q + 4 * kPanelRows * (j % 4), 4, part));
    return j < 4 ? LowNibbles(both) : HighNibbles(both);
  }
};

// Levels of 5 and 6 bits fill vectors that hold the levels of other columns, in pieces, in their
// bytes' upper bits (pack_levels.cc): most levels are one operation, and nothing lies elsewhere.

LANTERN_INLINE BV ByteVector(const uint8_t* q, int i, int part) {
  return Load<BV>(PartOf(q + 4 * kPanelRows * i, 4, part));
}
LANTERN_INLINE BV Bits(BV v, int shift, int mask) {
  return (BV)((U16V)v >> shift) & static_cast<uint8_t>(mask);
}

struct FiveBitLevels {              // 32 columns in five vectors
  static constexpr int kBatch = 4;  // 4 * 2 * 31 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const auto at = [&](int i) __attribute__((always_inline)) { return ByteVector(q, i, part); };
    if (j < 5) return at(j) & 31;
    if (j < 7) return Bits(at(2 * j - 10), 5, 7) | Bits(at(2 * j - 9), 2, 24);
    return Bits(at(4), 5, 7) | Bits(at(1), 4, 8) | Bits(at(3), 3, 16);
  }
};

struct SixBitLevels {               // 16 columns in three vectors
  static constexpr int kBatch = 4;  // less 32, 4 * 2 * 32 * 127 < 2^15
  static constexpr bool kSigned = false;
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const auto at = [&](int i) __attribute__((always_inline)) { return ByteVector(q, i, part); };
    if (j < 3) return at(j) & 63;
    return Bits(at(0), 6, 3) | Bits(at(1), 4, 12) | Bits(at(2), 2, 48);
  }
};

struct ByteLevels {
  static constexpr int kBatch = 1;       // 2 * 128 * 127 < 2^15
  static constexpr bool kSigned = true;  // without kWideSums
  const uint8_t* q;
  LANTERN_FORCE_INLINE BV operator()(int j, int part) const {
    const BV w = Load<BV>(PartOf(q + 4 * kPanelRows * j, 4, part));
    return kWideSums && !kWideSigned ? w ^ 128 : w;
  }
};

// The exact products over 4 * kVectors columns: finish(token, part, sums, whether it is the first)
// for every batch of them, each beginning at start(token). Meanwhile as many bytes as kBytes at `w`
// are prefetched.
template <int kVectors, int kBytes, int kTokens, class Levels, class Start, class Finish>
LANTERN_INLINE void IntegerSums(const uint8_t* w, Ahead ahead, const Levels& levels,
                                const int8_t* const (&q)[kTokens], const Start& start,
                                const Finish& finish) {
  constexpr int kBatch = kWideSums ? kVectors : Levels::kBatch;
  LANTERN_UNROLL for (int j = 0; j < kVectors; j += kBatch) {
    Sums sums[kTokens][kParts];
    LANTERN_UNROLL for (int i = j; i < j + kBatch; ++i) {
      if constexpr (kBytes > 0) PrefetchStep<kBytes, kVectors>(w, ahead, i);
      BV weight[kParts];
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) weight[p] = levels(i, p);
      LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
        const Word word = LoadWord(q[t] + 4 * i);
        LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
          const Sums before = i == j ? start(t) : sums[t][p];
          if constexpr (kWideSums) {
            sums[t][p] = AddDot(before, weight[p], word);
          } else {
            sums[t][p] = before + PairDot<Levels::kSigned>(weight[p], word);
            Pin(sums[t][p]);
          }
        }
      }
    }
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) finish(t, p, sums[t][p], j == 0);
    }
  }
}

// ---- blocks of 32 with one scale, or a scale and a minimum ----

struct Q8_0Format {
  using Input = QuantBlock32;
  static constexpr int kBytes = kPanelRows * 34, kTile = kBlockTile;
  static constexpr int kOffset = kWideSums && !kWideSigned ? 128 : 0;  // what level means zero
  static constexpr bool kMinimum = false;
  static constexpr bool kSignedBytes = true;  // its levels as they are packed
  using Place = BlockPlace<kBytes, true>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, 2 * kPanelRows); }
  LANTERN_INLINE ByteLevels Levels(const Place& at) {
    return {at.Field(2 * kPanelRows, 32 * kPanelRows)};
  }
};

template <bool kHighBits, bool kHasMinimum>
struct NibbleFormat {
  using Input = QuantBlock32;
  static constexpr bool kMinimum = kHasMinimum;
  static constexpr int kHead = kPanelRows * (kMinimum ? 4 : 2);
  static constexpr int kQuants = kPanelRows * (kHighBits ? 20 : 16);
  static constexpr int kBytes = kHead + kQuants, kTile = kBlockTile;
  static constexpr int kOffset = kMinimum ? 0 : kHighBits ? 16 : 8;
  static constexpr bool kSpreads = !kHighBits && !kMinimum;
  using Place = BlockPlace<kBytes, !kMinimum>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, kHead); }
  LANTERN_INLINE auto Levels(const Place& at) {
    const uint8_t* q = at.Field(kHead, kQuants);
    if constexpr (kHighBits) {
      return FiveBitLevels{q};
    } else {
      return NibbleLevels{q};
    }
  }
};

// Q4_0's nibbles as bytes, spread once for all tokens of a job: AVX2's tiles keep all vector pipes
// busy, and an eighth of that was taking nibbles apart. Levels 0 to 15 mean -8 to 7.
struct SpreadNibbles {
  struct ByteEach {
    static constexpr int kBatch = NibbleLevels::kBatch;
    static constexpr bool kSigned = false;
    const uint8_t* q;
    LANTERN_FORCE_INLINE BV operator()(int j, int part) const { return ByteVector(q, j, part); }
  };
  using Input = QuantBlock32;
  static constexpr int kHead = 64, kQuants = 32 * kPanelRows;  // the head is scales, then nothing
  static constexpr int kBytes = kHead + kQuants, kTile = kBlockTile, kOffset = 8;
  static constexpr bool kMinimum = false;
  using Place = BlockPlace<kBytes, false>;
  LANTERN_INLINE const uint8_t* Scales(const Place& at) { return at.Field(0, kHead); }
  LANTERN_INLINE ByteEach Levels(const Place& at) { return {at.Field(kHead, kQuants)}; }
};
template <class Format>
constexpr int kPrefetched = Format::kBytes;
template <>
constexpr int kPrefetched<SpreadNibbles> = 0;  // it is in the caches
static_assert(SpreadNibbles::kBytes <= 32 * kSpreadBytes);

// A panel of Q4_0 as one of SpreadNibbles, into job.spread.
template <class Format>
void SpreadPanel(const PanelJob& job) {
  uint8_t* out = static_cast<uint8_t*>(job.spread);
  for (int block = 0; block < job.blocks; ++block, out += SpreadNibbles::kBytes) {
    const typename Format::Place at(job.panel, block, job.blocks);
    PrefetchNear<Format::kBytes>(job.panel + static_cast<size_t>(block) * Format::kBytes, 4096);
    __builtin_memcpy(out, Format::Scales(at), Format::kHead);
    const auto levels = Format::Levels(at);
    LANTERN_UNROLL for (int j = 0; j < 8; ++j) {
      LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
        Store(out + SpreadNibbles::kHead + (j * kParts + p) * 4 * kLanes, levels(j, p));
      }
    }
  }
}

template <class Format, int kTokens>
LANTERN_INLINE void AddSmallBlock(const PanelJob& job, const QuantBlock32* const (&in)[kTokens],
                                  int block, PanelSums<kTokens>& sum) {
  const typename Format::Place at(job.panel, block, job.blocks);
  const Ahead ahead = AheadOf<kTokens, Format::kTile>(job);
  const int8_t* q[kTokens];
  LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) q[t] = in[t][block].q;
  IV exact[kTokens][kParts];
  const auto offset = [&](int t) __attribute__((always_inline)) {
    return Format::kOffset == 0 ? IV{} : SplatV(in[t][block].minus_8_sum) * (Format::kOffset / 8);
  };
  const auto start = [&](int t) __attribute__((always_inline)) {
    if constexpr (kWideSums) {
      return offset(t);
    } else {
      return Sums{};
    }
  };
  IntegerSums<8, kPrefetched<Format>>(
      job.panel + static_cast<size_t>(block) * Format::kBytes, ahead, Format::Levels(at), q,
      start, [&](int t, int p, const Sums& sums, bool first) __attribute__((always_inline)) {
        exact[t][p] = kWideSums ? Total(sums) : Total(sums) + (first ? offset(t) : exact[t][p]);
      });
  const uint8_t* scales = Format::Scales(at);
  LANTERN_UNROLL for (int p = 0; p < kParts; ++p) {
    const FV scale = LoadHalfV(PartOf(scales, 2, p));
    LANTERN_UNROLL for (int t = 0; t < kTokens; ++t) {
      const QuantBlock32& a = in[t][block];
      sum[t][p] = sum[t][p] + ToFloatV(exact[t][p]) * (scale * SplatV(a.scale));
      if constexpr (Format::kMinimum) {
        const FV minimum = LoadHalfV(PartOf(scales + 2 * kPanelRows, 2, p));
        sum[t][p] = sum[t][p] + SplatV(a.sum) * (minimum * SplatV(a.scale));
      }
    }
  }
}

}  // namespace lantern::LANTERN_ISA_NAMESPACE
