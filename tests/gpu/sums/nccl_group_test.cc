// NcclGroup: sums, messages, graphs, and a rank that is lost.
#include "net/nccl_group.h"

#include <signal.h>
#include <unistd.h>

#include "net/device_allowance.h"
#include "src/base/error.h"
#include "tests/gpu/gpu_testing.h"
#include "tests/gpu/sums/join.h"

namespace lantern::cuda {
namespace {

using Type = NcclGroup::Type;

// Skips where there is nothing to test.
#define NEEDS_NCCL_AND_TWO_GPUS()                       \
  if (GpuCount() < 2) GTEST_SKIP() << "needs two GPUs"; \
  if (!HasNccl()) GTEST_SKIP() << "needs NCCL, see above";

std::vector<std::vector<float>> SomePartials(int size, size_t count) {
  std::vector<std::vector<float>> partials;
  for (int rank = 0; rank < size; ++rank) {
    partials.push_back(SomeFloats(count, 100 * count + rank));
  }
  return partials;
}

// As far as f32's order of sums and `unit`, the error of one rounding, allow.
void ExpectSum(const std::vector<float>& actual, const std::vector<std::vector<float>>& partials,
               double unit) {
  for (size_t i = 0; i < actual.size(); ++i) {
    double sum = 0, magnitude = 0;
    for (const auto& partial : partials) {
      sum += partial[i];
      magnitude += std::abs(partial[i]);
    }
    ASSERT_NEAR(actual[i], sum, unit * magnitude * partials.size() + 1e-30) << "element " << i;
  }
}

void CheckF32(Rank& rank, NcclGroup& group, const TestStream& stream, size_t count) {
  const auto partials = SomePartials(rank.size, count);
  const OnDevice<float> data(partials[rank.rank]);
  group.AllReduceSum(data.data(), count, Type::kF32, stream.queue().stream);
  stream.Finish([&] { group.Check(); });
  ExpectSum(data.Get(), partials, 0x1p-24);
}

void CheckBF16(Rank& rank, NcclGroup& group, const TestStream& stream, size_t count) {
  auto partials = SomePartials(rank.size, count);
  for (auto& partial : partials) partial = ToFloats(ToBF16(partial));
  const OnDevice<__nv_bfloat16> data(ToBF16(partials[rank.rank]));
  group.AllReduceSum(data.data(), count, Type::kBF16, stream.queue().stream);
  stream.Finish([&] { group.Check(); });
  ExpectSum(ToFloats(data.Get()), partials, 0x1p-8);
}

void CheckF16(Rank& rank, NcclGroup& group, const TestStream& stream, size_t count) {
  auto partials = SomePartials(rank.size, count);
  std::vector<__half> mine;
  for (auto& partial : partials) {
    for (float& value : partial) value = __half2float(__float2half(value));
  }
  for (const float value : partials[rank.rank]) mine.push_back(__float2half(value));
  const OnDevice<__half> data(mine);
  group.AllReduceSum(data.data(), count, Type::kF16, stream.queue().stream);
  stream.Finish([&] { group.Check(); });
  std::vector<float> actual;
  for (const __half value : data.Get()) actual.push_back(__half2float(value));
  ExpectSum(actual, partials, 0x1p-11);
}

// Every rank sends to the next, as stages hand over. Rank 0 receives first: of a ring in which all
// send first, nobody would get further.
void CheckMessages(Rank& rank, NcclGroup& group, const TestStream& stream, size_t count) {
  const auto sent = SomePartials(rank.size, count);
  const OnDevice<float> out(sent[rank.rank]), in(count);
  const int next = (rank.rank + 1) % rank.size, last = (rank.rank + rank.size - 1) % rank.size;
  const auto send = [&] {
    group.Send(out.data(), count * sizeof(float), next, stream.queue().stream);
  };
  if (rank.rank != 0) send();
  group.Receive(in.data(), count * sizeof(float), last, stream.queue().stream);
  if (rank.rank == 0) send();
  stream.Finish([&] { group.Check(); });
  EXPECT_EQ(in.Get(), sent[last]);
}

TEST(NcclGroup, SumsAndHandsOver) {
  NEEDS_NCCL_AND_TWO_GPUS();
  for (const int size : RankCounts()) {
    RunRanks(size, [](Rank& rank) {
      const auto group = JoinNccl(rank);
      const TestStream stream;
      for (const size_t count : {1, 4095, 65536, 2048 * 4096}) {
        CheckF32(rank, *group, stream, count);
        CheckBF16(rank, *group, stream, count);
        CheckF16(rank, *group, stream, count);
      }
      CheckMessages(rank, *group, stream, 3);
      CheckMessages(rank, *group, stream, 1 << 20);
      rank.Barrier();
    });
  }
}

// What `use` takes of this rank's GPU, once all ranks have done so.
size_t TakenBy(Rank& rank, const std::function<void()>& use) {
  const auto free_bytes = [] {
    size_t free = 0, total = 0;
    Require(cudaMemGetInfo(&free, &total), "asking the device");
    return free;
  };
  rank.Barrier();
  const size_t before = free_bytes();
  use();
  rank.Barrier();
  const size_t after = free_bytes();
  rank.Barrier();
  return before > after ? before - after : 0;
}

// `use` of a group that is new, by ranks that are so many stages of so many.
void ExpectAllowed(Rank& rank, int tp, int pp,
                   const std::function<void(NcclGroup&, const TestStream&)>& use) {
  const TestStream stream;
  std::unique_ptr<NcclGroup> group;
  const size_t taken = TakenBy(rank, [&] {
    group = JoinNccl(rank);
    use(*group, stream);
    stream.Finish([&] { group->Check(); });
  });
  ParallelPlan plan;
  plan.tp = tp;
  plan.pp = pp;
  EXPECT_LE(taken, DeviceAllowance(plan, rank.rank));
  std::printf("NCCL: rank %d of tp %d x pp %d takes %zu MiB, allowed %zu\n", rank.rank, tp, pp,
              taken >> 20, DeviceAllowance(plan, rank.rank) >> 20);
}

TEST(NcclGroup, TakesNoMoreMemoryThanIsAllowedFor) {
  NEEDS_NCCL_AND_TWO_GPUS();
  constexpr size_t kMost = 2048 * 4096;
  for (const int size : RankCounts()) {
    RunRanks(size, [](Rank& rank) {
      const OnDevice<float> data(kMost);
      ExpectAllowed(rank, rank.size, 1, [&](NcclGroup& group, const TestStream& stream) {
        for (const size_t count : {size_t{1}, size_t{65536}, size_t{1} << 20, kMost}) {
          group.AllReduceSum(data.data(), count, Type::kF32, stream.queue().stream);
        }
      });
    });
  }
  RunRanks(2, [](Rank& rank) {
    const OnDevice<float> data(kMost);
    ExpectAllowed(rank, 1, 2, [&](NcclGroup& group, const TestStream& stream) {
      for (const size_t count : {size_t{4}, kMost}) {
        const size_t bytes = count * sizeof(float);
        if (rank.rank == 0) group.Send(data.data(), bytes, 1, stream.queue().stream);
        if (rank.rank == 1) group.Receive(data.data(), bytes, 0, stream.queue().stream);
      }
    });
  });
}

TEST(NcclGroup, ReplaysInGraphs) {
  NEEDS_NCCL_AND_TWO_GPUS();
  RunRanks(2, [](Rank& rank) {
    const auto group = JoinNccl(rank);
    const TestStream stream;
    const size_t count = 4096;
    std::vector<float> values(count);
    for (size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 100 * (rank.rank + 1));
    const OnDevice<float> data(values);
    const auto sum = [&] {
      group->AllReduceSum(data.data(), count, Type::kF32, stream.queue().stream);
    };
    sum();  // connects
    stream.Finish([&] { group->Check(); });
    {
      const TestGraph graph(stream.queue(), [&] { sum(), sum(); });
      for (int replay = 0; replay < 5; ++replay) graph.Launch();
      stream.Finish([&] { group->Check(); });
    }
    const std::vector<float> actual = data.Get();
    // Of a sum of n and 2 n, doubled ten times.
    for (size_t i = 0; i < count; ++i) ASSERT_EQ(actual[i], i % 100 * 3 * 1024) << i;
    rank.Barrier();
  });
}

TEST(NcclGroup, NeedsAllRanks) {
  NEEDS_NCCL_AND_TWO_GPUS();
  RunRanks(1, [](Rank&) {
    NcclGroup group(0, 2, NcclGroup::MakeId());
    try {
      group.Connect(std::chrono::seconds(2));
      ADD_FAILURE() << "connected";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kPeerLost);
      EXPECT_STREQ(error.what(), "Not all ranks' GPUs have joined through NCCL within 2 s.");
    }
  });
}

TEST(NcclGroup, OfALostRankEndsByAbort) {
  NEEDS_NCCL_AND_TWO_GPUS();
  const auto body = [](Rank& rank) {
    const auto group = JoinNccl(rank);
    const TestStream stream;
    const size_t count = 1 << 20;
    const OnDevice<float> data(SomeFloats(count, 1 + rank.rank));
    const auto sum = [&] {
      group->AllReduceSum(data.data(), count, Type::kF32, stream.queue().stream);
      stream.Finish([&] { group->Check(); });
    };
    for (int i = 0; i < 10; ++i) sum();
    if (rank.rank == 1) kill(getpid(), SIGKILL);
    const LossWatch watch(rank, [&] { group->Abort("Rank 1 is lost."); });
    std::string sentence;
    try {
      while (true) sum();
    } catch (const Error& error) {
      sentence = error.what();
    }
    EXPECT_LT(watch.seconds(), 5);
    EXPECT_FALSE(sentence.empty());  // NCCL's own, where it has seen the loss before
    EXPECT_THROW(group->Check(), Error);
    stream.Finish();
    EXPECT_LT(watch.seconds(), 5);
    std::printf("NCCL: ended %.3f s after a rank was lost: %s\n", watch.seconds(),
                sentence.c_str());
  };
  RunRanks(2, body, /*killed=*/1);
}

}  // namespace
}  // namespace lantern::cuda
