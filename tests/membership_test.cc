#include "net/control/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lantern::control {
namespace {

using ::testing::HasSubstr;
using Kind = Action::Kind;

Join Worker(const std::string& host, int pid, int wanted_rank = -1) {
  Join join;
  join.build = "1.0";
  join.host = host;
  join.pid = pid;
  join.wanted_rank = wanted_rank;
  return join;
}

Membership GroupOf(int world_size) { return {world_size, Worker("leader", 1)}; }

// The group of three, complete, at time 0.
Membership CompleteGroup() {
  Membership group = GroupOf(3);
  group.OnTick(Time{0});
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  group.OnJoin("b", Worker("pc2", 12), Time{0});
  return group;
}

std::vector<Kind> Kinds(const Actions& actions) {
  std::vector<Kind> kinds;
  for (const auto& action : actions) kinds.push_back(action.kind);
  return kinds;
}

// The hosts of ranks 1, 2, ...
std::vector<std::string> Hosts(const Membership& group) {
  std::vector<std::string> hosts;
  for (const auto& [rank, member] : group.members()) {
    EXPECT_EQ(rank, static_cast<int>(hosts.size()) + 1);
    hosts.push_back(member.join.host);
  }
  return hosts;
}

TEST(Membership, GivesTheSameRanksWhoeverComesFirst) {
  Membership group = GroupOf(4);
  auto actions = group.OnJoin("c", Worker("pc3", 13), Time{0});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kWelcome});
  EXPECT_FALSE(group.complete());
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  actions = group.OnJoin("b", Worker("pc2", 12), Time{0});
  ASSERT_EQ(Kinds(actions), (std::vector{Kind::kWelcome, Kind::kAllJoined}));
  EXPECT_TRUE(group.complete());
  EXPECT_EQ(Hosts(group), (std::vector<std::string>{"pc1", "pc2", "pc3"}));
}

TEST(Membership, AHostsFileSaysWhoMayComeAndInWhichOrder) {
  Membership group(4, Worker("leader", 1), {"pc9", "10.0.0.2", "pc9"});
  EXPECT_EQ(Kinds(group.OnJoin("x", Worker("pc1", 11), Time{0})), std::vector{Kind::kRefuse});
  group.OnJoin("a", Worker("pc9", 12), Time{0});
  Join by_address = Worker("pc2", 13);
  by_address.data_address = "10.0.0.2";
  group.OnJoin("b", by_address, Time{0});
  const auto twice = group.OnJoin("c", by_address, Time{0});
  ASSERT_EQ(Kinds(twice), std::vector{Kind::kRefuse});
  EXPECT_THAT(twice[0].reason, HasSubstr("no free line for pc2 (10.0.0.2)"));
  group.OnJoin("d", Worker("pc9", 14), Time{0});
  EXPECT_TRUE(group.complete());
  EXPECT_EQ(Hosts(group), (std::vector<std::string>{"pc9", "pc2", "pc9"}));
}

TEST(Membership, MayGoOnWithFewer) {
  Membership group = GroupOf(4);
  group.OnJoin("b", Worker("pc2", 12), Time{0});
  group.OnJoin("a", Worker("pc1", 11, 3), Time{0});
  EXPECT_EQ(Kinds(group.Close()), std::vector{Kind::kAllJoined});
  EXPECT_EQ(group.world_size(), 3);
  EXPECT_EQ(Hosts(group), (std::vector<std::string>{"pc1", "pc2"}));
  EXPECT_TRUE(group.Close().empty());
  EXPECT_EQ(Kinds(group.OnJoin("c", Worker("pc3", 13), Time{0})), std::vector{Kind::kRefuse});
  Membership alone = GroupOf(3);
  alone.Close();
  EXPECT_TRUE(alone.all_ready());
}

TEST(Membership, AGroupOfOneIsCompleteAndNeverLost) {
  Membership group = GroupOf(1);
  EXPECT_TRUE(group.complete());
  EXPECT_TRUE(group.OnTick(Time{0}).empty());
  EXPECT_TRUE(group.OnTick(Time{100000}).empty());
}

TEST(Membership, JoiningAgainIsWelcomedAgain) {
  Membership group = GroupOf(3);
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  const auto actions = group.OnJoin("a", Worker("pc1", 11), Time{500});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kWelcome});
  EXPECT_EQ(group.members().size(), 1u);
}

TEST(Membership, WantedRanksAreKeptFree) {
  Membership group = GroupOf(4);
  group.OnJoin("a", Worker("pc1", 11), Time{0});  // gets out of the way
  group.OnJoin("c", Worker("pc3", 13, 1), Time{0});
  group.OnJoin("b", Worker("pc2", 12, 2), Time{0});
  EXPECT_TRUE(group.complete());
  EXPECT_EQ(Hosts(group), (std::vector<std::string>{"pc3", "pc2", "pc1"}));
}

TEST(Membership, RefusesARankTwice) {
  for (const int world : {2, 4}) {  // complete, and gathering
    Membership group = GroupOf(world);
    group.OnJoin("a", Worker("pc1", 11, 1), Time{0});
    for (Time now{0}; now < 2 * kSilenceLimit; now += kTick) {
      group.OnHeartbeat("a", {}, now);
      EXPECT_TRUE(group.OnTick(now).empty());
      const auto twice = group.OnJoin("b", Worker("pc2", 12, 1), now);
      ASSERT_EQ(Kinds(twice), std::vector{Kind::kRefuse});
      EXPECT_TRUE(twice[0].retry);  // its holder may be one that just died
      EXPECT_EQ(twice[0].reason,
                "Rank 1 is taken by pc1 (pid 11); give each worker a rank of its own.");
    }
    // But it lives.
    const auto refused = group.OnJoin("b", Worker("pc2", 12, 1), 2 * kSilenceLimit);
    ASSERT_EQ(Kinds(refused), std::vector{Kind::kRefuse});
    EXPECT_FALSE(refused[0].retry);
  }
}

TEST(Membership, ARankStartedAnewTakesItsPlaceAgain) {
  Membership group = GroupOf(4);
  group.OnJoin("a", Worker("pc1", 11, 2), Time{0});  // and dies
  Time now{0};
  for (; now < kSilenceLimit; now += kTick) {
    EXPECT_TRUE(group.OnTick(now).empty());
    EXPECT_EQ(Kinds(group.OnJoin("b", Worker("pc1", 12, 2), now)), std::vector{Kind::kRefuse});
  }
  EXPECT_EQ(Kinds(group.OnTick(now)), std::vector{Kind::kLeft});
  EXPECT_EQ(Kinds(group.OnJoin("b", Worker("pc1", 12, 2), now)), std::vector{Kind::kWelcome});
  EXPECT_EQ(group.members().at(2).join.pid, 12);
}

TEST(Membership, IsNotCompleteWithOneWhoHasJustDied) {
  Membership group = GroupOf(3);
  group.OnJoin("a", Worker("pc1", 11, 1), Time{0});  // and dies
  EXPECT_EQ(Kinds(group.OnJoin("b", Worker("pc2", 12, 2), Time{1000})),
            std::vector{Kind::kWelcome});
  EXPECT_FALSE(group.complete());
  for (Time now{1000}; now < kSilenceLimit; now += kTick) {
    group.OnHeartbeat("b", {}, now);
    EXPECT_TRUE(group.OnTick(now).empty());
  }
  group.OnHeartbeat("b", {}, kSilenceLimit);
  EXPECT_EQ(Kinds(group.OnTick(kSilenceLimit)), std::vector{Kind::kLeft});
  EXPECT_EQ(Kinds(group.OnJoin("c", Worker("pc1", 13, 1), kSilenceLimit)),
            (std::vector{Kind::kWelcome, Kind::kAllJoined}));
}

TEST(Membership, IsCompleteOnceALateOneIsHeard) {
  Membership group = GroupOf(3);
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  group.OnJoin("b", Worker("pc2", 12), Time{1000});
  group.OnHeartbeat("a", {}, Time{1100});
  EXPECT_EQ(Kinds(group.OnTick(Time{1250})), std::vector{Kind::kAllJoined});
}

TEST(Membership, OneWhoComesAfterALossIsToldToWait) {
  Membership group = GroupOf(2);
  group.OnJoin("a", Worker("pc1", 11, 1), Time{0});
  EXPECT_EQ(Kinds(group.OnTick(Time{0})), std::vector<Kind>{});
  for (Time now{0}; now <= kSilenceLimit; now += kTick) group.OnTick(now);
  const auto late = group.OnJoin("b", Worker("pc1", 12, 1), kSilenceLimit);
  ASSERT_EQ(Kinds(late), std::vector{Kind::kRefuse});
  EXPECT_TRUE(late[0].retry);
  EXPECT_THAT(late[0].reason, HasSubstr("has lost one and ends"));
}

TEST(Membership, RefusesARankOutOfRange) {
  Membership group = GroupOf(4);
  for (int rank : {0, 4, -7}) {
    const auto outside = group.OnJoin("c", Worker("pc3", 13, rank), Time{0});
    ASSERT_EQ(Kinds(outside), std::vector{Kind::kRefuse});
    EXPECT_THAT(outside[0].reason, HasSubstr("ranks 1 to 3"));
  }
}

TEST(Membership, RefusesAnotherBuildNamingBoth) {
  Membership group = GroupOf(2);
  Join join = Worker("pc1", 11);
  join.build = "1.1";
  const auto actions = group.OnJoin("a", join, Time{0});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kRefuse});
  EXPECT_FALSE(actions[0].retry);
  EXPECT_THAT(actions[0].reason, HasSubstr("build 1.0"));
  EXPECT_THAT(actions[0].reason, HasSubstr("build 1.1"));
}

TEST(Membership, RefusesAnotherProtocolNamingBoth) {
  const auto actions = GroupOf(2).OnForeign("a", 99);
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kRefuse});
  EXPECT_FALSE(actions[0].retry);
  EXPECT_THAT(actions[0].reason, HasSubstr("protocol 2, this worker 99"));
}

TEST(Membership, TheSurplusMayAskAgain) {
  Membership group = CompleteGroup();
  const auto actions = group.OnJoin("c", Worker("pc3", 13), Time{0});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kRefuse});
  EXPECT_TRUE(actions[0].retry);
  EXPECT_THAT(actions[0].reason, HasSubstr("complete"));
}

TEST(Membership, AllReadyOnce) {
  Membership group = CompleteGroup();
  EXPECT_TRUE(group.OnReady("a", {}, Time{0}).empty());
  EXPECT_EQ(Kinds(group.OnReady("b", {}, Time{0})), std::vector{Kind::kAllReady});
  EXPECT_TRUE(group.OnReady("b", {}, Time{0}).empty());
}

TEST(Membership, ReadyBeforeTheGroupIsCompleteDoesNotCompleteIt) {
  Membership group = GroupOf(3);
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  EXPECT_TRUE(group.OnReady("a", {}, Time{0}).empty());
  EXPECT_FALSE(group.all_ready());
}

TEST(Membership, ASilentMemberIsLostOnceAndNamed) {
  Membership group = CompleteGroup();
  Actions actions;
  Time now{0};
  while (actions.empty() && now < Time{5000}) {
    now += kTick;
    group.OnHeartbeat("a", {}, now);
    actions = group.OnTick(now);
  }
  EXPECT_EQ(now, kSilenceLimit);
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kLost});
  EXPECT_EQ(actions[0].rank, 2);
  EXPECT_EQ(actions[0].reason, "Rank 2 (pc2, pid 12) stopped answering: no heartbeat for 2.0 s.");
  // The other one now dies of it: no second verdict.
  for (int i = 0; i < 20; ++i) {
    for (const auto& action : group.OnTick(now += kTick)) EXPECT_EQ(action.kind, Kind::kLeft);
  }
  EXPECT_TRUE(group.members().empty());
}

TEST(Membership, OneWhoWasGivenUpIsTold) {
  Membership group = CompleteGroup();
  group.OnBye("b");
  const auto actions = group.OnHeartbeat("b", {}, Time{0});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kRefuse});
  EXPECT_THAT(actions[0].reason, HasSubstr("no longer counts this worker as a member"));
}

TEST(Membership, WhileGatheringAPlaceIsOnlyFreed) {
  Membership group = GroupOf(3);
  group.OnJoin("a", Worker("pc1", 11), Time{0});
  EXPECT_EQ(Kinds(group.OnBye("a")), std::vector{Kind::kLeft});
  group.OnJoin("b", Worker("pc2", 12), Time{0});
  for (Time now{0}; now < kSilenceLimit; now += kTick) EXPECT_TRUE(group.OnTick(now).empty());
  EXPECT_EQ(Kinds(group.OnTick(kSilenceLimit)), std::vector{Kind::kLeft});
  EXPECT_TRUE(group.members().empty());
}

TEST(Membership, LeavingEarlyIsALoss) {
  Membership group = CompleteGroup();
  const auto actions = group.OnBye("a");
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kLost});
  EXPECT_EQ(actions[0].reason, "Rank 1 (pc1, pid 11) left before the end.");
}

TEST(Membership, LeavingAfterTheEndIsNot) {
  Membership group = CompleteGroup();
  group.End();
  EXPECT_EQ(Kinds(group.OnBye("a")), std::vector{Kind::kLeft});
  EXPECT_EQ(Kinds(group.OnBye("b")), std::vector{Kind::kLeft});
  EXPECT_TRUE(group.OnBye("stranger").empty());
}

TEST(Membership, AReportEndsTheGroupWithItsSentence) {
  Membership group = CompleteGroup();
  const auto actions = group.OnReport("a", "Cannot open x.gguf.");
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kLost});
  EXPECT_EQ(actions[0].reason, "Rank 1 (pc1, pid 11) failed: Cannot open x.gguf.");
  EXPECT_TRUE(group.OnReport("stranger", "boo").empty());
}

TEST(Membership, APauseOfTheLeaderBlamesTheLeader) {
  Membership group = CompleteGroup();
  const auto actions = group.OnTick(Time{10200});
  ASSERT_EQ(Kinds(actions), std::vector{Kind::kLost});
  EXPECT_EQ(actions[0].rank, 0);
  EXPECT_THAT(actions[0].reason, HasSubstr("Rank 0 (leader, pid 1) did not run for 10.2 s"));
}

TEST(Membership, AShortPauseOfTheLeaderBlamesNobody) {
  Membership group = CompleteGroup();
  group.OnTick(Time{900});
  EXPECT_TRUE(group.OnTick(Time{2100}).empty());  // 1.2 s without a look at the messages
  group.OnHeartbeat("a", {}, Time{2110});
  group.OnHeartbeat("b", {}, Time{2110});
  EXPECT_TRUE(group.OnTick(Time{2350}).empty());
}

}  // namespace
}  // namespace lantern::control
