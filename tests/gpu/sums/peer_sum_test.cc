// PeerSums against sums by the host: their bits, in graphs, with ranks that come late or never.
#include "backends/cuda/kernels/peer_sum.h"

#include <signal.h>
#include <unistd.h>

#include <bit>

#include "src/base/error.h"
#include "tests/gpu/gpu_testing.h"
#include "tests/gpu/sums/join.h"
#include "tests/gpu/sums/late_partials.h"

namespace lantern::cuda {
namespace {

constexpr size_t kMaxBytes = size_t{2} << 20;
constexpr size_t kGuard = 64;  // floats behind a matrix
constexpr DType kWires[] = {DType::kF32, DType::kBF16, DType::kF16};

struct Shape {
  int rows, columns;
  long long stride;
};

// The last ones need more than one launch, and leave a last block with one packet.
constexpr Shape kShapes[] = {
    {1, 1, 4},           {1, 3, 4},           {1, 4, 4},         {1, 5, 8},           {1, 513, 516},
    {3, 37, 40},         {1, 4096, 4096},     {7, 4099, 4104},   {64, 4096, 4096},    {5, 8, 16},
    {1, 262143, 262144}, {1, 262144, 262144}, {128, 4096, 4100}, {1, 262148, 262148},
};

float Travelled(float value, DType wire) {
  const float largest = wire == DType::kBF16 ? 0x1.fep127f : 65504.f;
  if (wire == DType::kF32) return value;
  if (std::isfinite(value)) value = std::min(std::max(value, -largest), largest);
  if (wire == DType::kBF16) return __bfloat162float(__float2bfloat16(value));
  return __half2float(__float2half(value));
}

// Rows `stride` apart in memory that has the bits 0xffffffff elsewhere.
std::vector<float> Laid(const Shape& shape, const std::vector<float>& values) {
  std::vector<float> laid(shape.rows * shape.stride + kGuard, std::bit_cast<float>(0xffffffffu));
  for (int row = 0; row < shape.rows; ++row) {
    std::copy_n(values.begin() + static_cast<size_t>(row) * shape.columns, shape.columns,
                laid.begin() + row * shape.stride);
  }
  return laid;
}

Matrix AsMatrix(const OnDevice<float>& memory, const Shape& shape) {
  return {memory.data(), Real::kF32, shape.rows, shape.columns, shape.stride};
}

// x after two sums: partials in rank order, then added to x.
std::vector<float> Expected(std::vector<float> x, const std::vector<std::vector<float>>& partials,
                            DType wire) {
  for (size_t i = 0; i < x.size(); ++i) {
    float sum = Travelled(partials[0][i], wire);
    for (size_t rank = 1; rank < partials.size(); ++rank) sum += Travelled(partials[rank][i], wire);
    x[i] += sum;
    x[i] += sum;
  }
  return x;
}

// Bits alike, NaNs with any others.
void ExpectSame(const std::vector<float>& actual, const Shape& shape,
                const std::vector<float>& expected, const std::string& what) {
  ASSERT_EQ(actual.size(), expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const auto row = static_cast<long long>(i) / shape.stride;
    const auto column = static_cast<long long>(i) % shape.stride;
    const bool padding = row >= shape.rows || column >= shape.columns;
    const bool nans = !padding && std::isnan(actual[i]) && std::isnan(expected[i]);
    ASSERT_TRUE(nans || std::bit_cast<uint32_t>(actual[i]) == std::bit_cast<uint32_t>(expected[i]))
        << what << ": row " << row << " column " << column << " is " << actual[i] << " instead of "
        << expected[i];
  }
}

void CheckSum(const Rank& rank, PeerSums& sums, const TestStream& stream, const Shape& shape,
              DType wire, const std::vector<float>& x,
              const std::vector<std::vector<float>>& partials) {
  ASSERT_TRUE(sums.Fits(shape.rows, shape.columns));
  const OnDevice<float> on_device(Laid(shape, x)), partial(Laid(shape, partials[rank.rank]));
  for (int i = 0; i < 2; ++i) {
    sums.Sum(stream.queue(), AsMatrix(on_device, shape), AsMatrix(partial, shape), wire);
  }
  stream.Finish();
  ExpectSame(on_device.Get(), shape, Laid(shape, Expected(x, partials, wire)),
             "rank " + std::to_string(rank.rank) + " of " + std::to_string(rank.size) + ", " +
                 std::to_string(shape.rows) + " x " + std::to_string(shape.columns) + ", wire " +
                 std::to_string(static_cast<int>(wire)));
}

TEST(PeerSums, HaveTheBitsOfTheHostsSums) {
  for (const int size : RankCounts()) {
    RunRanks(size, [](Rank& rank) {
      const auto sums = JoinPeerSums(rank, kMaxBytes);
      const TestStream stream;
      uint64_t seed = 0;
      for (const Shape& shape : kShapes) {
        for (const DType wire : kWires) {
          const size_t count = static_cast<size_t>(shape.rows) * shape.columns;
          std::vector<std::vector<float>> partials;
          for (int from = 0; from < rank.size; ++from) {
            partials.push_back(SomeFloats(count, ++seed, from + 1));
          }
          CheckSum(rank, *sums, stream, shape, wire, SomeFloats(count, ++seed), partials);
        }
      }
      rank.Barrier();
    });
  }
}

TEST(PeerSums, TakeAnyNumber) {
  RunRanks(2, [](Rank& rank) {
    const auto sums = JoinPeerSums(rank, kMaxBytes);
    const TestStream stream;
    const float kInf = INFINITY, kAbsent = std::bit_cast<float>(0xffffffffu);
    const std::vector<float> x = {1, 2, -0.f, 4, 5, 6, 7, 8, 9, 10, -0.f};
    const std::vector<std::vector<float>> partials = {
        {kAbsent, NAN, -0.f, kInf, -kInf, 3.4e38f, -70000, 1e-40f, kAbsent, kAbsent, 0.f},
        {0, 1, -0.f, 1, kInf, 0, 0, 0, kAbsent, kAbsent, -0.f}};
    for (const DType wire : kWires) {
      CheckSum(rank, *sums, stream, {1, 11, 12}, wire, x, partials);
    }
    rank.Barrier();
  });
}

TEST(PeerSums, OfOneRankNeedNoPeer) {
  RunRanks(1, [](Rank& rank) {
    PeerMemory memory(0, 1, PeerSums::Bytes(1, 64));
    PeerSums sums(memory, 0, 64);
    EXPECT_TRUE(sums.Fits(1, 16) && sums.Fits(4, 1));
    EXPECT_FALSE(sums.Fits(1, 17) || sums.Fits(5, 1) || sums.Fits(1 << 20, 1 << 20));
    const TestStream stream;
    CheckSum(rank, sums, stream, {1, 13, 16}, DType::kF32, SomeFloats(13, 1), {SomeFloats(13, 2)});
  });
}

TEST(PeerMemory, SaysThatItIsOutOfReach) {
  RunRanks(1, [](Rank&) {
    PeerMemory memory(0, 2, 64);
    try {
      // CUDA opens no handle at home.
      memory.Open(std::vector<PeerMemory::Handle>(2, memory.handle()));
      ADD_FAILURE() << "opened";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      EXPECT_NE(std::string(error.what()).find("memory of rank 1"), std::string::npos);
    }
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
  });
}

void ReplayAndCheck(Rank& rank, unsigned replays) {
  const auto sums = JoinPeerSums(rank, kMaxBytes);
  const TestStream stream;
  const OnDevice<float> partials(kPartials * kPartialsApart);
  const OnDevice<float> x(std::vector<float>(kPartials * kPartialsApart, 0.f));
  const OnDevice<unsigned> counter(std::vector<unsigned>{0});
  {
    const TestGraph graph(stream.queue(), [&] {
      MakePartials(stream.queue(), partials.data(), counter.data(), rank.rank);
      for (int which = 0; which < kPartials; ++which) {
        const int size = kPartialSizes[which];
        const size_t at = static_cast<size_t>(which) * kPartialsApart;
        sums->Sum(stream.queue(), {x.data() + at, Real::kF32, 1, size, kPartialsApart},
                  {partials.data() + at, Real::kF32, 1, size, kPartialsApart});
      }
    });
    for (unsigned replay = 0; replay < replays; ++replay) graph.Launch();
    stream.Finish();
  }
  const std::vector<float> actual = x.Get();
  for (int which = 0; which < kPartials; ++which) {
    for (int i = 0; i < kPartialSizes[which]; ++i) {
      int expected = 0;
      for (unsigned replay = 0; replay < replays; ++replay) {
        for (int from = 0; from < rank.size; ++from) expected += Part(from, replay, which, i);
      }
      ASSERT_EQ(actual[which * kPartialsApart + i], expected)
          << "sum " << which << " element " << i << " of rank " << rank.rank;
    }
  }
  rank.Barrier();
}

TEST(PeerSums, ReplayInGraphsWithRanksThatComeLate) {
  const unsigned replays = GpuCount() > 1 ? 1000 : 20;
  for (const int size : RankCounts()) {
    RunRanks(size, [&](Rank& rank) { ReplayAndCheck(rank, replays); });
  }
}

TEST(PeerSums, OfALostRankEndByAbort) {
  const auto body = [](Rank& rank) {
    const auto sums = JoinPeerSums(rank, kMaxBytes);
    const TestStream stream;
    const int size = 4096, in_graph = rank.gpus > 1 ? 64 : 4;
    const OnDevice<float> x(SomeFloats(size, 1)), partial(SomeFloats(size, 2 + rank.rank));
    const TestGraph graph(stream.queue(), [&] {
      for (int i = 0; i < in_graph; ++i) {
        sums->Sum(stream.queue(), {x.data(), Real::kF32, 1, size, size},
                  {partial.data(), Real::kF32, 1, size, size});
      }
    });
    for (int replay = 0; replay < 10; ++replay) graph.Launch();
    stream.Finish();
    EXPECT_FALSE(sums.memory->aborted());
    if (rank.rank == 1) {
      graph.Launch();
      kill(getpid(), SIGKILL);
    }
    const LossWatch watch(rank, [&] { sums.memory->Abort(); });
    while (!sums.memory->aborted()) {
      graph.Launch();
      stream.Finish();
    }
    EXPECT_LT(watch.seconds(), 5);
    graph.Launch();  // what comes after ends as well
    stream.Finish();
    EXPECT_LT(watch.seconds(), 5);
    std::printf("PeerSums: all ended %.3f s after a rank was lost.\n", watch.seconds());
  };
  RunRanks(2, body, /*killed=*/1);
}

}  // namespace
}  // namespace lantern::cuda
