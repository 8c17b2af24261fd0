// LanKey: the secret that all machines of a LAN's Lantern share, and what is derived from it. One
// file holds it; whoever has the file belongs to the group.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace lantern {

class LanKey {
 public:
  using Bytes = std::array<unsigned char, 32>;
  struct KeyPair {
    Bytes public_key, secret_key;
  };

  // The text of a new key: one line, as it stands in a key file.
  static std::string Generate();
  // Throws Error{kConfig}, whose sentence calls the text's origin `name`.
  explicit LanKey(const std::string& text, const std::string& name = "That");
  // Throws Error{kConfig} for a file that is missing, is no key, or that others may read.
  static std::shared_ptr<const LanKey> Read(const std::string& path);
  ~LanKey();
  LanKey(const LanKey&) = delete;
  LanKey& operator=(const LanKey&) = delete;

  // Curve25519 key pairs of ZeroMQ's CURVE: one for every server, one for every client.
  KeyPair server() const { return Pair(Purpose::kServer); }
  KeyPair client() const { return Pair(Purpose::kClient); }
  // For the proofs with which data connections begin.
  Bytes link_key() const { return Derive(Purpose::kLink); }

 private:
  // Numbers of the derivation: they stay as they are, or machines of two versions part in silence.
  enum class Purpose { kServer = 1, kClient = 2, kLink = 3 };
  Bytes Derive(Purpose purpose) const;
  KeyPair Pair(Purpose purpose) const;

  Bytes secret_;
};

// Null where there is no key: nothing is authenticated or encrypted then.
using SharedKey = std::shared_ptr<const LanKey>;

}  // namespace lantern
