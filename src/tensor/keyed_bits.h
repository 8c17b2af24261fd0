// KeyedBits: random bits of a (seed, position, id), the same on processors and devices.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define LANTERN_ALSO_ON_DEVICES __host__ __device__
#else
#define LANTERN_ALSO_ON_DEVICES
#endif

namespace lantern {

// The first of the four words of Philox4x32-10 (Salmon et al., SC11, whose constants these are),
// whose rounds are two 32x32 -> 64 bit products, crossed.
LANTERN_ALSO_ON_DEVICES inline uint32_t KeyedBits(uint64_t seed, int position, int id) {
  uint32_t counter[4] = {static_cast<uint32_t>(id), static_cast<uint32_t>(position), 0, 0};
  uint32_t key[2] = {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)};
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * counter[2];
    const uint32_t c1 = counter[1], c3 = counter[3];
    counter[0] = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ key[0];
    counter[1] = static_cast<uint32_t>(p1);
    counter[2] = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ key[1];
    counter[3] = static_cast<uint32_t>(p0);
    key[0] += 0x9E3779B9u;
    key[1] += 0xBB67AE85u;
  }
  return counter[0];
}

// 23 of the bits and a half: in (0, 1), exact in f32.
LANTERN_ALSO_ON_DEVICES inline float KeyedUniform(uint64_t seed, int position, int id) {
  return (static_cast<float>(KeyedBits(seed, position, id) >> 9) + 0.5f) * 0x1p-23f;
}

}  // namespace lantern
