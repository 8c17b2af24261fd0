// The key on ZeroMQ sockets (CURVE): every message is encrypted, and both ends are proven. Whoever
// listens keeps a SocketGuard, whoever connects a HandshakeWatch.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <zmq.hpp>

#include "net/key/lan_key.h"

namespace lantern {

// Before the connect.
void UseClientKey(zmq::socket_t& socket, const LanKey& key);

// Makes `socket` a CURVE server whose only accepted client is one with this key; a CURVE server
// alone would take any. Has a thread of its own, which answers libzmq's questions about clients and
// counts connections. One per context, and the only user of its ZAP endpoint.
class SocketGuard {
 public:
  // Before the bind. `context` and `socket` outlive it; nobody may read from `socket` after it, as
  // libzmq lets clients in where nobody answers its questions.
  SocketGuard(zmq::context_t& context, zmq::socket_t& socket, const LanKey& key);
  ~SocketGuard();
  SocketGuard(const SocketGuard&) = delete;
  SocketGuard& operator=(const SocketGuard&) = delete;

  // Connections that have not proven the key: those that were refused, that left before, and those
  // that still have a moment to do it. Any thread.
  int64_t strangers() const { return accepted_ - proven_; }
  // Those that tried, with another key or with none. Any thread.
  int64_t wrong_keys() const { return wrong_keys_; }

 private:
  void Loop();
  void AnswerOne();
  void CountEvents();

  const LanKey::Bytes client_;  // public
  zmq::socket_t& socket_;
  zmq::socket_t questions_;  // ZAP
  zmq::socket_t events_;
  const int stop_fd_;
  std::atomic<int64_t> accepted_{0}, proven_{0}, wrong_keys_{0};
  std::thread thread_;  // last: it uses all of the above
};

// Tells a connecting end how its attempts go.
class HandshakeWatch {
 public:
  enum class Event {
    kProven,       // connected; with a key, both sides have it
    kBroken,       // it broke off: the way in which a server treats a wrong key
    kUnlikeSides,  // one side has a key and the other one none. libzmq does not try again
  };

  // Before the connect. `socket` outlives it.
  HandshakeWatch(zmq::context_t& context, zmq::socket_t& socket);
  ~HandshakeWatch();
  HandshakeWatch(const HandshakeWatch&) = delete;
  HandshakeWatch& operator=(const HandshakeWatch&) = delete;

  // The next event, if there is one. Only the thread that owns `socket` may call it.
  std::optional<Event> Next();
  void* handle() { return events_.handle(); }  // to poll

 private:
  zmq::socket_t& socket_;
  zmq::socket_t events_;
};

}  // namespace lantern
