#include "net/rendezvous.h"

#include <utility>
#include <variant>

#include "net/key/zmq_security.h"
#include "net/retry_interrupted.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

// How often a wait looks up: bounds how late a verdict is noticed.
constexpr std::chrono::milliseconds kSlice{100};

}  // namespace

Rendezvous::Rendezvous(const std::string& endpoint, std::string epoch,
                       std::chrono::milliseconds limit, Verdict verdict, const SharedKey& key)
    : endpoint_(endpoint), epoch_(std::move(epoch)), limit_(limit), verdict_(std::move(verdict)) {
  socket_.set(zmq::sockopt::linger, 0);
  socket_.set(zmq::sockopt::rcvtimeo, static_cast<int>(kSlice.count()));
  socket_.set(zmq::sockopt::maxmsgsize, static_cast<int64_t>(control::kMaxMessageBytes));
  if (key) UseClientKey(socket_, *key);
  try {
    RetryInterrupted([&] { socket_.connect("tcp://" + endpoint); });
  } catch (const zmq::error_t& e) {
    Fail(ErrorKind::kConfig, "Cannot connect to the leader at '{}': {}; write it as HOST:PORT.",
         endpoint, e.what());
  }
}

void Rendezvous::set(const std::string& key, const std::vector<char>& data) {
  Call(control::KeySet{++request_, FullKey(key), data}, key);
}

std::vector<char> Rendezvous::get(const std::string& key) {
  return Call(control::KeyGet{++request_, FullKey(key)}, key);
}

// Sends `request` and waits for the value that answers it.
std::vector<char> Rendezvous::Call(const control::Message& request, const std::string& key) {
  const auto bytes = control::Encode(request);
  RetryInterrupted([&] { return socket_.send(zmq::buffer(bytes), zmq::send_flags::dontwait); });
  const auto deadline = Clock::now() + limit_;
  while (Clock::now() < deadline) {
    if (verdict_) {
      if (auto reason = verdict_(std::chrono::milliseconds(0))) {
        throw Error(ErrorKind::kPeerLost, *reason);
      }
    }
    zmq::message_t reply;
    try {
      if (!socket_.recv(reply)) continue;
    } catch (const zmq::error_t& e) {
      if (e.num() == EINTR) continue;  // and look up
      throw;
    }
    const auto message = control::Decode({reply.data<std::byte>(), reply.size()});
    const auto* value = std::get_if<control::KeyValue>(&message);
    if (value && value->request == request_) return value->value;
  }
  Fail(ErrorKind::kPeerLost,
       "The ranks did not find each other within {} s (no '{}' at {}); check that every machine "
       "reaches the leader.",
       std::chrono::duration_cast<std::chrono::seconds>(limit_).count(), key, endpoint_);
}

}  // namespace lantern
