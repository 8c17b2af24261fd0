// What is looked at in the residual stream after every layer: whether it holds numbers, and a hash,
// by which ranks that must hold the same can tell whether they do.
#pragma once

#include <cstdint>
#include <span>

namespace lantern {

// No infinity and no NaN among them.
bool AllFinite(std::span<const float> x);

// The lower half of x's xxh64, which every processor is fast at; CRC32C is slow without its
// instruction.
uint32_t ResidualHash(std::span<const float> x);

}  // namespace lantern
