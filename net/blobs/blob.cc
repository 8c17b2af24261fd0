#include "net/blobs/blob.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <utility>

namespace lantern {

BlobHash BlobHash::Of(std::span<const std::byte> bytes) {
  const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
  return {hash.high64, hash.low64};
}

std::optional<BlobHash> BlobHash::Parse(std::string_view hex) {
  const auto is_digit = [](char c) { return ('0' <= c && c <= '9') || ('a' <= c && c <= 'f'); };
  if (hex.size() != 32 || !std::all_of(hex.begin(), hex.end(), is_digit)) return std::nullopt;
  BlobHash hash;
  std::from_chars(hex.data(), hex.data() + 16, hash.high, 16);
  std::from_chars(hex.data() + 16, hex.data() + 32, hash.low, 16);
  return hash;
}

std::string BlobHash::ToHex() const { return fmt::format("{:016x}{:016x}", high, low); }

Blob Blob::Own(std::vector<std::byte> bytes) {
  auto owner = std::make_shared<const std::vector<std::byte>>(std::move(bytes));
  return {*owner, owner};
}

}  // namespace lantern
