// Every kernel set of this architecture against the generic one, bit for bit, on random panels of
// all formats, random activations and caches. Links nothing but the kernels, so that it can be
// built for a machine that is not here and run by an emulator. Prints a line per set, and a hash of
// what the generic set gives, which is to be the same on every architecture; exit status 1 where
// bits differ, 2 where a set cannot run.
#include <algorithm>
#include <bit>
#include <cstdio>
#include <cstring>
#include <random>
#include <vector>
#if defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "backends/cpu/kernels/kernel_table.h"

namespace lantern {

namespace generic {
extern const KernelTable kKernels;
}
namespace neon {
extern const KernelTable kKernels;
}
namespace neondot {
extern const KernelTable kKernels;
}
namespace neoni8mm {
extern const KernelTable kKernels;
}

namespace {

struct Format {
  const char* name;
  FormatKernels KernelTable::*kernels;
  int elements, bytes;  // of a row's block
};
constexpr Format kFormats[] = {
    {"f32", &KernelTable::f32, 1, 4},       {"f16", &KernelTable::f16, 1, 2},
    {"bf16", &KernelTable::bf16, 1, 2},     {"q8_0", &KernelTable::q8_0, 32, 34},
    {"q4_0", &KernelTable::q4_0, 32, 18},   {"q4_1", &KernelTable::q4_1, 32, 20},
    {"q5_0", &KernelTable::q5_0, 32, 22},   {"q5_1", &KernelTable::q5_1, 32, 24},
    {"q4_k", &KernelTable::q4_k, 256, 144}, {"q5_k", &KernelTable::q5_k, 256, 176},
    {"q6_k", &KernelTable::q6_k, 256, 210}};
// A panel's bytes: those of plain numbers lie in lines between other panels'.
size_t PanelRoom(const Format& format, int blocks) {
  const size_t bytes = size_t{kPanelRows} * format.bytes * blocks;
  return format.elements > 1 ? bytes : kPanelGroup * (bytes + kPanelLine);
}
struct Cache {
  const char* name;
  KernelTable::Cache KernelTable::*kernels;
  int elements, bytes;
};
constexpr Cache kCaches[] = {{"f32", &KernelTable::cache_f32, 1, 4},
                             {"f16", &KernelTable::cache_f16, 1, 2},
                             {"bf16", &KernelTable::cache_bf16, 1, 2},
                             {"q8_0", &KernelTable::cache_q8_0, 32, 34}};

// Random bytes that are finite numbers in every format: no exponent is all ones.
std::vector<uint8_t> RandomBytes(size_t count, std::mt19937& random) {
  std::vector<uint8_t> bytes(count);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random() & 0xbb);
  return bytes;
}

// Not by std::normal_distribution, which asks the C library for logarithms.
std::vector<float> RandomFloats(size_t count, std::mt19937& random) {
  std::vector<float> values(count);
  for (float& value : values) {
    value = (static_cast<float>(random() % 65536) - 32768.0f) / 16384.0f;
  }
  return values;
}

// Activations in blocks, and the same as tiles where the set likes that.
template <class Block, class Tile>
struct BlockInput {
  std::vector<Block> rows;
  std::vector<Tile> tiles;

  BlockInput(const std::vector<float>& x, int blocks, int tokens,
             void (*quantize)(Block* out, const float* x, int n),
             void (*gather)(const TileGather&, int group), PanelJob& job)
      : rows(size_t(tokens) * blocks) {
    const int columns = static_cast<int>(x.size()) / tokens;
    for (int t = 0; t < tokens; ++t) {
      quantize(&rows[size_t(t) * blocks], &x[size_t(t) * columns], columns);
    }
    job.input = rows.data();
    job.input_stride = blocks * static_cast<int64_t>(sizeof(Block));
    if (gather == nullptr || tokens < kTokensForTiles) return;
    const int groups = (tokens + kTileTokens - 1) / kTileTokens;
    tiles.resize(size_t(groups) * blocks);
    const TileGather all{reinterpret_cast<const uint8_t*>(rows.data()), job.input_stride, tokens,
                         blocks, tiles.data()};
    for (int group = 0; group < groups; ++group) gather(all, group);
    job.tiles = tiles.data();
  }
};

// All outputs of a panel of `blocks` blocks: three leaves in two subtrees; 13 of its 16 rows for
// odd numbers of tokens, else all.
std::vector<float> Products(const KernelTable& set, const Format& format, int blocks, int tokens,
                            unsigned seed) {
  std::mt19937 random(seed);
  const auto panel = RandomBytes(PanelRoom(format, blocks), random);
  const int columns = blocks * format.elements;
  const auto x = RandomFloats(size_t(tokens) * columns, random);
  struct alignas(64) Line {
    uint8_t bytes[64];
  };
  std::vector<Line> spread(size_t(columns) * kSpreadBytes / sizeof(Line) + 1);
  std::vector<float> out(size_t{2} * tokens * kPanelRows, -1.0f);
  const OutputRows rows[] = {{out.data(), kPanelRows},
                             {out.data() + tokens * kPanelRows, kPanelRows}};
  const int leaf[] = {0, blocks / 3, blocks / 2, blocks}, subtree[] = {0, 2, 3};
  PanelJob job{};
  job.panel = panel.data();
  job.blocks = blocks;
  job.rows = tokens % 2 == 0 ? kPanelRows : 13;
  job.spread = spread.data();
  job.token_end = tokens;
  job.leaf = leaf;
  job.subtree = subtree;
  job.subtrees = 2;
  job.out = rows;
  const auto multiply = (set.*format.kernels).multiply;
  if (format.elements == 32) {
    const BlockInput<QuantBlock32, QuantTile32> input(x, blocks, tokens, set.quantize32,
                                                      set.gather_tile32, job);
    multiply(job);
  } else if (format.elements == 256) {
    const BlockInput<QuantBlock256, QuantTile256> input(x, blocks, tokens, set.quantize256,
                                                        set.gather_tile256, job);
    multiply(job);
  } else {
    job.input = x.data();
    job.input_stride = columns * static_cast<int64_t>(sizeof(float));
    multiply(job);
  }
  return out;
}

// What some queries get from a cache of `positions`, two heads to a block of 16 positions.
std::vector<float> Attended(const KernelTable& set, const Cache& cache, int head_dim, int positions,
                            unsigned seed) {
  std::mt19937 random(seed);
  constexpr int kBlockTokens = 16, kHeads = 2;
  const int blocks = (positions + kBlockTokens - 1) / kBlockTokens;
  const size_t row = size_t(head_dim) / cache.elements * cache.bytes;
  std::vector<uint8_t> keys(row * blocks * kHeads * kBlockTokens), values(keys.size());
  for (size_t i = 0; i < keys.size() / row; ++i) {
    const size_t place = i % kBlockTokens;
    (set.*cache.kernels)
        .store_keys(&keys[(i - place) * row], kBlockTokens, static_cast<int>(place),
                    RandomFloats(head_dim, random).data(), head_dim);
    (set.*cache.kernels)
        .store_values(&values[i * row], RandomFloats(head_dim, random).data(), head_dim);
  }
  std::vector<int> table(blocks);
  for (int i = 0; i < blocks; ++i) table[i] = blocks - 1 - i;
  constexpr int kQueries = kAttentionQueries - 1;
  const auto q = RandomFloats(size_t{kQueries} * head_dim, random);
  std::vector<float> out(q.size());
  AttentionJob job{};
  job.queries = kQueries;
  for (int i = 0; i < kQueries; ++i) {
    job.query[i] = {&q[i * head_dim], &out[i * head_dim], 4 - i % 3, positions - i % 2};
  }
  job.head_dim = head_dim;
  job.scale = 0.125f;
  job.keys = keys.data();
  job.values = values.data();
  job.blocks = table.data();
  job.block_tokens = kBlockTokens;
  job.head_blocks = blocks;
  job.head = 1;
  (set.*cache.kernels).attend(job);
  return out;
}

std::vector<float> Elementwise(const KernelTable& set, int n) {
  std::mt19937 random(n);
  const auto x = RandomFloats(n, random), y = RandomFloats(n, random);
  std::vector<float> all(4 * size_t(n));
  set.rms_norm(&all[0], x.data(), y.data(), n, 1e-5f);
  set.silu_mul(&all[n], x.data(), y.data(), n);
  set.exp(&all[2 * n], x.data(), n);
  std::copy(x.begin(), x.end(), all.begin() + 3 * n);
  set.add(&all[3 * n], y.data(), n);
  all.push_back(std::bit_cast<float>(set.residual_hash(x.data(), n, 7)));
  return all;
}

// Messages in every format, byte by byte, and what decoding and adding gives.
std::vector<float> OnWire(const KernelTable& set, int n) {
  std::mt19937 random(static_cast<unsigned>(n));
  auto x = RandomFloats(n, random);
  if (n > 1) x[1] = 1e30f;                                  // saturates
  for (int i = 64; i < n && i < 96; ++i) x[i] *= 0x1p-21f;  // a block with a subnormal scale
  std::vector<float> all;
  for (const KernelTable::Wire& wire : {set.wire_f32, set.wire_bf16, set.wire_f16, set.wire_q8}) {
    std::vector<uint8_t> message(4 * size_t(n) + 2);
    wire.encode(message.data(), x.data(), n);
    std::vector<float> decoded(n), sum = x;
    wire.decode(decoded.data(), message.data(), n);
    wire.decode_add(sum.data(), message.data(), n);
    all.insert(all.end(), message.begin(), message.end());
    all.insert(all.end(), decoded.begin(), decoded.end());
    all.insert(all.end(), sum.begin(), sum.end());
  }
  return all;
}

// A panel as f32, and then as bf16.
std::vector<float> Unpacked(const KernelTable& set, const Format& format, int blocks) {
  std::mt19937 random(static_cast<unsigned>(blocks));
  const auto panel = RandomBytes(PanelRoom(format, blocks), random);
  const size_t count = size_t{kPanelRows} * format.elements * blocks;
  std::vector<float> numbers(count);
  std::vector<uint16_t> halves(count);
  const FormatKernels& kernels = set.*format.kernels;
  kernels.to_f32({panel.data(), blocks, 0, blocks, numbers.data(), kPanelRows});
  kernels.to_bf16({panel.data(), blocks, 0, blocks, halves.data(), kPanelRows});
  numbers.insert(numbers.end(), halves.begin(), halves.end());
  return numbers;
}

// Everything that a set computes here, in one list.
std::vector<float> All(const KernelTable& set) {
  std::vector<float> all;
  const auto add = [&](const std::vector<float>& part) {
    all.insert(all.end(), part.begin(), part.end());
  };
  for (const Format& format : kFormats) {
    const auto multiply = [&](int blocks, int tokens) {
      add(Products(set, format, blocks, tokens, static_cast<unsigned>(blocks * 100 + tokens)));
    };
    for (int blocks : {1, 2, 5, 8}) {
      add(Unpacked(set, format, blocks));
      for (int tokens : {1, 2, 3, 4, 7, 11}) multiply(blocks, tokens);
    }
    // Tiles, with rests that are one more (15 tokens) or none; no leaf is empty.
    for (int blocks : {5, 20}) {
      for (int tokens : {kTokensForTiles, 31, 37}) multiply(blocks, tokens);
    }
  }
  for (const Cache& cache : kCaches) {
    for (int head_dim : {32, 64, 96}) {
      for (int positions : {6, 40, 300}) add(Attended(set, cache, head_dim, positions, 7));
    }
  }
  for (int n : {1, 7, 16, 33, 256}) add(Elementwise(set, n));
  for (int n : {1, 7, 16, 33, 100, 300}) add(OnWire(set, n));
  return all;
}

size_t Differences(const std::vector<float>& a, const std::vector<float>& b) {
  size_t count = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    count += std::memcmp(&a[i], &b[i], sizeof(float)) != 0;
  }
  return count;
}

// FNV-1a of the values' bits.
uint64_t Hash(const std::vector<float>& values) {
  uint64_t hash = 0xcbf29ce484222325;
  for (float value : values) {
    uint32_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    hash = (hash ^ bits) * 0x100000001b3;
  }
  return hash;
}

// The sets that run here, and whether those are all of this architecture.
bool FindSets(std::vector<const KernelTable*>& sets) {
#if defined(__aarch64__)
  sets.push_back(&neon::kKernels);
  // HWCAP_ASIMDDP and HWCAP2_I8MM of asm/hwcap.h.
  if ((getauxval(AT_HWCAP) & 1ul << 20) == 0) return false;
  sets.push_back(&neondot::kKernels);
  if ((getauxval(AT_HWCAP2) & 1ul << 13) == 0) return false;
  sets.push_back(&neoni8mm::kKernels);
#endif
  (void)sets;
  return true;
}

}  // namespace
}  // namespace lantern

int main() {
  using namespace lantern;
  std::vector<const KernelTable*> sets;
  const bool complete = FindSets(sets);
  const std::vector<float> expected = All(generic::kKernels);
  std::printf("generic: %zu values, hash %016llx\n", expected.size(),
              static_cast<unsigned long long>(Hash(expected)));
  size_t wrong = 0;
  for (const KernelTable* set : sets) {
    const size_t differences = Differences(All(*set), expected);
    std::printf("%s: %zu differ%s\n", set->name, differences,
                set->gather_tile32 == nullptr ? "" : ", with tiles");
    wrong += differences;
  }
  return wrong > 0 ? 1 : complete ? 0 : 2;
}
