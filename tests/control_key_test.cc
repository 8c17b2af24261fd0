// The control plane and the weights with a key: who gets in, who is told what, who is counted.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "net/control/control_plane.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr char kAnyPort[] = "127.0.0.1:*";

SharedKey NewKey() { return std::make_shared<const LanKey>(LanKey::Generate()); }
Join Machine(const char* host) {
  Join join = DescribeThisMachine("1.0");
  join.host = host;
  return join;
}

// What a worker says while it waits, as its last words after `limit`.
std::string LineOf(ControlClient& worker, std::chrono::milliseconds limit) {
  try {
    worker.WaitForAssignment(limit);
  } catch (const Error& e) {
    return e.what();
  }
  return "assigned";
}

TEST(ControlKey, TheSameKeyWorks) {
  const SharedKey key = NewKey();
  ControlServer server(kAnyPort, 2, Machine("leader"), {}, key);
  ControlClient worker(server.endpoint(), Machine("pc1"), key);
  EXPECT_EQ(server.WaitForJoin(10s).size(), 1u);
  server.Assign(1, {std::byte{7}});
  EXPECT_EQ(worker.WaitForAssignment(10s).bytes, std::vector<std::byte>{std::byte{7}});
  EXPECT_EQ(server.strangers(), 0);
  server.Stop();
  worker.Verdict(2s);
  EXPECT_TRUE(worker.stopped());
}

TEST(ControlKey, WhoHasAnotherKeyOrNoneIsToldAndCounted) {
  ControlServer server(kAnyPort, 2, Machine("leader"), {}, NewKey());
  ControlClient wrong(server.endpoint(), Machine("pc1"), NewKey());
  ControlClient none(server.endpoint(), Machine("pc2"));
  EXPECT_THAT(LineOf(wrong, 2s), HasSubstr(server.endpoint() + " refuses this key"));
  EXPECT_THAT(LineOf(none, 2s), HasSubstr(server.endpoint() + " asks for its key"));
  EXPECT_GE(server.strangers(), 4);
  try {
    server.WaitForJoin(10ms);
    ADD_FAILURE() << "somebody was let in";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("another key or none"));
  }
}

// The leader was started without --key at first: its workers need not be started again.
TEST(ControlKey, ALeaderWithoutAKeyIsToldApartAndTheNextOneIsJoined) {
  const SharedKey key = NewKey();
  auto server = std::make_unique<ControlServer>(kAnyPort, 2, Machine("leader"));
  const std::string endpoint = server->endpoint();
  ControlClient worker(endpoint, Machine("pc1"), key);
  EXPECT_THAT(LineOf(worker, 2s), HasSubstr("has no key"));  // or: "refuses this key, or has no"
  server.reset();
  ControlServer next(endpoint, 2, Machine("leader"), {}, key);
  EXPECT_EQ(next.WaitForJoin(10s).size(), 1u);
  next.Stop();
}

TEST(ControlKey, AWorkerWithoutAKeyJoinsTheNextLeaderThatHasNone) {
  auto server = std::make_unique<ControlServer>(kAnyPort, 2, Machine("leader"),
                                                std::vector<std::string>{}, NewKey());
  const std::string endpoint = server->endpoint();
  ControlClient worker(endpoint, Machine("pc1"));
  EXPECT_THAT(LineOf(worker, 2s), HasSubstr("asks for its key"));
  server.reset();
  ControlServer next(endpoint, 2, Machine("leader"));
  EXPECT_EQ(next.WaitForJoin(10s).size(), 1u);
  next.Stop();
}

// libzmq alone lets every client in that knows the server's public key.
TEST(ControlKey, TheServersPublicKeyIsNotEnough) {
  const SharedKey key = NewKey();
  ControlServer server(kAnyPort, 2, Machine("leader"), {}, key);
  zmq::context_t context;
  zmq::socket_t stranger(context, zmq::socket_type::dealer);
  const LanKey::KeyPair own = NewKey()->client();
  stranger.set(zmq::sockopt::linger, 0);
  stranger.set(zmq::sockopt::curve_serverkey, zmq::buffer(key->server().public_key));
  stranger.set(zmq::sockopt::curve_publickey, zmq::buffer(own.public_key));
  stranger.set(zmq::sockopt::curve_secretkey, zmq::buffer(own.secret_key));
  stranger.set(zmq::sockopt::rcvtimeo, 1000);
  stranger.connect("tcp://" + server.endpoint());
  stranger.send(zmq::buffer(control::Encode(Machine("pc1"))), zmq::send_flags::dontwait);
  zmq::message_t reply;
  EXPECT_FALSE(stranger.recv(reply));
  EXPECT_EQ(server.strangers(), 1);
  EXPECT_TRUE(server.Workers().empty());
}

}  // namespace
}  // namespace lantern
