// Sums whose vectors travel encoded, and their checks: the same bits on every rank, within the
// stated bound, and noticed where they are not.
#include "net/reducer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <functional>
#include <random>
#include <thread>

#include "net/thread_comm.h"
#include "src/base/error.h"
#include "tests/altering_comm.h"

namespace lantern {
namespace {

using ::testing::HasSubstr;
using Vector = std::vector<float>;

Vector Values(int rank, size_t n) {
  std::mt19937 random(77 + rank);
  std::normal_distribution<float> normal;
  Vector values(n);
  for (size_t i = 0; i < n; ++i) values[i] = normal(random) * (i % 40 == 3 ? 500.0f : 1.0f);
  return values;
}

// Runs `body` as every rank of a group of threads; rank 1 sends through `alter`. Returns errors.
std::vector<std::string> AsRanks(int ranks, const std::function<void(Communicator&)>& body,
                                 const AlteringComm::Alter& alter = {}) {
  auto group = MakeThreadGroup(ranks);
  std::vector<std::string> errors(ranks);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < ranks; ++rank) {
    threads.emplace_back([&, rank] {
      AlteringComm comm(std::move(group[rank]), rank == 1 ? alter : AlteringComm::Alter());
      try {
        body(comm);
      } catch (const std::exception& e) {
        errors[rank] = e.what();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  return errors;
}

ReducerOptions Checked(WireFormat format, int one_in) {
  ReducerOptions options;
  options.format = format;
  options.check_one_in = one_in;
  return options;
}

void Sum(Reducer& reducer, const SumPlan& plan, SumSite site, std::span<float> out,
         std::span<const std::span<const float>> mine) {
  reducer.Start(0, plan, site, out, mine);
  reducer.Finish(0);
}

void ExpectSumWithinBound(int ranks, WireFormat format, SumAlgorithm algorithm, size_t n) {
  std::vector<Vector> sums(ranks);
  const auto errors = AsRanks(ranks, [&](Communicator& comm) {
    Vector x = Values(comm.rank(), n);
    EncodedSum(comm, format, algorithm, x);
    sums[comm.rank()] = x;
  });
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  for (int rank = 1; rank < ranks; ++rank) {
    EXPECT_EQ(std::memcmp(sums[0].data(), sums[rank].data(), n * sizeof(float)), 0);
  }
  for (size_t begin = 0; begin < n; begin += kWireBlock) {
    const size_t end = std::min(n, begin + kWireBlock);
    double largest = 0;
    std::vector<double> exact(end - begin);
    for (int rank = 0; rank < ranks; ++rank) {
      const Vector values = Values(rank, n);
      for (size_t i = begin; i < end; ++i) {
        exact[i - begin] += values[i];
        largest = std::fmax(largest, std::fabs(values[i]));
      }
    }
    for (size_t i = begin; i < end; ++i) {
      EXPECT_LE(std::fabs(sums[0][i] - exact[i - begin]),
                SumErrorBound(format, ranks, algorithm, largest));
    }
  }
}

TEST(EncodedSum, SameBitsOnAllRanksAndWithinTheBound) {
  for (int ranks : {2, 3, 4, 5, 8}) {
    for (const WireFormat format : kWireFormats) {
      for (const SumAlgorithm algorithm : kSumAlgorithms) {
        if (!FitsRanks(algorithm, ranks)) continue;
        for (size_t n : {1, 31, 64, 2048, 2049}) ExpectSumWithinBound(ranks, format, algorithm, n);
      }
    }
  }
}

TEST(CheckedSum, IsTheOneShotSumAndSeesWhatEncodingDid) {
  for (const WireFormat format : {WireFormat::kBf16, WireFormat::kF16, WireFormat::kQ8}) {
    const auto errors = AsRanks(3, [&](Communicator& comm) {
      Vector x = Values(comm.rank(), 1000), y = x;
      EncodedSum(comm, format, SumAlgorithm::kOneShot, x);
      SumState memory;
      const EncodingErrors found = CheckedSum(comm, format, y, memory);
      EXPECT_EQ(x, y);
      EXPECT_EQ(found.beyond_bound, -1);
      EXPECT_GT(found.mean, 0);
      EXPECT_GE(found.worst, found.mean);
      EXPECT_LT(found.worst, EncodingErrorBound(format, 1.0) * 1.001);
    });
    for (const std::string& error : errors) EXPECT_EQ(error, "");
  }
}

constexpr size_t kElements = 320;

// Doubles a scale: only where q8 vectors of kElements travel.
void DoubleAScale(std::span<std::byte> bytes) {
  if (bytes.size() != WireBytes(WireFormat::kQ8, kElements)) return;
  uint16_t scale;
  std::memcpy(&scale, bytes.data() + kElements, sizeof(scale));
  scale += 1 << 10;
  std::memcpy(bytes.data() + kElements, &scale, sizeof(scale));
}

TEST(Reducer, ARankThatEncodesWronglyIsNamedAndAllGoBackToF32) {
  std::vector<Vector> sums(3);
  const auto errors = AsRanks(
      3,
      [&](Communicator& comm) {
        Reducer reducer(comm, Checked(WireFormat::kQ8, 1));
        const SumPlan plan(3, {{0, 1}, {1, 2}, {2, 3}});
        Vector mine = Values(comm.rank(), kElements), out(kElements);
        const std::span<const float> parts[] = {mine};
        reducer.BeginStep();
        Sum(reducer, plan, {7, SumSite::kFeedForward}, out, parts);
        EXPECT_EQ(reducer.format(), WireFormat::kF32);
        EXPECT_EQ(reducer.asked(), WireFormat::kQ8);
        EXPECT_EQ(reducer.checked_sums(), 1);
        EXPECT_THAT(FallbackText(reducer.fallback(), reducer.asked()),
                    HasSubstr("layer 7 (feed-forward) from rank 1 lost more than q8 may"));
        Sum(reducer, plan, {8, SumSite::kAttention}, out, parts);
        Vector exact(kElements);
        TreeSum(comm, plan, exact, parts);
        EXPECT_EQ(out, exact);
        sums[comm.rank()] = out;
      },
      DoubleAScale);
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  EXPECT_EQ(sums[0], sums[1]);
  EXPECT_EQ(sums[0], sums[2]);
}

TEST(Reducer, AloneNothingTravels) {
  const auto errors = AsRanks(1, [&](Communicator& comm) {
    Reducer reducer(comm, Checked(WireFormat::kQ8, 1));
    const SumPlan plan(2, {{0, 2}});
    const Vector mine = Values(0, kElements);
    Vector out(kElements);
    const std::span<const float> parts[] = {mine};
    reducer.BeginStep();
    Sum(reducer, plan, {0, SumSite::kAttention}, out, parts);
    EXPECT_EQ(out, mine);
    EXPECT_EQ(reducer.checked_sums(), 0);
  });
  EXPECT_EQ(errors[0], "");
}

TEST(Reducer, OneSumInSoManyIsCheckedAndEverySiteIsReached) {
  constexpr int kLayers = 5, kSteps = 300, kOneIn = 16;
  const auto errors = AsRanks(2, [&](Communicator& comm) {
    Reducer reducer(comm, Checked(WireFormat::kBf16, kOneIn));
    const SumPlan plan(2, {{0, 1}, {1, 2}});
    Vector mine = Values(comm.rank(), 4), out(4);
    const std::span<const float> parts[] = {mine};
    for (int step = 0; step < kSteps; ++step) {
      reducer.BeginStep();
      for (int layer = 0; layer < kLayers; ++layer) {
        Sum(reducer, plan, {layer, SumSite::kAttention}, out, parts);
        Sum(reducer, plan, {layer, SumSite::kFeedForward}, out, parts);
      }
    }
    ASSERT_EQ(reducer.errors().size(), size_t{kLayers});
    int64_t checked = 0;
    for (const LayerErrors& layer : reducer.errors()) {
      EXPECT_GT(layer.sums, 0);
      checked += layer.sums;
    }
    EXPECT_NEAR(static_cast<double>(checked), 2.0 * kLayers * kSteps / kOneIn, 60);
  });
  for (const std::string& error : errors) EXPECT_EQ(error, "");
}

TEST(Reducer, AMachineThatAddsWronglyIsNoticedAtTheStart) {
  const auto errors = AsRanks(
      2, [&](Communicator& comm) { Reducer(comm, Checked(WireFormat::kF32, 0)).BeginStep(); },
      [](std::span<std::byte> bytes) { bytes[3] ^= std::byte{0x40}; });
  EXPECT_THAT(errors[0], HasSubstr("computes wrongly"));
}

TEST(Reducer, UnevenSharesSendOneVectorInLowerPrecision) {
  uint64_t sent[3] = {};
  const auto errors = AsRanks(3, [&](Communicator& comm) {
    Reducer reducer(comm, Checked(WireFormat::kQ8, 0));
    reducer.BeginStep();
    const SumPlan plan(8, {{0, 3}, {3, 6}, {6, 8}});  // two, three and one subtrees
    const std::vector<Vector> sums(plan.subtrees(comm.rank()), Values(comm.rank(), kElements));
    const std::vector<std::span<const float>> mine(sums.begin(), sums.end());
    const uint64_t before = comm.counters().bytes_sent;
    Vector out(kElements);
    Sum(reducer, plan, {0, SumSite::kAttention}, out, mine);
    sent[comm.rank()] = comm.counters().bytes_sent - before;
  });
  for (const std::string& error : errors) EXPECT_EQ(error, "");
  for (const uint64_t bytes : sent) EXPECT_EQ(bytes, 2 * WireBytes(WireFormat::kQ8, kElements));
}

}  // namespace
}  // namespace lantern
