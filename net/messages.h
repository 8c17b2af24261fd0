// Messages of unknown length: a fixed first frame carries the length and the beginning, a second
// part the rest where there is one.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "net/communicator.h"

namespace lantern {

// The first frame of a message; a step plan usually fits into it.
constexpr size_t kFrameBytes = 1024;
using Frame = std::array<std::byte, kFrameBytes>;

// A message from `root` to everyone.
void BroadcastMessage(Communicator& comm, std::vector<std::byte>& message, int root,
                      Patience patience);
void SendMessage(Communicator& comm, int to, std::span<const std::byte> message);
// Replaces what `message` held.
void ReceiveMessage(Communicator& comm, int from, Patience patience,
                    std::vector<std::byte>& message);

// As SendMessage, but returns at once; `data` goes behind the message, which tells the receiver how
// long it is. All three, of which this fills `frame`, are the communicator's until the ticket has
// been waited for.
Communicator::Ticket StartMessage(Communicator& comm, int to, std::span<const std::byte> message,
                                  std::span<const std::byte> data, Frame& frame);

// Takes the messages of one rank, the next of which may come while this rank computes.
class MessageReceiver {
 public:
  // Expects the next message of `from`, unless that was done before. Nothing else may be received
  // from that rank until Finish.
  void Start(Communicator& comm, int from);
  // Waits for it; replaces what `message` held.
  void Finish(Communicator& comm, int from, Patience patience, std::vector<std::byte>& message);
  bool started() const { return ticket_.has_value(); }
  // After a failed wait for whatever message, which has ended this one too.
  void Forget() { ticket_.reset(); }

 private:
  Frame frame_{};
  std::optional<Communicator::Ticket> ticket_;
};

}  // namespace lantern
