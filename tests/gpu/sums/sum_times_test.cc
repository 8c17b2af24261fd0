// How long sums of partial vectors take, by PeerSums and by NCCL: us per sum in a graph of 64.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "tests/gpu/gpu_testing.h"
#include "tests/gpu/sums/join.h"

namespace lantern::cuda {
namespace {

constexpr int kSums = 64, kReplays = 11;
constexpr size_t kMaxBytes = size_t{32} << 20;

// Median us per sum of `all`, which puts kSums of them on the stream.
double Microseconds(Rank& rank, const TestStream& stream, const std::function<void()>& all) {
  cudaEvent_t begin, end;
  Require(cudaEventCreate(&begin), "making an event");
  Require(cudaEventCreate(&end), "making an event");
  std::vector<double> times;
  for (int replay = 0; replay < kReplays; ++replay) {
    rank.Barrier();
    all();  // ranks begin together from the second on
    Require(cudaEventRecord(begin, stream.queue().stream), "timing");
    all();
    Require(cudaEventRecord(end, stream.queue().stream), "timing");
    stream.Finish();
    float milliseconds = 0;
    Require(cudaEventElapsedTime(&milliseconds, begin, end), "timing");
    times.push_back(milliseconds * 1000 / kSums);
  }
  cudaEventDestroy(begin);
  cudaEventDestroy(end);
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

double MicrosecondsInGraph(Rank& rank, const TestStream& stream, const std::function<void()>& sum) {
  sum();
  stream.Finish();
  rank.Barrier();
  const TestGraph graph(stream.queue(), [&] {
    for (int i = 0; i < kSums; ++i) sum();
  });
  return Microseconds(rank, stream, [&] { graph.Launch(); });
}

void PrintTimes(Rank& rank) {
  const TestStream stream;
  const auto sums = JoinPeerSums(rank, kMaxBytes);
  const auto nccl = HasNccl() ? JoinNccl(rank) : nullptr;
  std::string table;
  for (size_t bytes = 8192; bytes <= kMaxBytes; bytes *= 2) {
    const int count = static_cast<int>(bytes / sizeof(float));
    const OnDevice<float> x(SomeFloats(count, 1)), partial(SomeFloats(count, 2 + rank.rank));
    const auto peer_sum = [&](DType wire) {
      return MicrosecondsInGraph(rank, stream, [&] {
        sums->Sum(stream.queue(), {x.data(), Real::kF32, 1, count, count},
                  {partial.data(), Real::kF32, 1, count, count}, wire);
      });
    };
    const double f32 = peer_sum(DType::kF32), bf16 = peer_sum(DType::kBF16);
    const double by_nccl = nccl == nullptr ? 0 : MicrosecondsInGraph(rank, stream, [&] {
      nccl->AllReduceSum(partial.data(), count, NcclGroup::Type::kF32, stream.queue().stream);
    });
    char line[100];
    std::snprintf(line, sizeof(line), "%6d %8zu %10.2f %12.2f %8.2f\n", rank.size, bytes / 1024,
                  f32, bf16, by_nccl);
    table += line;
  }
  rank.Barrier();
  if (rank.rank == 0) {
    std::printf(
        "us per sum, in a graph of %d (NCCL: without adding to x; 0: no NCCL)\n%6s %8s %10s "
        "%12s %8s\n%s",
        kSums, "ranks", "KB in f32", "PeerSums", "bf16 wire", "NCCL", table.c_str());
  }
}

// A prompt's: what is sent beside products, and what is left to wait for.
void PrintRowTimes(Rank& rank) {
  constexpr int kColumns = 4096;
  const TestStream stream;
  std::string table;
  for (const int count : {1024, 2048}) {
    const auto rows = JoinPeerRows(rank, count, kColumns);
    const size_t values = static_cast<size_t>(count) * kColumns;
    const OnDevice<float> x(SomeFloats(values, 1)), partial(SomeFloats(values, 2 + rank.rank));
    const OnDevice<float> weight(SomeFloats(kColumns, 3));
    const Matrix x_all{x.data(), Real::kF32, count, kColumns, kColumns};
    const Matrix partials{partial.data(), Real::kF32, count, kColumns, kColumns};
    Matrix theirs = partials;
    const auto sum_of = [&](int sent) {
      return Microseconds(rank, stream, [&] {
        theirs.rows = sent;
        for (int i = 0; i < kSums; ++i) {
          rows->Send(stream.queue(), theirs, 0, 0);
          rows->EndSend();
          rows->NormRows(stream.queue(), x_all, partials, weight.data(), 1e-5f, Real::kF16);
        }
      });
    };
    const double both = sum_of(rows->Theirs(count).size()), normed = sum_of(1);
    char line[100];
    std::snprintf(line, sizeof(line), "%6d %16.1f %10.1f\n", count, both - normed, normed);
    table += line;
    rank.Barrier();
  }
  if (rank.rank == 0) {
    std::printf("us per sum of divided rows of 4096\n%6s %16s %10s\n%s", "rows", "sending",
                "the rest", table.c_str());
  }
}

TEST(SumTimes, OfRowsAreMeasured) {
  if (GpuCount() < 2) GTEST_SKIP() << "needs two GPUs";
  RunRanks(2, PrintRowTimes);
}

TEST(SumTimes, AreMeasured) {
  if (GpuCount() < 2) GTEST_SKIP() << "needs two GPUs";
  HasNccl();  // known before the ranks start
  for (const int size : {2, 4, 8}) {
    if (size <= GpuCount()) RunRanks(size, PrintTimes);
  }
}

}  // namespace
}  // namespace lantern::cuda
