// Membership: who belongs to the group, who is ready, who is lost. A pure state machine: events
// and the time come in, actions go out; it knows no clock, no socket and no thread.
//
// While the group gathers, a member that leaves only frees its place. Once everybody has joined,
// the first one lost ends the group: tensor-parallel ranks cannot do without each other.
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
    kWelcome,    // tell `peer` that it has `rank`
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
    bool ready = false;
    std::string Name(int rank) const { return RankName(rank, join.host, join.pid); }
  };

  // `world_size` counts the leader, rank 0, which is no member here. `leader`: its own Join.
  Membership(int world_size, Join leader);

  Actions OnJoin(const std::string& peer, const Join& join, Time now);
  Actions OnReady(const std::string& peer, Time now);
  Actions OnHeartbeat(const std::string& peer, Time now);
  Actions OnReport(const std::string& peer, const std::string& reason);
  Actions OnBye(const std::string& peer);
  // A peer that speaks another protocol.
  Actions OnForeign(const std::string& peer, int protocol) const;
  // REQUIRES: every message that has come was given in before.
  Actions OnTick(Time now);

  // The leader ends the group in good order: from here on leaving is no loss.
  void End() { ended_ = true; }

  const std::map<int, Member>& members() const { return members_; }  // by rank
  bool complete() const { return complete_; }
  bool all_ready() const { return all_ready_; }

 private:
  int FreeRank() const;
  // Why `join` cannot have a place; nullopt when it can.
  std::optional<Action> Objection(const std::string& peer, const Join& join) const;
  Actions Heard(const std::string& peer, Time now);
  Actions Remove(int rank, const std::string& what);
  std::map<int, Member>::iterator Find(const std::string& peer);
  bool GroupIsWhole() const { return complete_ && !ended_ && !broken_; }

  const int world_size_;
  const Join leader_;
  std::map<int, Member> members_;
  bool complete_;        // everybody had joined
  bool broken_ = false;  // and then somebody was lost
  bool ended_ = false;   // or the leader was done
  bool all_ready_;
  std::optional<Time> last_tick_;
};

}  // namespace lantern::control
