// Membership: who belongs to the group, who is ready, who is lost. A pure state machine: events
// and the time come in, actions go out; it knows no clock, no socket and no thread.
//
// While the group gathers, a member that leaves only frees its place. Once everybody has joined,
// ranks are given out in the order of the hosts' names, so that a group of the same machines always
// has the same ranks, whoever came first; and from then on the first one lost ends the group:
// tensor-parallel ranks cannot do without each other.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/control/messages.h"

namespace lantern::control {

// Since any fixed moment; only differences count.
using Time = std::chrono::milliseconds;

// Every member sends a heartbeat at each tick; silent for the limit, it is lost. Eight missed in a
// row: a control thread on a busy machine may come late by a few hundred milliseconds.
constexpr Time kTick{250};
constexpr Time kSilenceLimit{2000};

// "stopped answering: no heartbeat for 2.0 s." and "did not run for ...": both sides say the same.
std::string SilenceText(Time silence);
std::string PauseText(Time pause);

struct Action {
  enum class Kind {
    kWelcome,    // tell `peer` that it has a place
    kRefuse,     // tell `peer` the `reason`; `retry`: it may ask again
    kLeft,       // `rank` left while the group gathered, or after the end: its place is free
    kAllJoined,  // the group is complete
    kAllReady,   // every member has said ready
    kLost,       // `rank` is lost and with it the group; `reason` names it
  };
  Kind kind;
  std::string peer = {};
  int rank = -1;
  std::string reason = {};
  bool retry = false;
};
using Actions = std::vector<Action>;

class Membership {
 public:
  struct Member {
    std::string peer;  // the transport's name for it
    Join join;
    Time heard{0};
    std::optional<Ready> ready = {};
    Heartbeat progress = {};
  };

  // `world_size` counts the leader, rank 0, which is no member here. `leader`: its own Join.
  // `hosts`: when given, one host name or data address per worker, in order of rank; others are
  // refused.
  Membership(int world_size, Join leader, std::vector<std::string> hosts = {});

  Actions OnJoin(const std::string& peer, const Join& join, Time now);
  Actions OnReady(const std::string& peer, const Ready& ready, Time now);
  Actions OnHeartbeat(const std::string& peer, const Heartbeat& heartbeat, Time now);
  Actions OnReport(const std::string& peer, const std::string& reason);
  Actions OnBye(const std::string& peer);
  // A peer that speaks another protocol.
  Actions OnForeign(const std::string& peer, int protocol) const;
  // REQUIRES: every message that has come was given in before.
  Actions OnTick(Time now);

  // Goes on with those that are there, fewer than were asked for.
  Actions Close();

  // The leader ends the group in good order: from here on leaving is no loss.
  void End() { ended_ = true; }

  int world_size() const { return world_size_; }
  // By rank; while the group gathers, by place.
  const std::map<int, Member>& members() const { return members_; }
  // "Rank 2 (pc3, pid 4711)"; without the rank while there is none.
  std::string NameOf(int rank) const;
  bool complete() const { return complete_; }
  bool all_ready() const { return all_ready_; }

 private:
  // The place of one who joins: the wanted rank, the host's line, or a free one; 0: none.
  int PlaceFor(const Join& join) const;
  int PlaceByHost(const Join& join) const;
  // Why `join` cannot have a place; nullopt when it can.
  std::optional<Action> Objection(const std::string& peer, const Join& join, Time now);
  std::optional<Action> Taken(const std::string& peer, int wanted, Time now);
  bool AllHere(Time now) const;
  Actions Complete();
  Actions Heard(const std::string& peer, Time now);
  Actions Remove(int rank, const std::string& what);
  std::map<int, Member>::iterator Find(const std::string& peer);
  bool GroupIsWhole() const { return complete_ && !ended_ && !broken_; }

  int world_size_;
  const Join leader_;
  const std::vector<std::string> hosts_;
  std::map<int, Member> members_;
  std::map<std::string, Time> contenders_;  // who asked for a rank that is taken, since when
  bool complete_;                           // everybody had joined
  bool broken_ = false;                     // and then somebody was lost
  bool ended_ = false;                      // or the leader was done
  bool all_ready_;
  std::optional<Time> last_tick_;
};

}  // namespace lantern::control
