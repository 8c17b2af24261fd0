#include "net/proven_links.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <list>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "net/key/link_proof.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Between two looks at the verdict and the clocks.
constexpr milliseconds kSlice{100};
// Silent for so long, a connection is dropped (and, where it is ours, made again).
constexpr milliseconds kTalkLimit{3000};
constexpr milliseconds kRetryAfter{100};
// Connections that may be unproven at a time; the oldest gives way. Ours say their Hello at once.
constexpr size_t kMaxUnproven = 256;
constexpr int kBacklog = 1024;
constexpr char kNothingComes[] = "the connection opens and then nothing comes";
// One connection while its ends prove themselves to each other. Never blocks.
class Talk {
 public:
  enum class State { kGoesOn, kProven, kOver };

  Talk(OwnedSocket socket, size_t expected) : socket_(std::move(socket)), expected_(expected) {}

  // Sends and receives what can be. Afterwards received() is whole, or there is nothing to do.
  State Move() {
    while (sent_ < out_.size()) {
      const ssize_t n = send(fd(), &out_[sent_], out_.size() - sent_, MSG_NOSIGNAL);
      if (n <= 0) return Failed(n);
      sent_ += static_cast<size_t>(n);
    }
    // Not a byte more: what follows is no longer for us.
    while (in_.size() < expected_) {
      unsigned char bytes[LinkProof::kHelloBytes];
      const ssize_t n = recv(fd(), bytes, std::min(sizeof(bytes), expected_ - in_.size()), 0);
      if (n <= 0) return Failed(n);
      in_.insert(in_.end(), bytes, bytes + n);
    }
    return State::kGoesOn;
  }

  template <size_t N>
  void Say(const std::array<unsigned char, N>& bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void Expect(size_t bytes) {
    in_.clear();
    expected_ = bytes;
  }
  bool all_sent() const { return sent_ == out_.size(); }
  bool all_received() const { return in_.size() == expected_; }
  template <size_t N>
  std::span<const unsigned char, N> received() const {
    return std::span<const unsigned char, N>(in_.data(), N);
  }

  int fd() const { return socket_.fd(); }
  short wanted_events() const { return all_sent() ? POLLIN : POLLIN | POLLOUT; }
  bool is_late() const { return Clock::now() - started_ > kTalkLimit; }
  const std::string& problem() const { return problem_; }
  OwnedSocket TakeSocket() { return std::move(socket_); }

  LinkProof::Link link;
  bool hello_done = false;  // an incoming one's

 private:
  State Failed(ssize_t result) {
    if (result < 0 && (errno == EAGAIN || errno == EINTR)) return State::kGoesOn;
    problem_ = result == 0 ? "the other end closed the connection" : std::strerror(errno);
    return State::kOver;
  }

  OwnedSocket socket_;
  std::vector<unsigned char> out_, in_;
  size_t sent_ = 0;
  size_t expected_;
  const Clock::time_point started_ = Clock::now();
  std::string problem_;
};

std::optional<sockaddr_in> SocketAddress(const std::string& host, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  if (inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1) return std::nullopt;
  return address;
}

// Makes this rank's links: it connects to the lower ranks and listens to the higher ones.
class LinkMaker {
 public:
  explicit LinkMaker(const LinkOptions& options)
      : options_(options), proof_(options.key, options.epoch) {
    links_.sockets.resize(options.size);
    links_.addresses.resize(options.size);
    targets_.resize(options.rank);
    Listen();
  }

  const LinkAddress& address() const { return self_; }
  void SetAddress(int rank, const LinkAddress& address) { links_.addresses[rank] = address; }
  // Why a link does not come about; empty once all of this rank's are there.
  std::string Run();
  ProvenLinks TakeLinks() { return std::move(links_); }

 private:
  // What this rank connects to.
  struct Target {
    std::optional<Talk> talk;
    Clock::time_point next_try;
    std::string problem;  // of the last try
  };

  void Listen();
  int missing() const;
  void AskVerdict() const;
  std::string Problem(int rank) const;
  void Connect(int rank);
  void Wait();
  void AcceptAll();
  void DropOldest();
  void MoveAll();
  Talk::State MoveOutgoing(Talk& talk, int rank);
  Talk::State MoveIncoming(Talk& talk);
  bool TakeHello(Talk& talk);

  const LinkOptions& options_;
  const LinkProof proof_;
  OwnedSocket listener_;
  LinkAddress self_;
  std::vector<Target> targets_;  // the lower ranks
  std::list<Talk> incoming_;     // the oldest first
  std::set<LinkProof::Nonce> heard_;
  ProvenLinks links_;
};

void LinkMaker::Listen() {
  listener_ = OwnedSocket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  auto address = SocketAddress(options_.host, 0);
  socklen_t size = sizeof(sockaddr_in);
  auto* generic = address ? reinterpret_cast<sockaddr*>(&*address) : nullptr;
  if (!address || bind(listener_.fd(), generic, size) != 0 ||
      listen(listener_.fd(), kBacklog) != 0 || getsockname(listener_.fd(), generic, &size) != 0) {
    Fail(ErrorKind::kConfig,
         "'{}' is not an address of this machine that others can connect to ({}); name one.",
         options_.host, std::strerror(address ? errno : EINVAL));
  }
  self_ = {options_.name, options_.host, ntohs(address->sin_port)};
}

std::string LinkMaker::Run() {
  const auto deadline = Clock::now() + options_.limit;
  while (missing() >= 0) {
    AskVerdict();
    if (Clock::now() >= deadline) return Problem(missing());
    for (int rank = 0; rank < options_.rank; ++rank) {
      const Target& target = targets_[rank];
      if (!links_.sockets[rank] && !target.talk && Clock::now() >= target.next_try) Connect(rank);
    }
    Wait();
    AcceptAll();
    MoveAll();
  }
  links_.strangers += static_cast<int>(incoming_.size());
  return {};
}

// A rank without a link; -1: none.
int LinkMaker::missing() const {
  for (int rank = 0; rank < options_.size; ++rank) {
    if (rank != options_.rank && !links_.sockets[rank]) return rank;
  }
  return -1;
}

void LinkMaker::AskVerdict() const {
  if (!options_.verdict) return;
  if (const auto reason = options_.verdict(milliseconds(0))) {
    throw Error(ErrorKind::kPeerLost, *reason);
  }
}

// The one that connects knows more, and is the higher rank.
std::string LinkMaker::Problem(int rank) const {
  const LinkAddress& peer = links_.addresses[rank];
  const double seconds = std::chrono::duration<double>(options_.limit).count();
  if (rank > options_.rank) {
    return fmt::format("{} ({}) has not connected to {} ({}, TCP port {}) within {} s", peer.name,
                       peer.host, self_.name, self_.host, self_.port, seconds);
  }
  const Target& target = targets_[rank];
  std::string problem = target.problem;
  if (problem.empty() && target.talk && target.talk->all_sent()) problem = kNothingComes;
  if (problem.empty()) {
    problem =
        fmt::format("no answer in {} s, so a firewall drops it or no cable leads there", seconds);
  }
  return fmt::format("{} ({}) cannot connect to {} ({}, TCP port {}): {}", self_.name, self_.host,
                     peer.name, peer.host, peer.port, problem);
}

void LinkMaker::Connect(int rank) {
  Target& target = targets_[rank];
  const LinkAddress& peer = links_.addresses[rank];
  target.next_try = Clock::now() + kRetryAfter;
  const auto address = SocketAddress(peer.host, peer.port);
  if (!address) {
    target.problem = "that is not an IPv4 address";
    return;
  }
  OwnedSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&*address);
  if (!socket || (connect(socket.fd(), generic, sizeof(*address)) != 0 && errno != EINPROGRESS)) {
    target.problem = std::strerror(errno);
    return;
  }
  Talk& talk = target.talk.emplace(std::move(socket), LinkProof::kChallengeBytes);
  talk.link = {options_.rank, rank, LinkProof::MakeNonce(), {}};
  talk.Say(proof_.MakeHello(talk.link));
}

void LinkMaker::Wait() {
  std::vector<pollfd> items{{listener_.fd(), POLLIN, 0}};
  for (const Talk& talk : incoming_) items.push_back({talk.fd(), talk.wanted_events(), 0});
  for (const Target& target : targets_) {
    if (target.talk) items.push_back({target.talk->fd(), target.talk->wanted_events(), 0});
  }
  poll(items.data(), items.size(), static_cast<int>(kSlice.count()));
}

void LinkMaker::AcceptAll() {
  for (size_t i = 0; i < kMaxUnproven; ++i) {
    OwnedSocket socket(accept4(listener_.fd(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket && (errno == EMFILE || errno == ENFILE)) DropOldest();
    if (!socket) return;
    if (incoming_.size() >= kMaxUnproven) DropOldest();
    incoming_.emplace_back(std::move(socket), LinkProof::kHelloBytes);
  }
}

// Of those that have said nothing that proves anything.
void LinkMaker::DropOldest() {
  const auto oldest = std::find_if(incoming_.begin(), incoming_.end(),
                                   [](const Talk& talk) { return !talk.hello_done; });
  if (oldest == incoming_.end()) return;
  incoming_.erase(oldest);
  ++links_.strangers;
}

void LinkMaker::MoveAll() {
  for (auto talk = incoming_.begin(); talk != incoming_.end();) {
    const Talk::State state = MoveIncoming(*talk);
    if (state == Talk::State::kProven) {
      links_.sockets[talk->link.connector] = talk->TakeSocket();
    } else if (state == Talk::State::kGoesOn && !talk->is_late()) {
      ++talk;
      continue;
    } else {
      ++links_.strangers;
    }
    talk = incoming_.erase(talk);
  }
  for (int rank = 0; rank < static_cast<int>(targets_.size()); ++rank) {
    Target& target = targets_[rank];
    if (!target.talk) continue;
    const Talk::State state = MoveOutgoing(*target.talk, rank);
    if (state == Talk::State::kGoesOn && !target.talk->is_late()) continue;
    if (state == Talk::State::kGoesOn && target.talk->all_sent()) {
      target.problem = kNothingComes;
    }
    if (state == Talk::State::kProven) links_.sockets[rank] = target.talk->TakeSocket();
    target.talk.reset();
  }
}

Talk::State LinkMaker::MoveOutgoing(Talk& talk, int rank) {
  using State = Talk::State;
  if (talk.Move() == State::kOver) {
    targets_[rank].problem = talk.problem();
    return State::kOver;
  }
  if (!talk.all_received() || !talk.all_sent()) return State::kGoesOn;
  if (!talk.hello_done) {
    if (!proof_.ReadChallenge(talk.received<LinkProof::kChallengeBytes>(), talk.link)) {
      targets_[rank].problem =
          "whoever answers there does not belong to this run, so this may be another machine's "
          "address too";
      return State::kOver;
    }
    talk.hello_done = true;
    talk.Expect(0);
    talk.Say(proof_.MakeAnswer(talk.link));
    if (talk.Move() == State::kOver) return State::kOver;
  }
  return talk.all_sent() ? State::kProven : State::kGoesOn;
}

Talk::State LinkMaker::MoveIncoming(Talk& talk) {
  using State = Talk::State;
  if (talk.Move() == State::kOver) return State::kOver;
  if (!talk.all_received()) return State::kGoesOn;
  if (!talk.hello_done) return TakeHello(talk) ? State::kGoesOn : State::kOver;
  return proof_.IsAnswer(talk.received<LinkProof::kMacBytes>(), talk.link) ? State::kProven
                                                                           : State::kOver;
}

// False for a stranger, and for one who repeats what another one has said.
bool LinkMaker::TakeHello(Talk& talk) {
  const auto link =
      proof_.ReadHello(talk.received<LinkProof::kHelloBytes>(), options_.rank, options_.size);
  if (!link || link->connector <= options_.rank) return false;
  if (!heard_.insert(link->connector_nonce).second) return false;
  talk.link = *link;
  talk.link.listener_nonce = LinkProof::MakeNonce();
  talk.hello_done = true;
  talk.Expect(LinkProof::kMacBytes);
  talk.Say(proof_.MakeChallenge(talk.link));
  return talk.Move() != Talk::State::kOver;
}

}  // namespace

OwnedSocket::~OwnedSocket() {
  if (fd_ >= 0) close(fd_);
}

OwnedSocket& OwnedSocket::operator=(OwnedSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

int OwnedSocket::Release() { return std::exchange(fd_, -1); }

// "PORT HOST NAME"
std::vector<char> LinkAddress::Encode() const {
  const std::string text = fmt::format("{} {} {}", port, host, name);
  return {text.begin(), text.end()};
}

LinkAddress LinkAddress::Decode(const std::vector<char>& bytes) {
  LinkAddress address;
  std::istringstream text({bytes.begin(), bytes.end()});
  text >> address.port >> address.host;
  std::getline(text >> std::ws, address.name);
  if (address.host.empty() || address.port < 1 || address.port > 65535) {
    Fail(ErrorKind::kPeerLost, "A rank's description of its address cannot be read.");
  }
  return address;
}

ProvenLinks ConnectLinks(const LinkOptions& options, Rendezvous& rendezvous) {
  LinkMaker maker(options);
  const auto key = [&](const char* what, int rank) {
    return fmt::format("link/{}/{}", what, rank);
  };
  rendezvous.set(key("address", options.rank), maker.address().Encode());
  // All of them, not only those to connect to: the limit counts from here.
  for (int rank = 0; rank < options.size; ++rank) {
    maker.SetAddress(rank, LinkAddress::Decode(rendezvous.get(key("address", rank))));
  }
  // Everybody reads everybody's result, so all agree. Of the two ends of a link, the higher rank
  // knows why.
  const std::string mine = maker.Run();
  rendezvous.set(key("result", options.rank), {mine.begin(), mine.end()});
  std::string problem;
  for (int rank = 0; rank < options.size; ++rank) {
    const std::vector<char> result = rendezvous.get(key("result", rank));
    if (!result.empty()) problem.assign(result.begin(), result.end());
  }
  if (problem.empty()) return maker.TakeLinks();
  Fail(ErrorKind::kPeerLost,
       "{}; let TCP through between all machines, or give the right addresses with --listen here "
       "and --address on workers.",
       problem);
}

}  // namespace lantern
