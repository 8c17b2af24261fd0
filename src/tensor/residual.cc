#include "src/tensor/residual.h"

#include <bit>

namespace lantern {
namespace {

// The highest bit is set where x is no finite number: its exponent is all ones then.
uint32_t Carry(float x) { return (std::bit_cast<uint32_t>(x) & 0x7f800000u) + 0x00800000u; }

constexpr uint32_t kStep = 0x9e3779b9;

inline uint32_t Mix(uint32_t h) {
  h ^= h >> 16;
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ h >> 16;
}

// In lanes, as AllFinite. Always inlined: compiled with the instructions of whoever calls it.
[[gnu::always_inline]] inline uint32_t HashInLanes(std::span<const float> x, size_t first) {
  constexpr size_t kLanes = 16;
  uint32_t sums[kLanes] = {}, offsets[kLanes];
  for (size_t lane = 0; lane < kLanes; ++lane) {
    offsets[lane] = kStep * static_cast<uint32_t>(first + lane);
  }
  size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) {
      sums[lane] += Mix(std::bit_cast<uint32_t>(x[i + lane]) + offsets[lane]);
      offsets[lane] += kStep * kLanes;
    }
  }
  for (size_t lane = 0; i < x.size(); ++i, ++lane) {
    sums[lane] += Mix(std::bit_cast<uint32_t>(x[i]) + offsets[lane]);
  }
  uint32_t all = 0;
  for (const uint32_t sum : sums) all += sum;
  return all;
}

#if defined(__x86_64__)
// Every x86 can do without, at a third of the speed: SSE2 has no product of 32-bit lanes.
[[gnu::target("avx2")]] uint32_t HashWithAvx2(std::span<const float> x, size_t first) {
  return HashInLanes(x, first);
}
#endif

}  // namespace

// Lanes, which compilers turn into vectors, as they do not where std::isfinite may end the loop.
bool AllFinite(std::span<const float> x) {
  constexpr size_t kLanes = 16;
  uint32_t seen[kLanes] = {};
  size_t i = 0;
  for (; i + kLanes <= x.size(); i += kLanes) {
    for (size_t lane = 0; lane < kLanes; ++lane) seen[lane] |= Carry(x[i + lane]);
  }
  for (; i < x.size(); ++i) seen[0] |= Carry(x[i]);
  uint32_t all = 0;
  for (const uint32_t lane : seen) all |= lane;
  return all >> 31 == 0;
}

uint32_t ResidualHash(std::span<const float> x, size_t first) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return HashWithAvx2(x, first);
#endif
  return HashInLanes(x, first);
}

}  // namespace lantern
