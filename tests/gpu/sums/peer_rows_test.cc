// PeerRows against the host: bits of the residual stream, norms within their rounding, with ranks
// that come late or never.
#include "backends/cuda/kernels/peer_rows.h"

#include <signal.h>
#include <unistd.h>

#include <bit>

#include "src/base/error.h"
#include "tests/gpu/gpu_testing.h"
#include "tests/gpu/sums/join.h"

namespace lantern::cuda {
namespace {

constexpr float kEps = 1e-5f;
constexpr int kSums = 7;  // the last joins the rows

struct Shape {
  int rows, columns, most_rows;
};

// Odd and even numbers of rows, fewer than there is room for, columns that are no whole units, and
// more than a block of threads keeps.
constexpr Shape kShapes[] = {
    {2, 8, 2}, {3, 37, 9}, {64, 512, 64}, {301, 4096, 512}, {7, 9001, 7}, {5, 9000, 6},
};

int StrideOf(int columns) { return (columns + 7) / 8 * 8; }

std::vector<float> Laid(const Shape& shape, const std::vector<float>& values) {
  const int stride = StrideOf(shape.columns);
  std::vector<float> laid(static_cast<size_t>(shape.rows) * stride, 77);
  for (int row = 0; row < shape.rows; ++row) {
    std::copy_n(values.begin() + static_cast<size_t>(row) * shape.columns, shape.columns,
                laid.begin() + static_cast<size_t>(row) * stride);
  }
  return laid;
}

// Sends the other's rows as products of two panels would make them, the first in two pieces.
void SendAll(PeerRows& rows, const Queue& queue, const Matrix& partial) {
  const RowRange theirs = rows.Theirs(partial.rows);
  const auto send = [&](int row, int end, int column, int columns_end) {
    if (row == end || column == columns_end) return;
    Matrix part = partial;
    part.data = static_cast<float*>(part.data) + (theirs.begin + row) * part.stride + column;
    part.rows = end - row;
    part.columns = columns_end - column;
    rows.Send(queue, part, row, column);
  };
  const int half = partial.columns / 2 / 4 * 4;
  send(0, theirs.size() / 2, 0, half);
  send(theirs.size() / 2, theirs.size(), 0, half);
  send(0, theirs.size(), half, partial.columns);
  rows.EndSend();
}

void ExpectNorms(const Matrix& normed, const Shape& shape, const std::vector<float>& x,
                 const std::vector<float>& weight, const std::string& what) {
  std::vector<std::byte> bytes(static_cast<size_t>(normed.rows) * normed.stride * 2);
  Require(cudaMemcpy(bytes.data(), normed.data, bytes.size(), cudaMemcpyDeviceToHost), "reading");
  const double step = normed.type == Real::kF16 ? 0x1p-11 : 0x1p-8;
  for (int row = 0; row < shape.rows; ++row) {
    const float* const values = x.data() + static_cast<size_t>(row) * shape.columns;
    double squares = 0;
    for (int i = 0; i < shape.columns; ++i) squares += double{values[i]} * values[i];
    const double scale = 1 / std::sqrt(squares / shape.columns + kEps);
    for (int i = 0; i < shape.columns; ++i) {
      const std::byte* const at = &bytes[2 * (row * normed.stride + i)];
      __half half;
      __nv_bfloat16 bf16;
      std::memcpy(&half, at, 2);
      std::memcpy(&bf16, at, 2);
      const double got = normed.type == Real::kF16 ? __half2float(half) : __bfloat162float(bf16);
      const double exact = values[i] * scale * weight[i];
      ASSERT_NEAR(got, exact, std::abs(exact) * step * 1.01 + 1e-7)
          << what << ": row " << row << " column " << i;
    }
  }
}

void CheckShape(Rank& rank, const Shape& shape, Real type) {
  const auto rows = JoinPeerRows(rank, shape.most_rows, shape.columns);
  const TestStream stream;
  const size_t count = static_cast<size_t>(shape.rows) * shape.columns;
  const std::vector<float> weight = SomeFloats(shape.columns, 5);
  const OnDevice<float> weight_here(weight);
  std::vector<float> x = SomeFloats(count, 1);
  const OnDevice<float> x_here(Laid(shape, x));
  const auto matrix = [&](const OnDevice<float>& memory) {
    return Matrix{memory.data(), Real::kF32, shape.rows, shape.columns, StrideOf(shape.columns)};
  };
  for (int sum = 0; sum < kSums; ++sum) {
    const std::vector<float> partials[2] = {SomeFloats(count, 100 + sum, 1 + sum),
                                            SomeFloats(count, 200 + sum, 1)};
    for (size_t i = 0; i < count; ++i) x[i] += partials[0][i] + partials[1][i];
    const OnDevice<float> partial(Laid(shape, partials[rank.rank]));
    if (sum % 2 == rank.rank) usleep(3000 * (sum % 3));  // late
    SendAll(*rows, stream.queue(), matrix(partial));
    const std::string what =
        fmt::format("sum {} of {} x {}, rank {}", sum, shape.rows, shape.columns, rank.rank);
    if (sum == kSums - 1) {
      rows->JoinRows(stream.queue(), matrix(x_here), matrix(partial));
      stream.Finish();
    } else {
      const Matrix normed = rows->NormRows(stream.queue(), matrix(x_here), matrix(partial),
                                           weight_here.data(), kEps, type);
      stream.Finish();
      ExpectNorms(normed, shape, x, weight, what);
    }
  }
  const std::vector<float> got = x_here.Get(), expected = Laid(shape, x);
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(std::bit_cast<uint32_t>(got[i]), std::bit_cast<uint32_t>(expected[i]))
        << "element " << i << " of " << shape.rows << " x " << shape.columns << ", rank "
        << rank.rank;
  }
  rank.Barrier();
}

TEST(PeerRows, HaveTheBitsOfTheHostsSums) {
  for (const Real type : {Real::kF16, Real::kBF16}) {
    RunRanks(2, [&](Rank& rank) {
      for (const Shape& shape : kShapes) CheckShape(rank, shape, type);
    });
  }
}

// Queued far ahead, with nothing of the host between, as a prompt's layers are: partial sums are
// other ones each time, and large, so that any that is read before it has come shows.
TEST(PeerRows, OfManySumsAreInOrder) {
  RunRanks(2, [](Rank& rank) {
    constexpr int kRows = 1024, kColumns = 2048, kMany = 300;
    const auto rows = JoinPeerRows(rank, kRows, kColumns);
    const TestStream stream;
    constexpr size_t kCount = size_t{kRows} * kColumns;
    const OnDevice<float> x(std::vector<float>(kCount, 0.f));
    const OnDevice<float> weight(std::vector<float>(kColumns, 1.f)), partial(kCount);
    const Matrix x_matrix{x.data(), Real::kF32, kRows, kColumns, kColumns};
    const Matrix partials{partial.data(), Real::kF32, kRows, kColumns, kColumns};
    float expected = 0;
    for (int sum = 0; sum < kMany; ++sum) {
      // The bytes 1 1 1 1, 2 2 2 2, ...: about the same, doubled every fourth time.
      const int byte = 1 + (sum * 7 + rank.rank) % 60, other = 1 + (sum * 7 + 1 - rank.rank) % 60;
      const auto value = [](int b) { return std::bit_cast<float>(0x01010101u * b); };
      Require(cudaMemsetAsync(partial.data(), byte, kCount * sizeof(float), stream.queue().stream),
              "filling");
      expected += value(byte) + value(other);
      SendAll(*rows, stream.queue(), partials);
      if (sum + 1 < kMany) {
        rows->NormRows(stream.queue(), x_matrix, partials, weight.data(), kEps, Real::kF16);
      } else {
        rows->JoinRows(stream.queue(), x_matrix, partials);
      }
    }
    stream.Finish();
    for (const float got : x.Get()) ASSERT_EQ(got, expected);
    rank.Barrier();
  });
}

TEST(PeerRows, OfALostRankEndByAbort) {
  const auto body = [](Rank& rank) {
    constexpr int kRows = 600, kColumns = 512;
    const auto rows = JoinPeerRows(rank, kRows, kColumns);
    const TestStream stream;
    constexpr size_t kCount = size_t{kRows} * kColumns;
    const OnDevice<float> x(SomeFloats(kCount, 1)), partial(SomeFloats(kCount, 2));
    const OnDevice<float> weight(SomeFloats(kColumns, 3));
    const auto sum = [&] {
      const Matrix partials{partial.data(), Real::kF32, kRows, kColumns, kColumns};
      SendAll(*rows, stream.queue(), partials);
      rows->NormRows(stream.queue(), {x.data(), Real::kF32, kRows, kColumns, kColumns}, partials,
                     weight.data(), kEps, Real::kF16);
    };
    for (int i = 0; i < 10; ++i) sum();
    stream.Finish();
    EXPECT_FALSE(rows.memory->aborted());
    if (rank.rank == 1) {
      sum();
      kill(getpid(), SIGKILL);
    }
    const LossWatch watch(rank, [&] { rows.memory->Abort(); });
    while (!rows.memory->aborted()) {
      sum();
      stream.Finish();
    }
    EXPECT_LT(watch.seconds(), 5);
    sum();  // what comes after ends as well
    stream.Finish();
    EXPECT_LT(watch.seconds(), 5);
    std::printf("PeerRows: all ended %.3f s after a rank was lost.\n", watch.seconds());
  };
  RunRanks(2, body, /*killed=*/1);
}

}  // namespace
}  // namespace lantern::cuda
