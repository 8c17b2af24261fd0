#include "src/tensor/residual.h"

#include <bit>

namespace lantern {
namespace {

// The highest bit is set where x is no finite number: its exponent is all ones then.
uint32_t Carry(float x) { return (std::bit_cast<uint32_t>(x) & 0x7f800000u) + 0x00800000u; }

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
  uint32_t sum = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    uint32_t h = std::bit_cast<uint32_t>(x[i]) + 0x9e3779b9u * static_cast<uint32_t>(first + i);
    h = (h ^ h >> 16) * 0x85ebca6bu;
    h = (h ^ h >> 13) * 0xc2b2ae35u;
    sum += h ^ h >> 16;
  }
  return sum;
}

}  // namespace lantern
