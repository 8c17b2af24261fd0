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
// A silent member is found within 2 to 2.5 s (net/control).
constexpr milliseconds kVerdictWait{4000};

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

std::string Text(const sockaddr_in& address) {
  char text[INET_ADDRSTRLEN] = "?";
  inet_ntop(AF_INET, &address.sin_addr, text, sizeof(text));
  return fmt::format("{}, TCP port {}", text, ntohs(address.sin_port));
}

// Makes this rank's links: it connects to the lower ranks and listens to the higher ones.
class LinkMaker {
 public:
  explicit LinkMaker(const LinkOptions& options)
      : options_(options), proof_(options.key, options.epoch) {
    links_.sockets.resize(options.size);
    Listen();
  }

  std::vector<char> address() const;
  void SetTarget(int rank, const std::vector<char>& address);
  ProvenLinks Run();

 private:
  struct Target {
    sockaddr_in address{};
    std::optional<Talk> talk;
    Clock::time_point next_try;
    std::string problem = "no answer";
  };

  void Listen();
  bool complete() const { return missing() < 0; }
  int missing() const;
  void LookAround(Clock::time_point deadline) const;
  void Connect(int rank);
  void Wait();
  void AcceptAll();
  void DropOldest();
  void MoveAll();
  Talk::State MoveOutgoing(Talk& talk, int rank);
  Talk::State MoveIncoming(Talk& talk);
  bool TakeHello(Talk& talk);
  [[noreturn]] void FailFor(int rank) const;

  const LinkOptions& options_;
  const LinkProof proof_;
  OwnedSocket listener_;
  sockaddr_in self_{};
  std::vector<Target> targets_;  // the lower ranks
  std::list<Talk> incoming_;     // the oldest first
  std::set<LinkProof::Nonce> heard_;
  ProvenLinks links_;
};

void LinkMaker::Listen() {
  listener_ = OwnedSocket(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  self_.sin_family = AF_INET;
  socklen_t size = sizeof(self_);
  auto* generic = reinterpret_cast<sockaddr*>(&self_);
  if (inet_pton(AF_INET, options_.host.c_str(), &self_.sin_addr) != 1 ||
      bind(listener_.fd(), generic, size) != 0 || listen(listener_.fd(), kBacklog) != 0 ||
      getsockname(listener_.fd(), generic, &size) != 0) {
    Fail(ErrorKind::kConfig,
         "'{}' is not an address of this machine that others can connect to ({}); name one.",
         options_.host, std::strerror(errno));
  }
}

std::vector<char> LinkMaker::address() const {
  const auto* bytes = reinterpret_cast<const char*>(&self_);
  return {bytes, bytes + sizeof(self_)};
}

void LinkMaker::SetTarget(int rank, const std::vector<char>& address) {
  targets_.resize(std::max<size_t>(targets_.size(), rank + 1));
  sockaddr_in& target = targets_[rank].address;
  if (address.size() != sizeof(target)) {
    Fail(ErrorKind::kPeerLost, "Rank {}'s data address cannot be read.", rank);
  }
  std::memcpy(&target, address.data(), sizeof(target));
  target.sin_family = AF_INET;
}

ProvenLinks LinkMaker::Run() {
  const auto deadline = Clock::now() + options_.limit;
  while (!complete()) {
    LookAround(deadline);
    for (int rank = 0; rank < options_.rank; ++rank) {
      const Target& target = targets_[rank];
      if (!links_.sockets[rank] && !target.talk && Clock::now() >= target.next_try) Connect(rank);
    }
    Wait();
    AcceptAll();
    MoveAll();
  }
  links_.strangers += static_cast<int>(incoming_.size());
  return std::move(links_);
}

// A rank without a link; -1: none.
int LinkMaker::missing() const {
  for (int rank = 0; rank < options_.size; ++rank) {
    if (rank != options_.rank && !links_.sockets[rank]) return rank;
  }
  return -1;
}

void LinkMaker::LookAround(Clock::time_point deadline) const {
  const bool late = Clock::now() >= deadline;
  if (options_.verdict) {
    const auto reason = options_.verdict(late ? kVerdictWait : kVerdictWait.zero());
    if (reason) throw Error(ErrorKind::kPeerLost, *reason);
  }
  if (late) FailFor(missing());
}

void LinkMaker::FailFor(int rank) const {
  const double seconds = std::chrono::duration<double>(options_.limit).count();
  constexpr char kHint[] =
      "see that nothing but Lantern uses these addresses, and that firewalls "
      "let TCP through between all machines.";
  if (rank < options_.rank) {
    Fail(ErrorKind::kPeerLost, "Rank {} ({}) has not linked to rank {} ({}) within {} s: {}; {}",
         options_.rank, options_.host, rank, Text(targets_[rank].address), seconds,
         targets_[rank].problem, kHint);
  }
  Fail(ErrorKind::kPeerLost, "Rank {} has not linked to rank {} ({}) within {} s; {}", rank,
       options_.rank, Text(self_), seconds, kHint);
}

void LinkMaker::Connect(int rank) {
  Target& target = targets_[rank];
  OwnedSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto* generic = reinterpret_cast<const sockaddr*>(&target.address);
  target.next_try = Clock::now() + kRetryAfter;
  if (!socket ||
      (connect(socket.fd(), generic, sizeof(target.address)) != 0 && errno != EINPROGRESS)) {
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
      targets_[rank].problem = "whoever answers there does not belong to this run";
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

ProvenLinks ConnectLinks(const LinkOptions& options, Rendezvous& rendezvous) {
  LinkMaker maker(options);
  rendezvous.set(fmt::format("link/{}", options.rank), maker.address());
  // All of them, not only those to connect to: the limit counts from here.
  for (int rank = 0; rank < options.size; ++rank) {
    const std::vector<char> address = rendezvous.get(fmt::format("link/{}", rank));
    if (rank < options.rank) maker.SetTarget(rank, address);
  }
  return maker.Run();
}

}  // namespace lantern
