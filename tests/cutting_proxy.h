// Sockets by hand, for tests of what a network does: a TCP proxy that cuts connections, a server
// that never answers, and a stranger that sends what it likes. Loopback only.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "src/base/check.h"

namespace lantern {

class OwnedSocket {
 public:
  explicit OwnedSocket(int fd = -1) : fd_(fd) {}
  OwnedSocket(OwnedSocket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedSocket& operator=(OwnedSocket&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~OwnedSocket() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

inline sockaddr_in LoopbackAddress(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline OwnedSocket ListenOnLoopback(std::string* endpoint) {
  OwnedSocket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address = LoopbackAddress(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  LANTERN_CHECK_EQ(bind(listener.get(), generic, size), 0);
  LANTERN_CHECK_EQ(listen(listener.get(), 16), 0);
  LANTERN_CHECK_EQ(getsockname(listener.get(), generic, &size), 0);
  *endpoint = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  return listener;
}

// A connection to `endpoint` (127.0.0.1:PORT) that sends whatever it likes.
class RawTcp {
 public:
  explicit RawTcp(const std::string& endpoint)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const sockaddr_in address =
        LoopbackAddress(std::stoi(endpoint.substr(endpoint.rfind(':') + 1)));
    LANTERN_CHECK_EQ(
        connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  }
  // False when the other side has closed.
  bool Send(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes = bytes.subspan(sent);
    }
    return true;
  }
  int get() const { return socket_.get(); }

 private:
  OwnedSocket socket_;
};

// Takes connections into its queue and says nothing.
class SilentServer {
 public:
  const std::string& endpoint() const { return endpoint_; }

 private:
  std::string endpoint_;
  OwnedSocket listener_ = ListenOnLoopback(&endpoint_);
};

// Passes one connection at a time on to `target`. The first `cuts` of them are closed once the
// target has sent `cut_after` bytes.
class CuttingProxy {
 public:
  CuttingProxy(const std::string& target, size_t cut_after, int cuts)
      : target_(target), cut_after_(cut_after), cuts_wanted_(cuts), thread_([this] { Loop(); }) {}
  ~CuttingProxy() {
    stop_ = true;
    thread_.join();
  }
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  const std::string& endpoint() const { return endpoint_; }
  int cuts() const { return cuts_; }

 private:
  void Loop() {
    while (!stop_) {
      pollfd item{listener_.get(), POLLIN, 0};
      if (poll(&item, 1, 20) <= 0) continue;
      const OwnedSocket client(accept(listener_.get(), nullptr, nullptr));
      if (client.get() >= 0) Serve(client.get());
    }
  }

  void Serve(int client) {
    const RawTcp server(target_);
    const size_t limit = cuts_ < cuts_wanted_ ? cut_after_ : SIZE_MAX;
    size_t passed = 0;
    while (!stop_) {
      pollfd items[] = {{client, POLLIN, 0}, {server.get(), POLLIN, 0}};
      if (poll(items, 2, 20) <= 0) continue;
      if (items[0].revents != 0 && Pass(client, server.get(), SIZE_MAX) == 0) return;
      if (items[1].revents == 0) continue;
      const size_t count = Pass(server.get(), client, limit - passed);
      if (count == 0) return;
      passed += count;
      if (passed >= limit) {
        ++cuts_;
        return;
      }
    }
  }

  // Bytes passed on; 0 when either side has closed.
  static size_t Pass(int from, int to, size_t limit) {
    std::byte buffer[64 << 10];
    const ssize_t count = recv(from, buffer, std::min(sizeof(buffer), limit), 0);
    for (ssize_t sent = 0; sent < count;) {
      const ssize_t part = send(to, buffer + sent, count - sent, MSG_NOSIGNAL);
      if (part <= 0) return 0;
      sent += part;
    }
    return count > 0 ? count : 0;
  }

  const std::string target_;
  const size_t cut_after_;
  const int cuts_wanted_;
  std::atomic<int> cuts_{0};
  std::atomic<bool> stop_{false};
  std::string endpoint_;
  OwnedSocket listener_ = ListenOnLoopback(&endpoint_);
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lantern
