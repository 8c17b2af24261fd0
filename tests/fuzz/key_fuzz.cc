// libFuzzer: any bytes as a key file are a key or an Error; as what the other end of a fresh data
// connection says, they prove nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/key/link_proof.h"
#include "src/base/check.h"
#include "src/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lantern;
  try {
    LanKey key(std::string(reinterpret_cast<const char*>(data), size));
  } catch (const Error&) {
  }
  static const LinkProof proof(std::make_shared<const LanKey>(LanKey::Generate()), "epoch");
  LinkProof::Hello said{};  // the longest of the three
  std::copy_n(data, std::min(size, said.size()), said.begin());
  LinkProof::Link link{2, 0, LinkProof::MakeNonce(), LinkProof::MakeNonce()};
  const std::span<const unsigned char, LinkProof::kHelloBytes> bytes(said);
  LANTERN_CHECK(!proof.ReadHello(bytes, 0, 3));
  LANTERN_CHECK(!proof.IsAnswer(bytes.first<LinkProof::kMacBytes>(), link));
  LANTERN_CHECK(!proof.ReadChallenge(bytes.first<LinkProof::kChallengeBytes>(), link));
  return 0;
}
