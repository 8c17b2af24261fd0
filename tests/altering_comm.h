// AlteringComm: what a machine that computes or remembers wrongly does to what it exchanges. Passes
// everything on but that.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "net/communicator.h"

namespace lantern {

class AlteringComm final : public Communicator {
 public:
  using Alter = std::function<void(std::span<std::byte>)>;
  // `sends` gets the first message of every Start before it leaves, in this rank's own memory: as
  // where it encodes wrongly. `got` gets every message that has come.
  AlteringComm(std::unique_ptr<Communicator> comm, Alter sends, Alter got = {})
      : comm_(std::move(comm)), sends_(std::move(sends)), got_(std::move(got)) {}

  int rank() const override { return comm_->rank(); }
  int size() const override { return comm_->size(); }
  Ticket Start(std::span<const OutgoingMessage> out, std::span<const IncomingMessage> in) override {
    if (sends_ && !out.empty()) {
      auto* bytes = const_cast<std::byte*>(out[0].bytes.data());
      sends_({bytes, out[0].bytes.size()});
    }
    const Ticket ticket = comm_->Start(out, in);
    if (got_) expected_[ticket].assign(in.begin(), in.end());
    return ticket;
  }
  void Wait(Ticket ticket, Patience patience) override {
    comm_->Wait(ticket, patience);
    if (!got_) return;
    for (const IncomingMessage& message : expected_[ticket]) got_(message.bytes);
    expected_.erase(ticket);
  }
  void Progress() override { comm_->Progress(); }
  void Abort(const std::string& reason) override { comm_->Abort(reason); }
  const WireCounters& counters() const override { return comm_->counters(); }

 private:
  const std::unique_ptr<Communicator> comm_;
  const Alter sends_, got_;
  std::map<Ticket, std::vector<IncomingMessage>> expected_;
};

}  // namespace lantern
