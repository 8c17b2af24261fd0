// What goes wrong on a link between two processes is noticed where it arrives, at once: who sent
// it, and which layer's sum it was part of.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/parallel_plan.h"
#include "net/reducer.h"
#include "tests/forked_ranks.h"

namespace lantern {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{20};
constexpr int kRanks = 3;
constexpr size_t kElements = 1500;

using TamperAs = std::function<bool(int rank, int peer, std::span<std::byte> payload)>;

// Twenty layers' sums.
std::string SumLayers(RankEnd& end, WireFormat format, size_t elements) {
  Reducer reducer(*end.world, {format, 0});
  reducer.BeginStep();
  const SumPlan plan(kRanks, {{0, 1}, {1, 2}, {2, 3}});
  std::vector<float> mine(elements, 1.5f), out(elements);
  const std::span<const float> parts[] = {mine};
  end.WriteLine("checked at start");
  for (int layer = 0; layer < 20; ++layer) {
    reducer.Sum(plan, {layer, SumSite::kFeedForward}, out, parts);
  }
  return "nothing noticed";
}

// The frame of so many bytes from rank 1 to rank 2 that is number `nth` of those.
TamperAs Nth(size_t bytes, int nth, std::function<bool(std::span<std::byte>)> alter) {
  return [bytes, nth, alter, seen = std::make_shared<int>(0)](int rank, int peer,
                                                              std::span<std::byte> payload) {
    if (rank != 1 || peer != 2 || payload.size() != bytes) return true;
    return ++*seen == nth ? alter(payload) : true;
  };
}

// Rank 2 says what it got and from whom; the others end as well.
void ExpectNoticedBy(bool shared_memory, WireFormat format, size_t elements, const TamperAs& tamper,
                     const std::string& what) {
  ForkedRanks ranks(kRanks, [&](RankEnd& end) { return SumLayers(end, format, elements); },
                    {shared_memory, tamper});
  for (int rank = 0; rank < kRanks; ++rank) {
    ASSERT_EQ(ranks.ReadLine(rank, kLimit), "checked at start");
  }
  EXPECT_THAT(ranks.ReadLine(2, kLimit),
              AllOf(HasSubstr("rank 1) sent"), HasSubstr("rank 2) " + what),
                    HasSubstr("the sum of layer 6 (feed-forward)")));
  for (int rank = 0; rank < 2; ++rank) {
    EXPECT_THAT(ranks.ReadLine(rank, kLimit), HasSubstr("error: "));
  }
}

void ExpectNoticed(WireFormat format, size_t elements, const std::function<TamperAs()>& tamper,
                   const std::string& what) {
  for (const bool shared_memory : {false, true}) {
    ExpectNoticedBy(shared_memory, format, elements, tamper(), what);
  }
}

bool FlipABit(std::span<std::byte> payload) {
  payload[payload.size() / 2] ^= std::byte{0x10};
  return true;
}

bool Lose(std::span<std::byte>) { return false; }

TEST(Damage, AFlippedBitIsNamed) {
  ExpectNoticed(
      WireFormat::kF32, kElements, [] { return Nth(6000, 7, FlipABit); },
      "6000 bytes that were damaged on the way");
}

TEST(Damage, AFlippedBitOfAnEncodedSumIsNamed) {
  const size_t bytes = WireBytes(WireFormat::kQ8, kElements);
  ExpectNoticed(
      WireFormat::kQ8, kElements, [&] { return Nth(bytes, 7, FlipABit); },
      "1594 bytes that were damaged");
}

TEST(Damage, ALostFrameIsNamed) {
  ExpectNoticed(
      WireFormat::kF32, kElements, [] { return Nth(6000, 7, Lose); }, "message part");
}

// The 30th part of two long messages.
TEST(Damage, AFlippedBitOfALongMessageIsNamed) {
  for (const bool shared_memory : {false, true}) {
    ForkedRanks ranks(2,
                      [&](RankEnd& end) {
                        std::vector<std::byte> bytes(1 << 20);
                        for (int i = 0; i < 2; ++i) {
                          if (end.rank == 0) end.world->Send(1, bytes);
                          if (end.rank == 1) end.world->Receive(0, bytes);
                        }
                        if (end.rank == 0) end.world->Receive(1, bytes);
                        return std::string("nothing noticed");
                      },
                      {shared_memory, [seen = 0](int, int, std::span<std::byte> payload) mutable {
                         return payload.size() > 1000 && ++seen == 30 ? FlipABit(payload) : true;
                       }});
    EXPECT_THAT(ranks.ReadLine(1, kLimit),
                AllOf(HasSubstr("rank 0) sent"), HasSubstr("bytes that were damaged on the way")));
    EXPECT_THAT(ranks.ReadLine(0, kLimit), HasSubstr("error: "));
  }
}

TEST(Damage, ALengthThatIsNotTheOneDueIsNamed) {
  for (const size_t due : {100, 200000}) {
    for (const bool shared_memory : {false, true}) {
      ForkedRanks ranks(2,
                        [&](RankEnd& end) {
                          std::vector<std::byte> bytes(end.rank == 0 ? 40000 : due);
                          if (end.rank == 0) end.world->Send(1, bytes);
                          end.world->Receive(1 - end.rank, bytes);
                          return std::string("nothing noticed");
                        },
                        {shared_memory, {}});
      EXPECT_THAT(ranks.ReadLine(1, kLimit),
                  HasSubstr(fmt::format(
                      "40000 bytes where {} were due, so that ranks are out of step", due)));
      EXPECT_THAT(ranks.ReadLine(0, kLimit), HasSubstr("error: "));
    }
  }
}

}  // namespace
}  // namespace lantern
