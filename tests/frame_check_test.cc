// CRC32C against published values and a bitwise version.
#include "net/frame_check.h"

#include <gtest/gtest.h>

#include <random>
#include <string_view>
#include <vector>

namespace lantern {
namespace {

using Bytes = std::vector<std::byte>;

std::span<const std::byte> AsBytes(std::string_view text) { return std::as_bytes(std::span(text)); }

uint32_t Bitwise(std::span<const std::byte> bytes) {
  uint32_t crc = ~0u;
  for (std::byte byte : bytes) {
    crc ^= static_cast<uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

Bytes RandomBytes(size_t n) {
  std::mt19937 random(static_cast<unsigned>(n));
  Bytes bytes(n);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

TEST(FrameCheckTest, PublishedValues) {  // RFC 3720, B.4, and the check value of the catalogue
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283u);
  EXPECT_EQ(Crc32c({}), 0u);
  EXPECT_EQ(Crc32c(Bytes(32, std::byte{0})), 0x8a9136aau);
  EXPECT_EQ(Crc32c(Bytes(32, std::byte{0xff})), 0x62a8ab43u);
  Bytes ascending(32);
  for (size_t i = 0; i < ascending.size(); ++i) ascending[i] = static_cast<std::byte>(i);
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eu);
}

TEST(FrameCheckTest, AnyLengthAnyAlignment) {
  const Bytes bytes = RandomBytes(65536 + 64);
  std::vector<size_t> lengths = {767,  768,  769,  775,  776,  1535, 1536, 1537, 2176, 8191,
                                 8192, 1023, 1024, 1025, 1279, 1280, 1281, 5000, 65536};
  for (size_t n = 0; n < 300; ++n) lengths.push_back(n);
  for (size_t n : lengths) {
    for (size_t offset : {0, 1, 5, 16}) {
      const auto part = std::span(bytes).subspan(offset, n);
      const uint32_t expected = Bitwise(part);
      EXPECT_EQ(Crc32c(part), expected) << n << " at " << offset;
      EXPECT_EQ(Crc32cByTable(part), expected) << n << " at " << offset;
    }
  }
}

TEST(FrameCheckTest, GoesOnFromWhatWentBefore) {
  const Bytes bytes = RandomBytes(5000);
  const std::span<const std::byte> all(bytes);
  for (size_t cut : {0, 1, 16, 800, 2500, 4999, 5000}) {
    EXPECT_EQ(Crc32c(all.subspan(cut), Crc32c(all.first(cut))), Crc32c(all)) << cut;
    EXPECT_EQ(Crc32cByTable(all.subspan(cut), Crc32c(all.first(cut))), Crc32c(all)) << cut;
  }
}

TEST(FrameCheckTest, EveryFlippedBitShows) {
  Bytes bytes = RandomBytes(1600);
  const uint32_t before = Crc32c(bytes);
  for (size_t i = 0; i < bytes.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      bytes[i] ^= static_cast<std::byte>(1 << bit);
      ASSERT_NE(Crc32c(bytes), before) << "byte " << i << ", bit " << bit;
      bytes[i] ^= static_cast<std::byte>(1 << bit);
    }
  }
}

}  // namespace
}  // namespace lantern
