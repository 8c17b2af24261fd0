#include "net/frame_check.h"

#include <cstring>
namespace lantern {
__attribute__((target("sse4.2"))) uint32_t Crc32c(std::span<const std::byte> bytes) {
  uint64_t crc = ~0u;
  size_t i = 0;
  for (; i + 8 <= bytes.size(); i += 8) {
    uint64_t v;
    std::memcpy(&v, bytes.data() + i, 8);
    crc = __builtin_ia32_crc32di(crc, v);
  }
  for (; i < bytes.size(); ++i) crc = __builtin_ia32_crc32qi(crc, (unsigned char)bytes[i]);
  return ~static_cast<uint32_t>(crc);
}
}  // namespace lantern
