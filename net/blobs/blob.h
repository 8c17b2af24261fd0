// What travels and what is kept: blobs, chunks of some 1 KB to 8 MB of a model's tables (one table
// per tensor). Named by table and index in a run, and by the hash of their bytes in a cache.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lantern {

// What a blob and a table may have at most; nothing larger is sent or believed.
constexpr size_t kMaxBlobBytes = 16 << 20;
constexpr size_t kMaxBlobsPerTable = 1 << 20;

// XXH3, 128 bits (https://github.com/Cyan4973/xxHash): finds damage and changed files. It is no
// defence against somebody who makes up bytes for a hash; who may talk to us is the key's business.
struct BlobHash {
  uint64_t high = 0;
  uint64_t low = 0;

  static BlobHash Of(std::span<const std::byte> bytes);
  // nullopt unless `hex` is 32 lower-case hexadecimal digits.
  static std::optional<BlobHash> Parse(std::string_view hex);
  std::string ToHex() const;  // 32 digits
  friend auto operator<=>(const BlobHash&, const BlobHash&) = default;
};

struct BlobId {
  uint32_t table = 0;
  uint32_t index = 0;
  friend auto operator<=>(const BlobId&, const BlobId&) = default;
};

// What rank 0 says about a blob.
struct BlobInfo {
  BlobHash hash;
  uint32_t size = 0;  // bytes, in [1, kMaxBlobBytes]
  friend bool operator==(const BlobInfo&, const BlobInfo&) = default;
};

using BlobList = std::vector<BlobInfo>;  // one table's blobs, by index

struct WantedBlob {
  BlobId id;
  BlobInfo info;
};

// Bytes together with what keeps them in memory: a mapping or a buffer. Copies are cheap.
struct Blob {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;

  static Blob Own(std::vector<std::byte> bytes);
};

}  // namespace lantern
