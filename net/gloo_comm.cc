#include "net/gloo_comm.h"

#include <gloo/common/error.h>
#include <gloo/transport/context.h>
#include <gloo/transport/unbound_buffer.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <mutex>
#include <optional>
#include <vector>

#include "net/gloo_context.h"
#include "net/proven_links.h"
#include "net/rendezvous.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// Gloo has no infinite timeout (0 means none left), so waits of Patience::kIdle get a year.
constexpr milliseconds kForever = std::chrono::hours(24 * 365);

// A silent member is found within 2 to 2.5 s (net/control), a dead one at the next heartbeat.
constexpr milliseconds kVerdictWait = std::chrono::seconds(4);
constexpr milliseconds kNow{0};

// A transfer under way. `waited` is over before the buffer dies.
struct Transfer {
  Communicator::Ticket ticket;
  std::unique_ptr<gloo::transport::UnboundBuffer> buffer;
  int peer;
  bool incoming;
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
  GlooComm(const GlooOptions& options, std::vector<LinkAddress> addresses,
           std::shared_ptr<gloo::transport::Context> context)
      : options_(options),
        addresses_(std::move(addresses)),
        context_(std::move(context)),
        sent_(options.size),
        received_(options.size) {}

  int rank() const override { return options_.rank; }
  int size() const override { return options_.size; }
  const WireCounters& counters() const override { return counters_; }

  Ticket Start(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) override;
  void Wait(Ticket ticket, Patience patience) override;
  void Abort(const std::string& reason) override;

 private:
  void Post(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in);
  Transfer& Register(int peer, bool incoming, std::span<const std::byte> bytes);
  void WaitForAll(Ticket ticket, milliseconds limit);
  [[noreturn]] void Die(const std::string& what);
  std::string Describe(int rank) const {
    return fmt::format("{} ({}, rank {})", addresses_[rank].name, addresses_[rank].host, rank);
  }

  const GlooOptions options_;
  const std::vector<LinkAddress> addresses_;  // by rank
  const std::shared_ptr<gloo::transport::Context> context_;
  // Gloo matches messages by slot: the count of messages from one rank to the other so far.
  std::vector<uint64_t> sent_, received_;
  Ticket next_ticket_ = 0;
  int waiting_for_ = 0;  // the peer of the transfer that is being posted or waited for
  WireCounters counters_;

  // Changed under the mutex, and only by the thread that exchanges; Abort reads them.
  std::mutex mutex_;
  std::vector<Transfer> active_;
  std::optional<std::string> dead_;  // why
};

Communicator::Ticket GlooComm::Start(std::span<const OutgoingMessage> out,
                                     std::span<const IncomingMessage> in) {
  const auto start = Clock::now();
  try {
    Post(out, in);
  } catch (const gloo::Exception& e) {
    Die(CauseIn(e.what()));
  }
  for (const auto& message : out) counters_.bytes_sent += message.bytes.size();
  for (const auto& message : in) counters_.bytes_received += message.bytes.size();
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  return next_ticket_++;
}

void GlooComm::Wait(Ticket ticket, Patience patience) {
  const auto start = Clock::now();
  try {
    WaitForAll(ticket, patience == Patience::kStep ? options_.step_limit : kForever);
  } catch (const gloo::Exception& e) {
    Die(CauseIn(e.what()));
  }
  {
    const std::lock_guard lock(mutex_);
    std::erase_if(active_, [&](const Transfer& t) { return t.ticket == ticket; });
    if (dead_) throw Error(ErrorKind::kPeerLost, *dead_);
  }
  ++counters_.exchanges;
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

void GlooComm::Abort(const std::string& reason) {
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = reason;
  for (Transfer& transfer : active_) {
    if (transfer.incoming) {
      transfer.buffer->abortWaitRecv();
    } else {
      transfer.buffer->abortWaitSend();
    }
  }
}

// Receives first: a send whose receive is already posted goes out in one step.
void GlooComm::Post(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) {
  for (const auto& message : in) {
    if (message.bytes.empty()) continue;
    Register(message.from, true, message.bytes)
        .buffer->recv(message.from, received_[message.from]++);
  }
  for (const auto& message : out) {
    if (message.bytes.empty()) continue;
    Register(message.to, false, message.bytes).buffer->send(message.to, sent_[message.to]++);
  }
  const std::lock_guard lock(mutex_);
  if (dead_) throw gloo::IoException(*dead_);
}

// Once registered, a transfer's wait ends when Abort is called: gloo keeps the flag for a wait
// that has not begun yet.
Transfer& GlooComm::Register(int peer, bool incoming, std::span<const std::byte> bytes) {
  LANTERN_CHECK(0 <= peer && peer < size());
  LANTERN_CHECK(peer != rank());
  waiting_for_ = peer;
  // Gloo has one buffer type for both directions; a send only reads.
  void* memory = const_cast<std::byte*>(bytes.data());
  auto buffer = context_->createUnboundBuffer(memory, bytes.size());
  const std::lock_guard lock(mutex_);
  active_.push_back({next_ticket_, std::move(buffer), peer, incoming});
  if (dead_) throw gloo::IoException(*dead_);
  return active_.back();
}

void GlooComm::WaitForAll(Ticket ticket, milliseconds limit) {
  const auto deadline = Clock::now() + limit;
  for (Transfer& transfer : active_) {
    if (transfer.ticket != ticket) continue;
    waiting_for_ = transfer.peer;
    const auto left = std::max(milliseconds(0),
                               std::chrono::duration_cast<milliseconds>(deadline - Clock::now()));
    const bool done =
        transfer.incoming ? transfer.buffer->waitRecv(left) : transfer.buffer->waitSend(left);
    if (!done) throw gloo::IoException("aborted");
  }
}

// Ends this communicator: the connections first, so that the other ranks notice at once and all
// wait for the verdict at the same time, and no late message meets a buffer that is gone.
void GlooComm::Die(const std::string& what) {
  for (int peer = 0; peer < size(); ++peer) {
    if (peer != rank()) context_->getPair(peer)->close();
  }
  std::optional<std::string> reason;
  {
    const std::lock_guard lock(mutex_);
    active_.clear();
    reason = dead_;
  }
  // A link times out later than a member's heartbeats (net/gloo_context): if nobody is known to be
  // lost by now it is the link alone, and we are the ones to tell.
  const bool timed_out = what.find(std::strerror(ETIMEDOUT)) != std::string::npos;
  if (!reason && options_.verdict) reason = options_.verdict(timed_out ? kNow : kVerdictWait);
  if (!reason) {
    reason = fmt::format("{} lost its connection to {}: {}.", Describe(rank()),
                         Describe(waiting_for_), what);
  }
  const std::lock_guard lock(mutex_);
  if (!dead_) dead_ = std::move(reason);
  throw Error(ErrorKind::kPeerLost, *dead_);
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
  try {
    std::vector<LinkAddress> addresses = std::move(links.addresses);
    return std::make_unique<GlooComm>(options, std::move(addresses),
                                      MakeGlooContext(options.rank, std::move(links)));
  } catch (const gloo::Exception& e) {
    Fail(ErrorKind::kPeerLost, "Rank {} cannot use its connections: {}.", options.rank,
         CauseIn(e.what()));
  }
}

}  // namespace lantern
