// What is looked at in the residual stream after every layer: whether it holds numbers, and a hash,
// by which ranks that must hold the same can tell whether they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lantern {

// No infinity and no NaN among them.
bool AllFinite(std::span<const float> x);

// Of values that begin at `first_index` of a stream: hashes of its parts add up to that of the
// whole, modulo 2^32, so that parts may be hashed in any order, and by any device.
uint32_t ResidualHash(std::span<const float> x, size_t first_index);

}  // namespace lantern
