// The control plane: how machines join a group, get a rank, and learn why it ended. ControlServer
// is the leader's end (rank 0), ControlClient a worker's. Only what may happen at any time travels
// here; what must be ordered with the steps goes through the Communicator.
//
// Each end has a thread of its own, so heartbeats go on while the program computes. A member that
// is silent for 2 s, leaves early or reports an error ends the group, and every other member
// learns the same sentence: Verdict() returns it, OnLost() is called with it.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "net/control/key_value_store.h"
#include "net/control/loss_record.h"
#include "net/control/membership.h"
#include "net/control/messages.h"
#include "net/control/socket_thread.h"

namespace lantern {

using control::Join;

// How long a wait may last; nullopt: for ever (a loss still ends it).
using WaitLimit = std::optional<std::chrono::milliseconds>;

// Called by a wait with a line for people ("1 of 3 workers have joined: pc2."), several times a
// second whether it changed or not, and once with each event ("pc3 (pid 5) left before the end.").
// May throw to give up.
using WaitProgress = std::function<void(const std::string& line)>;

// What this process would say in a Join: host name, pid, physical cores, available memory. The rest
// (build, isa, wanted_rank, data_address) is the caller's.
Join DescribeThisMachine(const std::string& build);

struct WorkerInfo {
  int rank = 0;
  Join join;
  control::Heartbeat progress;  // of loading, as last heard
  control::Ready weights;       // where they came from; zeros until it is ready
};

class ControlServer {
 public:
  // Listens at once on `address`, HOST:PORT (port 0 or *: any free one). `world_size` counts the
  // leader itself. `hosts`: see Membership. With a key only those who have it can join, or read
  // along. Throws Error{kConfig} when the address is in use or not ours.
  ControlServer(const std::string& address, int world_size, const Join& self,
                std::vector<std::string> hosts = {}, SharedKey key = {});
  // Without a Stop or ReportError before, the workers learn that the leader ended early.
  ~ControlServer();

  const std::string& endpoint() const { return socket_.address(); }  // HOST:PORT in use
  const std::string& epoch() const { return epoch_; }                // for the rendezvous
  const Join& self() const { return self_; }

  // Until every worker has joined; they come back in order of rank. Throws Error{kPeerLost} at the
  // limit or when one is lost.
  std::vector<WorkerInfo> WaitForJoin(WaitLimit limit, const WaitProgress& progress = {});
  // Ends the gathering with those that have joined, though they are fewer: WaitForJoin returns.
  void Close();
  // As they are now; by rank once all have joined.
  std::vector<WorkerInfo> Workers() const;
  // Hands `bytes` to a worker. REQUIRES: all have joined.
  void Assign(int rank, std::vector<std::byte> bytes);
  // Until every worker has called Ready. Throws as WaitForJoin.
  void WaitReady(WaitLimit limit, const WaitProgress& progress = {});

  // Connections so far that have not proven the key; 0 without one.
  int64_t strangers() const { return socket_.guard() ? socket_.guard()->strangers() : 0; }

  // Ends the run in good order: workers see stopped(). Waits up to a second until they have left.
  void Stop();
  // The leader cannot go on: everybody ends with this sentence.
  void ReportError(const std::string& sentence);

  std::optional<std::string> Verdict(std::chrono::milliseconds wait) const {
    return loss_.Wait(wait);
  }
  void OnLost(control::LossRecord::Callback callback) { loss_.OnLost(std::move(callback)); }
  // The rank that Verdict speaks of, once it does: 0 where this process itself was at fault.
  int lost_rank() const { return lost_rank_; }

 private:
  void OnMessage(const std::string& peer, const control::Message& message);
  void OnTick(control::Time now);
  void Apply(const control::Actions& actions);
  void EndEarly(const std::string& what);
  void EndGroup(int rank, const std::string& reason);
  void SendToAll(const control::Message& message);
  void Publish();
  void Wait(WaitLimit limit, const WaitProgress& progress, const char* what,
            const std::function<bool()>& done, const std::function<std::string()>& line);
  std::string JoinLine() const;
  std::string ReadyLine() const;
  void Tell(const std::string& event);

  const Join self_;
  const std::string epoch_;
  control::LossRecord loss_;
  std::atomic<int> lost_rank_{0};

  // Touched by the socket's thread only.
  control::Membership membership_;
  control::KeyValueStore key_values_;

  // What the socket's thread publishes to the others.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<int, control::Membership::Member> members_;
  int world_size_;
  bool all_joined_ = false;
  bool all_ready_ = false;
  std::vector<std::string> news_;  // sentences that no wait has passed on yet
  std::set<std::string> told_;     // a refused worker asks again and again

  bool ended_ = false;  // Stop or ReportError was called; the owner's thread only

  control::SocketThread socket_;  // last: its thread uses all of the above
};

struct Assignment {
  int rank = 0;
  int world_size = 0;
  std::string epoch;
  std::vector<std::byte> bytes;
};

class ControlClient {
 public:
  // Starts at once to look for a leader at `endpoint`, HOST:PORT. One with another key than `key`
  // is not joined, and the waits' lines say so; the next one there may have the right one. Throws
  // Error{kConfig} for an endpoint that cannot be parsed.
  ControlClient(const std::string& endpoint, const Join& self, SharedKey key = {});
  // Says goodbye. Early, the group ends with it.
  ~ControlClient();

  const std::string& endpoint() const { return endpoint_; }

  // Until the leader has assigned something. `join_limit` bounds the time until it has a place for
  // this worker. Throws Error{kConfig} with the leader's sentence when refused for good,
  // Error{kPeerLost} at the limit or when the leader is lost or ends.
  Assignment WaitForAssignment(WaitLimit join_limit, const WaitProgress& progress = {});
  void Ready(const control::Ready& weights = {});
  // Bytes of weights got so far, of those needed: the next heartbeats tell the leader.
  void ReportProgress(uint64_t done_bytes, uint64_t total_bytes);

  // This worker cannot go on: the leader shows the sentence and ends everybody.
  void ReportError(const std::string& sentence);

  // True once the leader ended the run in good order; Verdict and OnLost then say so too, since
  // that must end waits as a loss does.
  bool stopped() const;
  // Whether the leader went without a word, so that nobody else is left to say why the run ended.
  bool leader_silent() const;

  std::optional<std::string> Verdict(std::chrono::milliseconds wait) const {
    return loss_.Wait(wait);
  }
  void OnLost(control::LossRecord::Callback callback) { loss_.OnLost(std::move(callback)); }

 private:
  enum class State { kLooking, kJoined, kAssigned, kRefused, kOver };

  void OnMessage(const control::Message& message);
  void Handle(const control::Welcome& welcome);
  void Handle(const control::Assign& assign);
  void Handle(const control::Refuse& refuse);
  void Handle(const control::Lost& lost);
  void Handle(const control::Stop& stop);
  template <class T>
  void Handle(const T&) {}  // a heartbeat, or a message that is not for workers
  void OnTick(control::Time now);
  void OnHandshake(HandshakeWatch::Event event);
  std::string KeyProblem(bool unlike) const;
  void End(const std::string& reason, bool leader_silent = false);
  std::string Line() const;

  const std::string endpoint_;
  const Join self_;
  const bool has_key_;
  const control::Time started_ = control::SocketThread::Now();
  control::LossRecord loss_;

  // Touched by the socket's thread only.
  control::Time leader_heard_{0};
  std::optional<control::Time> last_tick_;
  int broken_handshakes_ = 0;  // in a row

  // What the socket's thread publishes to the others.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  State state_ = State::kLooking;
  Assignment assignment_;
  std::string leader_name_;
  std::string refusal_;      // the last one
  std::string key_problem_;  // why no leader can be spoken with
  bool stopped_ = false;
  bool leader_silent_ = false;
  control::Heartbeat progress_;

  control::SocketThread socket_;  // last: its thread uses all of the above
};

}  // namespace lantern
