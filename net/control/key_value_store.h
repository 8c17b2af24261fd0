// KeyValueStore: the leader's side of the rendezvous. Pure data: no socket, no thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace lantern::control {

class KeyValueStore {
 public:
  // A reader whose key does not exist yet.
  struct Waiting {
    std::string peer;
    uint64_t request = 0;
  };

  // The value, or nullopt after parking the reader until Set. At most kMaxKeys keys and as many
  // parked readers: beyond, Error{kIo}.
  std::optional<std::vector<char>> Get(const std::string& key, const Waiting& reader);

  // Sets a key once; a second value is ignored, as the first may have been read. Returns the
  // readers that were parked on it.
  std::vector<Waiting> Set(const std::string& key, std::vector<char> value);

 private:
  // 64 ranks in one formation use 128; many formations fit.
  static constexpr size_t kMaxKeys = 1 << 16;

  std::map<std::string, std::vector<char>> values_;
  std::multimap<std::string, Waiting> parked_;
};

}  // namespace lantern::control
