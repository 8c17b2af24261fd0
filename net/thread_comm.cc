#include "net/thread_comm.h"

#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

// A message that waits in its sender's memory until the receiver copies it.
struct Parcel {
  std::span<const std::byte> bytes;
  bool taken = false;
};

struct RankState {
  std::condition_variable wake;
  std::optional<std::string> abort_reason;
  bool gone = false;
};

// What all ranks share. One mutex guards everything, copying included: simple beats fast here.
struct Group {
  explicit Group(int ranks) : size(ranks), ranks(ranks), mailboxes(ranks * ranks) {
    for (auto& mailbox : mailboxes) mailbox.reserve(16);  // how many wait is a matter of chance
  }
  std::vector<Parcel*>& Mailbox(int from, int to) { return mailboxes[to * size + from]; }

  const int size;
  std::mutex mutex;
  std::deque<RankState> ranks;  // a deque: condition variables cannot move
  // Parcels on their way, oldest first. Few at a time, and a deque would allocate as they pass by.
  std::vector<std::vector<Parcel*>> mailboxes;
};

// Messages of one Start.
struct Transfer {
  Communicator::Ticket ticket = 0;
  std::vector<Parcel> parcels;  // mailboxes point at these
  std::vector<int> parcel_to;
  std::vector<IncomingMessage> in;
  std::vector<bool> received;  // by message of `in`

  bool Done() const {
    return std::all_of(parcels.begin(), parcels.end(), [](const Parcel& p) { return p.taken; }) &&
           std::all_of(received.begin(), received.end(), [](bool done) { return done; });
  }
};

class ThreadComm final : public Communicator {
 public:
  ThreadComm(std::shared_ptr<Group> group, int rank, std::chrono::milliseconds step_limit)
      : group_(std::move(group)), rank_(rank), step_limit_(step_limit) {}

  ~ThreadComm() override {
    const std::lock_guard lock(group_->mutex);
    EndAll();
    group_->ranks[rank_].gone = true;
    for (RankState& state : group_->ranks) state.wake.notify_all();
  }

  int rank() const override { return rank_; }
  int size() const override { return group_->size; }
  const WireCounters& counters() const override { return counters_; }

  Ticket Start(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) override;
  void Wait(Ticket ticket, Patience patience) override;
  void Abort(const std::string& reason) override;

 private:
  void CheckPeer(int peer) const {
    LANTERN_CHECK(0 <= peer && peer < size());
    LANTERN_CHECK(peer != rank_);
  }
  Transfer& NewTransfer();
  void Post(Transfer& transfer, std::span<const OutgoingMessage> out);
  void WaitUntilDone(std::unique_lock<std::mutex>& lock, const Transfer& transfer,
                     Patience patience);
  void TakeArrived();
  void Take(Parcel& parcel, const IncomingMessage& message);
  int FirstPeerWaitedFor(const Transfer& transfer) const;
  void EndAll();

  const std::shared_ptr<Group> group_;
  const int rank_;
  const std::chrono::milliseconds step_limit_;
  WireCounters counters_;
  Ticket next_ticket_ = 0;
  std::vector<std::unique_ptr<Transfer>> active_;  // in the order started
  std::vector<std::unique_ptr<Transfer>> spare_;   // their memory serves later ones
  std::vector<bool> waits_;                        // by peer: an earlier message has not come yet
};

Communicator::Ticket ThreadComm::Start(std::span<const OutgoingMessage> out,
                                       std::span<const IncomingMessage> in) {
  const auto start = Clock::now();
  const std::lock_guard lock(group_->mutex);
  Transfer& transfer = NewTransfer();
  for (const auto& message : in) {
    if (message.bytes.empty()) continue;
    CheckPeer(message.from);
    transfer.in.push_back(message);
    counters_.bytes_received += message.bytes.size();
  }
  transfer.received.assign(transfer.in.size(), false);
  Post(transfer, out);
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  return transfer.ticket;
}

void ThreadComm::Wait(Ticket ticket, Patience patience) {
  const auto start = Clock::now();
  std::unique_lock lock(group_->mutex);
  const auto transfer = std::find_if(active_.begin(), active_.end(),
                                     [&](const auto& t) { return t->ticket == ticket; });
  LANTERN_CHECK(transfer != active_.end());
  try {
    WaitUntilDone(lock, **transfer, patience);
  } catch (...) {
    EndAll();
    throw;
  }
  spare_.push_back(std::move(*transfer));
  active_.erase(transfer);
  ++counters_.exchanges;
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

void ThreadComm::Abort(const std::string& reason) {
  const std::lock_guard lock(group_->mutex);
  RankState& self = group_->ranks[rank_];
  if (!self.abort_reason) self.abort_reason = reason;
  self.wake.notify_all();
}

Transfer& ThreadComm::NewTransfer() {
  if (spare_.empty()) spare_.push_back(std::make_unique<Transfer>());
  active_.push_back(std::move(spare_.back()));
  spare_.pop_back();
  Transfer& transfer = *active_.back();
  transfer.ticket = next_ticket_++;
  transfer.parcels.clear();
  transfer.parcel_to.clear();
  transfer.in.clear();
  return transfer;
}

void ThreadComm::Post(Transfer& transfer, std::span<const OutgoingMessage> out) {
  transfer.parcels.reserve(out.size());  // mailboxes hold pointers into this
  for (const auto& message : out) {
    CheckPeer(message.to);
    if (message.bytes.empty()) continue;
    transfer.parcels.push_back({message.bytes});
    transfer.parcel_to.push_back(message.to);
    group_->Mailbox(rank_, message.to).push_back(&transfer.parcels.back());
    group_->ranks[message.to].wake.notify_all();
    counters_.bytes_sent += message.bytes.size();
  }
}

void ThreadComm::WaitUntilDone(std::unique_lock<std::mutex>& lock, const Transfer& transfer,
                               Patience patience) {
  RankState& self = group_->ranks[rank_];
  const auto deadline = Clock::now() + step_limit_;
  while (true) {
    if (self.abort_reason) throw Error(ErrorKind::kPeerLost, *self.abort_reason);
    TakeArrived();
    if (transfer.Done()) return;
    const int peer = FirstPeerWaitedFor(transfer);
    if (group_->ranks[peer].gone) {
      Fail(ErrorKind::kPeerLost, "Rank {} ended while rank {} waited for it.", peer, rank_);
    }
    if (patience == Patience::kIdle) {
      self.wake.wait(lock);
    } else if (self.wake.wait_until(lock, deadline) == std::cv_status::timeout &&
               Clock::now() >= deadline) {
      Fail(ErrorKind::kPeerLost, "Rank {} did not answer rank {} within {} ms.", peer, rank_,
           step_limit_.count());
    }
  }
}

// Copies what has come, of all transfers: a peer's messages go to the receives in their order.
void ThreadComm::TakeArrived() {
  waits_.assign(group_->size, false);
  for (const auto& transfer : active_) {
    for (size_t i = 0; i < transfer->in.size(); ++i) {
      const IncomingMessage& message = transfer->in[i];
      if (transfer->received[i] || waits_[message.from]) continue;
      auto& mailbox = group_->Mailbox(message.from, rank_);
      if (mailbox.empty()) {
        waits_[message.from] = true;
        continue;
      }
      Take(*mailbox.front(), message);
      mailbox.erase(mailbox.begin());
      transfer->received[i] = true;
    }
  }
}

void ThreadComm::Take(Parcel& parcel, const IncomingMessage& message) {
  LANTERN_CHECK_EQ(parcel.bytes.size(), message.bytes.size());
  std::memcpy(message.bytes.data(), parcel.bytes.data(), parcel.bytes.size());
  parcel.taken = true;
  group_->ranks[message.from].wake.notify_all();
}

// REQUIRES: something is still under way. A peer that is gone is preferred: it will never answer.
int ThreadComm::FirstPeerWaitedFor(const Transfer& transfer) const {
  int first = -1;
  const auto consider = [&](int peer) {
    if (first < 0 || (group_->ranks[peer].gone && !group_->ranks[first].gone)) first = peer;
  };
  for (size_t i = 0; i < transfer.in.size(); ++i) {
    if (!transfer.received[i]) consider(transfer.in[i].from);
  }
  for (size_t i = 0; i < transfer.parcels.size(); ++i) {
    if (!transfer.parcels[i].taken) consider(transfer.parcel_to[i]);
  }
  LANTERN_CHECK_GE(first, 0);
  return first;
}

// The parcels point into the callers' memory, which is theirs again from here on.
void ThreadComm::EndAll() {
  for (const auto& transfer : active_) {
    for (size_t i = 0; i < transfer->parcels.size(); ++i) {
      if (transfer->parcels[i].taken) continue;
      std::erase(group_->Mailbox(rank_, transfer->parcel_to[i]), &transfer->parcels[i]);
    }
  }
  active_.clear();
}

}  // namespace

std::vector<std::unique_ptr<Communicator>> MakeThreadGroup(int size,
                                                           std::chrono::milliseconds step_limit) {
  LANTERN_CHECK_GE(size, 1);
  auto group = std::make_shared<Group>(size);
  std::vector<std::unique_ptr<Communicator>> result;
  for (int rank = 0; rank < size; ++rank) {
    result.push_back(std::make_unique<ThreadComm>(group, rank, step_limit));
  }
  return result;
}

}  // namespace lantern
