#include "net/link_probe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <optional>
#include <sstream>
#include <thread>
#include <vector>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// What a rank says to whoever connects: it proves nothing but that the connection led here.
using Token = std::array<char, 16>;

constexpr int kBacklog = 256;
constexpr milliseconds kSlice{50};  // bounds how late the acceptor ends

class Socket {
 public:
  Socket() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {}
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;

  int fd() const { return fd_; }
  bool WaitFor(int16_t events, milliseconds limit) const {
    pollfd item{fd_, events, 0};
    return poll(&item, 1, static_cast<int>(std::max(limit, limit.zero()).count())) > 0;
  }

 private:
  int fd_;
};

sockaddr_in AddressOf(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) {
    Fail(ErrorKind::kConfig, "'{}' is not an IPv4 address.", host);
  }
  return address;
}

Token RandomToken() {
  Token token{};
  LANTERN_CHECK_EQ(getrandom(token.data(), token.size(), 0), static_cast<ssize_t>(token.size()));
  return token;
}

// Listens on a free port and says the token to everybody, from a thread of its own.
class Acceptor {
 public:
  Acceptor(const std::string& host, const Token& token) : token_(token) {
    sockaddr_in address = AddressOf(host, 0);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_.fd(), generic, size) != 0 || listen(listener_.fd(), kBacklog) != 0 ||
        getsockname(listener_.fd(), generic, &size) != 0) {
      Fail(ErrorKind::kConfig, "Cannot listen on {} ({}): name an address of this machine.", host,
           std::strerror(errno));
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Loop(); });
  }
  ~Acceptor() {
    stop_ = true;
    thread_.join();
  }
  int port() const { return port_; }

 private:
  void Loop() {
    while (!stop_) {
      if (!listener_.WaitFor(POLLIN, kSlice)) continue;
      const Socket peer(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
      // So few bytes fit into any send buffer, and closing delivers them.
      if (peer.fd() >= 0) send(peer.fd(), token_.data(), token_.size(), MSG_NOSIGNAL);
    }
  }

  const Token token_;
  Socket listener_;
  int port_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// A rank as it describes itself in the rendezvous: "HOST PORT NAME" and its token.
struct Target {
  std::string host, name;
  int port = 0;
  Token token{};

  std::vector<char> Encode() const {
    const std::string text =
        fmt::format("{}{} {} {}", std::string(token.data(), token.size()), host, port, name);
    return {text.begin(), text.end()};
  }
  static Target Decode(const std::vector<char>& bytes) {
    Target target;
    if (bytes.size() < target.token.size()) {
      Fail(ErrorKind::kPeerLost, "A rank's description of its address cannot be read.");
    }
    std::copy_n(bytes.begin(), target.token.size(), target.token.begin());
    std::istringstream text({bytes.begin() + target.token.size(), bytes.end()});
    text >> target.host >> target.port;
    std::getline(text >> std::ws, target.name);
    return target;
  }
};

// Why `target` cannot be reached; nullopt where it can.
std::optional<std::string> Try(const Target& target, milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  const auto left = [&] { return std::chrono::ceil<milliseconds>(deadline - Clock::now()); };
  const Socket socket;
  const sockaddr_in address = AddressOf(target.host, target.port);
  int error = 0;
  if (connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    error = errno;
  }
  if (error == EINPROGRESS) {
    if (!socket.WaitFor(POLLOUT, left())) {
      return fmt::format("no answer in {:.0f} s, so a firewall drops it or no cable leads there",
                         std::chrono::duration<double>(limit).count());
    }
    socklen_t size = sizeof(error);
    getsockopt(socket.fd(), SOL_SOCKET, SO_ERROR, &error, &size);
  }
  if (error != 0) return std::strerror(error);

  Token answer{};
  size_t got = 0;
  while (got < answer.size() && socket.WaitFor(POLLIN, left())) {
    const ssize_t count = recv(socket.fd(), answer.data() + got, answer.size() - got, 0);
    if (count <= 0) break;
    got += static_cast<size_t>(count);
  }
  if (answer == target.token) return std::nullopt;
  return got == 0 ? "the connection opens and then nothing comes"
                  : "another program answers, so this address is that of another machine too";
}

// All at once, since each may take the whole limit. The first failure by rank; empty: none.
std::string TryAll(const ProbeOptions& options, const std::vector<Target>& targets) {
  std::vector<std::optional<std::string>> failures(targets.size());
  std::vector<std::thread> threads;
  for (int rank = 0; rank < options.size; ++rank) {
    if (rank == options.rank) continue;
    threads.emplace_back([&, rank] {
      try {
        failures[rank] = Try(targets[rank], options.limit);
      } catch (const Error& e) {
        failures[rank] = e.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int rank = 0; rank < options.size; ++rank) {
    if (!failures[rank]) continue;
    const Target& target = targets[rank];
    return fmt::format("{} ({}) cannot connect to {} ({}, TCP port {}): {}", options.name,
                       options.host, target.name, target.host, target.port, *failures[rank]);
  }
  return {};
}

}  // namespace

void ProbeLinks(const ProbeOptions& options, Rendezvous& rendezvous) {
  const Token token = RandomToken();
  const Acceptor acceptor(options.host, token);
  const Target self{options.host, options.name, acceptor.port(), token};
  rendezvous.set(fmt::format("probe/{}", options.rank), self.Encode());
  std::vector<Target> targets;
  for (int rank = 0; rank < options.size; ++rank) {
    targets.push_back(Target::Decode(rendezvous.get(fmt::format("probe/{}", rank))));
  }
  // Everybody reads everybody's result, so all agree; and nobody stops accepting before that.
  const std::string mine = TryAll(options, targets);
  rendezvous.set(fmt::format("probed/{}", options.rank), {mine.begin(), mine.end()});
  std::string first;
  for (int rank = 0; rank < options.size; ++rank) {
    const std::vector<char> result = rendezvous.get(fmt::format("probed/{}", rank));
    if (first.empty()) first.assign(result.begin(), result.end());
  }
  if (first.empty()) return;
  Fail(ErrorKind::kPeerLost,
       "{}; let TCP through between all machines, or give the right addresses with --listen here "
       "and --address on workers.",
       first);
}

}  // namespace lantern
