#include <unistd.h>

#include <utility>

#include "net/control/control_plane.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/thread_pool.h"

namespace lantern {

using control::Message;
using control::RankName;
using control::SocketThread;

namespace {

// Before this, a leader that does not answer is only a leader that is starting too.
constexpr control::Time kPatience{1500};

}  // namespace

Join DescribeThisMachine(const std::string& build) {
  Join self;
  self.build = build;
  self.host = HostName();
  self.pid = getpid();
  self.cores = PhysicalCores();
  self.memory_bytes = AvailableMemory();
  return self;
}

ControlClient::ControlClient(const std::string& endpoint, const Join& self)
    : endpoint_(endpoint),
      self_(self),
      socket_(
          SocketThread::Side::kWorker, endpoint,
          {.on_message = [this](const std::string&, const Message& message) { OnMessage(message); },
           .on_tick = [this](control::Time now) { OnTick(now); }}) {}

ControlClient::~ControlClient() {
  socket_.Post([this] { socket_.Send("", control::Bye{}); });
}

Assignment ControlClient::WaitForAssignment(WaitLimit join_limit, const WaitProgress& progress) {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (true) {
    switch (state_) {
      case State::kAssigned:
        return std::move(assignment_);
      case State::kRefused:
        throw Error(ErrorKind::kConfig, refusal_);
      case State::kOver:
        lock.unlock();  // the reason is recorded right after the state
        throw Error(ErrorKind::kPeerLost, loss_.Wait(std::chrono::seconds(1)).value());
      case State::kLooking:
        if (!join_limit || std::chrono::steady_clock::now() - start < *join_limit) break;
        Fail(ErrorKind::kPeerLost, "{} The limit was {} s.", Line(),
             std::chrono::duration<double>(*join_limit).count());
      case State::kJoined:
        break;
    }
    const std::string line = Line();
    const State before = state_;
    lock.unlock();
    if (progress) progress(line);
    lock.lock();
    changed_.wait_for(lock, control::kTick, [&] { return state_ != before; });
  }
}

// For people. Called under the lock.
std::string ControlClient::Line() const {
  if (state_ != State::kLooking) {
    return fmt::format("Joined {} as rank {} of {}.", endpoint_, assignment_.rank,
                       assignment_.world_size);
  }
  if (!refusal_.empty()) return refusal_;
  if (control::SocketThread::Now() - started_ < kPatience) {
    return fmt::format("Looking for a leader at {}.", endpoint_);
  }
  return fmt::format("No leader answers at {}; start it, or check the address and the firewall.",
                     endpoint_);
}

void ControlClient::Ready() {
  socket_.Post([this] { socket_.Send("", control::Ready{}); });
}

void ControlClient::ReportError(const std::string& sentence) {
  socket_.Post([this, sentence] { socket_.Send("", control::Report{sentence}); });
}

bool ControlClient::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

void ControlClient::OnMessage(const Message& message) {
  leader_heard_ = SocketThread::Now();
  std::visit([this](const auto& body) { Handle(body); }, message);
}

void ControlClient::Handle(const control::Welcome& welcome) {
  leader_name_ = RankName(0, welcome.leader_host, welcome.leader_pid);
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kLooking) return;
    state_ = State::kJoined;
    assignment_.rank = welcome.rank;
    assignment_.world_size = welcome.world_size;
    assignment_.epoch = welcome.epoch;
  }
  changed_.notify_all();
}

void ControlClient::Handle(const control::Assign& assign) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kJoined) return;
    state_ = State::kAssigned;
    assignment_.bytes = assign.bytes;
  }
  changed_.notify_all();
}

// To one who has joined, a refusal means that the leader is another one now, or had given us up.
void ControlClient::Handle(const control::Refuse& refuse) {
  {
    const std::lock_guard lock(mutex_);
    refusal_ = refuse.reason;
    if (state_ == State::kLooking && !refuse.retry) state_ = State::kRefused;
    if (state_ == State::kLooking || state_ == State::kRefused) {
      changed_.notify_all();
      return;
    }
  }
  End(refuse.reason);
}

void ControlClient::Handle(const control::Lost& lost) { End(lost.reason); }

void ControlClient::Handle(const control::Stop&) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kOver) stopped_ = true;
  }
  End(leader_name_ + " ended the run.");
  socket_.Send("", control::Bye{});  // the leader waits for it
}

void ControlClient::End(const std::string& reason) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kOver) return;
    state_ = State::kOver;
  }
  loss_.Record(reason);
  changed_.notify_all();
}

void ControlClient::OnTick(control::Time now) {
  const control::Time pause = last_tick_ ? now - *last_tick_ : control::Time{0};
  last_tick_ = now;
  State state;
  int rank;
  {
    const std::lock_guard lock(mutex_);
    state = state_;
    rank = assignment_.rank;
  }
  if (state == State::kLooking) socket_.Send("", self_);
  if (state != State::kJoined && state != State::kAssigned) return;

  socket_.Send("", control::Heartbeat{});
  if (pause >= control::kSilenceLimit) {
    End(RankName(rank, self_.host, self_.pid) + " " + control::PauseText(pause));
  } else if (pause < control::kSilenceLimit / 2 && now - leader_heard_ >= control::kSilenceLimit) {
    End(leader_name_ + " " + control::SilenceText(now - leader_heard_));
  }
}

}  // namespace lantern
