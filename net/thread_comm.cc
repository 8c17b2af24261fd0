#include "net/thread_comm.h"

#include <fmt/format.h>

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
  explicit Group(int ranks) : size(ranks), ranks(ranks), mailboxes(ranks * ranks) {}
  std::vector<Parcel*>& Mailbox(int from, int to) { return mailboxes[to * size + from]; }

  const int size;
  std::mutex mutex;
  std::deque<RankState> ranks;  // a deque: condition variables cannot move
  // Parcels on their way, oldest first. Few at a time, and a deque would allocate as they pass by.
  std::vector<std::vector<Parcel*>> mailboxes;
};

class ThreadComm final : public Communicator {
 public:
  ThreadComm(std::shared_ptr<Group> group, int rank, std::chrono::milliseconds step_limit)
      : group_(std::move(group)), rank_(rank), step_limit_(step_limit) {}

  ~ThreadComm() override {
    const std::lock_guard lock(group_->mutex);
    group_->ranks[rank_].gone = true;
    for (RankState& state : group_->ranks) state.wake.notify_all();
  }

  int rank() const override { return rank_; }
  int size() const override { return group_->size; }
  const WireCounters& counters() const override { return counters_; }

  void Exchange(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in,
                Patience patience) override;
  void Abort(const std::string& reason) override;

 private:
  void CheckPeer(int peer) const {
    LANTERN_CHECK(0 <= peer && peer < size());
    LANTERN_CHECK(peer != rank_);
  }
  void Post(std::span<const OutgoingMessage> out);
  void Wait(std::unique_lock<std::mutex>& lock, std::span<const IncomingMessage> in,
            Patience patience);
  bool TakeArrived(std::span<const IncomingMessage> in);
  bool AllTaken() const;
  int FirstPeerWaitedFor(std::span<const IncomingMessage> in) const;
  void WithdrawParcels();

  const std::shared_ptr<Group> group_;
  const int rank_;
  const std::chrono::milliseconds step_limit_;
  WireCounters counters_;
  // Of the exchange under way, by message.
  std::vector<Parcel> parcels_;
  std::vector<int> parcel_to_;
  std::vector<bool> received_;
};

void ThreadComm::Exchange(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in,
                          Patience patience) {
  const auto start = Clock::now();
  std::unique_lock lock(group_->mutex);
  received_.assign(in.size(), false);
  Post(out);
  try {
    Wait(lock, in, patience);
  } catch (...) {
    WithdrawParcels();
    throw;
  }
  ++counters_.exchanges;
  for (const auto& message : out) counters_.bytes_sent += message.bytes.size();
  for (const auto& message : in) counters_.bytes_received += message.bytes.size();
  counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
}

void ThreadComm::Abort(const std::string& reason) {
  const std::lock_guard lock(group_->mutex);
  RankState& self = group_->ranks[rank_];
  if (!self.abort_reason) self.abort_reason = reason;
  self.wake.notify_all();
}

void ThreadComm::Post(std::span<const OutgoingMessage> out) {
  parcels_.clear();
  parcel_to_.clear();
  parcels_.reserve(out.size());  // mailboxes hold pointers into this
  for (const auto& message : out) {
    CheckPeer(message.to);
    if (message.bytes.empty()) continue;
    parcels_.push_back({message.bytes});
    parcel_to_.push_back(message.to);
    group_->Mailbox(rank_, message.to).push_back(&parcels_.back());
    group_->ranks[message.to].wake.notify_all();
  }
}

void ThreadComm::Wait(std::unique_lock<std::mutex>& lock, std::span<const IncomingMessage> in,
                      Patience patience) {
  RankState& self = group_->ranks[rank_];
  const auto deadline = Clock::now() + step_limit_;
  while (true) {
    if (self.abort_reason) throw Error(ErrorKind::kPeerLost, *self.abort_reason);
    const bool all_received = TakeArrived(in);
    if (all_received && AllTaken()) return;
    const int peer = FirstPeerWaitedFor(in);
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

// Copies what has come. Returns whether everything has.
bool ThreadComm::TakeArrived(std::span<const IncomingMessage> in) {
  bool all = true;
  for (size_t i = 0; i < in.size(); ++i) {
    if (received_[i] || in[i].bytes.empty()) continue;
    CheckPeer(in[i].from);
    auto& mailbox = group_->Mailbox(in[i].from, rank_);
    if (mailbox.empty()) {
      all = false;
      continue;
    }
    Parcel& parcel = *mailbox.front();
    LANTERN_CHECK_EQ(parcel.bytes.size(), in[i].bytes.size());
    std::memcpy(in[i].bytes.data(), parcel.bytes.data(), parcel.bytes.size());
    parcel.taken = true;
    mailbox.erase(mailbox.begin());
    received_[i] = true;
    group_->ranks[in[i].from].wake.notify_all();
  }
  return all;
}

bool ThreadComm::AllTaken() const {
  for (const Parcel& parcel : parcels_) {
    if (!parcel.taken) return false;
  }
  return true;
}

// REQUIRES: something is still under way. A peer that is gone is preferred: it will never answer.
int ThreadComm::FirstPeerWaitedFor(std::span<const IncomingMessage> in) const {
  int first = -1;
  const auto consider = [&](int peer) {
    if (first < 0 || (group_->ranks[peer].gone && !group_->ranks[first].gone)) first = peer;
  };
  for (size_t i = 0; i < in.size(); ++i) {
    if (!received_[i] && !in[i].bytes.empty()) consider(in[i].from);
  }
  for (size_t i = 0; i < parcels_.size(); ++i) {
    if (!parcels_[i].taken) consider(parcel_to_[i]);
  }
  LANTERN_CHECK_GE(first, 0);
  return first;
}

// The parcels point into the caller's memory, which is theirs again once Exchange has thrown.
void ThreadComm::WithdrawParcels() {
  for (size_t i = 0; i < parcels_.size(); ++i) {
    if (!parcels_[i].taken) std::erase(group_->Mailbox(rank_, parcel_to_[i]), &parcels_[i]);
  }
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
