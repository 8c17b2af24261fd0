// Every pair of ranks is tried before gloo depends on it. One rank here is the test itself, which
// describes itself to the other in ways that do not hold.
#include "net/link_probe.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>

#include "net/control/control_plane.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{20};
constexpr const char* kHost = "127.0.0.1";

// A socket that listens and does nothing else.
class Listener {
 public:
  Listener() : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, kHost, &address.sin_addr);
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(bind(fd_, generic, size), 0);
    EXPECT_EQ(getsockname(fd_, generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  ~Listener() { close(fd_); }
  void Listen() { EXPECT_EQ(listen(fd_, 4), 0); }
  void Greet(const std::string& words) {
    const int peer = accept(fd_, nullptr, nullptr);
    EXPECT_EQ(send(peer, words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
    close(peer);
  }
  int port() const { return port_; }

 private:
  int fd_;
  int port_ = 0;
};

class LinkProbe : public ::testing::Test {
 protected:
  // What probing says on this rank; empty: all is well.
  std::string Probe(int rank, int size) {
    Rendezvous rendezvous(server_.endpoint(), server_.epoch(), kLimit, {});
    try {
      ProbeLinks({rank, size, "pc" + std::to_string(rank), kHost, milliseconds(300)}, rendezvous);
      return {};
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kPeerLost);
      return e.what();
    }
  }

  // What rank 0 says when rank 1 claims to listen on `port` of `host`.
  std::string ProbeClaim(int port, const std::string& host = kHost) {
    const std::string claim = fmt::format("0123456789abcdef{} {} pc1", host, port);
    Rendezvous rendezvous(server_.endpoint(), server_.epoch(), kLimit, {});
    rendezvous.set("probe/1", {claim.begin(), claim.end()});
    rendezvous.set("probed/1", {});
    return Probe(0, 2);
  }

  ControlServer server_{"127.0.0.1:0", 2, DescribeThisMachine("test")};
};

TEST_F(LinkProbe, FindsGoodLinksGood) {
  std::vector<std::future<std::string>> ranks;
  for (int rank = 0; rank < 5; ++rank) {
    ranks.push_back(std::async(std::launch::async, [this, rank] { return Probe(rank, 5); }));
  }
  for (auto& rank : ranks) EXPECT_EQ(rank.get(), "");
}

TEST_F(LinkProbe, NamesBothEndsWhereNobodyListens) {
  const Listener closed;
  const std::string sentence = ProbeClaim(closed.port());
  EXPECT_THAT(sentence, HasSubstr(fmt::format("pc0 (127.0.0.1) cannot connect to pc1 (127.0.0.1, "
                                              "TCP port {}): Connection refused",
                                              closed.port())));
  EXPECT_THAT(sentence, HasSubstr("--address"));
}

TEST_F(LinkProbe, NoticesSilence) {
  Listener silent;
  silent.Listen();  // the kernel accepts; nobody speaks
  EXPECT_THAT(ProbeClaim(silent.port()), HasSubstr("opens and then nothing comes"));
}

TEST_F(LinkProbe, NoticesAnotherProgram) {
  Listener other;
  other.Listen();
  const auto greeting = std::async(std::launch::async, [&] { other.Greet("220 mail ready\r\n"); });
  EXPECT_THAT(ProbeClaim(other.port()), HasSubstr("another program answers"));
}

TEST_F(LinkProbe, RefusesAnAddressThatIsNone) {
  EXPECT_THAT(ProbeClaim(7, "pc1.example"), HasSubstr("'pc1.example' is not an IPv4 address"));
}

TEST_F(LinkProbe, EveryRankHearsOfALinkBetweenTwoOthers) {
  const std::string trouble = "pc2 (10.0.0.2) cannot connect to pc1 (10.0.0.1, TCP port 9): why";
  std::vector<std::future<std::string>> ranks;
  for (int rank : {0, 1}) {
    ranks.push_back(std::async(std::launch::async, [this, rank] { return Probe(rank, 3); }));
  }
  Listener third;  // rank 2 is the test
  third.Listen();
  const std::string claim = fmt::format("0123456789abcdef127.0.0.1 {} pc2", third.port());
  Rendezvous rendezvous(server_.endpoint(), server_.epoch(), kLimit, {});
  rendezvous.set("probe/2", {claim.begin(), claim.end()});
  for (int i = 0; i < 2; ++i) third.Greet("0123456789abcdef");
  rendezvous.set("probed/2", {trouble.begin(), trouble.end()});
  for (auto& rank : ranks) EXPECT_THAT(rank.get(), HasSubstr(trouble));
}

}  // namespace
}  // namespace lantern
