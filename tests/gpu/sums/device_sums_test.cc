// DeviceSums between two processes: what they add, steps that are queued, and a rank that is lost.
#include "net/device_sums.h"

#include <cuda_runtime.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <functional>

#include "src/tensor/quant.h"
#include "tests/forked_ranks.h"
#include "tests/gpu/sums/rank_processes.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kLimit{60}, kLossLimit{5};

// A rank's sums, and what it sums; on one GPU where there is no other.
struct SumsEnd {
  SumsEnd(RankEnd& rank, int rows, int columns, WireFormat wire = WireFormat::kF32)
      : context(Backend::MakeContext(
            {.threads = 1,
             .spin = false,
             .device = {.name = "cuda", .index = GpuCount() < 2 ? 0 : rank.rank}})),
        host(static_cast<size_t>(rows) * columns) {
    x = Backend::Allocate(*context, owners[0], rows, columns, DType::kF32);
    partial = Backend::Allocate(*context, owners[1], rows, columns, DType::kF32);
    sums = MakeDeviceSums(*context, *rank.world, wire, columns, rows);
  }

  // A step that is a sum of ones.
  void QueueStep(int slot) {
    static constexpr int kPosition = 0, kSequence = 0, kBlock = 0;
    const std::span<const int> blocks(&kBlock, 1);
    const BatchView batch{{&kPosition, 1}, {&kSequence, 1}, {&blocks, 1}};
    Backend::RunStep(*context, batch, slot, true, [&] { sums->AddSum(x, partial); });
  }

  std::shared_ptr<Backend::Context> context;
  BufferOwner owners[2];
  Tensor x, partial;
  std::vector<float> host;
  std::unique_ptr<DeviceSums> sums;
};

// Whole numbers, so that every order has the same sum.
std::string AddTwice(RankEnd& rank, int rows, int columns) {
  SumsEnd end(rank, rows, columns);
  if (!end.sums) return "no sums";
  const size_t count = end.host.size();
  std::vector<float> mine(count);
  for (size_t i = 0; i < count; ++i) mine[i] = static_cast<float>(i % 1000 * (1 + 9 * rank.rank));
  Backend::Upload(*end.context, end.partial, mine);
  end.sums->AddSum(end.x, end.partial);
  end.sums->Wait();
  Backend::Upload(*end.context, end.partial, mine);  // whose memory may have changed
  end.sums->AddSum(end.x, end.partial);
  end.sums->Wait();
  const std::span<float> got = Backend::HostSpan(*end.context, end.x, end.host);
  for (size_t i = 0; i < count; ++i) {
    if (got[i] != static_cast<float>(i % 1000 * 22)) return "element " + std::to_string(i);
  }
  rank.Finish();
  return "alike";
}

TEST(DeviceSums, AddWhatAllRanksHave) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  constexpr int kMore = 2500;  // rows of 4,096: more than the buffers hold
  for (const auto& [rows, columns] : {std::pair(1, 4096), {3, 37}, {kMore, 4096}, {1, 1}}) {
    ForkedRanks ranks(2, [&](RankEnd& rank) { return AddTwice(rank, rows, columns); });
    for (int rank = 0; rank < 2; ++rank) {
      EXPECT_EQ(ranks.ReadLine(rank, kLimit), "alike") << rows << " x " << columns;
    }
  }
}

// What the wire's format cannot hold, as lists of candidates are added.
std::string AddExactly(RankEnd& rank) {
  constexpr int kRows = 3, kColumns = 516, kIds = 151936;
  SumsEnd end(rank, kRows, kColumns, WireFormat::kBf16);
  if (!end.sums) return "no sums";
  std::vector<float> mine(end.host.size(), 0);
  for (size_t i = rank.rank; i < mine.size(); i += 2) mine[i] = static_cast<float>(kIds - i);
  Backend::Upload(*end.context, end.partial, mine);
  end.sums->AddExactSum(end.x, end.partial);
  end.sums->Wait();
  const std::span<float> got = Backend::HostSpan(*end.context, end.x, end.host);
  for (size_t i = 0; i < got.size(); ++i) {
    if (got[i] != static_cast<float>(kIds - i)) return "element " + std::to_string(i);
  }
  rank.Finish();
  return "alike";
}

TEST(DeviceSums, AddInF32WhateverTheWire) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  ForkedRanks ranks(2, AddExactly);
  for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(ranks.ReadLine(rank, kLimit), "alike");
}

// Rank 0 queues a second step that rank 1 has not begun, and must see the end of the first. The
// shapes' first steps run, then they are recorded, then replayed.
std::string QueueAhead(RankEnd& rank) {
  SumsEnd end(rank, 1, 64);
  if (!end.sums) return "no sums";
  Backend::Upload(*end.context, end.partial, std::vector<float>(64, 1));
  int steps = 0;
  for (std::byte word{}; steps < 8; steps += 2) {
    end.QueueStep(0);
    if (rank.rank == 0) {
      end.QueueStep(1);
      end.sums->WaitForStep(0);
      rank.world->Send(1, {&word, 1});
    } else {
      rank.world->Receive(0, {&word, 1});
      end.QueueStep(1);
      end.sums->WaitForStep(0);
    }
    end.sums->WaitForStep(1);
  }
  const std::span<float> got = Backend::HostSpan(*end.context, end.x, end.host);
  for (const float value : got) {
    if (value != static_cast<float>(2 * steps)) return "a sum of " + std::to_string(value);
  }
  rank.Finish();
  return "alike";
}

TEST(DeviceSums, AStepIsWaitedForWhileTheNextIsQueued) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  ForkedRanks ranks(2, QueueAhead);
  for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(ranks.ReadLine(rank, kLimit), "alike");
}

// Rows that two ranks divide: whole numbers, as above.
struct RowsEnd : SumsEnd {
  static constexpr int kRows = 1001, kColumns = 4400, kIn = 96;  // two panels of columns

  explicit RowsEnd(RankEnd& rank) : SumsEnd(rank, kRows, kColumns) {
    input = Backend::Allocate(*context, input_owner, kRows, kIn, DType::kF16);
    std::vector<uint16_t> halves;
    for (int i = 0; i < kRows * kIn; ++i) {
      halves.push_back(FloatToHalf(static_cast<float>(Input(i / kIn, i % kIn))));
    }
    const size_t bytes = kIn * sizeof(uint16_t), pitch = input.stride * sizeof(uint16_t);
    cudaMemcpy2D(input.data, pitch, halves.data(), bytes, bytes, kRows, cudaMemcpyHostToDevice);
    RawWeight raw{"weight", DType::kF32, kColumns, kIn, {}};  // so it is unpacked
    raw.read_row = [mine = rank.rank](int row, std::byte* out) {
      for (int i = 0; i < kIn; ++i) {
        const auto factor = static_cast<float>(Factor(mine, row, i));
        std::memcpy(out + i * sizeof(factor), &factor, sizeof(factor));
      }
    };
    weight = Backend::PackWeight(*context, raw);
    norm = Backend::Allocate(*context, norm_owner, 1, kColumns, DType::kF32);
    Backend::Upload(*context, norm, std::vector<float>(kColumns, 1));
  }

  static int Input(int row, int i) { return (row + i) % 5 - 2; }
  static int Factor(int rank, int row, int i) { return (3 * row + i + rank) % 7 - 3; }
  static int Sum(int row, int column) {
    int sum = 0;
    for (int i = 0; i < kIn; ++i) {
      sum += Input(row, i) * (Factor(0, column, i) + Factor(1, column, i));
    }
    return sum;
  }

  Tensor AddAndNorm() {
    sums->StartRows(partial, input, weight);
    return sums->NormRows(x, partial, norm, 1e-5f);
  }

  BufferOwner input_owner, norm_owner;
  Tensor input, norm;
  WeightMatrix weight;
};

std::string AddRows(RankEnd& rank) {
  RowsEnd end(rank);
  if (!end.sums || !end.sums->DividesRows(RowsEnd::kRows)) return "no rows are divided";
  const Tensor normed = end.AddAndNorm();
  if (normed.rows != RowsEnd::kRows || normed.cols != RowsEnd::kColumns) return "other norms";
  end.AddAndNorm();
  end.sums->StartRows(end.partial, end.input, end.weight);
  end.sums->JoinRows(end.x, end.partial);
  // And between others: whole, and divided again.
  Backend::MatMul(*end.context, end.partial, end.input, {&end.weight, 1});
  end.sums->AddSum(end.x, end.partial);
  end.sums->StartRows(end.partial, end.input, end.weight);
  end.sums->JoinRows(end.x, end.partial);
  end.sums->Wait();
  const std::span<float> got = Backend::HostSpan(*end.context, end.x, end.host);
  for (size_t i = 0; i < got.size(); ++i) {
    const int sum = RowsEnd::Sum(i / RowsEnd::kColumns, i % RowsEnd::kColumns);
    if (got[i] != static_cast<float>(5 * sum)) return "element " + std::to_string(i);
  }
  rank.Finish();
  return "alike";
}

TEST(DeviceSums, OfManyRowsDivideThem) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  ForkedRanks ranks(2, AddRows);
  for (int rank = 0; rank < 2; ++rank) EXPECT_EQ(ranks.ReadLine(rank, kLimit), "alike");
}

// The survivor waits for rows of a sum that the other never comes to.
std::string WaitForLostRows(RankEnd& rank, int victim) {
  RowsEnd end(rank);
  if (!end.sums || !end.sums->DividesRows(RowsEnd::kRows)) return "no rows are divided";
  end.AddAndNorm();
  end.sums->Wait();
  if (rank.rank != victim) end.AddAndNorm();
  rank.WriteLine("under way");
  if (rank.rank == victim) pause();
  end.sums->Wait();
  return "nobody was lost";
}

enum class Wait { kSums, kSteps, kDevice, kFree };

// The survivor waits so for a sum that the other never comes to, and must say who was lost.
std::string WaitForLost(RankEnd& rank, int victim, Wait wait) {
  SumsEnd end(rank, 1, 4096);
  if (!end.sums) return "no sums";
  for (int i = 0; i < 2; ++i) end.sums->AddSum(end.x, end.partial);
  // Until steps are replayed: what comes before takes memory, for which a device may be waited for.
  for (int i = 0; wait == Wait::kSteps && i < 6; ++i) end.QueueStep(i % 2);
  end.sums->Wait();
  if (rank.rank != victim && wait != Wait::kSteps) end.sums->AddSum(end.x, end.partial);
  for (int slot = 0; rank.rank != victim && wait == Wait::kSteps && slot < 2; ++slot) {
    end.QueueStep(slot);
  }
  rank.WriteLine("under way");
  if (rank.rank == victim) pause();
  if (wait == Wait::kSteps) end.sums->WaitForStep(0);
  // As in the middle of a step.
  if (wait == Wait::kDevice) cudaDeviceSynchronize();
  if (wait == Wait::kFree) end.owners[1].reset();
  end.sums->Wait();
  return "nobody was lost";
}

void LoseOne(int victim, const std::function<std::string(RankEnd&)>& body) {
  ForkedRanks ranks(2, body);
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

void LoseOne(Wait wait, int victim) {
  LoseOne(victim, [&](RankEnd& rank) { return WaitForLost(rank, victim, wait); });
}

TEST(DeviceSums, OfALostRankEnd) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  for (const int victim : {0, 1}) LoseOne(Wait::kSums, victim);
  for (const int victim : {0, 1}) LoseOne(Wait::kSteps, victim);
}

TEST(DeviceSums, OfALostRankEndWhereTheDeviceIsWaitedFor) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  for (const int victim : {0, 1}) LoseOne(Wait::kDevice, victim);
  LoseOne(Wait::kFree, 1);
}

TEST(DeviceSums, OfALostRanksRowsEnd) {
  if (GpuCount() < 1) GTEST_SKIP() << "needs a GPU";
  for (const int victim : {0, 1}) {
    LoseOne(victim, [&](RankEnd& rank) { return WaitForLostRows(rank, victim); });
  }
}

}  // namespace
}  // namespace lantern
