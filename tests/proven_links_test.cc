// Links between ranks (threads here) while strangers do what they can to get in, and what gloo
// makes of them.
#include "net/proven_links.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

#include "net/collectives.h"
#include "net/control/control_plane.h"
#include "net/gloo_comm.h"
#include "net/key/link_proof.h"
#include "net/parallel_plan.h"
#include "net/running_sum.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Clock = std::chrono::steady_clock;

SharedKey NewKey() { return std::make_shared<const LanKey>(LanKey::Generate()); }

// The address of a rank that the test stands for.
const LinkAddress kNobody{"pc1", "127.0.0.1", 9};

// A leader's rendezvous, for ranks that need nothing else of it.
struct Leader {
  explicit Leader(SharedKey key) : key(key), server("127.0.0.1:*", 1, Self(), {}, key) {}
  static Join Self() { return DescribeThisMachine("test"); }
  Rendezvous Meet() const { return {server.endpoint(), server.epoch(), 20s, {}, key}; }
  LinkOptions Options(int rank, int size) const {
    LinkOptions options;
    options.rank = rank;
    options.size = size;
    options.name = fmt::format("pc{}", rank);
    options.host = "127.0.0.1";
    options.epoch = server.epoch();
    options.key = key;
    return options;
  }
  GlooOptions Gloo(int rank, int size) const {
    GlooOptions options;
    options.rank = rank;
    options.size = size;
    options.endpoint = server.endpoint();
    options.epoch = server.epoch();
    options.key = key;
    return options;
  }
  sockaddr_in AddressOf(int rank) const {
    Rendezvous rendezvous(server.endpoint(), server.epoch(), 20s, {}, key);
    const auto self = LinkAddress::Decode(rendezvous.get(fmt::format("link/address/{}", rank)));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(self.port));
    inet_pton(AF_INET, self.host.c_str(), &address.sin_addr);
    return address;
  }

  const SharedKey key;
  ControlServer server;
};

// Runs `rank` for each of `ranks` on a thread of its own; what they throw, by place.
std::vector<std::string> RunRanks(int ranks, const std::function<void(int)>& rank) {
  std::vector<std::string> errors(ranks);
  std::vector<std::thread> threads;
  for (int r = 0; r < ranks; ++r) {
    threads.emplace_back([&, r] {
      try {
        rank(r);
      } catch (const Error& e) {
        errors[r] = e.what();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return errors;
}

OwnedSocket ConnectTo(const sockaddr_in& address) {
  OwnedSocket socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  connect(socket.fd(), reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  return socket;
}

void Say(const OwnedSocket& socket, std::span<const unsigned char> bytes) {
  send(socket.fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// What comes until the other end closes or has been silent for `patience`.
size_t BytesFrom(const OwnedSocket& socket, std::chrono::milliseconds patience) {
  size_t total = 0;
  char bytes[256];
  pollfd item{socket.fd(), POLLIN, 0};
  while (poll(&item, 1, static_cast<int>(patience.count())) > 0) {
    const ssize_t n = recv(socket.fd(), bytes, sizeof(bytes), 0);
    if (n <= 0) break;
    total += static_cast<size_t>(n);
  }
  return total;
}

// Connects `count` times, as a stranger of every kind in turn: says nothing and stays, leaves at
// once, random bytes, a Hello of another key, one that is cut short, another one's Hello again.
std::vector<OwnedSocket> Annoy(const sockaddr_in& address, int rank, int size, int count,
                               const LinkProof::Hello& overheard) {
  const LinkProof other(NewKey(), "e");
  std::mt19937 random(rank);
  std::vector<OwnedSocket> open;
  for (int i = 0; i < count; ++i) {
    OwnedSocket socket = ConnectTo(address);
    const auto hello = other.MakeHello({size - 1, rank, LinkProof::MakeNonce(), {}});
    std::array<unsigned char, 200> noise;
    for (auto& byte : noise) byte = static_cast<unsigned char>(random());
    if (i % 6 == 1) continue;
    if (i % 6 == 2) Say(socket, noise);
    if (i % 6 == 3) Say(socket, hello);
    if (i % 6 == 4) Say(socket, std::span(hello).first(1 + random() % (hello.size() - 1)));
    if (i % 6 == 5) Say(socket, overheard);
    open.push_back(std::move(socket));
  }
  return open;
}

// Each link carries its ends' ranks both ways.
void ExpectPeers(const ProvenLinks& links, int rank) {
  for (size_t peer = 0; peer < links.sockets.size(); ++peer) {
    if (static_cast<int>(peer) == rank) continue;
    const auto mine = static_cast<unsigned char>(rank);
    Say(links.sockets[peer], {&mine, 1});
  }
  for (size_t peer = 0; peer < links.sockets.size(); ++peer) {
    if (static_cast<int>(peer) == rank) continue;
    pollfd item{links.sockets[peer].fd(), POLLIN, 0};
    poll(&item, 1, 10000);
    unsigned char theirs = 255;
    recv(links.sockets[peer].fd(), &theirs, 1, 0);
    EXPECT_EQ(theirs, peer);
  }
}

TEST(ProvenLinks, LeadToTheRightRanks) {
  for (const SharedKey& key : {NewKey(), SharedKey()}) {
    const Leader leader(key);
    const auto errors = RunRanks(5, [&](int rank) {
      Rendezvous rendezvous(leader.server.endpoint(), leader.server.epoch(), 20s, {}, key);
      const ProvenLinks links = ConnectLinks(leader.Options(rank, 5), rendezvous);
      EXPECT_EQ(links.strangers, 0);
      ExpectPeers(links, rank);
    });
    for (const std::string& error : errors) EXPECT_EQ(error, "");
  }
}

TEST(ProvenLinks, AThousandStrangersTakeNobodysPlace) {
  AllowManyFiles();
  constexpr int kRanks = 3, kStrangers = 1000;
  const Leader leader(NewKey());
  std::atomic<int> dropped = 0;
  const auto errors = RunRanks(kRanks + 1, [&](int rank) {
    Rendezvous rendezvous(leader.server.endpoint(), leader.server.epoch(), 20s, {}, leader.key);
    if (rank < kRanks - 1) {
      const ProvenLinks links = ConnectLinks(leader.Options(rank, kRanks), rendezvous);
      dropped += links.strangers;
      ExpectPeers(links, rank);
    } else if (rank == kRanks - 1) {  // comes when the strangers are there, and goes on with more
      rendezvous.get("strangers are here");
      const ProvenLinks links = ConnectLinks(leader.Options(rank, kRanks), rendezvous);
      ExpectPeers(links, rank);
    } else {
      // One has overheard the Hello of a rank, and listens to no answer.
      const LinkProof proof(leader.key, leader.server.epoch());
      std::vector<OwnedSocket> open;
      for (int victim = 0; victim < kRanks - 1; ++victim) {
        const auto overheard = proof.MakeHello({kRanks - 1, victim, LinkProof::MakeNonce(), {}});
        const auto address = leader.AddressOf(victim);
        for (auto& socket : Annoy(address, victim, kRanks, kStrangers / 2, overheard)) {
          open.push_back(std::move(socket));
        }
      }
      rendezvous.set("strangers are here", {'1'});
      std::this_thread::sleep_for(1s);
    }
  });
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_GT(dropped, kStrangers / 2);  // of the others, the system's queue still holds some
  RecordProperty("dropped", dropped);
}

TEST(ProvenLinks, AHelloIsHeardOnce) {
  const Leader leader(NewKey());
  const LinkProof proof(leader.key, leader.server.epoch());
  const auto errors = RunRanks(2, [&](int rank) {
    Rendezvous rendezvous(leader.server.endpoint(), leader.server.epoch(), 20s, {}, leader.key);
    if (rank == 0) {
      LinkOptions options = leader.Options(0, 2);
      options.limit = 2s;
      ConnectLinks(options, rendezvous);
      return;
    }
    rendezvous.set("link/address/1", kNobody.Encode());
    rendezvous.set("link/result/1", {});
    const auto hello = proof.MakeHello({1, 0, LinkProof::MakeNonce(), {}});
    const auto address = leader.AddressOf(0);
    const OwnedSocket first = ConnectTo(address);
    Say(first, hello);
    EXPECT_EQ(BytesFrom(first, 500ms), LinkProof::kChallengeBytes);
    const OwnedSocket again = ConnectTo(address);
    Say(again, hello);
    EXPECT_EQ(BytesFrom(again, 1000ms), 0u);
  });
  EXPECT_THAT(errors[0], HasSubstr("pc1 (127.0.0.1) has not connected to pc0 (127.0.0.1, TCP"));
}

TEST(ProvenLinks, RanksOfTwoKeysNameBothEnds) {
  const Leader leader(nullptr);
  const auto errors = RunRanks(2, [&](int rank) {
    Rendezvous rendezvous = leader.Meet();
    LinkOptions options = leader.Options(rank, 2);
    options.key = NewKey();
    options.limit = 700ms;
    ConnectLinks(options, rendezvous);
  });
  EXPECT_THAT(errors[1], HasSubstr("pc1 (127.0.0.1) cannot connect to pc0 (127.0.0.1, TCP port"));
  EXPECT_THAT(errors[1], HasSubstr("the other end closed the connection"));
  EXPECT_EQ(errors[0], errors[1]);
}

// What rank 1 says of a rank 0 that claims to be `claimed`, while `act` goes on.
std::string ErrorOfRank1(
    const Leader& leader, const LinkAddress& claimed, const std::function<void()>& act = [] {}) {
  return RunRanks(2, [&](int rank) {
    Rendezvous rendezvous = leader.Meet();
    if (rank == 1) {
      LinkOptions options = leader.Options(1, 2);
      options.limit = 500ms;
      ConnectLinks(options, rendezvous);
      return;
    }
    rendezvous.set("link/address/0", claimed.Encode());
    rendezvous.set("link/result/0", {});
    act();
  })[1];
}

// A port of this machine at which something else is.
class OtherProgram {
 public:
  OtherProgram() : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(socket_.fd(), generic, size), 0);
    EXPECT_EQ(getsockname(socket_.fd(), generic, &size), 0);
    port_ = ntohs(address.sin_port);
  }
  void Listen() { EXPECT_EQ(listen(socket_.fd(), 10), 0); }
  OwnedSocket Accept() { return OwnedSocket(accept(socket_.fd(), nullptr, nullptr)); }
  LinkAddress as_rank0() const { return {"pc0", "127.0.0.1", port_}; }

 private:
  OwnedSocket socket_;
  int port_ = 0;
};

TEST(ProvenLinks, NobodyListensThere) {
  const Leader leader(nullptr);
  const OtherProgram closed;
  const std::string error = ErrorOfRank1(leader, closed.as_rank0());
  EXPECT_THAT(error, HasSubstr(fmt::format("pc1 (127.0.0.1) cannot connect to pc0 (127.0.0.1, TCP "
                                           "port {}): Connection refused",
                                           closed.as_rank0().port)));
  EXPECT_THAT(error, HasSubstr("--address"));
}

TEST(ProvenLinks, SilenceIsNoticed) {
  const Leader leader(nullptr);
  OtherProgram silent;
  silent.Listen();  // the kernel accepts; nobody speaks
  EXPECT_THAT(ErrorOfRank1(leader, silent.as_rank0()), HasSubstr("opens and then nothing comes"));
}

TEST(ProvenLinks, AnotherProgramIsNoticed) {
  const Leader leader(nullptr);
  OtherProgram other;
  other.Listen();
  const std::string error = ErrorOfRank1(leader, other.as_rank0(), [&] {
    const OwnedSocket taken = other.Accept();
    Say(taken, std::vector<unsigned char>(LinkProof::kChallengeBytes, 'x'));
    BytesFrom(taken, 300ms);
  });
  EXPECT_THAT(error, HasSubstr("does not belong to this run"));
}

TEST(ProvenLinks, AnAddressThatIsNone) {
  EXPECT_THAT(ErrorOfRank1(Leader(nullptr), {"pc0", "pc0.example", 7}),
              HasSubstr("(pc0.example, TCP port 7): that is not an IPv4 address"));
}

TEST(ProvenLinks, EveryRankHearsOfALinkBetweenTwoOthers) {
  const std::string trouble = "pc2 (10.0.0.2) cannot connect to pc9 (10.0.0.9, TCP port 9): why";
  const Leader leader(nullptr);
  const auto errors = RunRanks(3, [&](int rank) {
    Rendezvous rendezvous = leader.Meet();
    if (rank < 2) {
      LinkOptions options = leader.Options(rank, 3);
      options.limit = 300ms;
      ConnectLinks(options, rendezvous);
      return;
    }
    rendezvous.set("link/address/2", kNobody.Encode());
    rendezvous.set("link/result/2", {trouble.begin(), trouble.end()});
  });
  EXPECT_THAT(errors[0], HasSubstr(trouble));
  EXPECT_EQ(errors[0], errors[1]);
}

// Who stands at a rank's address without its key cannot pass for it, whatever it says.
TEST(ProvenLinks, AnImpostorIsNoted) {
  const Leader leader(NewKey());
  OtherProgram impostor;
  impostor.Listen();
  const std::string error = ErrorOfRank1(leader, impostor.as_rank0(), [&] {
    const OwnedSocket taken = impostor.Accept();
    const LinkProof other(NewKey(), leader.server.epoch());
    Say(taken, other.MakeChallenge({1, 0, {}, LinkProof::MakeNonce()}));
    BytesFrom(taken, 300ms);
  });
  EXPECT_THAT(error, HasSubstr("does not belong to this run"));
}

TEST(ProvenLinks, AVerdictEndsTheWait) {
  const Leader leader(nullptr);
  LinkOptions options = leader.Options(0, 2);
  options.verdict = [](auto) { return std::string("Rank 1 (pc1, pid 7) is gone."); };
  Rendezvous rendezvous = leader.Meet();
  rendezvous.set("link/address/1", kNobody.Encode());
  const auto start = Clock::now();
  try {
    ConnectLinks(options, rendezvous);
    ADD_FAILURE();
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "Rank 1 (pc1, pid 7) is gone.");
  }
  EXPECT_LT(Clock::now() - start, 1s);
}

// The whole way: gloo over such links, with strangers at the door, adds what it should.
TEST(ProvenLinks, GlooSumsOverThemWhateverStrangersDo) {
  constexpr int kRanks = 4;
  const Leader leader(NewKey());
  // They close when all are done: that resets connections, and what is still unread with them.
  std::vector<std::unique_ptr<Communicator>> worlds(kRanks);
  const auto errors = RunRanks(kRanks + 1, [&](int rank) {
    if (rank == kRanks) {
      const LinkProof proof(leader.key, leader.server.epoch());
      const auto hello = proof.MakeHello({3, 0, LinkProof::MakeNonce(), {}});
      Annoy(leader.AddressOf(0), 0, kRanks, 300, hello);
      return;
    }
    const auto start = Clock::now();
    const auto& world = worlds[rank] = ConnectGloo(leader.Gloo(rank, kRanks));
    if (rank == 0) {
      fmt::print(
          "formed in {} ms\n",
          std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start).count());
    }
    const SumPlan plan(kRanks, CutByShare(MakePlan(1, kRanks, 1), 0, kRanks));
    for (int n : {1, 1000, 100000}) {
      std::vector<float> mine(n, static_cast<float>(1 << rank)), sum(n);
      const std::span<const float> sums[] = {mine};
      TreeSum(*world, plan, sum, sums);
      EXPECT_EQ(sum, std::vector<float>(n, 15.0f));
    }
    Barrier(*world);
    Barrier(*world);
  });
  for (const std::string& error : errors) EXPECT_EQ(error, "");
}

// Interrupts the system calls of the thread that makes it, again and again.
class Pesterer {
 public:
  Pesterer()
      : thread_([victim = pthread_self()](std::stop_token stop) {
          while (!stop.stop_requested()) {
            pthread_kill(victim, SIGUSR1);
            std::this_thread::sleep_for(20us);
          }
        }) {}

 private:
  std::jthread thread_;
};

// Ctrl-C does not end a leader that has been told to count it.
TEST(ProvenLinks, GlooConnectsHoweverOftenSignalsInterruptIt) {
  constexpr int kRanks = 2;
  struct sigaction before, action = {};  // no SA_RESTART, as for Ctrl-C
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &before);
  for (int round = 0; round < 20; ++round) {
    const Leader leader(NewKey());
    std::vector<std::unique_ptr<Communicator>> worlds(kRanks);
    const auto errors = RunRanks(kRanks, [&](int rank) {
      const Pesterer pesterer;
      worlds[rank] = ConnectGloo(leader.Gloo(rank, kRanks));
      Barrier(*worlds[rank]);
    });
    for (const std::string& error : errors) ASSERT_EQ(error, "");
  }
  sigaction(SIGUSR1, &before, nullptr);
}

}  // namespace
}  // namespace lantern
