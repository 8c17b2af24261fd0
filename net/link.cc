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
  uint32_t unused;
};
constexpr size_t kMostPayload = Lane::kPacketBytes - sizeof(FrameHeader);

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

bool Link::Move() {
  bool moved = false;
  while (!out_.empty()) {
    std::byte* room = lane_->Room();
    if (room == nullptr) break;
    SendFrame(room);
    moved = true;
  }
  while (!in_.empty()) {
    const std::span<const std::byte> packet = lane_->Arrived();
    if (packet.empty()) break;
    TakeFrame(packet);
    lane_->Free();
    moved = true;
  }
  return moved;
}

void Link::SendFrame(std::byte* room) {
  const std::span<const std::byte> rest = out_.front().rest;
  const size_t bytes = std::min(rest.size(), kMostPayload);
  const std::span payload(room + sizeof(FrameHeader), bytes);
  std::memcpy(payload.data(), rest.data(), bytes);
  const FrameHeader header{next_out_++, static_cast<uint32_t>(bytes), Crc32c(payload), 0};
  std::memcpy(room, &header, sizeof(header));
  if (!tamper_ || tamper_(peer_, payload)) lane_->Send(sizeof(header) + bytes);
  out_.Advance(bytes);
}

void Link::TakeFrame(std::span<const std::byte> packet) {
  FrameHeader header;
  LANTERN_CHECK_GE(packet.size(), sizeof(header));
  std::memcpy(&header, packet.data(), sizeof(header));
  const std::span<std::byte> rest = in_.front().rest;
  const size_t bytes = std::min(rest.size(), kMostPayload);
  if (header.sequence != next_in_) {
    throw FrameFault(fmt::format("message part {} where {} was due, so that something was lost",
                                 header.sequence, next_in_));
  }
  if (header.bytes != bytes || packet.size() < sizeof(header) + bytes) {
    throw FrameFault(fmt::format("{} bytes where {} were due, so that ranks are out of step",
                                 header.bytes, bytes));
  }
  const auto payload = packet.subspan(sizeof(header), bytes);
  if (Crc32c(payload) != header.check) {
    throw FrameFault(fmt::format("{} bytes that were damaged on the way", bytes));
  }
  ++next_in_;
  std::memcpy(rest.data(), payload.data(), bytes);
  in_.Advance(bytes);
}

}  // namespace lantern
