#include "net/key/link_proof.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "src/base/check.h"

namespace lantern {
namespace {

constexpr char kMagic[9] = "LNTNLNK1";
constexpr size_t kMagicBytes = 8;

static_assert(LinkProof::kMacBytes == crypto_auth_BYTES);
static_assert(sizeof(LanKey::Bytes) == crypto_auth_KEYBYTES);
static_assert(sizeof(LanKey::Bytes) == crypto_generichash_BYTES);

void PutNumber(unsigned char* to, int value) {
  for (int i = 0; i < 4; ++i) to[i] = static_cast<unsigned char>(value >> (8 * i));
}

int NumberAt(const unsigned char* from) {
  uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value |= uint32_t{from[i]} << (8 * i);
  return static_cast<int>(value);
}

}  // namespace

LinkProof::LinkProof(const SharedKey& key, const std::string& epoch) {
  LANTERN_CHECK_GE(sodium_init(), 0);
  const LanKey::Bytes secret = key ? key->link_key() : LanKey::Bytes{};
  const int result = crypto_generichash(key_.data(), key_.size(),
                                        reinterpret_cast<const unsigned char*>(epoch.data()),
                                        epoch.size(), secret.data(), secret.size());
  LANTERN_CHECK_EQ(result, 0);
}

LinkProof::Nonce LinkProof::MakeNonce() {
  Nonce nonce;
  randombytes_buf(nonce.data(), nonce.size());
  return nonce;
}

// Fixed lengths throughout, so that no two messages have the same bytes.
LinkProof::Mac LinkProof::Prove(Message message, const Link& link) const {
  std::array<unsigned char, 1 + 8 + 2 * kNonceBytes> said;
  said[0] = static_cast<unsigned char>(message);
  PutNumber(&said[1], link.connector);
  PutNumber(&said[5], link.listener);
  std::copy(link.connector_nonce.begin(), link.connector_nonce.end(), &said[9]);
  std::copy(link.listener_nonce.begin(), link.listener_nonce.end(), &said[9 + kNonceBytes]);
  Mac mac;
  crypto_auth(mac.data(), said.data(), said.size(), key_.data());
  return mac;
}

LinkProof::Hello LinkProof::MakeHello(const Link& link) const {
  Link begun = link;
  begun.listener_nonce = {};
  const Mac mac = Prove(Message::kHello, begun);
  Hello hello;
  std::memcpy(hello.data(), kMagic, kMagicBytes);
  PutNumber(&hello[kMagicBytes], link.connector);
  PutNumber(&hello[kMagicBytes + 4], link.listener);
  std::copy(link.connector_nonce.begin(), link.connector_nonce.end(), &hello[kMagicBytes + 8]);
  std::copy(mac.begin(), mac.end(), &hello[kMagicBytes + 8 + kNonceBytes]);
  return hello;
}

std::optional<LinkProof::Link> LinkProof::ReadHello(
    std::span<const unsigned char, kHelloBytes> bytes, int listener, int size) const {
  if (std::memcmp(bytes.data(), kMagic, kMagicBytes) != 0) return std::nullopt;
  Link link;
  link.connector = NumberAt(&bytes[kMagicBytes]);
  link.listener = NumberAt(&bytes[kMagicBytes + 4]);
  if (link.listener != listener || link.connector < 0 || link.connector >= size) {
    return std::nullopt;
  }
  std::copy_n(&bytes[kMagicBytes + 8], kNonceBytes, link.connector_nonce.begin());
  const Mac expected = Prove(Message::kHello, link);
  const unsigned char* mac = &bytes[kMagicBytes + 8 + kNonceBytes];
  if (sodium_memcmp(mac, expected.data(), expected.size()) != 0) return std::nullopt;
  return link;
}

LinkProof::Challenge LinkProof::MakeChallenge(const Link& link) const {
  const Mac mac = Prove(Message::kChallenge, link);
  Challenge challenge;
  std::copy(link.listener_nonce.begin(), link.listener_nonce.end(), challenge.begin());
  std::copy(mac.begin(), mac.end(), challenge.begin() + kNonceBytes);
  return challenge;
}

bool LinkProof::ReadChallenge(std::span<const unsigned char, kChallengeBytes> bytes,
                              Link& link) const {
  std::copy_n(bytes.begin(), kNonceBytes, link.listener_nonce.begin());
  const Mac expected = Prove(Message::kChallenge, link);
  return sodium_memcmp(&bytes[kNonceBytes], expected.data(), expected.size()) == 0;
}

LinkProof::Answer LinkProof::MakeAnswer(const Link& link) const {
  return Prove(Message::kAnswer, link);
}

bool LinkProof::IsAnswer(std::span<const unsigned char, kMacBytes> bytes, const Link& link) const {
  const Mac expected = MakeAnswer(link);
  return sodium_memcmp(bytes.data(), expected.data(), expected.size()) == 0;
}

}  // namespace lantern
