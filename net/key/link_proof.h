// LinkProof: what the two ends of a fresh data connection say before it carries anything else. Pure
// bytes, no sockets:
//
//   connector -> listener   Hello      who, a nonce, its proof
//   listener  -> connector  Challenge  a nonce of its own, its proof over both
//   connector -> listener   Answer     its proof over both
//
// A proof is a MAC under a key of this formation of the group, so it can be neither made without
// the key nor used for another connection, pair, direction or run. A listener says nothing at all
// to one whose Hello is not proven.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "net/key/lan_key.h"

namespace lantern {

class LinkProof {
 public:
  static constexpr size_t kNonceBytes = 32, kMacBytes = 32;
  static constexpr size_t kHelloBytes = 8 + 2 * 4 + kNonceBytes + kMacBytes;
  static constexpr size_t kChallengeBytes = kNonceBytes + kMacBytes;

  using Nonce = std::array<unsigned char, kNonceBytes>;
  using Mac = std::array<unsigned char, kMacBytes>;
  using Hello = std::array<unsigned char, kHelloBytes>;
  using Challenge = std::array<unsigned char, kChallengeBytes>;
  using Answer = Mac;

  // One connection, as both of its ends see it.
  struct Link {
    int connector = 0, listener = 0;  // ranks
    Nonce connector_nonce{}, listener_nonce{};
  };

  // `epoch` names the formation. Without a key it is all that a proof needs: that keeps out who
  // does not read the control traffic, and no more.
  LinkProof(const SharedKey& key, const std::string& epoch);

  static Nonce MakeNonce();

  Hello MakeHello(const Link& link) const;
  // The link that a Hello to rank `listener` begins, still without the listener's nonce; nullopt
  // for bytes of a stranger. Any bytes may come.
  std::optional<Link> ReadHello(std::span<const unsigned char, kHelloBytes> bytes, int listener,
                                int size) const;

  Challenge MakeChallenge(const Link& link) const;
  // Takes the listener's nonce over into `link`; false for a stranger.
  bool ReadChallenge(std::span<const unsigned char, kChallengeBytes> bytes, Link& link) const;

  Answer MakeAnswer(const Link& link) const;
  bool IsAnswer(std::span<const unsigned char, kMacBytes> bytes, const Link& link) const;

 private:
  enum class Message : unsigned char { kHello = 1, kChallenge = 2, kAnswer = 3 };
  Mac Prove(Message message, const Link& link) const;

  LanKey::Bytes key_;
};

}  // namespace lantern
