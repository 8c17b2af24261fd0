#include "net/frame_check.h"

#include <array>
#include <cstring>
#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

namespace lantern {
namespace {

// ---- by table ----

using Table = std::array<uint32_t, 256>;

constexpr uint32_t StepBit(uint32_t crc) { return (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78 : 0); }

constexpr Table MakeByteTable() {
  Table table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = StepBit(crc);
    table[i] = crc;
  }
  return table;
}
constexpr Table kByte = MakeByteTable();

constexpr uint32_t StepByte(uint32_t crc, uint32_t byte) {
  return (crc >> 8) ^ kByte[(crc ^ byte) & 0xff];
}

uint32_t AdvanceByTable(uint32_t crc, std::span<const std::byte> bytes) {
  for (std::byte byte : bytes) crc = StepByte(crc, static_cast<uint32_t>(byte));
  return crc;
}

// ---- by instruction ----

// The instruction takes 3 cycles and starts every cycle, so three streams run side by side, each
// over kStream bytes. A CRC is linear: what precedes n bytes counts as after n zeros, which is a
// 32 x 32 matrix over bits, kept as a table for each byte of its argument. Streams of 128 to 1024
// bytes differ little at 2 to 8 KB; short ones leave less to a single stream at the end.
constexpr size_t kStream = 256;
using ZerosTable = std::array<Table, 4>;

constexpr ZerosTable MakeZerosTable() {
  std::array<uint32_t, 32> column{};
  for (int bit = 0; bit < 32; ++bit) {
    uint32_t crc = 1u << bit;
    for (size_t i = 0; i < kStream; ++i) crc = StepByte(crc, 0);
    column[bit] = crc;
  }
  ZerosTable table{};
  for (int byte = 0; byte < 4; ++byte) {
    for (int value = 0; value < 256; ++value) {
      for (int bit = 0; bit < 8; ++bit) {
        if ((value >> bit & 1) != 0) table[byte][value] ^= column[8 * byte + bit];
      }
    }
  }
  return table;
}
constexpr ZerosTable kZeros = MakeZerosTable();

[[maybe_unused]] inline uint32_t AfterZeros(uint32_t crc) {
  return kZeros[0][crc & 0xff] ^ kZeros[1][crc >> 8 & 0xff] ^ kZeros[2][crc >> 16 & 0xff] ^
         kZeros[3][crc >> 24];
}

[[maybe_unused]] inline uint64_t WordAt(const std::byte* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof(word));
  return word;
}

#if defined(__x86_64__)
#define LANTERN_CRC_TARGET __attribute__((target("sse4.2")))
bool HasInstruction() { return __builtin_cpu_supports("sse4.2"); }
LANTERN_CRC_TARGET inline uint32_t StepWord(uint32_t crc, uint64_t word) {
  return static_cast<uint32_t>(_mm_crc32_u64(crc, word));
}
#elif defined(__aarch64__)
#define LANTERN_CRC_TARGET
bool HasInstruction() { return (getauxval(AT_HWCAP) & 1ul << 7) != 0; }  // HWCAP_CRC32
// arm_acle.h has it only where the whole file may use it.
inline uint32_t StepWord(uint32_t crc, uint64_t word) {
  asm(".arch_extension crc\n\tcrc32cx %w0, %w0, %x1" : "+r"(crc) : "r"(word));
  return crc;
}
#endif

#if defined(LANTERN_CRC_TARGET)
LANTERN_CRC_TARGET uint32_t AdvanceByInstruction(uint32_t crc, std::span<const std::byte> bytes) {
  const std::byte* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 3 * kStream; left -= 3 * kStream, p += 3 * kStream) {
    uint32_t second = 0, third = 0;
    for (size_t i = 0; i < kStream; i += 8) {
      crc = StepWord(crc, WordAt(p + i));
      second = StepWord(second, WordAt(p + kStream + i));
      third = StepWord(third, WordAt(p + 2 * kStream + i));
    }
    crc = AfterZeros(AfterZeros(crc) ^ second) ^ third;
  }
  for (; left >= 8; left -= 8, p += 8) crc = StepWord(crc, WordAt(p));
  return AdvanceByTable(crc, {p, left});
}
#endif

}  // namespace

uint32_t Crc32cByTable(std::span<const std::byte> bytes, uint32_t before) {
  return ~AdvanceByTable(~before, bytes);
}

uint32_t Crc32c(std::span<const std::byte> bytes, uint32_t before) {
#if defined(LANTERN_CRC_TARGET)
  if (HasInstruction()) return ~AdvanceByInstruction(~before, bytes);
#endif
  return Crc32cByTable(bytes, before);
}

}  // namespace lantern
