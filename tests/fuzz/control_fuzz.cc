// libFuzzer: any bytes as control messages either decode, and then travel again unchanged, or throw
// Error; and whatever strangers say in whatever order, the leader's state machine holds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <variant>

#include "net/control/key_value_store.h"
#include "net/control/membership.h"
#include "net/control/messages.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::control {
namespace {

constexpr int kWorldSize = 3;

// What a leader does with one message, sockets left out.
class Leader {
 public:
  void Hear(const std::string& peer, const Message& message, Time now) {
    if (const auto* join = std::get_if<Join>(&message)) membership_.OnJoin(peer, *join, now);
    if (const auto* ready = std::get_if<Ready>(&message)) membership_.OnReady(peer, *ready, now);
    if (const auto* beat = std::get_if<Heartbeat>(&message)) {
      membership_.OnHeartbeat(peer, *beat, now);
    }
    if (std::holds_alternative<Bye>(message)) membership_.OnBye(peer);
    if (const auto* report = std::get_if<Report>(&message)) {
      membership_.OnReport(peer, report->reason);
    }
    if (const auto* get = std::get_if<KeyGet>(&message)) key_values_.Get(get->key, {peer, 1});
    if (const auto* set = std::get_if<KeySet>(&message)) key_values_.Set(set->key, set->value);
    membership_.OnTick(now);
    LANTERN_CHECK_LT(membership_.members().size(), static_cast<size_t>(kWorldSize));
    for (const auto& [rank, member] : membership_.members()) {
      LANTERN_CHECK(0 < rank && rank < kWorldSize);
    }
  }

 private:
  Membership membership_{kWorldSize, Join{}};
  KeyValueStore key_values_;
};

void HearBytes(Leader& leader, const std::string& peer, std::span<const std::byte> bytes,
               Time now) {
  try {
    const Message message = Decode(bytes);
    const auto again = Encode(message);
    if (!std::holds_alternative<Foreign>(message)) LANTERN_CHECK(Encode(Decode(again)) == again);
    leader.Hear(peer, message, now);
  } catch (const Error&) {
  }
}

}  // namespace
}  // namespace lantern::control

// The input is a list of messages: a byte for the peer and the time that passed, a byte of length,
// the bytes.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lantern::control;
  auto rest = std::as_bytes(std::span(data, size));
  Leader leader;
  Time now{0};
  while (rest.size() >= 2) {
    const auto head = std::to_integer<int>(rest[0]);
    const auto length = std::min(std::to_integer<size_t>(rest[1]), rest.size() - 2);
    now += Time{(head >> 2) * 50};
    HearBytes(leader, std::string(1, static_cast<char>('a' + (head & 3))), rest.subspan(2, length),
              now);
    rest = rest.subspan(2 + length);
  }
  return 0;
}
