#include "net/gloo_context.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gloo/transport/buffer.h>
#include <gloo/transport/pair.h>
#include <gloo/transport/tcp/address.h>
#include <gloo/transport/tcp/device.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <random>
#include <string>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"
#include "src/base/signals.h"

namespace lantern {
namespace {

namespace tcp = gloo::transport::tcp;

// Where gloo listens for the microseconds that it does: loopback, so that nobody in the LAN gets
// there, at one of its 16 million addresses, so that nobody on this machine knows where.
std::string SomeLoopbackAddress() {
  std::random_device random;
  std::uniform_int_distribution<int> byte(1, 254);
  return "127." + std::to_string(byte(random)) + "." + std::to_string(byte(random)) + "." +
         std::to_string(byte(random));
}

using NameOf = int (*)(int fd, sockaddr* address, socklen_t* size);

bool IsNamed(NameOf name, int fd, const sockaddr_in& wanted) {
  sockaddr_in found{};
  socklen_t size = sizeof(found);
  return name(fd, reinterpret_cast<sockaddr*>(&found), &size) == 0 && found.sin_family == AF_INET &&
         found.sin_port == wanted.sin_port && found.sin_addr.s_addr == wanted.sin_addr.s_addr;
}

// This process's descriptor of the connection from `client` that `server` accepted; -1: none. Both
// ends count: the system gives one port to connections that go to different addresses.
int FindConnection(const sockaddr_in& client, const sockaddr_in& server) {
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    const std::string name = entry.path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    if (IsNamed(getpeername, fd, client) && IsNamed(getsockname, fd, server)) return fd;
  }
  return -1;
}

// Gloo connects from the higher address to the lower one: to this one it will not, but waits.
std::vector<char> HighestAddress() {
  sockaddr_storage storage{};
  auto* address = reinterpret_cast<sockaddr_in*>(&storage);
  address->sin_family = AF_INET;
  address->sin_addr.s_addr = INADDR_BROADCAST;
  return tcp::Address(storage, 0).bytes();
}

void RequireSystem(bool success, const char* what) {
  if (!success) Fail(ErrorKind::kPeerLost, "Cannot {}: {}.", what, std::strerror(errno));
}

// Connects `pair`, which listens, with this end, and returns gloo's descriptor of the connection.
int Connect(gloo::transport::Pair& pair, const OwnedSocket& end) {
  const tcp::Address address(pair.address().bytes());
  const auto& server = reinterpret_cast<const sockaddr_in&>(address.getSockaddr());
  RequireSystem(connect(end.fd(), reinterpret_cast<const sockaddr*>(&server), sizeof(server)) == 0,
                "connect over loopback");
  // Later versions of gloo listen for all pairs together, and want to know for which one this is.
  const tcp::sequence_number_t number = address.getSeq();
  if (number != tcp::Address::kSequenceNumberUnset) {
    RequireSystem(send(end.fd(), &number, sizeof(number), MSG_NOSIGNAL) == sizeof(number),
                  "connect over loopback");
  }
  sockaddr_in self{};
  socklen_t size = sizeof(self);
  RequireSystem(getsockname(end.fd(), reinterpret_cast<sockaddr*>(&self), &size) == 0,
                "read the address of a connection");
  pair.connect(HighestAddress());
  const int fd = FindConnection(self, server);
  if (fd < 0) {
    Fail(ErrorKind::kPeerLost, "Another program of this machine came between Lantern's own links.");
  }
  return fd;
}

// Small messages leave at once. And a link that drops everything ends within seconds, on both sides
// and in idle waits too: heartbeats see only what is wrong between a worker and the leader. No
// TCP_USER_TIMEOUT, which also ends a link whose peer reads nothing for long, as it computes; what
// it is for, GlooLane does.
void TuneLink(int fd) {
  constexpr int kOn = 1, kIdleSeconds = 1, kProbeSeconds = 1, kProbes = 3;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof(kOn));
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &kOn, sizeof(kOn));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &kIdleSeconds, sizeof(kIdleSeconds));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &kProbeSeconds, sizeof(kProbeSeconds));
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &kProbes, sizeof(kProbes));
}

// Puts `socket` in the place of the connection that `pair` has, and returns its descriptor. That
// stays the same, so gloo goes on with it. The old connection leaves gloo's epoll set first:
// closing does that only once nobody looks at it, such as FindConnection of another rank of this
// process, and gloo would then read the new one where the old one ends, for as long as its
// patience.
int Replace(tcp::Device& device, gloo::transport::Pair& pair, OwnedSocket socket,
            std::vector<char>& bytes) {
  const OwnedSocket end(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int fd = Connect(pair, end);
  const auto buffer = pair.createSendBuffer(0, bytes.data(), bytes.size());
  buffer->send(0, bytes.size());
  buffer->waitSend();
  TuneLink(socket.fd());
  auto* handler = dynamic_cast<tcp::Handler*>(&pair);
  LANTERN_CHECK(handler != nullptr);
  device.unregisterDescriptor(fd, handler);
  RequireSystem(dup3(socket.fd(), fd, O_CLOEXEC) == fd, "hand a connection over");
  device.registerDescriptor(fd, EPOLLIN, handler);
  return fd;
}

}  // namespace

GlooContext MakeGlooContext(int rank, std::vector<OwnedSocket> links, size_t most_bytes) {
  // Some milliseconds of loopback; Ctrl-C in a connect() would look like a failure of it.
  const SignalsBlocked blocked;
  tcp::attr attributes;
  attributes.hostname = SomeLoopbackAddress();
  const auto device = std::dynamic_pointer_cast<tcp::Device>(tcp::CreateDevice(attributes));
  LANTERN_CHECK(device != nullptr);
  const int size = static_cast<int>(links.size());
  GlooContext result{device->createContext(rank, size), std::vector<int>(size, -1)};
  result.context->setTimeout(kGlooPatience);
  std::vector<char> bytes(most_bytes);
  for (int peer = 0; peer < size; ++peer) {
    if (peer == rank) continue;
    auto& pair = *result.context->createPair(peer);
    result.fds[peer] = Replace(*device, pair, std::move(links[peer]), bytes);
  }
  return result;
}

}  // namespace lantern
