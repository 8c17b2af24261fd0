// Communicator: a group of ranks that exchange bytes. Transports start messages and wait for them;
// the collectives (collectives.h) are free functions over that, so that every transport adds in
// the same order. A rank's calls come from one thread; Abort may come from any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "src/base/error.h"

namespace lantern {

struct OutgoingMessage {
  int to = 0;
  std::span<const std::byte> bytes;
};

struct IncomingMessage {
  int from = 0;
  std::span<std::byte> bytes;
};

// How long a wait may last. Liveness is the control plane's business: it calls Abort when a rank
// is lost, so kIdle waits are safe for ever; kStep waits have a deadline of their own as well.
enum class Patience { kStep, kIdle };

// A peer sent what it should not have: damaged on the way, lost, or out of step.
struct DamagedMessage : Error {
  explicit DamagedMessage(const std::string& sentence) : Error(ErrorKind::kPeerLost, sentence) {}
};

struct WireCounters {
  uint64_t bytes_sent = 0;
  uint64_t bytes_received = 0;
  uint64_t exchanges = 0;
  double seconds = 0;  // inside Start and Wait: the wire, and waiting for the others to get there
};

// Lists that collectives reuse from call to call, so that a warm step allocates nothing.
struct MessageLists {
  std::vector<OutgoingMessage> out;
  std::vector<IncomingMessage> in;
};

class Communicator {
 public:
  // Messages that were started together and are waited for together.
  using Ticket = int;

  virtual ~Communicator() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  // What to call a rank in sentences for people.
  virtual std::string NameOf(int rank) const { return "rank " + std::to_string(rank); }

  // Starts every send and every receive and returns before they are done, so that this rank can
  // compute meanwhile. Messages between two ranks arrive in the order started, on both sides.
  // Empty messages are allowed and skipped by both sides. The lists are read before this returns;
  // the bytes they name are the communicator's until Wait has returned, or it is destroyed.
  // REQUIRES: both sides agree on sizes; no message to or from this rank itself.
  // Throws Error{kPeerLost} naming the reason when a peer is gone or Abort was called, and
  // DamagedMessage where that could be noticed.
  virtual Ticket Start(std::span<const OutgoingMessage> out,
                       std::span<const IncomingMessage> in) = 0;
  // Waits for all messages of one Start. Tickets may be waited for in any order, each once.
  // Throws like Start; all tickets have ended then.
  virtual void Wait(Ticket ticket, Patience patience) = 0;

  // Moves on what was started, as far as it can be without waiting for others. For ranks that
  // compute for long between Start and Wait. Throws like Start.
  virtual void Progress() {}

  void Exchange(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in,
                Patience patience) {
    Wait(Start(out, in), patience);
  }

  // Ends this rank's present and future waits with Error{kPeerLost}(reason). Any thread; the first
  // reason stays.
  virtual void Abort(const std::string& reason) = 0;
  // Between processes: has the first Abort call `then` as well, from its thread, for waits that are
  // not a communicator's; at once where that has been. One for each `owner`; an empty one ends
  // that, once a call under way has returned. AbortWatch does both.
  using AbortHook = std::function<void(const std::string& reason)>;
  virtual void OnAbort(const void* /*owner*/, AbortHook /*then*/) {}

  virtual const WireCounters& counters() const = 0;

  // For collectives.cc only; used by the thread that calls Start.
  MessageLists& lists() { return lists_; }

  void Send(int to, std::span<const std::byte> bytes) {
    const OutgoingMessage message{to, bytes};
    Exchange({&message, 1}, {}, Patience::kStep);
  }
  void Receive(int from, std::span<std::byte> bytes, Patience patience = Patience::kStep) {
    const IncomingMessage message{from, bytes};
    Exchange({}, {&message, 1}, patience);
  }

 private:
  MessageLists lists_;
};

// Has a group's first Abort call `then` for as long as this lives; see OnAbort.
class AbortWatch {
 public:
  AbortWatch(Communicator& group, Communicator::AbortHook then) : group_(group) {
    group_.OnAbort(this, std::move(then));
  }
  ~AbortWatch() { group_.OnAbort(this, {}); }
  AbortWatch(const AbortWatch&) = delete;
  AbortWatch& operator=(const AbortWatch&) = delete;

 private:
  Communicator& group_;
};

}  // namespace lantern
