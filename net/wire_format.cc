#include "net/wire_format.h"

#include <cmath>
#include <limits>

#include "backends/cpu/kernel_sets.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// The best kernels of this CPU: `--isa` need not reach here, since all give the same bits.
const KernelTable::Wire& Kernels(WireFormat format) {
  static const KernelTable& best = ChooseKernels("auto");  // a constant of the machine
  switch (format) {
    case WireFormat::kF32:
      return best.wire_f32;
    case WireFormat::kBf16:
      return best.wire_bf16;
    case WireFormat::kF16:
      return best.wire_f16;
    case WireFormat::kQ8:
      return best.wire_q8;
  }
  LANTERN_CHECK(false);
  return best.wire_f32;
}

const uint8_t* Bytes(std::span<const std::byte> message) {
  return reinterpret_cast<const uint8_t*>(message.data());
}

}  // namespace

std::string_view WireName(WireFormat format) {
  constexpr std::string_view kNames[] = {"f32", "bf16", "f16", "q8"};
  return kNames[static_cast<int>(format)];
}

WireFormat WireFormatOf(std::string_view name) {
  for (WireFormat format : kWireFormats) {
    if (WireName(format) == name) return format;
  }
  Fail(ErrorKind::kConfig, "\"{}\" is no format of sums: choose f32, bf16, f16 or q8.", name);
}

size_t WireBytes(WireFormat format, size_t elements) {
  switch (format) {
    case WireFormat::kF32:
      return 4 * elements;
    case WireFormat::kBf16:
    case WireFormat::kF16:
      return 2 * elements;
    case WireFormat::kQ8:
      return elements + 2 * ((elements + kWireBlock - 1) / kWireBlock);
  }
  LANTERN_CHECK(false);
  return 0;
}

void Encode(WireFormat format, std::span<const float> x, std::span<std::byte> message) {
  LANTERN_CHECK_EQ(message.size(), WireBytes(format, x.size()));
  Kernels(format).encode(reinterpret_cast<uint8_t*>(message.data()), x.data(),
                         static_cast<int64_t>(x.size()));
}

void Decode(WireFormat format, std::span<const std::byte> message, std::span<float> out) {
  LANTERN_CHECK_EQ(message.size(), WireBytes(format, out.size()));
  Kernels(format).decode(out.data(), Bytes(message), static_cast<int64_t>(out.size()));
}

void DecodeAdd(WireFormat format, std::span<const std::byte> message, std::span<float> out) {
  LANTERN_CHECK_EQ(message.size(), WireBytes(format, out.size()));
  Kernels(format).decode_add(out.data(), Bytes(message), static_cast<int64_t>(out.size()));
}

double EncodingErrorBound(WireFormat format, double largest) {
  constexpr double kLargestHalf = 65504;
  if (!std::isfinite(largest)) return std::numeric_limits<double>::infinity();
  switch (format) {
    case WireFormat::kF32:
      return 0;
    case WireFormat::kBf16:
      return 0x1p-8 * largest + 0x1p-134;
    case WireFormat::kF16:
      return 0x1p-11 * largest + 0x1p-25 + std::fmax(0, largest - kLargestHalf);
    case WireFormat::kQ8:
      return (1 + 0x1p-9) * (largest / 254 + 0x1p-25) + std::fmax(0, largest - 127 * kLargestHalf);
  }
  LANTERN_CHECK(false);
  return 0;
}

}  // namespace lantern
