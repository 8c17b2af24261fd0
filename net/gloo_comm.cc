#include "net/gloo_comm.h"

#include <gloo/common/error.h>
#include <gloo/transport/context.h>
#include <gloo/transport/pair.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "net/gloo_context.h"
#include "net/gloo_lane.h"
#include "net/proven_links.h"
#include "net/rendezvous.h"
#include "net/shared_memory.h"
#include "net/shm_lane.h"
#include "src/base/check.h"
#include "src/base/cores.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Waits of Patience::kIdle.
constexpr milliseconds kForever = std::chrono::hours(24 * 365);

// A silent member is found within 2 to 2.5 s (net/control), a dead one at the next heartbeat.
constexpr milliseconds kVerdictWait = std::chrono::seconds(4);
constexpr milliseconds kNow{0};

// How long a wait spins (or, where ranks outnumber the cores, yields) before it sleeps. The others
// are rarely further behind than that; waking up costs some 50 us.
constexpr std::chrono::microseconds kSpinLimit{2000};
// How long it spins before it yields all the same: others that this rank knows nothing of may need
// its core, the ones that it waits for among them.
constexpr std::chrono::microseconds kAloneLimit{50};
// Of a sleep; what is waited for ends it sooner.
constexpr milliseconds kSleepLimit{100};
// Of the mover's, who may be waiting for what a call has moved meanwhile.
constexpr milliseconds kMoverSleep{5};

// Messages of one Start.
struct Transfer {
  Communicator::Ticket ticket = 0;
  int pending = 0;  // in links
};

// Gloo's messages begin with a source position and the loopback address that it believes in:
// "[pair. cc:553] Read error [127.0.0.1]:43674: Connection timed out". What follows them is for
// people.
std::string CauseIn(const std::string& what) {
  const size_t address = what.rfind("]:");
  const size_t cause = address == std::string::npos ? address : what.find(": ", address);
  if (cause != std::string::npos) return what.substr(cause + 2);
  const size_t position = what.starts_with('[') ? what.find("] ") : std::string::npos;
  return position == std::string::npos ? what : what.substr(position + 2);
}

class GlooComm final : public Communicator {
 public:
  GlooComm(const GlooOptions& options, std::vector<LinkAddress> addresses, GlooContext context,
           std::vector<SharedMemory> shared);
  ~GlooComm() override;

  int rank() const override { return options_.rank; }
  int size() const override { return options_.size; }
  std::string NameOf(int rank) const override {
    return fmt::format("{} ({}, rank {})", addresses_[rank].name, addresses_[rank].host, rank);
  }
  const WireCounters& counters() const override { return counters_; }

  Ticket Start(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) override;
  void Wait(Ticket ticket, Patience patience) override;
  void Progress() override;
  void Abort(const std::string& reason) override;
  void OnAbort(const void* owner, AbortHook then) override;

 private:
  Transfer& NewTransfer();
  void Post(Transfer& transfer, std::span<const OutgoingMessage> out,
            std::span<const IncomingMessage> in);
  bool Move();
  bool IsStuck() const;
  void MoveMeanwhile();
  void WaitForLinks(const Transfer& transfer, Clock::time_point deadline);
  void Rest(Clock::time_point since, Clock::time_point deadline);
  void Sleep(milliseconds limit);
  bool Doze(std::vector<pollfd>& polled);
  void Wake();
  // Ends present and future sleeps.
  void RingUp() {
    const uint64_t one = 1;
    // A full counter wakes as well.
    [[maybe_unused]] const ssize_t n = write(wake_fd_, &one, sizeof(one));
  }
  void RequireAlive();
  // Calls `body` while nobody else moves anything, and ends this communicator where that throws.
  template <class Body>
  void Guard(const Body& body);
  void CloseAll();
  [[noreturn]] void Blame(int peer, const std::string& what);
  [[noreturn]] void Die(const std::string& what);

  const GlooOptions options_;
  const std::vector<LinkAddress> addresses_;  // by rank
  const GlooContext context_;
  std::vector<std::unique_ptr<Link>> links_;  // by rank; null at one's own
  const int wake_fd_;                         // ends a sleep
  Ticket next_ticket_ = 0;
  int waiting_for_ = 0;  // the peer of what is being posted, moved or waited for
  std::vector<pollfd> polled_;
  std::vector<std::unique_ptr<Transfer>> spare_;  // their memory serves later ones
  WireCounters counters_;

  // Held while calls of this communicator run. Between them the mover moves on what is stuck, from
  // the first Progress on that finds something so.
  std::mutex links_mutex_;
  const ThreadMask movers_cores_;  // the calling thread may be bound when it needs the mover
  std::thread mover_;
  std::condition_variable mover_wakes_;
  std::exception_ptr movers_failure_;
  bool ends_ = false;

  // Changed under the mutex, and only by the thread that exchanges; Abort reads them.
  std::mutex mutex_;
  std::vector<std::unique_ptr<Transfer>> active_;
  std::optional<std::string> dead_;  // why
  std::atomic<bool> is_dead_{false};
  bool closed_ = false;
  std::map<const void*, AbortHook> on_abort_;  // by owner
};

GlooComm::GlooComm(const GlooOptions& options, std::vector<LinkAddress> addresses,
                   GlooContext context, std::vector<SharedMemory> shared)
    : options_(options),
      addresses_(std::move(addresses)),
      context_(std::move(context)),
      wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  LANTERN_CHECK_GE(wake_fd_, 0);
  for (int peer = 0; peer < size(); ++peer) {
    links_.emplace_back();
    if (peer == rank()) continue;
    std::unique_ptr<Lane> lane = std::make_unique<GlooLane>(
        *context_.context->getPair(peer), context_.fds[peer], options.spin, options.system_bytes);
    if (shared[peer]) {
      lane = std::make_unique<ShmLane>(std::move(lane), std::move(shared[peer]), rank() < peer);
    }
    links_.back() = std::make_unique<Link>(peer, std::move(lane), options.tamper);
  }
}

GlooComm::~GlooComm() {
  if (mover_.joinable()) {
    {
      const std::lock_guard lock(links_mutex_);
      ends_ = true;
    }
    mover_wakes_.notify_one();
    RingUp();
    mover_.join();
  }
  close(wake_fd_);
}

Communicator::Ticket GlooComm::Start(std::span<const OutgoingMessage> out,
                                     std::span<const IncomingMessage> in) {
  const auto start = Clock::now();
  Transfer& transfer = NewTransfer();
  const Ticket ticket = transfer.ticket;
  Guard([&] {
    Post(transfer, out, in);
    Move();
    if (mover_.joinable() && IsStuck()) mover_wakes_.notify_one();
  });
  for (const auto& message : out) counters_.bytes_sent += message.bytes.size();
  for (const auto& message : in) counters_.bytes_received += message.bytes.size();
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  return ticket;
}

void GlooComm::Wait(Ticket ticket, Patience patience) {
  const auto start = Clock::now();
  const auto deadline = start + (patience == Patience::kStep ? options_.step_limit : kForever);
  const auto transfer = std::find_if(active_.begin(), active_.end(),
                                     [&](const auto& t) { return t->ticket == ticket; });
  Guard([&] {
    RequireAlive();
    LANTERN_CHECK(transfer != active_.end());
    WaitForLinks(**transfer, deadline);
  });
  {
    const std::lock_guard lock(mutex_);
    spare_.push_back(std::move(*transfer));
    active_.erase(transfer);
  }
  ++counters_.exchanges;
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

void GlooComm::Abort(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = reason;
  is_dead_ = true;
  RingUp();
  for (const auto& [owner, then] : std::exchange(on_abort_, {})) then(*dead_);
  if (closed_) return;
  // Ends a packet's send or receive that has begun.
  for (const int fd : context_.fds) {
    if (fd >= 0) shutdown(fd, SHUT_RDWR);
  }
}

void GlooComm::OnAbort(const void* owner, AbortHook then) {
  const std::lock_guard lock(mutex_);
  on_abort_.erase(owner);
  if (!then) return;
  if (dead_) return then(*dead_);
  on_abort_.emplace(owner, std::move(then));
}

Transfer& GlooComm::NewTransfer() {
  const std::lock_guard lock(mutex_);
  if (spare_.empty()) spare_.push_back(std::make_unique<Transfer>());
  active_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Transfer& transfer = *active_.back();
  transfer.ticket = next_ticket_++;
  transfer.pending = 0;
  return transfer;
}

void GlooComm::Post(Transfer& transfer, std::span<const OutgoingMessage> out,
                    std::span<const IncomingMessage> in) {
  RequireAlive();
  for (const auto& message : in) {
    if (message.bytes.empty()) continue;
    ++transfer.pending;
    links_[message.from]->Receive(message.bytes, transfer.pending);
  }
  for (const auto& message : out) {
    if (message.bytes.empty()) continue;
    ++transfer.pending;
    links_[message.to]->Send(message.bytes, transfer.pending);
  }
}

bool GlooComm::Move() {
  bool moved = false;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank() || !links_[peer]->waits()) continue;
    waiting_for_ = peer;
    moved |= links_[peer]->Move();
  }
  return moved;
}

void GlooComm::Progress() {
  Guard([&] {
    RequireAlive();
    Move();
    if (!IsStuck()) return;
    if (!mover_.joinable()) mover_ = std::thread([this] { MoveMeanwhile(); });
    mover_wakes_.notify_one();
  });
}

bool GlooComm::IsStuck() const {
  return std::any_of(links_.begin(), links_.end(),
                     [](const auto& link) { return link && link->is_stuck(); });
}

// The mover. It moves much at a time, and only while it is needed at all.
void GlooComm::MoveMeanwhile() {
  NameThisThread("mover");
  movers_cores_.Apply();
  std::vector<pollfd> polled;
  std::unique_lock lock(links_mutex_);
  while (!ends_) {
    if (is_dead_ || closed_ || movers_failure_ || !IsStuck()) {
      mover_wakes_.wait(lock);
      continue;
    }
    const bool quiet = Doze(polled);
    lock.unlock();
    if (quiet) poll(polled.data(), polled.size(), static_cast<int>(kMoverSleep.count()));
    lock.lock();
    if (closed_) continue;
    try {
      Wake();
      Move();
    } catch (const std::exception&) {
      movers_failure_ = std::current_exception();
    }
  }
}

void GlooComm::WaitForLinks(const Transfer& transfer, Clock::time_point deadline) {
  auto since = Clock::now();
  while (transfer.pending > 0) {
    if (Move()) {
      since = Clock::now();
      continue;
    }
    RequireAlive();
    Rest(since, deadline);
  }
}

// Until something may have happened. `since`: when something last did.
void GlooComm::Rest(Clock::time_point since, Clock::time_point deadline) {
  const auto now = Clock::now();
  if (now > deadline) throw gloo::IoException("no answer");
  if (now - since > kSpinLimit) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - now);
    Sleep(std::min<milliseconds>(kSleepLimit, left));
  } else if (!options_.spin || now - since > kAloneLimit) {
    std::this_thread::yield();
  }
}

void GlooComm::Sleep(milliseconds limit) {
  if (Doze(polled_)) poll(polled_.data(), polled_.size(), static_cast<int>(limit.count()));
  Wake();
}

// Fills `polled` with what to wait for; false: something has happened already. Then, Wake.
bool GlooComm::Doze(std::vector<pollfd>& polled) {
  polled.assign(1, {wake_fd_, POLLIN, 0});
  bool quiet = true;
  for (const auto& link : links_) {
    if (!link || !link->waits()) continue;
    const short events = link->lane().Doze();
    quiet &= events != 0;
    polled.push_back({link->lane().fd(), events, 0});
  }
  return quiet;
}

void GlooComm::Wake() {
  for (int peer = 0; peer < size(); ++peer) {
    if (!links_[peer] || !links_[peer]->waits()) continue;
    waiting_for_ = peer;
    links_[peer]->lane().Wake();
  }
}

void GlooComm::RequireAlive() {
  if (is_dead_) throw gloo::IoException("aborted");
  if (movers_failure_) std::rethrow_exception(movers_failure_);
}

template <class Body>
void GlooComm::Guard(const Body& body) {
  const std::lock_guard lock(links_mutex_);
  try {
    body();
  } catch (const gloo::Exception& e) {
    Die(CauseIn(e.what()));
  } catch (const FrameFault& e) {
    Blame(waiting_for_, e.what());
  }
}

void GlooComm::CloseAll() {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  closed_ = true;
  for (int peer = 0; peer < size(); ++peer) {
    if (peer == rank()) continue;
    context_.context->getPair(peer)->close();
  }
  active_.clear();
}

// For what no other reason can explain away.
void GlooComm::Blame(int peer, const std::string& what) {
  CloseAll();
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = fmt::format("{} sent {} {}.", NameOf(peer), NameOf(rank()), what);
  is_dead_ = true;
  throw DamagedMessage(*dead_);
}

// Ends this communicator: the connections first, so that the other ranks notice at once and all
// wait for the verdict at the same time, and no late message meets a buffer that is gone.
void GlooComm::Die(const std::string& what) {
  CloseAll();
  std::optional<std::string> reason;
  {
    const std::lock_guard lock(mutex_);
    reason = dead_;
  }
  // A link times out later than a member's heartbeats (net/gloo_context): if nobody is known to be
  // lost by now it is the link alone, and we are the ones to tell.
  const bool timed_out = what.find(std::strerror(ETIMEDOUT)) != std::string::npos;
  if (!reason && options_.verdict) reason = options_.verdict(timed_out ? kNow : kVerdictWait);
  if (!reason) {
    reason = fmt::format("{} lost its connection to {}: {}.", NameOf(rank()), NameOf(waiting_for_),
                         what);
  }
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = std::move(reason);
  is_dead_ = true;
  throw Error(ErrorKind::kPeerLost, *dead_);
}

// Lanes are ready on all ranks: what came before would be read by gloo's thread.
void MeetAll(const GlooOptions& options, Rendezvous& rendezvous) {
  const auto key = [](int rank) { return fmt::format("ready/{}", rank); };
  rendezvous.set(key(options.rank), {});
  for (int rank = 0; rank < options.size; ++rank) rendezvous.get(key(rank));
}

}  // namespace

std::unique_ptr<Communicator> ConnectGloo(const GlooOptions& options) {
  LANTERN_CHECK(0 <= options.rank && options.rank < options.size);
  std::signal(SIGPIPE, SIG_IGN);
  Rendezvous rendezvous(options.endpoint, options.epoch, options.connect_limit, options.verdict,
                        options.key);
  ProvenLinks links = ConnectLinks({options.rank, options.size, options.name, options.host,
                                    options.epoch, options.key, options.verdict},
                                   rendezvous);
  if (links.strangers > 0 && options.on_strangers) options.on_strangers(links.strangers);
  std::vector<SharedMemory> shared = ShareMemory(options.rank, options.size, options.shared_memory,
                                                 ShmLane::MemoryBytes(), rendezvous);
  try {
    auto comm = std::make_unique<GlooComm>(
        options, std::move(links.addresses),
        MakeGlooContext(options.rank, std::move(links.sockets), Lane::kPacketBytes),
        std::move(shared));
    MeetAll(options, rendezvous);
    return comm;
  } catch (const gloo::Exception& e) {
    Fail(ErrorKind::kPeerLost, "Rank {} cannot use its connections: {}.", options.rank,
         CauseIn(e.what()));
  }
}

}  // namespace lantern
