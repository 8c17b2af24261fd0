#include "net/control/membership.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern::control {
namespace {

// While the group gathers, nobody counts as there who was not heard for so long.
constexpr Time kLate = 3 * kTick;

// After so long it does not matter any more who asked for a rank that was taken.
constexpr Time kForgotten{60000};

double Seconds(Time time) { return std::chrono::duration<double>(time).count(); }

Action Refusal(const std::string& peer, std::string reason, bool retry) {
  return {.kind = Action::Kind::kRefuse, .peer = peer, .reason = std::move(reason), .retry = retry};
}

void Append(Actions& actions, const Actions& more) {
  actions.insert(actions.end(), more.begin(), more.end());
}

}  // namespace

std::string SilenceText(Time silence) {
  return fmt::format("stopped answering: no heartbeat for {:.1f} s.", Seconds(silence));
}

std::string PauseText(Time pause) {
  return fmt::format("did not run for {:.1f} s, so the others gave it up.", Seconds(pause));
}

Membership::Membership(int world_size, Join leader, std::vector<std::string> hosts)
    : world_size_(world_size),
      leader_(std::move(leader)),
      hosts_(std::move(hosts)),
      complete_(world_size == 1),
      all_ready_(world_size == 1) {
  LANTERN_CHECK_GE(world_size, 1);
}

std::map<int, Membership::Member>::iterator Membership::Find(const std::string& peer) {
  return std::find_if(members_.begin(), members_.end(),
                      [&](const auto& entry) { return entry.second.peer == peer; });
}

std::string Membership::NameOf(int rank) const {
  const Join& join = members_.at(rank).join;
  return complete_ ? RankName(rank, join.host, join.pid)
                   : fmt::format("{} (pid {})", join.host, join.pid);
}

// A line of the hosts file that names `join` and whose machine is not there; 0: none.
int Membership::PlaceByHost(const Join& join) const {
  for (size_t i = 0; i < hosts_.size(); ++i) {
    const int place = static_cast<int>(i) + 1;
    const bool named = hosts_[i] == join.host || hosts_[i] == join.data_address;
    if (named && !members_.contains(place)) return place;
  }
  return 0;
}

int Membership::PlaceFor(const Join& join) const {
  if (join.wanted_rank != -1) return join.wanted_rank;
  if (!hosts_.empty()) return PlaceByHost(join);
  int place = 1;
  while (members_.contains(place)) ++place;
  return place;
}

std::optional<Action> Membership::Objection(const std::string& peer, const Join& join, Time now) {
  if (join.build != leader_.build) {
    return Refusal(peer,
                   fmt::format("The leader on {} is build {}, this worker on {} is build {}; "
                               "install the same version on both.",
                               leader_.host, leader_.build, join.host, join.build),
                   false);
  }
  const int wanted = join.wanted_rank;
  if (auto taken = Taken(peer, wanted, now)) return taken;
  if (broken_) {
    return Refusal(peer,
                   fmt::format("The group of {} ranks that {} leads has lost one and ends; this "
                               "worker can join the next.",
                               world_size_, leader_.host),
                   true);
  }
  if (complete_ || ended_) {
    return Refusal(peer,
                   fmt::format("The group of {} ranks that {} leads is complete; this worker is "
                               "not needed now.",
                               world_size_, leader_.host),
                   true);
  }
  if (wanted != -1 && (wanted < 1 || wanted >= world_size_)) {
    return Refusal(peer,
                   fmt::format("Rank {} was asked for, but workers of this group have ranks 1 to "
                               "{}; give each worker its own.",
                               wanted, world_size_ - 1),
                   false);
  }
  if (wanted == -1 && !hosts_.empty() && PlaceByHost(join) == 0) {
    return Refusal(peer,
                   fmt::format("The leader's hosts file has no free line for {} ({}); add it there "
                               "under one of these names.",
                               join.host, join.data_address),
                   true);
  }
  return std::nullopt;
}

// A rank that another one asked for and has. Perhaps that is the same machine's before a restart,
// and is found silent soon; if it still lives long after that, both do.
std::optional<Action> Membership::Taken(const std::string& peer, int wanted, Time now) {
  const auto holder = members_.find(wanted);
  if (holder == members_.end() || holder->second.join.wanted_rank != wanted) return std::nullopt;
  const Time since = contenders_.try_emplace(peer, now).first->second;
  const Join& join = holder->second.join;
  return Refusal(peer,
                 fmt::format("Rank {} is taken by {} (pid {}); give each worker a rank of its own.",
                             wanted, join.host, join.pid),
                 now - since < 2 * kSilenceLimit);
}

Actions Membership::OnJoin(const std::string& peer, const Join& join, Time now) {
  const Action welcome{.kind = Action::Kind::kWelcome, .peer = peer};
  if (const auto known = Find(peer); known != members_.end()) {  // our welcome was late or lost
    known->second.heard = now;
    return {welcome};
  }
  if (auto objection = Objection(peer, join, now)) return {*objection};
  const int place = PlaceFor(join);
  auto holder = members_.extract(place);  // of one who does not care where
  members_[place] = {.peer = peer, .join = join, .heard = now};
  if (!holder.empty()) {
    holder.key() = PlaceFor(holder.mapped().join);
    members_.insert(std::move(holder));
  }
  Actions actions{welcome};
  if (AllHere(now)) Append(actions, Complete());
  return actions;
}

// Whether all have joined, and none of them has just died.
bool Membership::AllHere(Time now) const {
  return static_cast<int>(members_.size()) == world_size_ - 1 &&
         std::all_of(members_.begin(), members_.end(),
                     [&](const auto& entry) { return now - entry.second.heard < kLate; });
}

Actions Membership::Close() {
  if (complete_ || ended_) return {};
  world_size_ = static_cast<int>(members_.size()) + 1;
  return Complete();
}

// Those who asked for a rank have it; the others follow in the order of their names.
Actions Membership::Complete() {
  std::map<int, Member> ranked;
  std::vector<Member> others;
  for (auto& [place, member] : members_) {
    const bool fixed = !hosts_.empty() || member.join.wanted_rank != -1;
    if (fixed && place < world_size_) {
      ranked.emplace(place, std::move(member));
    } else {
      others.push_back(std::move(member));
    }
  }
  std::stable_sort(others.begin(), others.end(), [](const Member& a, const Member& b) {
    return std::tie(a.join.host, a.join.data_address) < std::tie(b.join.host, b.join.data_address);
  });
  int rank = 1;
  for (Member& member : others) {
    while (ranked.contains(rank)) ++rank;
    ranked.emplace(rank, std::move(member));
  }
  members_ = std::move(ranked);
  complete_ = true;
  if (world_size_ == 1) all_ready_ = true;
  return {{.kind = Action::Kind::kAllJoined}};
}

Actions Membership::Heard(const std::string& peer, Time now) {
  const auto member = Find(peer);
  if (member == members_.end()) {
    return {Refusal(peer,
                    fmt::format("{} no longer counts this worker as a member; join again.",
                                RankName(0, leader_.host, leader_.pid)),
                    true)};
  }
  member->second.heard = now;
  return {};
}

Actions Membership::OnHeartbeat(const std::string& peer, const Heartbeat& heartbeat, Time now) {
  Actions refusal = Heard(peer, now);
  if (refusal.empty()) Find(peer)->second.progress = heartbeat;
  return refusal;
}

Actions Membership::OnReady(const std::string& peer, const Ready& ready, Time now) {
  if (auto refusal = Heard(peer, now); !refusal.empty()) return refusal;
  Find(peer)->second.ready = ready;
  const bool all = std::all_of(members_.begin(), members_.end(),
                               [](const auto& entry) { return entry.second.ready.has_value(); });
  if (!complete_ || !all || all_ready_) return {};
  all_ready_ = true;
  return {{.kind = Action::Kind::kAllReady}};
}

Actions Membership::OnReport(const std::string& peer, const std::string& reason) {
  const auto member = Find(peer);
  if (member == members_.end()) return {};
  return Remove(member->first, fmt::format("failed: {}", reason));
}

Actions Membership::OnBye(const std::string& peer) {
  const auto member = Find(peer);
  if (member == members_.end()) return {};
  return Remove(member->first, "left before the end.");
}

Actions Membership::OnForeign(const std::string& peer, int protocol) const {
  return {
      Refusal(peer,
              fmt::format("The leader on {} speaks control protocol {}, this worker {}; install "
                          "the same version on both.",
                          leader_.host, kProtocol, protocol),
              false)};
}

Actions Membership::OnTick(Time now) {
  const Time pause = last_tick_ ? now - *last_tick_ : Time{0};
  last_tick_ = now;
  if (pause >= kSilenceLimit && GroupIsWhole() && world_size_ > 1) {
    broken_ = true;
    return {{.kind = Action::Kind::kLost,
             .rank = 0,
             .reason = RankName(0, leader_.host, leader_.pid) + " " + PauseText(pause)}};
  }
  // After a pause of our own, heartbeats may still be on their way through this process.
  if (pause >= kSilenceLimit / 2) return {};

  std::erase_if(contenders_, [&](const auto& entry) { return now - entry.second >= kForgotten; });
  Actions actions;
  if (!complete_ && !ended_ && AllHere(now)) Append(actions, Complete());
  std::vector<std::pair<int, Time>> silent;
  for (const auto& [rank, member] : members_) {
    if (now - member.heard >= kSilenceLimit) silent.emplace_back(rank, now - member.heard);
  }
  for (const auto& [rank, silence] : silent) {
    Append(actions, Remove(rank, SilenceText(silence)));
  }
  return actions;
}

// `what` completes a sentence that begins with the member's name. Only the first loss is told:
// those that follow are its consequences.
Actions Membership::Remove(int rank, const std::string& what) {
  const std::string reason = NameOf(rank) + " " + what;
  members_.erase(rank);
  if (!GroupIsWhole()) return {{.kind = Action::Kind::kLeft, .rank = rank, .reason = reason}};
  broken_ = true;
  return {{.kind = Action::Kind::kLost, .rank = rank, .reason = reason}};
}

}  // namespace lantern::control
