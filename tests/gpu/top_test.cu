// TopOfRows against a stable sort on the host.
#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>

#include "backends/cuda/kernels/rows.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<RowAnswer> TopOf(std::span<const float> row, int count) {
  std::vector<int> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    if (std::isnan(row[a]) || std::isnan(row[b])) return !std::isnan(row[a]) && std::isnan(row[b]);
    return row[a] > row[b];
  });
  std::vector<RowAnswer> top(count, {std::nanf(""), -1});
  for (int i = 0; i < std::min<int>(count, row.size()); ++i) top[i] = {row[order[i]], order[i]};
  return top;
}

bool Same(const RowAnswer& a, const RowAnswer& b) {
  const bool same_value = a.value == b.value || (std::isnan(a.value) && std::isnan(b.value));
  return same_value && a.index == b.index;
}

void TestTop(int rows, int ids, int count, const std::vector<float>& logits,
             const std::string& what) {
  const PaddedMatrix<float> in(rows, ids, logits);
  const size_t scratch_keys = TopScratchBytes(rows, ids, count) / sizeof(uint64_t);
  const OnDevice<uint64_t> scratch(scratch_keys + 1);
  const OnDevice<RowAnswer> top(rows * count + 1);
  TopOfRows(TestQueue(), in.view(), {}, count, top.data(),
            reinterpret_cast<std::byte*>(scratch.data()));
  const std::vector<RowAnswer> got = top.Get();
  int wrong = 0;
  for (int row = 0; row < rows; ++row) {
    const std::vector<RowAnswer> exact =
        TopOf(std::span(logits).subspan(size_t(row) * ids, ids), count);
    for (int i = 0; i < count; ++i) {
      const RowAnswer& answer = got[row * count + i];
      if (Same(answer, exact[i]) || wrong++ > 0) continue;
      ADD_FAILURE() << "row " << row << ", number " << i << " is " << exact[i].index << " ("
                    << exact[i].value << "), found " << answer.index << " (" << answer.value << ")";
    }
  }
  EXPECT_EQ(wrong, 0) << what << ": " << count << " of " << rows << " rows of " << ids;
  EXPECT_EQ(got.back().index, -1) << what << ": written behind the answers";
  EXPECT_TRUE(std::isnan(got.back().value)) << what << ": written behind the answers";
  EXPECT_EQ(scratch.Get().back(), ~uint64_t{0}) << what << ": written behind scratch";
}

TEST(TopOfRows, OfAnyLengthAndCount) {
  for (const int count : {1, 2, 40, 63, 64, 65, 127, 128, 129, 200, 255, 256}) {
    for (const int ids : {1, 2, 31, 33, 63, 64, 65, 255, 256, 257, 512, 1000, 1023, 1024, 1025,
                          2048, 2560, 5000, 32000}) {
      TestTop(2, ids, count, SomeFloats(2 * ids, ids + count), "any");
    }
    for (const int ids : {128256, 151936, 300007}) {
      TestTop(1, ids, count, SomeFloats(ids, ids + count), "large");
    }
  }
}

TEST(TopOfRows, ManyRows) {
  for (const int count : {64, 256}) {
    TestTop(64, 128256, count, SomeFloats(64 * 128256, count), "many");
    TestTop(300, 515, count, SomeFloats(300 * 515, count), "many");
  }
}

TEST(TopOfRows, InOrderAlready) {
  for (const int count : {40, 256}) {
    std::vector<float> logits(128256);
    std::iota(logits.begin(), logits.end(), -50000.0f);
    TestTop(1, 128256, count, logits, "rising");
    std::ranges::reverse(logits);
    TestTop(1, 128256, count, logits, "falling");
  }
}

TEST(TopOfRows, TheFirstOfEqualsIsFirst) {
  for (const int count : {40, 128, 256}) {
    for (const int ids : {100, 2560, 128256}) {
      TestTop(1, ids, count, std::vector<float>(ids, -0.25f), "all equal");
      std::vector<float> few = SomeFloats(3 * ids, ids);
      for (float& value : few) value = std::round(value);
      TestTop(3, ids, count, few, "few values, both zeros");
    }
  }
}

TEST(TopOfRows, NotANumberIsLast) {
  for (const int ids : {1, 3, 300, 5000, 128256}) {
    constexpr int kRows = 6;
    const float nan = std::nanf("");
    std::vector<float> logits = SomeFloats(kRows * ids, ids + 3);
    const auto row = [&](int r) { return std::span(logits).subspan(size_t(r) * ids, ids); };
    std::ranges::fill(row(0), nan);
    std::ranges::fill(row(1), -kInfinity);
    std::ranges::fill(row(2), -nan);
    row(2).back() = -kInfinity;
    for (int i = 0; i < ids; i += 2) row(3)[i] = -nan;
    for (int i = 0; i < ids; i += 7) row(4)[i] = i % 2 == 0 ? kInfinity : -kInfinity;
    for (int i = 0; i < ids; ++i)
      row(5)[i] = i % 100 == 3 ? std::numeric_limits<float>::max() : nan;
    for (const int count : {1, 64, 256}) TestTop(kRows, ids, count, logits, "NaNs, infinities");
  }
}

// Twice from one graph: the same bits, and nothing left over from the run before.
TEST(TopOfRows, ReplaysToTheSameBits) {
  constexpr int kRows = 5, kIds = 128256, kCount = 64;
  std::vector<float> logits = SomeFloats(kRows * kIds, 9);
  for (float& value : logits) value = std::round(value * 64);
  const OnDevice<float> in(logits);
  const OnDevice<std::byte> scratch(TopScratchBytes(kRows, kIds, kCount));
  const OnDevice<RowAnswer> top(kRows * kCount);
  Queue queue = TestQueue();
  Require(cudaStreamCreate(&queue.stream), "making a stream");
  cudaGraph_t graph;
  cudaGraphExec_t run;
  Require(cudaStreamBeginCapture(queue.stream, cudaStreamCaptureModeThreadLocal), "capturing");
  const Matrix matrix = {in.data(), Real::kF32, kRows, kIds, kIds};
  for (int i = 0; i < 2; ++i) TopOfRows(queue, matrix, {}, kCount, top.data(), scratch.data());
  Require(cudaStreamEndCapture(queue.stream, &graph), "capturing");
  Require(cudaGraphInstantiate(&run, graph, 0), "making a graph");
  for (int turn = 0; turn < 20; ++turn) {
    Require(cudaGraphLaunch(run, queue.stream), "launching");
    const std::vector<RowAnswer> got = top.Get();
    for (int row = 0; row < kRows; ++row) {
      const std::vector<RowAnswer> exact =
          TopOf(std::span(logits).subspan(size_t(row) * kIds, kIds), kCount);
      const auto begin = got.begin() + row * kCount;
      EXPECT_TRUE(std::equal(exact.begin(), exact.end(), begin, Same)) << turn << ", " << row;
    }
    // In the next turn the rows' roles are others.
    std::ranges::rotate(logits, logits.begin() + kIds);
    Require(
        cudaMemcpy(in.data(), logits.data(), logits.size() * sizeof(float), cudaMemcpyHostToDevice),
        "copying to the device");
  }
  Require(cudaGraphExecDestroy(run), "freeing");
  Require(cudaGraphDestroy(graph), "freeing");
  Require(cudaStreamDestroy(queue.stream), "freeing");
}

}  // namespace
}  // namespace lantern::cuda
