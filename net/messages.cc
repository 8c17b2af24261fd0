#include "net/messages.h"

#include <algorithm>
#include <cstring>

#include "net/collectives.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr size_t kFramePayload = kFrameBytes - sizeof(uint64_t);
constexpr uint64_t kMaxMessageBytes = uint64_t{1} << 30;

void FillFrame(std::span<const std::byte> message, Frame& frame) {
  LANTERN_CHECK_LE(message.size(), kMaxMessageBytes);
  const uint64_t length = message.size();
  std::memcpy(frame.data(), &length, sizeof(length));
  if (!message.empty()) {
    std::memcpy(frame.data() + sizeof(length), message.data(),
                std::min(message.size(), kFramePayload));
  }
}

// Sizes `message` by the frame, fills its beginning, and returns the rest, still to be received.
std::span<std::byte> OpenFrame(const Frame& frame, int from, std::vector<std::byte>& message) {
  uint64_t length = 0;
  std::memcpy(&length, frame.data(), sizeof(length));
  if (length > kMaxMessageBytes) {
    Fail(ErrorKind::kPeerLost,
         "Rank {} announced a message of {} bytes, more than the limit of {}; the ranks are out of "
         "step, start them again.",
         from, length, kMaxMessageBytes);
  }
  message.resize(length);
  const size_t head = std::min<size_t>(length, kFramePayload);
  std::copy_n(frame.data() + sizeof(length), head, message.data());
  return std::span(message).subspan(head);
}

std::span<const std::byte> RestOf(std::span<const std::byte> message) {
  return message.subspan(std::min(message.size(), kFramePayload));
}

}  // namespace

void BroadcastMessage(Communicator& comm, std::vector<std::byte>& message, int root,
                      Patience patience) {
  LANTERN_CHECK(0 <= root && root < comm.size());
  if (comm.size() == 1) return;
  if (comm.rank() != root) {
    ReceiveMessage(comm, root, patience, message);
    return;
  }
  Frame frame{};
  FillFrame(message, frame);
  Broadcast(comm, frame, root, patience);
  const auto rest = std::span(message).subspan(std::min(message.size(), kFramePayload));
  if (!rest.empty()) Broadcast(comm, rest, root);
}

void SendMessage(Communicator& comm, int to, std::span<const std::byte> message) {
  Frame frame{};
  comm.Wait(StartMessage(comm, to, message, {}, frame), Patience::kStep);
}

void ReceiveMessage(Communicator& comm, int from, Patience patience,
                    std::vector<std::byte>& message) {
  MessageReceiver receiver;
  receiver.Start(comm, from);
  receiver.Finish(comm, from, patience, message);
}

Communicator::Ticket StartMessage(Communicator& comm, int to, std::span<const std::byte> message,
                                  std::span<const std::byte> data, Frame& frame) {
  FillFrame(message, frame);
  // Both sides skip what is empty.
  const OutgoingMessage parts[] = {{to, frame}, {to, RestOf(message)}, {to, data}};
  return comm.Start(parts, {});
}

void MessageReceiver::Start(Communicator& comm, int from) {
  if (ticket_) return;
  const IncomingMessage frame{from, frame_};
  ticket_ = comm.Start({}, {&frame, 1});
}

void MessageReceiver::Finish(Communicator& comm, int from, Patience patience,
                             std::vector<std::byte>& message) {
  LANTERN_CHECK(ticket_.has_value());
  comm.Wait(*ticket_, patience);
  Forget();
  const auto rest = OpenFrame(frame_, from, message);
  if (!rest.empty()) comm.Receive(from, rest);
}

}  // namespace lantern
