// ShmLane and the memory it lies in: order, sleep and wake-up, and who gets such memory at all.
#include "net/shm_lane.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <utility>

#include "net/control/control_plane.h"
#include "net/proven_links.h"

namespace lantern {
namespace {

using namespace std::chrono_literals;

// A lane of single bytes over a socket; counts what it sends.
class SocketBell final : public Lane {
 public:
  SocketBell(OwnedSocket socket, int& rings) : socket_(std::move(socket)), rings_(rings) {}

  std::span<std::byte> Room() override { return {&out_, 1}; }
  void Send(size_t bytes) override {
    ASSERT_EQ(send(socket_.fd(), &out_, bytes, MSG_NOSIGNAL), static_cast<ssize_t>(bytes));
    ++rings_;
  }
  std::span<const std::byte> Arrived(size_t) override {
    if (!has_ && recv(socket_.fd(), &in_, 1, MSG_DONTWAIT) == 1) has_ = true;
    return has_ ? std::span<const std::byte>(&in_, 1) : std::span<const std::byte>();
  }
  void Free() override { has_ = false; }
  int fd() const override { return socket_.fd(); }
  short Doze() override { return has_ ? 0 : POLLIN; }
  void Wake() override {}

 private:
  const OwnedSocket socket_;
  int& rings_;
  std::byte out_{}, in_{};
  bool has_ = false;
};

// Both ends of a lane.
struct Ends {
  Ends() {
    const OwnedSocket file(memfd_create("test", MFD_CLOEXEC));
    const size_t bytes = ShmLane::MemoryBytes();
    EXPECT_EQ(ftruncate(file.fd(), static_cast<off_t>(bytes)), 0);
    int sockets[2];
    EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets), 0);
    for (int i = 0; i < 2; ++i) {
      void* data = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file.fd(), 0);
      EXPECT_NE(data, MAP_FAILED);
      lanes[i] =
          std::make_unique<ShmLane>(std::make_unique<SocketBell>(OwnedSocket(sockets[i]), rings[i]),
                                    SharedMemory(static_cast<std::byte*>(data), bytes), i == 0);
    }
  }
  std::array<int, 2> rings{};
  std::array<std::unique_ptr<ShmLane>, 2> lanes;
};

constexpr size_t SizeOf(int round) { return 4 + static_cast<size_t>(round) * 7919 % 60000; }

bool TrySend(Lane& lane, int round) {
  const std::span<std::byte> room = lane.Room();
  if (room.empty()) return false;
  std::memset(room.data(), round & 0xff, SizeOf(round));
  std::memcpy(room.data(), &round, sizeof(round));
  lane.Send(SizeOf(round));
  return true;
}

bool TryReceive(Lane& lane, int round) {
  const std::span<const std::byte> packet = lane.Arrived(SizeOf(round));
  if (packet.empty()) return false;
  int got = -1;
  std::memcpy(&got, packet.data(), sizeof(got));
  EXPECT_EQ(got, round);
  if (SizeOf(round) > sizeof(got)) {
    EXPECT_EQ(packet[SizeOf(round) - 1], static_cast<std::byte>(round & 0xff));
  }
  lane.Free();
  return true;
}

// Sleeps as GlooComm does, but for much longer: a wake-up that is lost fails the test.
void Sleep(Lane& lane) {
  pollfd item{lane.fd(), lane.Doze(), 0};
  if (item.events != 0) {
    EXPECT_EQ(poll(&item, 1, 10000), 1) << "nobody rang";
  }
  lane.Wake();
}

TEST(ShmLane, ARingHoldsSoMuchAndNoMore) {
  Ends ends;
  for (int lap = 0; lap < 3; ++lap) {
    for (size_t i = 0; i < ShmLane::kSlots; ++i) EXPECT_TRUE(TrySend(*ends.lanes[lap % 2], i));
    EXPECT_FALSE(TrySend(*ends.lanes[lap % 2], 0));
    for (size_t i = 0; i < ShmLane::kSlots; ++i)
      EXPECT_TRUE(TryReceive(*ends.lanes[1 - lap % 2], i));
    EXPECT_FALSE(TryReceive(*ends.lanes[1 - lap % 2], 0));
  }
  EXPECT_EQ(ends.rings, (std::array{0, 0})) << "a rank that is awake needs no bell";
}

TEST(ShmLane, ADozeEndsByWhatIsWaitedForOnly) {
  Ends ends;
  auto& [a, b] = ends.lanes;
  EXPECT_FALSE(TryReceive(*b, 0));
  EXPECT_TRUE(b->Doze());  // there is room, but that it did not ask for
  EXPECT_TRUE(TrySend(*a, 0));
  EXPECT_TRUE(TrySend(*a, 1));
  EXPECT_EQ(ends.rings[0], 1) << "once a doze";
  EXPECT_FALSE(b->Doze()) << "something came just now";
  b->Wake();
  EXPECT_TRUE(TryReceive(*b, 0));
  EXPECT_TRUE(TryReceive(*b, 1));
  for (size_t i = 0; i < ShmLane::kSlots; ++i) EXPECT_TRUE(TrySend(*a, i));
  EXPECT_FALSE(TrySend(*a, 0));
  EXPECT_TRUE(a->Doze());
  EXPECT_TRUE(TryReceive(*b, 0));
  EXPECT_EQ(ends.rings[1], 1) << "room wakes too";
  a->Wake();
  pollfd item{a->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&item, 1, 0), 0) << "the bell is quiet again";
}

// Each side sleeps at once, whenever it can do nothing, so that most rounds race a doze with a
// packet or a freed slot.
TEST(ShmLane, NoWakeUpIsLost) {
#if LANTERN_SANITIZED
  constexpr int kRounds = 5000;
#else
  constexpr int kRounds = 50000;
#endif
  Ends ends;
  std::thread sender([&] {
    std::minstd_rand random(1);
    for (int i = 0; i < kRounds; ++i) {
      if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 60));
      while (!TrySend(*ends.lanes[0], i)) Sleep(*ends.lanes[0]);
    }
  });
  std::minstd_rand random(2);
  for (int i = 0; i < kRounds; ++i) {
    if (random() % 64 == 0) std::this_thread::sleep_for(std::chrono::microseconds(random() % 900));
    while (!TryReceive(*ends.lanes[1], i)) Sleep(*ends.lanes[1]);
  }
  sender.join();
  EXPECT_GT(ends.rings[0], 0) << "the receiver never slept";
  EXPECT_GT(ends.rings[1], 0) << "the sender never slept";
}

TEST(ShmLane, PingPongWithSleepBetween) {
  constexpr int kRounds = 3000;
  Ends ends;
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      while (!TryReceive(*ends.lanes[1], i)) Sleep(*ends.lanes[1]);
      while (!TrySend(*ends.lanes[1], i)) Sleep(*ends.lanes[1]);
    }
  });
  for (int i = 0; i < kRounds; ++i) {
    while (!TrySend(*ends.lanes[0], i)) Sleep(*ends.lanes[0]);
    while (!TryReceive(*ends.lanes[0], i)) Sleep(*ends.lanes[0]);
  }
  other.join();
}

TEST(ShmLane, APeerThatEndsWakesASleeper) {
  Ends ends;
  EXPECT_FALSE(TryReceive(*ends.lanes[1], 0));
  ASSERT_TRUE(ends.lanes[1]->Doze());
  ends.lanes[0].reset();
  pollfd item{ends.lanes[1]->fd(), POLLIN, 0};
  EXPECT_EQ(poll(&item, 1, 10000), 1);
}

// What ranks 0 to 3 share, each on a thread; `wanted` by rank.
std::vector<std::vector<SharedMemory>> ShareAmong(const std::array<bool, 4>& wanted, size_t bytes) {
  const ControlServer server("127.0.0.1:*", 1, DescribeThisMachine("test"));
  std::vector<std::vector<SharedMemory>> result(wanted.size());
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 4; ++rank) {
    threads.emplace_back([&, rank] {
      Rendezvous rendezvous(server.endpoint(), server.epoch(), 20s, {});
      result[rank] = ShareMemory(rank, 4, wanted[rank], bytes, rendezvous);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return result;
}

TEST(SharedMemory, EveryTwoHaveTheirOwn) {
  constexpr size_t kBytes = 8192;
  const auto shared = ShareAmong({true, true, true, true}, kBytes);
  for (int a = 0; a < 4; ++a) {
    EXPECT_FALSE(shared[a][a]);
    for (int b = 0; b < a; ++b) {
      ASSERT_TRUE(shared[a][b] && shared[b][a]) << a << " " << b;
      EXPECT_EQ(shared[a][b].bytes(), kBytes);
      std::byte& here = shared[a][b].data()[kBytes - 1];
      std::byte& there = shared[b][a].data()[kBytes - 1];
      EXPECT_NE(&here, &there);
      EXPECT_EQ(there, std::byte{0});  // others wrote into theirs
      here = static_cast<std::byte>(1 + 4 * a + b);
      EXPECT_EQ(there, here);
    }
  }
}

TEST(SharedMemory, BothEndsAgreeWhereOneDoesNotWantIt) {
  const auto shared = ShareAmong({true, false, true, false}, 4096);
  for (int a = 0; a < 4; ++a) {
    for (int b = 0; b < 4; ++b) {
      EXPECT_EQ(static_cast<bool>(shared[a][b]), a != b && a % 2 == 0 && b % 2 == 0) << a << b;
    }
  }
}

TEST(SharedMemory, BothEndsAgreeWhereTheSystemRefuses) {
  // More than a file can have: refused at once, without a page being taken.
  const auto shared = ShareAmong({true, true, true, true}, size_t{1} << 63);
  for (const auto& of_rank : shared) {
    for (const SharedMemory& memory : of_rank) EXPECT_FALSE(memory);
  }
}

// An offer whose descriptor is something else by now, or is another process's, is not taken.
TEST(SharedMemory, AnOfferThatMeansSomethingElseIsNotTaken) {
  const ControlServer server("127.0.0.1:*", 1, DescribeThisMachine("test"));
  Rendezvous rendezvous(server.endpoint(), server.epoch(), 20s, {});
  const OwnedSocket file(memfd_create("lantern-other", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  ASSERT_EQ(ftruncate(file.fd(), 4096), 0);
  const auto offer = [&](int lower, const char* name) {
    const std::string text = fmt::format("{} {} {}", getpid(), file.fd(), name);
    rendezvous.set(fmt::format("memory/offer/{}/2", lower), {text.begin(), text.end()});
  };
  offer(0, "lantern-wanted");
  offer(1, "lantern-other");  // the right one, but it may yet become smaller
  // Rank 2 is the test; the others are on the same machine as it says itself.
  std::thread others([&] {
    Rendezvous own(server.endpoint(), server.epoch(), 20s, {});
    const auto self = own.get("machine/2");
    own.set("machine/0", self);
    own.set("machine/1", self);
  });
  const auto shared = ShareMemory(2, 3, true, 4096, rendezvous);
  others.join();
  EXPECT_FALSE(shared[0]);
  EXPECT_FALSE(shared[1]);
  EXPECT_TRUE(rendezvous.get("memory/taken/0/2").empty());
}

}  // namespace
}  // namespace lantern
