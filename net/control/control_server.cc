#include <fmt/ranges.h>

#include <random>
#include <utility>

#include "net/control/control_plane.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

using control::Action;
using control::Actions;
using control::Message;
using control::RankName;
using control::SocketThread;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kGoodbyeLimit{1000};

// Different events that people are told of, so that no stranger fills their terminal.
constexpr size_t kMaxNews = 100;

std::string RandomEpoch() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

}  // namespace

ControlServer::ControlServer(const std::string& address, int world_size, const Join& self,
                             std::vector<std::string> hosts, SharedKey key)
    : self_(self),
      epoch_(RandomEpoch()),
      membership_(world_size, self, std::move(hosts)),
      world_size_(world_size),
      all_joined_(membership_.complete()),
      all_ready_(membership_.all_ready()),
      socket_(SocketThread::Side::kLeader, address,
              {.on_message = [this](const std::string& peer,
                                    const Message& message) { OnMessage(peer, message); },
               .on_tick = [this](control::Time now) { OnTick(now); }},
              std::move(key)) {}

ControlServer::~ControlServer() {
  if (!ended_) EndEarly("ended early.");
}

std::vector<WorkerInfo> ControlServer::WaitForJoin(WaitLimit limit, const WaitProgress& progress) {
  Wait(
      limit, progress, "join", [this] { return all_joined_; }, [this] { return JoinLine(); });
  return Workers();
}

std::vector<WorkerInfo> ControlServer::Workers() const {
  const std::lock_guard lock(mutex_);
  std::vector<WorkerInfo> workers;
  for (const auto& [rank, member] : members_) {
    workers.push_back(
        {rank, member.join, member.progress, member.ready.value_or(control::Ready{})});
  }
  return workers;
}

void ControlServer::Close() {
  socket_.Post([this] { Apply(membership_.Close()); });
}

void ControlServer::WaitReady(WaitLimit limit, const WaitProgress& progress) {
  Wait(
      limit, progress, "ready", [this] { return all_ready_; }, [this] { return ReadyLine(); });
}

// Until `done` (evaluated under the lock), a loss, or the limit.
void ControlServer::Wait(WaitLimit limit, const WaitProgress& progress, const char* what,
                         const std::function<bool()>& done,
                         const std::function<std::string()>& line) {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!done()) {
    const std::string state = line();
    const std::vector<std::string> news = std::exchange(news_, {});
    lock.unlock();
    for (const std::string& event : news) {
      if (progress) progress(event);
    }
    if (auto reason = loss_.Wait(milliseconds(0))) throw Error(ErrorKind::kPeerLost, *reason);
    if (limit && std::chrono::steady_clock::now() - start >= *limit) {
      Fail(ErrorKind::kPeerLost, "{} The wait for the others to {} ended after {} s.", state, what,
           std::chrono::duration<double>(*limit).count());
    }
    if (progress) progress(state);
    lock.lock();
    changed_.wait_for(lock, control::kTick, done);
  }
}

std::string ControlServer::JoinLine() const {
  std::vector<std::string> hosts;
  for (const auto& [rank, member] : members_) hosts.push_back(member.join.host);
  const bool wrong_keys = socket_.guard() && socket_.guard()->wrong_keys() > 0;
  return fmt::format("{} of {} workers have joined at {}{}{}.{}", members_.size(), world_size_ - 1,
                     endpoint(), hosts.empty() ? "" : ": ", fmt::join(hosts, ", "),
                     wrong_keys ? " Somebody tried it with another key or none." : "");
}

std::string ControlServer::ReadyLine() const {
  std::vector<std::string> late;
  for (const auto& [rank, member] : members_) {
    if (!member.ready) late.push_back(RankName(rank, member.join.host, member.join.pid));
  }
  return fmt::format("Not ready yet: {}.", fmt::join(late, ", "));
}

void ControlServer::Assign(int rank, std::vector<std::byte> bytes) {
  LANTERN_CHECK_LE(1, rank);
  LANTERN_CHECK_LT(bytes.size(), control::kMaxMessageBytes);
  socket_.Post([this, rank, bytes = std::move(bytes)]() mutable {
    const auto member = membership_.members().find(rank);
    if (member == membership_.members().end()) return;  // lost meanwhile, and told so
    socket_.Send(member->second.peer,
                 control::Assign{rank, membership_.world_size(), std::move(bytes)});
  });
}

void ControlServer::Stop() {
  ended_ = true;
  socket_.Post([this] {
    membership_.End();
    SendToAll(control::Stop{});
  });
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, kGoodbyeLimit, [this] { return members_.empty(); });
}

void ControlServer::ReportError(const std::string& sentence) { EndEarly("failed: " + sentence); }

// `what` completes a sentence that begins with the leader's name.
void ControlServer::EndEarly(const std::string& what) {
  ended_ = true;
  socket_.Post([this, reason = RankName(0, self_.host, self_.pid) + " " + what] {
    membership_.End();
    EndGroup(0, reason);
  });
}

void ControlServer::OnMessage(const std::string& peer, const Message& message) {
  const control::Time now = SocketThread::Now();
  if (const auto* join = std::get_if<control::Join>(&message)) {
    const Actions actions = membership_.OnJoin(peer, *join, now);
    if (actions.front().kind == Action::Kind::kRefuse) Tell(actions.front().reason);
    Apply(actions);
  } else if (const auto* ready = std::get_if<control::Ready>(&message)) {
    Apply(membership_.OnReady(peer, *ready, now));
  } else if (const auto* heartbeat = std::get_if<control::Heartbeat>(&message)) {
    Apply(membership_.OnHeartbeat(peer, *heartbeat, now));
  } else if (const auto* report = std::get_if<control::Report>(&message)) {
    Apply(membership_.OnReport(peer, report->reason));
  } else if (std::holds_alternative<control::Bye>(message)) {
    Apply(membership_.OnBye(peer));
  } else if (const auto* foreign = std::get_if<control::Foreign>(&message)) {
    Apply(membership_.OnForeign(peer, foreign->protocol));
  } else if (const auto* get = std::get_if<control::KeyGet>(&message)) {
    const auto value = key_values_.Get(get->key, {peer, get->request});
    if (value) socket_.Send(peer, control::KeyValue{get->request, *value});
  } else if (const auto* set = std::get_if<control::KeySet>(&message)) {
    for (const auto& reader : key_values_.Set(set->key, set->value)) {
      socket_.Send(reader.peer, control::KeyValue{reader.request, set->value});
    }
    socket_.Send(peer, control::KeyValue{set->request, set->value});
  }
}

void ControlServer::OnTick(control::Time now) {
  Apply(membership_.OnTick(now));
  SendToAll(control::Heartbeat{});
}

void ControlServer::Apply(const Actions& actions) {
  for (const Action& action : actions) {
    switch (action.kind) {
      case Action::Kind::kWelcome:
        socket_.Send(action.peer, control::Welcome{epoch_, self_.host, self_.pid});
        break;
      case Action::Kind::kRefuse:
        socket_.Send(action.peer, control::Refuse{action.reason, action.retry});
        break;
      case Action::Kind::kLost:
        EndGroup(action.rank, action.reason);
        break;
      case Action::Kind::kLeft:
        Tell(action.reason);
        break;
      case Action::Kind::kAllJoined:
      case Action::Kind::kAllReady:
        break;  // Publish tells
    }
  }
  Publish();
}

// Of a group that gathers; afterwards there is one event only, its end.
void ControlServer::Tell(const std::string& event) {
  const std::lock_guard lock(mutex_);
  if (all_joined_ || told_.size() >= kMaxNews || !told_.insert(event).second) return;
  news_.push_back(event);
}

// The others are told before this process learns it: it may end at once.
void ControlServer::EndGroup(int rank, const std::string& reason) {
  SendToAll(control::Lost{rank, reason});
  if (!loss_.Wait(control::Time{0})) lost_rank_ = rank;
  loss_.Record(reason);
}

void ControlServer::SendToAll(const Message& message) {
  for (const auto& [rank, member] : membership_.members()) socket_.Send(member.peer, message);
}

void ControlServer::Publish() {
  {
    const std::lock_guard lock(mutex_);
    members_ = membership_.members();
    world_size_ = membership_.world_size();
    all_joined_ = membership_.complete();
    all_ready_ = membership_.all_ready();
  }
  changed_.notify_all();
}

}  // namespace lantern
