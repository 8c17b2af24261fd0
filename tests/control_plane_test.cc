// The control plane over real sockets, in one process; peer_loss_test kills real ones.
#include "net/control/control_plane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>

#include "src/base/error.h"

namespace lantern {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr char kAnyPort[] = "127.0.0.1:*";

Join Machine(const std::string& host, int wanted_rank = -1) {
  Join join = DescribeThisMachine("1.0");
  join.host = host;
  join.wanted_rank = wanted_rank;
  return join;
}

// The Error that `body` throws.
Error ErrorOf(const std::function<void()>& body) {
  try {
    body();
  } catch (const Error& e) {
    return e;
  }
  ADD_FAILURE() << "no error";
  return {ErrorKind::kIo, ""};
}

std::vector<std::byte> Bytes(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

// Messages.

TEST(Messages, SurviveTheTrip) {
  control::Join join = Machine("pc7", 3);
  join.data_address = "192.168.1.7";
  join.memory_bytes = uint64_t{1} << 40;
  const auto decoded = std::get<control::Join>(control::Decode(control::Encode(join)));
  EXPECT_EQ(decoded.build, join.build);
  EXPECT_EQ(decoded.host, join.host);
  EXPECT_EQ(decoded.pid, join.pid);
  EXPECT_EQ(decoded.cores, join.cores);
  EXPECT_EQ(decoded.memory_bytes, join.memory_bytes);
  EXPECT_EQ(decoded.wanted_rank, 3);
  EXPECT_EQ(decoded.data_address, join.data_address);
  const auto assign = control::Decode(control::Encode(control::Assign{2, 3, Bytes("plan")}));
  EXPECT_EQ(std::get<control::Assign>(assign).bytes, Bytes("plan"));
  EXPECT_TRUE(
      std::holds_alternative<control::Bye>(control::Decode(control::Encode(control::Bye{}))));
}

TEST(Messages, OfAnotherProtocolAreForeignAndItsRefusalIsRead) {
  const auto join = control::Decode(control::Encode(control::Join{}, 99));
  EXPECT_EQ(std::get<control::Foreign>(join).protocol, 99);
  const auto refuse = control::Decode(control::Encode(control::Refuse{"no", false}, 99));
  EXPECT_EQ(std::get<control::Refuse>(refuse).reason, "no");
}

TEST(Messages, TextsAreCleanedForTerminals) {
  const std::string nasty = "a\x1b[31mb\nc" + std::string(100000, 'x');
  const auto message = control::Decode(control::Encode(control::Report{nasty}));
  const std::string& reason = std::get<control::Report>(message).reason;
  EXPECT_EQ(reason.substr(0, 9), "a [31mb c");
  EXPECT_EQ(reason.size(), 4096u);
}

TEST(Messages, AnyBytesDecodeOrThrow) {
  std::mt19937 random(7);
  const auto valid = control::Encode(control::Message(Machine("pc1")));
  int decoded = 0, refused = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::byte> bytes = valid;
    for (int flips = 1 + random() % 4; flips > 0; --flips) {
      bytes[random() % bytes.size()] = static_cast<std::byte>(random());
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    try {
      control::Decode(bytes);
      ++decoded;
    } catch (const Error& e) {
      EXPECT_EQ(e.kind(), ErrorKind::kIo);
      ++refused;
    }
  }
  EXPECT_GT(decoded, 100);
  EXPECT_GT(refused, 100);
}

TEST(Messages, HugeDeclaredLengthsAreRefusedBeforeAllocating) {
  for (const std::string bytes :
       {"\xdd\xff\xff\xff\xff", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff",
        "\xdf\xff\xff\xff\xff", "\x93\x02\x03\x91\xc6\x7f\xff\xff\xff",
        "\x91\x91\x91\x91\x91\x01"}) {
    EXPECT_EQ(ErrorOf([&] { control::Decode(Bytes(bytes)); }).kind(), ErrorKind::kIo);
  }
}

TEST(KeyValueStore, ParksReadersAndKeepsTheFirstValue) {
  control::KeyValueStore store;
  EXPECT_FALSE(store.Get("k", {"a", 1}));
  EXPECT_FALSE(store.Get("k", {"b", 2}));
  const auto readers = store.Set("k", {'1'});
  ASSERT_EQ(readers.size(), 2u);
  EXPECT_EQ(readers[1].peer, "b");
  EXPECT_EQ(readers[1].request, 2u);
  EXPECT_TRUE(store.Set("k", {'2'}).empty());
  EXPECT_EQ(store.Get("k", {"c", 3}), std::vector<char>{'1'});
}

// The whole plane.

TEST(ControlPlane, JoinsAssignsGetsReadyAndStops) {
  ControlServer server(kAnyPort, 3, Machine("leader"));
  ControlClient second(server.endpoint(), Machine("pc2", 2));
  ControlClient first(server.endpoint(), Machine("pc1", 1));
  const auto workers = server.WaitForJoin(10s);
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_EQ(workers[0].rank, 1);
  EXPECT_EQ(workers[0].join.host, "pc1");
  EXPECT_EQ(workers[1].join.host, "pc2");

  server.Assign(1, Bytes("one"));
  server.Assign(2, Bytes("two"));
  const Assignment assignment = second.WaitForAssignment(10s);
  EXPECT_EQ(assignment.rank, 2);
  EXPECT_EQ(assignment.world_size, 3);
  EXPECT_EQ(assignment.epoch, server.epoch());
  EXPECT_EQ(assignment.bytes, Bytes("two"));
  EXPECT_EQ(first.WaitForAssignment(10s).bytes, Bytes("one"));

  first.Ready();
  EXPECT_THAT(ErrorOf([&] { server.WaitReady(300ms); }).what(), HasSubstr("Not ready yet: Rank 2"));
  second.Ready();
  server.WaitReady(10s);

  EXPECT_FALSE(first.stopped());
  server.Stop();
  EXPECT_THAT(*first.Verdict(2s), HasSubstr("Rank 0 (leader"));
  EXPECT_TRUE(first.stopped());
  second.Verdict(2s);
  EXPECT_TRUE(second.stopped());
  EXPECT_FALSE(server.Verdict(0ms));
}

TEST(ControlPlane, AWorkerMayComeBeforeTheLeader) {
  std::string endpoint;
  { endpoint = ControlServer(kAnyPort, 1, Machine("leader")).endpoint(); }
  ControlClient worker(endpoint, Machine("pc1"));
  EXPECT_THAT(ErrorOf([&] { worker.WaitForAssignment(300ms); }).what(),
              HasSubstr("Looking for a leader at " + endpoint));
  EXPECT_THAT(ErrorOf([&] { worker.WaitForAssignment(1500ms); }).what(),
              HasSubstr("No leader answers at " + endpoint));
  ControlServer server(endpoint, 2, Machine("leader"));
  EXPECT_EQ(server.WaitForJoin(10s).size(), 1u);
  server.Stop();
}

TEST(ControlPlane, AnotherBuildIsRefusedWithBothNames) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  Join other = Machine("pc1");
  other.build = "2.0";
  ControlClient worker(server.endpoint(), other);
  const Error error = ErrorOf([&] { worker.WaitForAssignment(10s); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfig);
  EXPECT_THAT(error.what(), HasSubstr("build 1.0"));
  EXPECT_THAT(error.what(), HasSubstr("build 2.0"));
}

TEST(ControlPlane, AnotherProtocolIsRefusedWithBothNames) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  zmq::context_t context;
  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  stranger.set(zmq::sockopt::linger, 0);
  stranger.set(zmq::sockopt::rcvtimeo, 10000);
  stranger.connect("tcp://" + server.endpoint());
  const auto join = control::Encode(control::Join{}, 99);
  stranger.send(zmq::buffer(join), zmq::send_flags::none);
  zmq::message_t reply;
  ASSERT_TRUE(stranger.recv(reply));
  const auto message = control::Decode({reply.data<std::byte>(), reply.size()});
  EXPECT_THAT(std::get<control::Refuse>(message).reason, HasSubstr("protocol 2, this worker 99"));
}

TEST(ControlPlane, AWorkerShowsTheRefusalOfAForeignLeader) {
  zmq::context_t context;
  zmq::socket_t leader(context, zmq::socket_type::router);
  leader.set(zmq::sockopt::linger, 1000);
  leader.set(zmq::sockopt::rcvtimeo, 10000);
  leader.bind("tcp://127.0.0.1:*");
  ControlClient worker(leader.get(zmq::sockopt::last_endpoint).substr(6), Machine("pc1"));
  zmq::message_t peer, join;
  ASSERT_TRUE(leader.recv(peer));
  ASSERT_TRUE(leader.recv(join));
  leader.send(peer, zmq::send_flags::sndmore);
  const auto refuse = control::Encode(control::Refuse{"protocol 99 only", false}, 99);
  leader.send(zmq::buffer(refuse), zmq::send_flags::none);
  EXPECT_STREQ(ErrorOf([&] { worker.WaitForAssignment(10s); }).what(), "protocol 99 only");
}

TEST(ControlPlane, TheSurplusIsToldAndMayWait) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  ControlClient first(server.endpoint(), Machine("pc1"));
  server.WaitForJoin(10s);
  ControlClient surplus(server.endpoint(), Machine("pc2"));
  const Error error = ErrorOf([&] { surplus.WaitForAssignment(600ms); });
  EXPECT_EQ(error.kind(), ErrorKind::kPeerLost);
  EXPECT_THAT(error.what(), HasSubstr("this worker is not needed now"));
  server.Stop();
}

TEST(ControlPlane, APlaceThatGetsFreeWhileGatheringIsTaken) {
  ControlServer server(kAnyPort, 3, Machine("leader"));
  std::optional<ControlClient> leaving(std::in_place, server.endpoint(), Machine("pc1", 1));
  const auto until_joined = [](const std::string& line) {
    if (line.starts_with("Joined")) throw Error(ErrorKind::kConfig, "joined");
  };
  EXPECT_STREQ(ErrorOf([&] { leaving->WaitForAssignment(10s, until_joined); }).what(), "joined");
  leaving.reset();
  ControlClient second(server.endpoint(), Machine("pc2"));
  ControlClient third(server.endpoint(), Machine("pc3"));
  for (const auto& worker : server.WaitForJoin(10s)) EXPECT_NE(worker.join.host, "pc1");
  server.Stop();
}

TEST(ControlPlane, WhoWaitsForWorkersHearsWhoLeftAndWhoWasRefused) {
  ControlServer server(kAnyPort, 3, Machine("leader"));
  auto lost = std::make_unique<ControlClient>(server.endpoint(), Machine("pc1"));
  Join old = Machine("pc2");
  old.build = "0.9";
  const ControlClient refused(server.endpoint(), old);
  std::vector<std::string> lines;
  const auto heard = [&](const std::string& part) {
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
      return line.find(part) != std::string::npos;
    });
  };
  const auto listen = [&](const std::string& line) {
    if (lines.empty() || lines.back() != line) lines.push_back(line);
    if (heard(": pc1.")) lost.reset();
    if (heard("pc1 (pid ") && heard("build 0.9")) Fail(ErrorKind::kBadRequest, "enough");
  };
  EXPECT_STREQ(ErrorOf([&] { server.WaitForJoin(10s, listen); }).what(), "enough");
  EXPECT_TRUE(heard("left before the end."));
  // Once each, though the state that follows is said again.
  EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                          [](const std::string& line) { return line.find("0.9") != line.npos; }),
            1);
}

TEST(ControlPlane, StrangersAndGarbageAreIgnored) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  zmq::context_t context;
  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  stranger.set(zmq::sockopt::linger, 1000);
  stranger.connect("tcp://" + server.endpoint());
  std::mt19937 random(3);
  for (int i = 0; i < 1000; ++i) {
    std::string garbage(random() % 50, '\0');
    for (char& c : garbage) c = static_cast<char>(random());
    const auto flags = i % 3 == 0 ? zmq::send_flags::sndmore : zmq::send_flags::none;
    stranger.send(zmq::buffer(garbage), flags);
  }
  stranger.send(zmq::str_buffer(""), zmq::send_flags::none);
  for (const control::Message& message :
       {control::Message(control::Ready{}), control::Message(control::Bye{}),
        control::Message(control::Report{"boo"}), control::Message(control::Lost{1, "boo"}),
        control::Message(control::Stop{}), control::Message(control::Welcome{})}) {
    stranger.send(zmq::buffer(control::Encode(message)), zmq::send_flags::none);
  }
  ControlClient worker(server.endpoint(), Machine("pc1"));
  EXPECT_EQ(server.WaitForJoin(10s).size(), 1u);
  EXPECT_FALSE(server.Verdict(300ms));
  server.Stop();
}

TEST(ControlPlane, AReportReachesEverybody) {
  ControlServer server(kAnyPort, 3, Machine("leader"));
  ControlClient failing(server.endpoint(), Machine("pc1", 1));
  ControlClient other(server.endpoint(), Machine("pc2", 2));
  server.WaitForJoin(10s);
  std::atomic<int> calls = 0;
  other.OnLost([&](const std::string&) { ++calls; });
  failing.ReportError("Cannot open x.gguf: no such file.");
  const std::string sentence = "failed: Cannot open x.gguf: no such file.";
  EXPECT_THAT(*server.Verdict(5s), HasSubstr(sentence));
  EXPECT_THAT(*other.Verdict(5s), HasSubstr(sentence));
  EXPECT_THAT(*other.Verdict(5s), HasSubstr("Rank 1 (pc1, pid "));
  other.OnLost({});  // when this returns, the callback has run
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(other.stopped());
  EXPECT_THROW(server.WaitReady(10s), Error);
}

TEST(ControlPlane, TheLeadersErrorReachesTheWorkers) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  ControlClient worker(server.endpoint(), Machine("pc1"));
  server.WaitForJoin(10s);
  server.ReportError("Out of disk.");
  EXPECT_THAT(*worker.Verdict(5s), HasSubstr("failed: Out of disk."));
  EXPECT_THAT(ErrorOf([&] { worker.WaitForAssignment(10s); }).what(), HasSubstr("Out of disk."));
  EXPECT_FALSE(worker.stopped());
}

TEST(ControlPlane, ALeaderThatEndsWithoutAWordIsNamed) {
  auto server = std::make_unique<ControlServer>(kAnyPort, 2, Machine("leader"));
  ControlClient worker(server->endpoint(), Machine("pc1"));
  server->WaitForJoin(10s);
  server.reset();
  EXPECT_THAT(*worker.Verdict(5s), HasSubstr("Rank 0 (leader, pid "));
  EXPECT_THAT(*worker.Verdict(5s), HasSubstr("ended early."));
  EXPECT_FALSE(worker.stopped());
}

TEST(ControlPlane, AWorkerThatLeavesEarlyIsNamedAtOnce) {
  ControlServer server(kAnyPort, 3, Machine("leader"));
  auto leaving = std::make_unique<ControlClient>(server.endpoint(), Machine("pc1", 1));
  ControlClient other(server.endpoint(), Machine("pc2", 2));
  server.WaitForJoin(10s);
  leaving.reset();
  EXPECT_THAT(*other.Verdict(1500ms), HasSubstr("Rank 1 (pc1, pid "));
  EXPECT_THAT(*server.Verdict(1500ms), HasSubstr("left before the end."));
}

TEST(ControlPlane, ABusyProgramKeepsItsHeartbeat) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  ControlClient worker(server.endpoint(), Machine("pc1"));
  server.WaitForJoin(10s);
  const auto until = std::chrono::steady_clock::now() + 3s;
  volatile uint64_t work = 0;
  while (std::chrono::steady_clock::now() < until) work = work + 1;
  EXPECT_FALSE(server.Verdict(0ms));
  EXPECT_FALSE(worker.Verdict(0ms));
  server.Stop();
}

TEST(ControlPlane, TwoLeadersCannotShareAnAddress) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  const Error error = ErrorOf([&] { ControlServer(server.endpoint(), 2, Machine("other")); });
  EXPECT_EQ(error.kind(), ErrorKind::kConfig);
  EXPECT_THAT(error.what(), HasSubstr(server.endpoint()));
  EXPECT_EQ(ErrorOf([] { ControlClient("no port", Machine("pc1")); }).kind(), ErrorKind::kConfig);
}

TEST(ControlPlane, ProgressMayGiveUp) {
  ControlServer server(kAnyPort, 2, Machine("leader"));
  std::string shown;
  const auto give_up = [&](const std::string& line) {
    shown = line;
    throw Error(ErrorKind::kConfig, "interrupted");
  };
  EXPECT_STREQ(ErrorOf([&] { server.WaitForJoin({}, give_up); }).what(), "interrupted");
  EXPECT_EQ(shown, "0 of 1 workers have joined at " + server.endpoint() + ".");
}

}  // namespace
}  // namespace lantern
