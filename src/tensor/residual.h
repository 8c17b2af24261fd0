// What is looked at in the residual stream after every layer: whether it holds numbers, and a hash,
// by which ranks that must hold the same can tell whether they do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lantern {

// No infinity and no NaN among them.
bool AllFinite(std::span<const float> x);

// The sum over all elements, modulo 2^32, of Mix(bits of x[i] + 0x9e3779b9 * (first + i)), where
// Mix(h): h ^= h >> 16; h *= 0x85ebca6b; h ^= h >> 13; h *= 0xc2b2ae35; h ^= h >> 16 (MurmurHash3's
// finalizer). `first`: where x begins in the step's residual stream. The hash of the whole is the
// sum of its parts' ones, so that devices may take the elements in any order.
// The definition; kernels have faster ones.
uint32_t ResidualHash(std::span<const float> x, size_t first);

}  // namespace lantern
