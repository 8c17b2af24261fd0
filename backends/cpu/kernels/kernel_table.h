// KernelTable: the functions that one instruction set's kernels offer, and what they are given.
// kernels.cc is compiled once per set into a namespace of its own; kernel_sets.h lists the sets.
//
// Only C headers here and in everything kernels.cc includes: an inline function of the standard
// library, compiled for AVX2, could be the copy that the linker keeps for the whole program.
#pragma once

#include <stddef.h>
#include <stdint.h>

namespace lantern {

inline constexpr int kPanelRows = 16;  // output rows that a panel interleaves: lane = row
// Panels of plain numbers lie in groups, a cache line of each in turn: read together they are one
// stream of memory.
inline constexpr int kPanelGroup = 4, kPanelLine = 64;
inline constexpr int kMaxTreeDepth = 16;     // a slice may hold up to 2^16 - 1 leaves
inline constexpr int kAttentionChunk = 256;  // positions whose sums are formed together
inline constexpr int kAttentionQueries = 8;  // that share one pass over the keys and values
inline constexpr int kKeyGroup = 16;         // positions whose keys a vector holds
inline constexpr int kPartHead = 2;          // floats before a part's values: maximum, sum
inline constexpr int kMaxHeadDim = 512;

// Activations as the block formats read them: q * scale, each block from its own elements alone.
struct QuantBlock32 {
  float scale;
  float sum;            // of q: a small integer, so exact
  int32_t minus_8_sum;  // what a weight's levels count too much when they mean level - 8
  int8_t q[32];
};
// Whether the products with 32 levels up to 15 surely fit 16 bits, and those with 16 up to 32.
inline constexpr int32_t kNarrow32 = 1, kNarrow16 = 2;
struct QuantBlock256 {
  float scale;
  // Bits kNarrow32, kNarrow16. Not all sets ask, and those which do not leave zero.
  int32_t narrow;
  int16_t pair_sums[4][2];  // of 32 q each: the eight in the order 0, 2, 1, 3, 4, 6, 5, 7
  // Of 16 q each, what levels count too much that mean level - 32: in all, and by the columns that
  // lie in the two halves of a 32-bit word (0 and 1, 2 and 3 of each four).
  int32_t minus_32_sum[16];
  int16_t minus_32_halves[16][2];
  int8_t q[256];
};

// The same of sixteen tokens side by side, where a set multiplies that many at once.
inline constexpr int kTileTokens = 16;
inline constexpr int kTokensForTiles = 10;  // fewer are never worth a tile
struct alignas(64) QuantTile32 {
  float scale[kTileTokens];
  float sum[kTileTokens];
  int8_t q[kTileTokens][32];
};
struct alignas(64) QuantTile256 {
  float scale[kTileTokens];
  int16_t pair_sums[kTileTokens][4][2];
  int8_t q[8][kTileTokens][32];  // by runs of 32 columns
};
inline constexpr int kSpreadBytes = 21;  // a column's weights and scales, spread for tiles
struct TileGather {
  const uint8_t* rows;  // per token: blocks as above
  int64_t stride;       // bytes from one token to the next
  int tokens, blocks;
  void* out;  // [group of sixteen tokens][block] tiles
};

// Where the products with one subtree's columns go: [tokens, out] with a row stride in elements.
struct OutputRows {
  float* data;
  int64_t stride;
};

// How far ahead of their use weights are asked for, in bytes: into the second-level cache, and into
// the first. Zeros: not at all, where hardware does better alone.
struct Ahead {
  int far = 0, near = 0;
};
// Hardware prefetchers may stop at page ends, and one distance is not enough: lines on their way
// from memory to the first level hold its few fill buffers.
inline constexpr Ahead kUsualAhead{8192, 1024};

// Panels of output rows times some tokens. Leaves, subtrees: see src/tensor/sum_tree.h.
struct PanelJob {
  const uint8_t* panel;        // packed blocks, ascending (pack.h); the next panel follows them
  int panels = 1;              // of which there are so many
  int place = 0;               // of the first one in its group
  int blocks;                  // of each of their rows
  int row;                     // the first panel's first output row
  int rows;                    // how many of the panels' exist: all but some of the last one's
  const void* input;           // per token: float, QuantBlock32 or QuantBlock256, by weight format
  int64_t input_stride;        // bytes from one token to the next
  int token_begin, token_end;  // the first a multiple of kTileTokens
  const void* tiles;           // null, or the same activations, gathered: [group][block] tiles,
                               // [group][column][token] floats
  void* spread;                // null, or scratch of kSpreadBytes a column, on a cache line
  const int* leaf;             // leaf i covers blocks [leaf[i], leaf[i + 1])
  const int* subtree;          // subtree s covers leaves [subtree[s], subtree[s + 1])
  int subtrees;
  const OutputRows* out;  // one per subtree
  Ahead ahead;            // of the panels
};
using PanelKernel = void (*)(const PanelJob&);

// Blocks [begin, end) of a panel's rows as plain numbers.
struct UnpackJob {
  const uint8_t* panel;
  int blocks;  // of each of its rows
  int begin, end;
  void* out;       // per column, the kPanelRows rows' values: float, or the bits of a bf16
  int64_t stride;  // elements from one column to the next
};
using UnpackKernel = void (*)(const UnpackJob&);

// What a set does with weights of one format.
struct FormatKernels {
  PanelKernel multiply;
  UnpackKernel to_f32, to_bf16;
};

// Queries of one kv head of one sequence, each with the positions that it sees.
struct AttentionQuery {
  const float* x;  // [head_dim]
  float* out;      // the same
  int begin, end;  // positions, at least one
};
// Positions [begin, end) as a kv head of a sequence keeps them.
struct KvRange {
  const int* blocks;  // the sequence's block table
  int head;
  int begin, end;
};
struct AttentionJob {
  AttentionQuery query[kAttentionQueries];
  int queries;
  int head_dim;
  float scale;            // of the scores
  const uint8_t* keys;    // [head][block][head_dim][block_tokens]
  const uint8_t* values;  // [head][block][block_tokens][head_dim]
  const int* blocks;      // the sequence's block table
  int block_tokens;       // a multiple of kKeyGroup
  int head_blocks;        // of each head
  int head;
  // Null, or takes what each chunk gives instead of `out`, to be merged later: a chunk's
  // [queries, kPartHead + head_dim], chunks of the queries' positions part_stride floats apart.
  // REQUIRES then: all queries have positions in the same chunks.
  float* part;
  int64_t part_stride;
  KvRange next;  // of one chunk: what this thread will likely read after this job; or empty
};

struct KernelTable {
  const char* name;
  FormatKernels f32, f16, bf16, q8_0, q4_0, q4_1, q5_0, q5_1, q4_k, q5_k, q6_k;

  // REQUIRES: n is a multiple of the block.
  void (*quantize32)(QuantBlock32* out, const float* x, int n);
  void (*quantize256)(QuantBlock256* out, const float* x, int n);
  // Columns [begin, end) of a full group, as [group][column][token] floats; `blocks` are columns.
  // Null where plain numbers are not multiplied so.
  void (*gather_plain)(const TileGather&, int group, int begin, int end);
  // Null where the set does not multiply tiles.
  void (*gather_tile32)(const TileGather&, int group);
  void (*gather_tile256)(const TileGather&, int group);

  void (*rms_norm)(float* out, const float* x, const float* weight, int n, float eps);
  void (*rope)(float* x, const float* cos_sin, int head_dim);  // one head
  void (*silu_mul)(float* out, const float* gate, const float* up, int n);
  void (*add)(float* x, const float* y, int n);
  void (*exp)(float* out, const float* x, int n);
  // See src/tensor/residual.h.
  uint32_t (*residual_hash)(const float* x, int64_t n, uint32_t first);
  uint64_t (*read_sum)(const uint8_t* data, int64_t bytes);  // a yardstick: reads, and adds up

  // One position of a head into the key/value cache (`block`: the head's part of a block, `place`:
  // the position in it), and attention over a cache of that type.
  // REQUIRES: for q8_0, head_dim is a multiple of 32.
  struct Cache {
    void (*store_keys)(uint8_t* block, int tokens, int place, const float* x, int head_dim);
    void (*store_values)(uint8_t* row, const float* x, int head_dim);
    void (*attend)(const AttentionJob&);
  };
  Cache cache_f32, cache_f16, cache_bf16, cache_q8_0;
  // One head's result from its chunks, in order of position, `stride` floats apart.
  void (*merge_parts)(float* out, const float* parts, int chunks, int64_t stride, int head_dim);

  // `n` floats as a message holds them, and back, or added to `out` in f32. Formats and sizes:
  // net/wire_format.h. Messages need no alignment.
  struct Wire {
    void (*encode)(uint8_t* out, const float* x, int64_t n);
    void (*decode)(float* out, const uint8_t* in, int64_t n);
    void (*decode_add)(float* out, const uint8_t* in, int64_t n);
  };
  Wire wire_f32, wire_bf16, wire_f16, wire_q8;
};

}  // namespace lantern
