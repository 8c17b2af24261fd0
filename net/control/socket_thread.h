// SocketThread: one ZeroMQ socket and the thread that owns it. Messages, ticks and posted tasks
// all run on that thread, so that whatever they touch needs no lock.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "net/control/membership.h"
#include "net/control/messages.h"
#include "net/key/zmq_security.h"

namespace lantern::control {

class SocketThread {
 public:
  struct Handlers {
    // `peer` is empty on a worker, whose only peer is the leader.
    std::function<void(const std::string& peer, const Message& message)> on_message;
    std::function<void(Time now)> on_tick;  // every kTick, after all messages that had come
    // On a worker: how connecting to the leader goes. May be empty.
    std::function<void(HandshakeWatch::Event event)> on_handshake = {};
  };
  enum class Side { kLeader, kWorker };

  // Listens (leader) or connects (worker) at `address`, HOST:PORT, and starts. A message that makes
  // no sense is dropped: bytes that do not decode, or for which on_message throws Error.
  // With a key, messages are encrypted and only who has it too is spoken with.
  // Throws Error{kConfig} for an address that cannot be used.
  SocketThread(Side side, const std::string& address, Handlers handlers, SharedKey key = {});
  // Runs what was posted, then ends; a message just sent gets kLinger to leave, no more.
  ~SocketThread();
  SocketThread(const SocketThread&) = delete;
  SocketThread& operator=(const SocketThread&) = delete;

  // HOST:PORT in use; the port is real also where 0 or * was asked for.
  const std::string& address() const { return address_; }

  // Null on a worker, and without a key.
  const SocketGuard* guard() const { return guard_ ? &*guard_ : nullptr; }

  // Any thread: runs `task` soon on the socket's thread.
  void Post(std::function<void()> task);

  // The socket's thread only. Never blocks: to a peer that does not read, messages are dropped.
  void Send(const std::string& peer, const Message& message);

  static Time Now();

 private:
  void Open(const std::string& address);
  void OpenLeader(const std::string& address);
  void OpenWorker(const std::string& address);
  void WatchHandshakes();
  void Loop();
  void WaitForWork(Time limit);
  void RunTasks();
  void ReceiveAll();
  bool ReceiveOne();

  const Side side_;
  const Handlers handlers_;
  const SharedKey key_;
  std::string address_;
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  std::optional<SocketGuard> guard_;     // a leader's, with a key
  std::optional<HandshakeWatch> watch_;  // a worker's
  int wake_fd_;

  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool stop_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lantern::control
