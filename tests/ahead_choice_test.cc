#include "backends/cpu/ahead_choice.h"

#include <gtest/gtest.h>

#include <functional>

namespace lantern {
namespace {

constexpr size_t kBytes = 10 << 20;

// A machine on which products of weights that are asked for so far ahead take that long.
using Machine = std::function<double(Ahead)>;

AheadChoice MadeOn(const Machine& seconds) {
  AheadChoice choice;
  for (int products = 0; !choice.made() && products < 1000; ++products) {
    const Ahead ahead = choice.Try(kBytes);
    choice.Took(std::chrono::duration<double>(seconds(ahead)));
  }
  EXPECT_TRUE(choice.made());
  return choice;
}

bool IsUsual(Ahead ahead) { return ahead.far == kUsualAhead.far && ahead.near == kUsualAhead.near; }

TEST(AheadChoice, IsUsualUntilItIsMade) {
  AheadChoice choice;
  EXPECT_FALSE(choice.made());
  EXPECT_TRUE(IsUsual(choice.best()));
}

TEST(AheadChoice, TakesWhatWasFastest) {
  const AheadChoice none = MadeOn([](Ahead ahead) { return ahead.near == 0 ? 0.7 : 1.0; });
  EXPECT_EQ(none.best().near, 0);
  const AheadChoice near = MadeOn([](Ahead ahead) {
    return IsUsual(ahead) ? 1.0 : ahead.near == 0 ? 0.9 : 0.8;
  });
  EXPECT_EQ(near.best().far, 0);
  EXPECT_GT(near.best().near, 0);
}

TEST(AheadChoice, KeepsTheUsualWhereOthersAreNoClearGain) {
  const Machine nearly_alike = [](Ahead ahead) { return IsUsual(ahead) ? 1.0 : 0.99; };
  EXPECT_TRUE(IsUsual(MadeOn(nearly_alike).best()));
}

// Products differ in kind, from one to the next and always in the same order: none may meet one
// distance alone.
TEST(AheadChoice, IsFairToKindsThatComeInTurns) {
  for (int kinds = 2; kinds <= 6; ++kinds) {
    int product = 0;
    const AheadChoice choice = MadeOn([&](Ahead ahead) {
      const double slow_kind = product++ % kinds == 0 ? 1.1 : 1.0;
      return slow_kind * (ahead.near == 0 ? 0.9 : 1.0);
    });
    EXPECT_EQ(choice.best().near, 0) << kinds;
  }
}

// One product that a thread was put aside in, and memory that is half as fast from some moment on:
// neither is any distance's doing.
TEST(AheadChoice, IsNotMovedByASlowMomentOrASlowerMachine) {
  const auto best = [](Ahead ahead) { return ahead.near == 0 ? 0.9 : 1.0; };
  for (int moment = 0; moment < 150; ++moment) {
    int product = 0;
    const AheadChoice once =
        MadeOn([&](Ahead ahead) { return best(ahead) * (product++ == moment ? 100 : 1); });
    EXPECT_EQ(once.best().near, 0) << moment;
    product = 0;
    const AheadChoice since =
        MadeOn([&](Ahead ahead) { return best(ahead) * (product++ >= moment ? 2 : 1); });
    EXPECT_EQ(since.best().near, 0) << moment;
  }
}

// Of each size, too, every distance meets as many: here the large ones alone tell them apart.
TEST(AheadChoice, ComparesProductsOfOneSize) {
  AheadChoice choice;
  for (int product = 0; !choice.made() && product < 1000; ++product) {
    const bool large = product % 7 == 0;
    const Ahead ahead = choice.Try(large ? 8 * kBytes : kBytes);
    choice.Took(std::chrono::duration<double>(large ? (ahead.near == 0 ? 6.0 : 8.0) : 1.0));
  }
  EXPECT_TRUE(choice.made());
  EXPECT_EQ(choice.best().near, 0);
}

}  // namespace
}  // namespace lantern
