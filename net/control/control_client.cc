#include <unistd.h>

#include <utility>

#include "net/control/control_plane.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {

using control::Message;
using control::RankName;
using control::SocketThread;

namespace {

// Before this, a leader that does not answer is only a leader that is starting too.
constexpr control::Time kPatience{1500};

// Handshakes that break off in a row before the keys get the blame. One may be a leader that ends.
// Unlike sides, too, often hang up before they are seen to be unlike: the sentence names both then,
// and where they were seen before it takes more to doubt it.
constexpr int kBrokenHandshakes = 3;
constexpr int kBrokenByUnlike = 30;

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

ControlClient::ControlClient(const std::string& endpoint, const Join& self, SharedKey key)
    : endpoint_(endpoint),
      self_(self),
      has_key_(key != nullptr),
      socket_(
          SocketThread::Side::kWorker, endpoint,
          {.on_message = [this](const std::string&, const Message& message) { OnMessage(message); },
           .on_tick = [this](control::Time now) { OnTick(now); },
           .on_handshake = [this](HandshakeWatch::Event event) { OnHandshake(event); }},
          std::move(key)) {}

// A goodbye to a leader that has ended would hold up this process until the linger is over.
ControlClient::~ControlClient() {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kOver) return;
  }
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
    return fmt::format("Joined {} at {}; waiting for the others.", leader_name_, endpoint_);
  }
  if (!refusal_.empty()) return refusal_;
  if (!key_problem_.empty()) return key_problem_;
  if (control::SocketThread::Now() - started_ < kPatience) {
    return fmt::format("Looking for a leader at {}.", endpoint_);
  }
  return fmt::format("No leader answers at {}; start it, or check the address and the firewall.",
                     endpoint_);
}

void ControlClient::Ready(const control::Ready& weights) {
  socket_.Post([this, weights] { socket_.Send("", weights); });
}

void ControlClient::ReportError(const std::string& sentence) {
  socket_.Post([this, sentence] { socket_.Send("", control::Report{sentence}); });
}

void ControlClient::ReportProgress(uint64_t done_bytes, uint64_t total_bytes) {
  const std::lock_guard lock(mutex_);
  progress_ = {done_bytes, total_bytes};
}

bool ControlClient::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool ControlClient::leader_silent() const {
  const std::lock_guard lock(mutex_);
  return leader_silent_;
}

void ControlClient::OnMessage(const Message& message) {
  leader_heard_ = SocketThread::Now();
  std::visit([this](const auto& body) { Handle(body); }, message);
}

void ControlClient::Handle(const control::Welcome& welcome) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kLooking) return;
    state_ = State::kJoined;
    leader_name_ = RankName(0, welcome.leader_host, welcome.leader_pid);
    assignment_.epoch = welcome.epoch;
  }
  changed_.notify_all();
}

void ControlClient::Handle(const control::Assign& assign) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kJoined) return;
    state_ = State::kAssigned;
    assignment_.rank = assign.rank;
    assignment_.world_size = assign.world_size;
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
  std::string leader;
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::kOver) stopped_ = true;
    leader = leader_name_;
  }
  End(leader + " ended the run.");
  socket_.Send("", control::Bye{});  // the leader waits for it
}

void ControlClient::End(const std::string& reason, bool leader_silent) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ == State::kOver) return;
    state_ = State::kOver;
    leader_silent_ = leader_silent;
  }
  loss_.Record(reason);
  changed_.notify_all();
}

void ControlClient::OnTick(control::Time now) {
  const control::Time pause = last_tick_ ? now - *last_tick_ : control::Time{0};
  last_tick_ = now;
  State state;
  control::Heartbeat heartbeat;
  std::string leader, self = self_.host;
  {
    const std::lock_guard lock(mutex_);
    state = state_;
    heartbeat = progress_;
    leader = leader_name_;
    const int rank = assignment_.rank;
    if (rank > 0) self = RankName(rank, self_.host, self_.pid);
  }
  if (state == State::kLooking) socket_.Send("", self_);
  if (state != State::kJoined && state != State::kAssigned) return;

  socket_.Send("", heartbeat);
  if (pause >= control::kSilenceLimit) {
    End(self + " " + control::PauseText(pause));
  } else if (pause < control::kSilenceLimit / 2 && now - leader_heard_ >= control::kSilenceLimit) {
    End(leader + " " + control::SilenceText(now - leader_heard_), /*leader_silent=*/true);
  }
}

// What only the connection shows, since nothing can be said over it.
void ControlClient::OnHandshake(HandshakeWatch::Event event) {
  const bool broken = event == HandshakeWatch::Event::kBroken;
  broken_handshakes_ = broken ? broken_handshakes_ + 1 : 0;
  const std::lock_guard lock(mutex_);
  const int patience = key_problem_.empty() ? kBrokenHandshakes : kBrokenByUnlike;
  if (event == HandshakeWatch::Event::kProven) {
    key_problem_.clear();
  } else if (event == HandshakeWatch::Event::kUnlikeSides || broken_handshakes_ >= patience) {
    key_problem_ = KeyProblem(!broken);
  }
}

// `unlike`: one side is known to have a key and the other one none.
std::string ControlClient::KeyProblem(bool unlike) const {
  const std::string leader = "The leader at " + endpoint_;
  if (has_key_ && unlike) return leader + " has no key: start it with --key too.";
  if (has_key_) {
    return leader +
           " refuses this key, or has no key itself: copy its key file to this machine, "
           "and start it with --key.";
  }
  return leader + (unlike ? " asks for its key" : " asks for its key, or is no leader") +
         ": start this worker with --key and a copy of the leader's file.";
}

}  // namespace lantern
