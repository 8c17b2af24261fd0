// The check that every frame carries: CRC32C (Castagnoli; iSCSI's, RFC 3720), reflected, starting
// from and xored with all ones. It finds every burst up to 32 bits, and all but one in 2^32 of
// other damage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace lantern {

// The CRC32C of `bytes`; of what gave `before` and then these bytes, where that is not 0. By the
// processor's instruction where it has one, else by a table: the same value, 50 times slower.
uint32_t Crc32c(std::span<const std::byte> bytes, uint32_t before = 0);

// By the table alone, for tests.
uint32_t Crc32cByTable(std::span<const std::byte> bytes, uint32_t before = 0);

}  // namespace lantern
