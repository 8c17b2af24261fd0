#include "net/key/zmq_security.h"

#include <fmt/format.h>
#include <sodium.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include "src/base/check.h"
#include "src/base/cores.h"
#include "src/base/signals.h"

namespace lantern {
namespace {

// A handshake takes milliseconds; on a machine whose cores are all busy a few hundred. What a
// stranger holds open costs a descriptor for as long.
constexpr int kHandshakeMs = 5000;

constexpr char kZapEndpoint[] = "inproc://zeromq.zap.01";
constexpr uint16_t kFailures = ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                               ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

// Events wait in memory until they are read: a full queue would stop libzmq's own thread.
zmq::socket_t WatchEvents(zmq::context_t& context, zmq::socket_t& socket, int events) {
  const std::string endpoint =
      fmt::format("inproc://events-{}", static_cast<const void*>(socket.handle()));
  LANTERN_CHECK_EQ(zmq_socket_monitor(socket.handle(), endpoint.c_str(), events), 0);
  zmq::socket_t reader(context, zmq::socket_type::pair);
  reader.set(zmq::sockopt::linger, 0);
  reader.set(zmq::sockopt::rcvhwm, 0);
  reader.connect(endpoint);
  return reader;
}

// Takes one whole message; empty when there is none.
std::vector<zmq::message_t> Take(zmq::socket_t& socket) {
  std::vector<zmq::message_t> frames;
  do {
    zmq::message_t frame;
    try {
      if (!socket.recv(frame, zmq::recv_flags::dontwait)) return {};
    } catch (const zmq::error_t& e) {
      LANTERN_CHECK_EQ(e.num(), EINTR);
      continue;
    }
    frames.push_back(std::move(frame));
  } while (frames.empty() || frames.back().more());
  return frames;
}

struct SocketEvent {
  uint16_t kind = 0;
  uint32_t value = 0;
};

std::optional<SocketEvent> TakeEvent(zmq::socket_t& events) {
  const auto frames = Take(events);
  SocketEvent event;
  if (frames.empty() || frames[0].size() < sizeof(event.kind) + sizeof(event.value)) return {};
  std::memcpy(&event.kind, frames[0].data(), sizeof(event.kind));
  std::memcpy(&event.value, frames[0].data<char>() + sizeof(event.kind), sizeof(event.value));
  return event;
}

void Send(zmq::socket_t& socket, const std::string& text, bool more) {
  // ZAP's sockets are inside this process and have room for every question that libzmq asks.
  socket.send(zmq::buffer(text), more ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

}  // namespace

void UseClientKey(zmq::socket_t& socket, const LanKey& key) {
  const LanKey::KeyPair self = key.client();
  socket.set(zmq::sockopt::curve_serverkey, zmq::buffer(key.server().public_key));
  socket.set(zmq::sockopt::curve_publickey, zmq::buffer(self.public_key));
  socket.set(zmq::sockopt::curve_secretkey, zmq::buffer(self.secret_key));
}

SocketGuard::SocketGuard(zmq::context_t& context, zmq::socket_t& socket, const LanKey& key)
    : client_(key.client().public_key),
      socket_(socket),
      questions_(context, zmq::socket_type::rep),
      events_(WatchEvents(context, socket,
                          kFailures | ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED)),
      stop_fd_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  LANTERN_CHECK_GE(stop_fd_, 0);
  questions_.set(zmq::sockopt::linger, 0);
  questions_.bind(kZapEndpoint);
  socket.set(zmq::sockopt::curve_server, 1);
  socket.set(zmq::sockopt::curve_secretkey, zmq::buffer(key.server().secret_key));
  socket.set(zmq::sockopt::zap_domain, "lantern");
  socket.set(zmq::sockopt::handshake_ivl, kHandshakeMs);
  thread_ = std::thread([this] { Loop(); });
}

SocketGuard::~SocketGuard() {
  eventfd_write(stop_fd_, 1);
  thread_.join();
  zmq_socket_monitor(socket_.handle(), nullptr, 0);
  close(stop_fd_);
}

void SocketGuard::Loop() {
  NameThisThread("key check");
  const SignalsBlocked blocked;
  zmq::pollitem_t items[] = {{questions_.handle(), 0, ZMQ_POLLIN, 0},
                             {events_.handle(), 0, ZMQ_POLLIN, 0},
                             {nullptr, stop_fd_, ZMQ_POLLIN, 0}};
  while ((items[2].revents & ZMQ_POLLIN) == 0) {
    try {
      zmq::poll(items, std::size(items));
    } catch (const zmq::error_t& e) {
      LANTERN_CHECK_EQ(e.num(), EINTR);  // SIGSTOP and SIGCONT interrupt even blocked threads
      continue;
    }
    if (items[0].revents & ZMQ_POLLIN) AnswerOne();
    CountEvents();
  }
}

// A question is: version, its number, domain, address, routing id, mechanism, the client's key
// (https://rfc.zeromq.org/spec/27).
void SocketGuard::AnswerOne() {
  const auto frames = Take(questions_);
  if (frames.empty()) return;
  const bool known = frames.size() == 7 && frames[5].to_string_view() == "CURVE" &&
                     frames[6].size() == client_.size() &&
                     sodium_memcmp(frames[6].data(), client_.data(), client_.size()) == 0;
  if (!known && frames.size() > 3) {
    spdlog::debug("key: refused a client from {}", frames[3].to_string_view());
  }
  Send(questions_, "1.0", true);
  Send(questions_, frames.size() > 1 ? frames[1].to_string() : "", true);
  Send(questions_, known ? "200" : "400", true);
  Send(questions_, known ? "OK" : "unknown key", true);
  Send(questions_, "", true);
  Send(questions_, "", false);
}

void SocketGuard::CountEvents() {
  while (const auto event = TakeEvent(events_)) {
    if (event->kind == ZMQ_EVENT_ACCEPTED) {
      ++accepted_;
    } else if (event->kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) {
      ++proven_;
    } else if (event->kind != ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) {
      ++wrong_keys_;
    }
  }
}

HandshakeWatch::HandshakeWatch(zmq::context_t& context, zmq::socket_t& socket)
    : socket_(socket),
      events_(WatchEvents(context, socket, kFailures | ZMQ_EVENT_HANDSHAKE_SUCCEEDED)) {}

HandshakeWatch::~HandshakeWatch() { zmq_socket_monitor(socket_.handle(), nullptr, 0); }

std::optional<HandshakeWatch::Event> HandshakeWatch::Next() {
  const auto event = TakeEvent(events_);
  if (!event) return std::nullopt;
  if (event->kind == ZMQ_EVENT_HANDSHAKE_SUCCEEDED) return Event::kProven;
  const bool unlike = event->kind == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL &&
                      event->value == ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH;
  return unlike ? Event::kUnlikeSides : Event::kBroken;
}

}  // namespace lantern
