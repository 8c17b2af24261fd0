// SocketThread: one ZeroMQ socket and the thread that owns it. Messages, ticks and posted tasks
// all run on that thread, so that whatever they touch needs no lock.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>
#include <zmq.hpp>

#include "net/control/membership.h"
#include "net/control/messages.h"

namespace lantern::control {

class SocketThread {
 public:
  struct Handlers {
    // `peer` is empty on a worker, whose only peer is the leader.
    std::function<void(const std::string& peer, const Message& message)> on_message;
    std::function<void(Time now)> on_tick;  // every kTick, after all messages that had come
  };
  enum class Side { kLeader, kWorker };

  // Listens (leader) or connects (worker) at `address`, HOST:PORT, and starts. A message that makes
  // no sense is dropped: bytes that do not decode, or for which on_message throws Error.
  // Throws Error{kConfig} for an address that cannot be used.
  SocketThread(Side side, const std::string& address, Handlers handlers);
  // Runs what was posted, then ends; a message just sent gets kLinger to leave, no more.
  ~SocketThread();
  SocketThread(const SocketThread&) = delete;
  SocketThread& operator=(const SocketThread&) = delete;

  // HOST:PORT in use; the port is real also where 0 or * was asked for.
  const std::string& address() const { return address_; }

  // Any thread: runs `task` soon on the socket's thread.
  void Post(std::function<void()> task);

  // The socket's thread only. Never blocks: to a peer that does not read, messages are dropped.
  void Send(const std::string& peer, const Message& message);

  static Time Now();

 private:
  void Open(const std::string& address);
  void Loop();
  void WaitForWork(Time limit);
  void RunTasks();
  void ReceiveAll();
  bool ReceiveOne();

  const Side side_;
  const Handlers handlers_;
  std::string address_;
  zmq::context_t context_{1};
  zmq::socket_t socket_;
  int wake_fd_;

  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  bool stop_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lantern::control
