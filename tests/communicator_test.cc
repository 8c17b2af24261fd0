// One body of checks for every transport that runs in one process, the same body over Gloo in
// forked processes, and what only threads can show: order, deadlines, Abort.
#include "net/communicator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <functional>
#include <random>
#include <thread>

#include "net/collectives.h"
#include "net/group_comm.h"
#include "net/messages.h"
#include "net/null_comm.h"
#include "net/thread_comm.h"
#include "src/base/error.h"
#include "tests/forked_ranks.h"

namespace lantern {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;

std::vector<std::byte> Pattern(int from, int to, int round, size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<std::byte>(from * 31 + to * 17 + round * 7 + i * 13 + (i >> 8));
  }
  return bytes;
}

void Throw(const char* what, int rank) {
  throw std::runtime_error(fmt::format("{}, {}", what, rank));
}

// All to all, several messages per pair in one exchange, some of them empty.
void ExchangeAllToAll(Communicator& comm, size_t size, int round) {
  constexpr int kPerPair = 3;
  const auto size_of = [&](int i) { return i == 1 ? 0 : size + i; };
  std::vector<std::vector<std::byte>> sent, received;
  std::vector<int> peers;
  for (int peer = 0; peer < comm.size(); ++peer) {
    for (int i = 0; peer != comm.rank() && i < kPerPair; ++i) {
      sent.push_back(Pattern(comm.rank(), peer, round + i, size_of(i)));
      received.emplace_back(size_of(i));
      peers.push_back(peer);
    }
  }
  std::vector<OutgoingMessage> out;
  std::vector<IncomingMessage> in;
  for (size_t i = 0; i < peers.size(); ++i) {
    out.push_back({peers[i], sent[i]});
    in.push_back({peers[i], received[i]});
  }
  comm.Exchange(out, in, Patience::kStep);
  for (size_t i = 0; i < peers.size(); ++i) {
    const int nth = static_cast<int>(i) % kPerPair;
    if (received[i] != Pattern(peers[i], comm.rank(), round + nth, size_of(nth))) {
      Throw("wrong bytes", comm.rank());
    }
  }
}

// Several exchanges under way at once, small and large mixed, waited for in another order.
void OverlapTransfers(Communicator& comm) {
  const std::vector<size_t> sizes = {100, 300000, 8192, 5};
  std::vector<std::vector<std::byte>> sent, received;
  std::vector<Communicator::Ticket> tickets;
  sent.reserve(sizes.size() * comm.size());
  received.reserve(sizes.size() * comm.size());
  for (size_t i = 0; i < sizes.size(); ++i) {
    std::vector<OutgoingMessage> out;
    std::vector<IncomingMessage> in;
    for (int peer = 0; peer < comm.size(); ++peer) {
      const int round = static_cast<int>(i);
      sent.push_back(Pattern(comm.rank(), peer, round, sizes[i]));
      received.emplace_back(sizes[i]);
      if (peer == comm.rank()) continue;
      out.push_back({peer, sent.back()});
      in.push_back({peer, received.back()});
    }
    tickets.push_back(comm.Start(out, in));
  }
  for (const int i : {2, 0, 3, 1}) {
    comm.Wait(tickets[i], Patience::kStep);
    for (int peer = 0; peer < comm.size(); ++peer) {
      if (peer == comm.rank()) continue;
      if (received[i * comm.size() + peer] != Pattern(peer, comm.rank(), i, sizes[i])) {
        Throw("overlapping", comm.rank());
      }
    }
  }
}

// A ring of sends and receives where the sizes differ by rank.
void SendAround(Communicator& comm) {
  if (comm.size() == 1) return;
  const int next = (comm.rank() + 1) % comm.size();
  const int previous = (comm.rank() + comm.size() - 1) % comm.size();
  const auto mine = Pattern(comm.rank(), next, 0, 100 + comm.rank());
  std::vector<std::byte> theirs(100 + previous);
  if (comm.rank() == 0) {
    comm.Send(next, mine);
    comm.Receive(previous, theirs);
  } else {
    comm.Receive(previous, theirs);
    comm.Send(next, mine);
  }
  if (theirs != Pattern(previous, comm.rank(), 0, theirs.size())) Throw("ring", comm.rank());
}

void PassMessages(Communicator& comm) {
  for (size_t size : {0, 1, 1000, 1016, 1017, 100000}) {
    for (int root = 0; root < comm.size(); ++root) {
      auto message = comm.rank() == root ? Pattern(root, 0, 1, size) : std::vector<std::byte>();
      BroadcastMessage(comm, message, root, Patience::kIdle);
      if (message != Pattern(root, 0, 1, size)) Throw("broadcast message", comm.rank());
      std::vector<std::byte> fixed(size);
      if (comm.rank() == root) fixed = message;
      Broadcast(comm, fixed, root);
      if (fixed != message) Throw("broadcast", comm.rank());
    }
    if (comm.rank() == 0 && comm.size() > 1) SendMessage(comm, 1, Pattern(0, 1, 2, size));
    if (comm.rank() == 1) {
      std::vector<std::byte> message(3);
      ReceiveMessage(comm, 0, Patience::kStep, message);
      if (message != Pattern(0, 1, 2, size)) Throw("message", 1);
    }
  }
}

void CheckEverything(Communicator& comm) {
  for (int round = 0; round < 3; ++round) {
    for (size_t size : {1, 100, 70000}) ExchangeAllToAll(comm, size, round);
  }
  OverlapTransfers(comm);
  SendAround(comm);
  PassMessages(comm);
  Barrier(comm);
  if (comm.size() > 1 && comm.counters().bytes_sent == 0) Throw("counters", comm.rank());
}

// Runs `body` for every rank in a thread of its own; returns what each threw.
std::vector<std::string> RunThreads(std::vector<std::unique_ptr<Communicator>>& group,
                                    const std::function<void(Communicator&)>& body) {
  std::vector<std::string> failures(group.size());
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < group.size(); ++rank) {
    threads.emplace_back([&, rank] {
      try {
        body(*group[rank]);
      } catch (const std::exception& e) {
        failures[rank] = e.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return failures;
}

TEST(NullComm, IsAGroupOfOne) {
  const auto comm = MakeNullComm();
  EXPECT_EQ(comm->size(), 1);
  CheckEverything(*comm);
  comm->Abort("first");
  comm->Abort("second");
  try {
    comm->Exchange({}, {}, Patience::kIdle);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kPeerLost);
    EXPECT_STREQ(e.what(), "first");
  }
}

TEST(ThreadComm, CarriesEverything) {
  for (int size = 1; size <= 8; ++size) {
    auto group = MakeThreadGroup(size);
    for (const auto& failure : RunThreads(group, CheckEverything)) EXPECT_EQ(failure, "");
  }
}

TEST(GroupComm, CarriesEverythingAmongItsMembersAtTheSameTime) {
  auto group = MakeThreadGroup(5);
  std::vector<std::shared_ptr<Communicator>> world(group.size());
  std::move(group.begin(), group.end(), world.begin());
  std::vector<std::unique_ptr<Communicator>> groups;  // {0, 2, 4} backwards, and {1, 3}
  for (int rank = 0; rank < 5; ++rank) {
    groups.push_back(
        MakeGroup(world[rank], rank % 2 == 0 ? std::vector{4, 2, 0} : std::vector{1, 3}));
  }
  EXPECT_EQ(groups[0]->rank(), 2);
  EXPECT_EQ(groups[3]->rank(), 1);
  EXPECT_EQ(groups[0]->NameOf(0), "rank 4");
  for (const auto& failure : RunThreads(groups, CheckEverything)) EXPECT_EQ(failure, "");
  EXPECT_EQ(groups[1]->counters().bytes_sent, world[1]->counters().bytes_sent);
}

TEST(ThreadComm, AbortEndsOneRanksWaits) {
  auto group = MakeThreadGroup(2);
  std::string failure;
  std::thread waiting([&] {
    std::byte byte;
    try {
      group[1]->Receive(0, {&byte, 1}, Patience::kIdle);
    } catch (const Error& e) {
      failure = e.what();
    }
  });
  std::this_thread::sleep_for(milliseconds(20));
  group[1]->Abort("rank 7 is lost");
  waiting.join();
  EXPECT_EQ(failure, "rank 7 is lost");
  EXPECT_THROW(group[1]->Send(0, std::vector<std::byte>(1)), Error);
}

TEST(ThreadComm, AStepHasADeadline) {
  auto group = MakeThreadGroup(2, milliseconds(50));
  std::byte byte{};
  try {
    group[0]->Receive(1, {&byte, 1});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_EQ(e.kind(), ErrorKind::kPeerLost);
    EXPECT_THAT(e.what(), HasSubstr("Rank 1 did not answer rank 0"));
  }
  // A send that nobody takes ends too, and is withdrawn: its memory is the caller's again.
  EXPECT_THROW(group[0]->Send(1, {&byte, 1}), Error);
  EXPECT_THROW(group[1]->Receive(0, {&byte, 1}), Error);
}

TEST(ThreadComm, ARankThatEndsIsNamed) {
  auto group = MakeThreadGroup(3);
  std::thread leaving([&] { group[2].reset(); });
  std::byte bytes[2];
  const IncomingMessage in[] = {{1, {&bytes[0], 1}}, {2, {&bytes[1], 1}}};
  try {
    group[0]->Exchange({}, in, Patience::kIdle);
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("Rank 2 ended"));
  }
  leaving.join();
}

TEST(ThreadComm, MessagesOfOnePairKeepTheirOrder) {
  auto group = MakeThreadGroup(2);
  const auto failures = RunThreads(group, [](Communicator& comm) {
    for (int i = 0; i < 1000; ++i) {
      int value = i;
      if (comm.rank() == 0) {
        comm.Send(1, std::as_bytes(std::span(&value, 1)));
      } else {
        comm.Receive(0, std::as_writable_bytes(std::span(&value, 1)));
        if (value != i) Throw("order", i);
      }
    }
  });
  EXPECT_THAT(failures, ::testing::Each(""));
}

// With how many peers this process shares memory.
int SharedMemories() {
  std::ifstream maps("/proc/self/maps");
  int count = 0;
  for (std::string line; std::getline(maps, line);) {
    if (line.find("/memfd:lantern-") != std::string::npos) ++count;
  }
  return count;
}

// Every kind of message among `size` processes.
void CarryEverything(int size, bool shared_memory) {
  ForkedRanks ranks(size,
                    [](RankEnd& end) {
                      CheckEverything(*end.world);
                      const std::string result = fmt::format("ok, {} shared", SharedMemories());
                      end.Finish();
                      return result;
                    },
                    {shared_memory, {}});
  const std::string expected = fmt::format("ok, {} shared", shared_memory ? size - 1 : 0);
  for (int rank = 0; rank < size; ++rank) {
    EXPECT_EQ(ranks.ReadLine(rank, std::chrono::seconds(60)), expected) << "rank " << rank;
  }
}

TEST(GlooComm, CarriesEverythingThroughSharedMemory) {
  for (int size : {1, 2, 3, 5}) CarryEverything(size, true);
}

TEST(GlooComm, CarriesEverythingOverTcp) {
  for (int size : {1, 2, 3, 5}) CarryEverything(size, false);
}

TEST(GlooComm, GroupsShareTheTransport) {
  ForkedRanks ranks(4, [](RankEnd& end) {
    const bool even = end.world->rank() % 2 == 0;
    const auto group = MakeGroup(end.world, even ? std::vector{0, 2} : std::vector{3, 1});
    for (int i = 0; i < 5; ++i) {
      CheckEverything(*group);
      CheckEverything(*end.world);
    }
    end.Finish();
    return group->NameOf(0);
  });
  for (int rank = 0; rank < 4; ++rank) {
    EXPECT_THAT(ranks.ReadLine(rank, std::chrono::seconds(60)),
                EndsWith(rank % 2 == 0 ? "(127.0.0.1, rank 0)" : "(127.0.0.1, rank 3)"));
  }
}

// Sizes from nothing to 8 MB, the same on all ranks.
size_t SomeSize(std::minstd_rand& random) {
  const size_t most = size_t{1} << (random() % 24);
  return random() % (most + 1);
}

// Two exchanges under way at a time, each of messages of all lengths between all ranks, while each
// rank computes for a time of its own, and moves on or does not.
void ExchangeWhileComputing(Communicator& comm) {
  constexpr int kRounds = 12;
  std::minstd_rand sizes(comm.size()), own(comm.rank());
  std::vector<std::byte> sent, received[2];
  for (int round = 0; round < kRounds; ++round) {
    Communicator::Ticket tickets[2];
    sent = Pattern(comm.rank(), 0, round, (8 << 20) + 1);
    std::vector<IncomingMessage> in[2];
    for (const int i : {0, 1}) {
      received[i].resize((8 << 20) * comm.size());
      std::vector<OutgoingMessage> out;
      for (int from = 0; from < comm.size(); ++from) {
        for (int to = 0; to < comm.size(); ++to) {
          const size_t bytes = SomeSize(sizes);
          if (from == to) continue;
          if (from == comm.rank()) out.push_back({to, std::span(sent).subspan(i, bytes)});
          if (to != comm.rank()) continue;
          in[i].push_back({from, std::span(received[i]).subspan(size_t{8 << 20} * from, bytes)});
        }
      }
      tickets[i] = comm.Start(out, in[i]);
      for (size_t slice = own() % 4; slice > 0; --slice) {
        std::this_thread::sleep_for(milliseconds(own() % 10));
        if (own() % 2 == 0) comm.Progress();
      }
    }
    const int first = round % 2;
    comm.Wait(tickets[first], Patience::kStep);
    comm.Wait(tickets[1 - first], Patience::kStep);
    for (const int i : {0, 1}) {
      for (const auto& message : in[i]) {
        const auto whole = Pattern(message.from, 0, round, message.bytes.size() + i);
        if (!std::equal(message.bytes.begin(), message.bytes.end(), whole.begin() + i)) {
          Throw("wrong bytes", comm.rank());
        }
      }
    }
  }
}

void ExchangeWhileComputing(int size, const ForkedRanks::Links& links) {
  ForkedRanks ranks(
      size,
      [](RankEnd& end) {
        ExchangeWhileComputing(*end.world);
        end.Finish();
        return std::string("ok");
      },
      links);
  for (int rank = 0; rank < size; ++rank) {
    EXPECT_EQ(ranks.ReadLine(rank, std::chrono::seconds(60)), "ok") << "rank " << rank;
  }
}

TEST(GlooComm, MessagesOfAllLengthsThroughSharedMemory) {
  for (int size : {2, 3, 4}) ExchangeWhileComputing(size, {true, {}});
}

TEST(GlooComm, MessagesOfAllLengthsOverTcp) {
  for (int size : {2, 3, 4}) ExchangeWhileComputing(size, {false, {}});
}

// A system that has less memory for a connection than a packet needs.
TEST(GlooComm, MessagesOfAllLengthsThroughSmallBuffers) {
  ExchangeWhileComputing(3, {false, {}, 16 << 10});
}

// Longer than it takes to call a link dead: it is the rank that has no time, not the link.
TEST(GlooComm, ALongMessageWaitsForARankThatComputesForLong) {
  ForkedRanks ranks(2,
                    [](RankEnd& end) {
                      std::vector<std::byte> bytes(4 << 20);
                      if (end.rank == 1) {
                        std::this_thread::sleep_for(milliseconds(7000));
                        end.world->Receive(0, bytes);
                        if (bytes != Pattern(0, 1, 0, bytes.size())) return std::string("wrong");
                      } else {
                        end.world->Send(1, Pattern(0, 1, 0, bytes.size()));
                      }
                      end.Finish();
                      return std::string("ok");
                    },
                    {false, {}});
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_EQ(ranks.ReadLine(rank, std::chrono::seconds(30)), "ok") << "rank " << rank;
  }
}

// Once each, in the order of the owners' addresses; a group's are those of its world.
TEST(GlooComm, AbortTellsThoseWhoAsked) {
  ForkedRanks ranks(2, [](RankEnd& end) -> std::string {
    if (end.rank == 1) {  // there until rank 0 has aborted
      try {
        std::byte word;
        end.world->Receive(0, {&word, 1});
      } catch (const Error&) {
        return "ok";
      }
      return "heard nothing";
    }
    const auto group = MakeGroup(end.world, {1, 0});
    std::string heard;
    const auto hears = [&](const std::string& name) {
      return [&heard, name](const std::string& reason) { heard += name + ": " + reason + " "; };
    };
    const int owners[2] = {};
    group->OnAbort(&owners[0], hears("first"));
    end.world->OnAbort(&owners[1], hears("second"));
    { const AbortWatch ended(*group, hears("ended")); }
    end.world->Abort("enough");
    end.world->Abort("more than enough");
    const AbortWatch late(*group, hears("late"));
    return heard;
  });
  EXPECT_EQ(ranks.ReadLine(0, std::chrono::seconds(30)),
            "first: enough second: enough late: enough ");
  EXPECT_EQ(ranks.ReadLine(1, std::chrono::seconds(30)), "ok");
}

// Abort at any moment of a loop of exchanges: before, between, inside.
TEST(GlooComm, AbortEndsTheWaitsAndStays) {
  ForkedRanks ranks(2, [](RankEnd& end) {
    std::thread aborter([&] {
      std::this_thread::sleep_for(milliseconds(30 + 500 * end.world->rank()));
      end.world->Abort("enough");
    });
    std::string first, second;
    try {
      while (true) ExchangeAllToAll(*end.world, 1000, 0);
    } catch (const Error& e) {
      first = e.what();
    }
    aborter.join();
    try {
      Barrier(*end.world);
    } catch (const Error& e) {
      second = e.what();
    }
    return first + "/" + second;
  });
  // Rank 1 may see the connection close before its own Abort; rank 0 aborts first.
  EXPECT_EQ(ranks.ReadLine(0, std::chrono::seconds(30)), "enough/enough");
  const std::string other = ranks.ReadLine(1, std::chrono::seconds(30));
  EXPECT_EQ(other.substr(0, other.find('/')), other.substr(other.find('/') + 1));
}

}  // namespace
}  // namespace lantern
