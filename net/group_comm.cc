#include "net/group_comm.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "src/base/check.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

class GroupComm final : public Communicator {
 public:
  GroupComm(std::shared_ptr<Communicator> world, std::vector<int> members)
      : world_(std::move(world)), members_(std::move(members)) {
    const auto self = std::find(members_.begin(), members_.end(), world_->rank());
    LANTERN_CHECK(self != members_.end());
    rank_ = static_cast<int>(self - members_.begin());
  }

  int rank() const override { return rank_; }
  int size() const override { return static_cast<int>(members_.size()); }
  std::string NameOf(int rank) const override { return world_->NameOf(members_.at(rank)); }
  const WireCounters& counters() const override { return counters_; }
  void Abort(const std::string& reason) override { world_->Abort(reason); }
  void OnAbort(const void* owner, AbortHook then) override {
    world_->OnAbort(owner, std::move(then));
  }

  Ticket Start(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) override {
    const auto start = Clock::now();
    out_.clear();
    in_.clear();
    for (const auto& message : out) {
      out_.push_back({members_.at(message.to), message.bytes});
      counters_.bytes_sent += message.bytes.size();
    }
    for (const auto& message : in) {
      in_.push_back({members_.at(message.from), message.bytes});
      counters_.bytes_received += message.bytes.size();
    }
    const Ticket ticket = world_->Start(out_, in_);
    CountSince(start);
    return ticket;
  }

  void Progress() override { world_->Progress(); }

  void Wait(Ticket ticket, Patience patience) override {
    const auto start = Clock::now();
    world_->Wait(ticket, patience);
    ++counters_.exchanges;
    CountSince(start);
  }

 private:
  void CountSince(Clock::time_point start) {
    counters_.seconds += std::chrono::duration<double>(Clock::now() - start).count();
  }

  const std::shared_ptr<Communicator> world_;
  const std::vector<int> members_;
  int rank_ = 0;
  WireCounters counters_;
  std::vector<OutgoingMessage> out_;
  std::vector<IncomingMessage> in_;
};

}  // namespace

std::unique_ptr<Communicator> MakeGroup(std::shared_ptr<Communicator> world,
                                        std::vector<int> members) {
  return std::make_unique<GroupComm>(std::move(world), std::move(members));
}

}  // namespace lantern
