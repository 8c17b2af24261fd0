// DeviceLink between two processes: what arrives, who waits for whom, and a rank that is lost.
#include "net/device_link.h"

#include <cuda_runtime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>

#include "tests/forked_ranks.h"
#include "tests/gpu/sums/rank_processes.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr int kSlots = 3;
constexpr int kManyRows = 2048, kColumns = 4096;  // far beyond what NCCL keeps on the way
constexpr std::chrono::seconds kLimit{60}, kLossLimit{5};

#define NEEDS_NCCL_AND_TWO_GPUS()                       \
  if (GpuCount() < 2) GTEST_SKIP() << "needs two GPUs"; \
  if (!HasNccl()) GTEST_SKIP() << "needs NCCL, see above";

// A rank's end of a link, and a hidden state for each slot.
struct LinkEnd {
  LinkEnd(RankEnd& rank, const DeviceOptions& device, int columns)
      : context(Backend::MakeContext({.threads = 1, .spin = false, .device = device})),
        host(static_cast<size_t>(kManyRows) * columns) {
    for (int slot = 0; slot < kSlots; ++slot) {
      x[slot] = Backend::Allocate(*context, owners[slot], kManyRows, columns, DType::kF32);
    }
    link = MakeDeviceLink(*context, rank.world, kSlots);
  }

  static std::vector<float> Values(const Tensor& x, int step) {
    std::vector<float> values(static_cast<size_t>(x.rows) * x.cols);
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = static_cast<float>((i + 7919 * step) % 104729);
    }
    return values;
  }
  void Fill(const Tensor& x, int step) { Backend::Upload(*context, x, Values(x, step)); }
  bool Holds(const Tensor& x, int step) {
    const std::span<float> got = Backend::HostSpan(*context, x, host);
    const std::vector<float> expected = Values(x, step);
    return std::equal(got.begin(), got.end(), expected.begin(), expected.end());
  }

  std::shared_ptr<Backend::Context> context;
  BufferOwner owners[kSlots];
  Tensor x[kSlots];
  std::vector<float> host;
  std::unique_ptr<DeviceLink> link;
};

DeviceOptions OwnGpu(const RankEnd& rank) { return {.name = "cuda", .index = rank.rank}; }

// Both ranks say the same line.
void ExpectLine(const ForkedRanks::Body& body, const std::string& line) {
  ForkedRanks ranks(2, body);
  for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(ranks.ReadLine(rank, kLimit), line) << rank;
}

// As many as fit are under way; the receiver is late now and then.
std::string HandOverSteps(RankEnd& rank, int columns) {
  LinkEnd end(rank, OwnGpu(rank), columns);
  if (!end.link) return "no link";
  constexpr int kRows[] = {1, kManyRows, 3, 1, 64, 1, 1, 511, 1, kManyRows, 2};
  int step = 0;
  for (const int rows : kRows) {
    const int slot = step % kSlots;
    const Tensor x = end.x[slot].Rows(0, rows);
    if (rank.rank == 0) {
      end.link->Settle(slot);
      end.Fill(x, step);
      end.link->Send(x, slot);
    } else {
      if (step % 3 == 0) usleep(50000);
      end.link->Receive(x);
      if (!end.Holds(x, step)) return "step " + std::to_string(step) + " differs";
    }
    ++step;
  }
  for (int slot = 0; rank.rank == 0 && slot < kSlots; ++slot) end.link->Settle(slot);
  rank.Finish();
  return "alike";
}

TEST(DeviceLink, HandsOverInOrder) {
  NEEDS_NCCL_AND_TWO_GPUS();
  for (const int columns : {kColumns, 37}) {  // the second in padded rows
    ExpectLine([&](RankEnd& rank) { return HandOverSteps(rank, columns); }, "alike");
  }
}

// The receiver is told by messages that the sender has computed meanwhile, and waited for that.
std::string ComputeMeanwhile(RankEnd& rank) {
  LinkEnd end(rank, OwnGpu(rank), kColumns);
  if (!end.link) return "no link";
  bool alike = true;
  for (int slot = 0; slot < kSlots; ++slot) {
    if (rank.rank == 0) {
      end.Fill(end.x[slot], slot);
      end.link->Send(end.x[slot], slot);
    }
  }
  std::byte word{};
  if (rank.rank == 0) {
    BufferOwner owner;
    const Tensor other = Backend::Allocate(*end.context, owner, 64, kColumns, DType::kF32);
    end.Fill(other, 77);
    alike = end.Holds(other, 77);
    rank.world->Send(1, {&word, 1});
  } else {
    rank.world->Receive(0, {&word, 1});
    for (int slot = 0; slot < kSlots; ++slot) {
      end.link->Receive(end.x[slot]);
      alike = alike && end.Holds(end.x[slot], slot);
    }
  }
  for (int slot = 0; rank.rank == 0 && slot < kSlots; ++slot) end.link->Settle(slot);
  rank.Finish();
  return alike ? "alike" : "differs";
}

TEST(DeviceLink, TravelsWhileTheSenderComputes) {
  NEEDS_NCCL_AND_TWO_GPUS();
  ExpectLine(ComputeMeanwhile, "alike");
}

// What the two compute on, and what comes of it.
void ExpectNoLink(const DeviceOptions& first, const DeviceOptions& second) {
  const auto body = [&](RankEnd& rank) -> std::string {
    LinkEnd end(rank, rank.rank == 0 ? first : second, 37);
    const bool has_link = end.link != nullptr;
    rank.Finish();
    return has_link ? "a link" : "no link";
  };
  ExpectLine(body, "no link");
}

TEST(DeviceLink, NeedsAGpuAtBothEnds) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  const DeviceOptions gpu{.name = "cuda"}, cpu{.name = "cpu"};
  ExpectNoLink(gpu, cpu);
  ExpectNoLink(cpu, gpu);
  ExpectNoLink(gpu, gpu);  // one for two
}

enum class Wait { kSettle, kDevice, kReceive };

// The survivor waits so, and must say who was lost.
std::string WaitForLost(RankEnd& rank, Wait wait) {
  LinkEnd end(rank, OwnGpu(rank), kColumns);
  if (!end.link) return "no link";
  const bool sender = rank.rank == 0, survivor = sender == (wait != Wait::kReceive);
  for (int slot = 0; survivor && sender && slot < kSlots; ++slot) {
    end.link->Send(end.x[slot], slot);
  }
  rank.WriteLine("under way");
  if (!survivor) pause();
  // As where memory is freed in the middle of a step.
  if (wait == Wait::kDevice) cudaDeviceSynchronize();
  // Of all, as NCCL has room for the first ones.
  for (int slot = 0; sender && slot < kSlots; ++slot) end.link->Settle(slot);
  if (!sender) end.link->Receive(end.x[0]);
  return "nobody was lost";
}

void LoseOne(Wait wait, int victim) {
  ForkedRanks ranks(2, [&](RankEnd& rank) { return WaitForLost(rank, wait); });
  for (int rank = 0; rank < 2; ++rank) ASSERT_EQ(ranks.ReadLine(rank, kLimit), "under way");
  usleep(500000);
  const auto start = Clock::now();
  ranks.Signal(victim, SIGKILL);
  const int survivor = 1 - victim;
  const std::string line = ranks.ReadLine(survivor, kLossLimit);
  EXPECT_THAT(line, StartsWith(fmt::format("error: Rank {} (", victim)));
  EXPECT_THAT(line, HasSubstr("stopped answering: no heartbeat for 2."));
  EXPECT_EQ(ranks.ReadLine(survivor, kLossLimit), "(end)") << "hangs";
  const std::chrono::duration<double> took = Clock::now() - start;
  EXPECT_LT(took, kLossLimit);
  std::printf("ended %.3f s after rank %d was killed: %s\n", took.count(), victim, line.c_str());
}

TEST(DeviceLink, OfALostReceiverEnds) {
  NEEDS_NCCL_AND_TWO_GPUS();
  LoseOne(Wait::kSettle, 1);
}

TEST(DeviceLink, OfALostReceiverEndsWhereTheDeviceIsWaitedFor) {
  NEEDS_NCCL_AND_TWO_GPUS();
  LoseOne(Wait::kDevice, 1);
}

TEST(DeviceLink, OfALostSenderEnds) {
  NEEDS_NCCL_AND_TWO_GPUS();
  LoseOne(Wait::kReceive, 0);
}

}  // namespace
}  // namespace lantern
