#include "net/link.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "net/frame_check.h"
#include "src/base/check.h"

namespace lantern {
namespace {

struct FrameHeader {
  uint32_t sequence;
  uint32_t bytes;  // of the payload behind this
  uint32_t check;  // of the payload
  uint32_t rest;   // of the message, from this payload on; its lower 32 bits
};

}  // namespace

template <class Bytes>
void Link::Queue<Bytes>::Advance(size_t bytes) {
  Message<Bytes>& message = front();
  message.rest = message.rest.subspan(bytes);
  if (!message.rest.empty()) return;
  --*message.pending;
  if (++first_ < messages_.size()) return;
  messages_.clear();
  first_ = 0;
}

void Link::Send(std::span<const std::byte> bytes, int& pending) { out_.Push(bytes, pending); }

void Link::Receive(std::span<std::byte> bytes, int& pending) { in_.Push(bytes, pending); }

// One frame each way at a time: both directions of a connection are kept busy.
bool Link::Move() {
  bool moved = false;
  while (true) {
    const bool sent = SendFrame();
    const bool taken = TakeFrame();
    if (!sent && !taken) return moved;
    moved = true;
  }
}

bool Link::SendFrame() {
  if (out_.empty()) return false;
  const std::span<std::byte> room = lane_->Room();
  if (room.empty()) return false;
  const std::span<const std::byte> rest = out_.front().rest;
  const size_t bytes = std::min(rest.size(), room.size() - sizeof(FrameHeader));
  const auto payload = room.subspan(sizeof(FrameHeader), bytes);
  std::memcpy(payload.data(), rest.data(), bytes);
  const FrameHeader header{next_out_++, static_cast<uint32_t>(bytes), Crc32c(payload),
                           static_cast<uint32_t>(rest.size())};
  std::memcpy(room.data(), &header, sizeof(header));
  if (!tamper_ || tamper_(peer_, payload)) lane_->Send(sizeof(header) + bytes);
  out_.Advance(bytes);
  return true;
}

bool Link::TakeFrame() {
  if (in_.empty()) return false;
  const std::span<std::byte> rest = in_.front().rest;
  // If the peer cuts this message as it has cut others.
  const size_t due = std::min(sizeof(FrameHeader) + rest.size(), peers_packet_);
  const std::span<const std::byte> packet = lane_->Arrived(due);
  if (packet.empty()) return false;
  FrameHeader header;
  LANTERN_CHECK_GE(packet.size(), sizeof(header));
  std::memcpy(&header, packet.data(), sizeof(header));
  if (header.sequence != next_in_) {
    throw FrameFault(fmt::format("message part {} where {} was due, so that something was lost",
                                 header.sequence, next_in_));
  }
  if (header.rest != static_cast<uint32_t>(rest.size())) {
    throw FrameFault(fmt::format("{} bytes where {} were due, so that ranks are out of step",
                                 header.rest, rest.size()));
  }
  if (header.bytes == 0 || header.bytes > rest.size() ||
      packet.size() < sizeof(header) + header.bytes) {
    throw FrameFault(fmt::format("a part of {} bytes, which cannot be", header.bytes));
  }
  const auto payload = packet.subspan(sizeof(header), header.bytes);
  if (Crc32c(payload) != header.check) {
    throw FrameFault(fmt::format("{} bytes that were damaged on the way", payload.size()));
  }
  ++next_in_;
  if (payload.size() < rest.size()) peers_packet_ = sizeof(header) + payload.size();
  std::memcpy(rest.data(), payload.data(), payload.size());
  lane_->Free();
  in_.Advance(payload.size());
  return true;
}

}  // namespace lantern
