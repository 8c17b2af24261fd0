#include "backends/cpu/pack.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <vector>

#include "backends/cpu/context.h"
#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/kernels/kernel_table.h"
#include "backends/cpu/pack_levels.h"
#include "src/base/check.h"
#include "src/base/huge_memory.h"

namespace lantern {
namespace {

// A run of a block's bytes that packing takes `unit` bytes at a time, row by row.
struct Field {
  int offset = 0, bytes = 0, unit = 1;
};

// The fields of a block in the order in which kernels read them. Block layouts: quant_blocks.h, of
// some types as pack_levels.h leaves them.
std::array<Field, 3> FieldsOf(DType type) {
  switch (type) {
    case DType::kF32:
      return {{{0, 4, 4}}};
    case DType::kF16:
    case DType::kBF16:
      return {{{0, 2, 2}}};
    case DType::kQ8_0:
      return {{{0, 2, 2}, {2, 32, 4}}};
    case DType::kQ4_0:
      return {{{0, 2, 2}, {2, 16, 4}}};
    case DType::kQ4_1:
      return {{{0, 4, 2}, {4, 16, 4}}};
    case DType::kQ5_0:
      return {{{0, 2, 2}, {2, 20, 4}}};
    case DType::kQ5_1:
      return {{{0, 4, 2}, {4, 20, 4}}};
    case DType::kQ4_K:
      return {{{0, 4, 2}, {4, 140, 4}}};
    case DType::kQ5_K:
      return {{{0, 4, 2}, {4, 172, 4}}};
    case DType::kQ6_K:
      return {{{208, 2, 2}, {192, 16, 1}, {0, 192, 4}}};
  }
  LANTERN_CHECK(false);
  return {};
}

// Whether panels keep the fields of two blocks side by side: where one block's rows are an odd
// multiple of 32 bytes, so that all of a field stays on its cache lines.
bool IsPaired(DType type) { return Info(type).block > 1 && Info(type).block_bytes % 4 != 0; }

// Whether panels lie in groups.
bool IsGrouped(DType type) { return Info(type).block == 1; }

size_t RoundUp(size_t n, size_t unit) { return (n + unit - 1) / unit * unit; }

template <int kUnit>
std::byte* Interleave(const std::byte* block, size_t row_bytes, Field field, std::byte* out) {
  for (int at = field.offset; at < field.offset + field.bytes; at += kUnit) {
    for (int row = 0; row < kPanelRows; ++row, out += kUnit) {
      std::memcpy(out, block + row * row_bytes + at, kUnit);
    }
  }
  return out;
}

std::byte* Interleave(const std::byte* block, size_t row_bytes, Field field, std::byte* out) {
  switch (field.unit) {
    case 1:
      return Interleave<1>(block, row_bytes, field, out);
    case 2:
      return Interleave<2>(block, row_bytes, field, out);
    default:
      return Interleave<4>(block, row_bytes, field, out);
  }
}

// A panel of plain numbers: as many columns as a cache line holds, then the group's other panels.
void PackColumns(DType type, size_t row_bytes, const std::byte* rows, std::byte* panel) {
  const Field number = FieldsOf(type)[0];
  for (size_t at = 0, line = 0; at < row_bytes; line += kPanelGroup * kPanelLine) {
    for (int filled = 0; filled < kPanelLine && at < row_bytes; at += number.bytes) {
      Interleave(rows + at, row_bytes, number, panel + line + filled);
      filled += kPanelRows * number.bytes;
    }
  }
}

}  // namespace

size_t PanelBytes(DType type, int in) {
  const size_t bytes = kPanelRows * RowBytes(type, in);
  return IsGrouped(type) ? RoundUp(bytes, kPanelLine) : bytes;
}

size_t PanelOffset(DType type, int in, int panel) {
  const int place = IsGrouped(type) ? panel % kPanelGroup : 0;
  return (panel - place) * PanelBytes(type, in) + place * kPanelLine;
}

void PackPanel(DType type, int in, std::span<std::byte> rows, std::byte* panel) {
  const size_t row_bytes = RowBytes(type, in);
  LANTERN_CHECK_EQ(rows.size(), kPanelRows * row_bytes);
  const size_t block = Info(type).block_bytes, step = IsPaired(type) ? 2 * block : block;
  if (HasRearrangedLevels(type)) {
    for (size_t at = 0; at < rows.size(); at += block) RearrangeLevels(type, rows.data() + at);
  }
  if (IsGrouped(type)) return PackColumns(type, row_bytes, rows.data(), panel);
  for (size_t first = 0; first < row_bytes; first += step) {
    for (const Field& field : FieldsOf(type)) {
      for (size_t at = first; at < std::min(first + step, row_bytes); at += block) {
        panel = Interleave(rows.data() + at, row_bytes, field, panel);
      }
    }
  }
}

// Whole cache lines, so that weights can lie one after the other.
size_t CpuBackend::PackedBytes(DType type, int out, int in) {
  constexpr size_t kLine = 64;
  const size_t panels = RoundUp(out, kPanelRows * (IsGrouped(type) ? kPanelGroup : 1)) / kPanelRows;
  return RoundUp(panels * PanelBytes(type, in), kLine);
}

std::string CpuBackend::PackedForm() { return fmt::format("cpu {}", kPackVersion); }

WeightMatrix CpuBackend::PackWeight(Context& context, const RawWeight& raw,
                                    const PackedPlace& place) {
  LANTERN_CHECK_EQ(raw.in % Info(raw.type).block, 0);
  const size_t row_bytes = RowBytes(raw.type, raw.in);
  const size_t bytes = PackedBytes(raw.type, raw.out, raw.in);
  const auto data = place.data ? place.data : HugeMemory(bytes);
  const int panels = place.filled ? 0 : (raw.out + kPanelRows - 1) / kPanelRows;
  context.ParallelFor(panels, [&](int panel) {
    std::vector<std::byte> rows(kPanelRows * row_bytes);  // zeros where the matrix ends
    const int first = panel * kPanelRows, count = std::min(kPanelRows, raw.out - first);
    for (int i = 0; i < count; ++i) raw.read_row(first + i, rows.data() + i * row_bytes);
    PackPanel(raw.type, raw.in, rows, data.get() + PanelOffset(raw.type, raw.in, panel));
  });
  return {raw.type, raw.out, raw.in, bytes, data};
}

}  // namespace lantern
