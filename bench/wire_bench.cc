// What sums cost on their way to the wire: encoding, decoding and adding, by every kernel set, and
// the check of a frame, beside copying the same floats (for the check, the same bytes).
#include <benchmark/benchmark.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/kernel_sets.h"
#include "net/frame_check.h"
#include "net/wire_format.h"

namespace lantern {
namespace {

std::vector<float> SomeFloats(size_t n) {
  std::mt19937 random(1);
  std::normal_distribution<float> normal;
  std::vector<float> x(n);
  for (float& value : x) value = normal(random);
  return x;
}

enum class Work { kCopy, kEncode, kDecode, kDecodeAdd };

// Counter: GB/s of floats.
void Travel(benchmark::State& state, Work work, WireFormat format, KernelTable::Wire wire) {
  const auto n = state.range(0);
  std::vector<float> x = SomeFloats(static_cast<size_t>(n));
  std::vector<uint8_t> message(WireBytes(format, x.size()));
  wire.encode(message.data(), x.data(), n);
  for (auto _ : state) {
    if (work == Work::kCopy) std::memcpy(message.data(), x.data(), message.size());
    if (work == Work::kEncode) wire.encode(message.data(), x.data(), n);
    if (work == Work::kDecode) wire.decode(x.data(), message.data(), n);
    if (work == Work::kDecodeAdd) wire.decode_add(x.data(), message.data(), n);
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(4 * n * state.iterations());
}

void Check(benchmark::State& state, uint32_t (*check)(std::span<const std::byte>, uint32_t)) {
  const std::vector<float> x = SomeFloats(static_cast<size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(check(std::as_bytes(std::span(x)), 0));
  state.SetBytesProcessed(4 * state.range(0) * state.iterations());
}

void RegisterAll() {
  const auto add = [](const std::string& name, auto... work) {
    benchmark::RegisterBenchmark(name.c_str(), work...)->Arg(2048)->Arg(65536);
  };
  add("memcpy", Travel, Work::kCopy, WireFormat::kF32, ChooseKernels("auto").wire_f32);
  add("crc32c", Check, Crc32c);
  add("crc32c/table", Check, Crc32cByTable);
  for (const KernelTable* set : RunnableKernels()) {
    const KernelTable::Wire all[] = {set->wire_f32, set->wire_bf16, set->wire_f16, set->wire_q8};
    for (WireFormat format : kWireFormats) {
      const KernelTable::Wire wire = all[static_cast<int>(format)];
      const std::string end = "/" + std::string(WireName(format)) + "/" + set->name;
      add("encode" + end, Travel, Work::kEncode, format, wire);
      add("decode" + end, Travel, Work::kDecode, format, wire);
      add("decode_add" + end, Travel, Work::kDecodeAdd, format, wire);
    }
  }
}

}  // namespace
}  // namespace lantern

int main(int argc, char** argv) {
  lantern::RegisterAll();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
