// Link: the messages under way between this rank and one peer, cut into frames over a lane. Each
// frame says which one it is, how long, how much of its message is left, and a checksum of its
// bytes, so that one that is damaged, lost or out of step is noticed where it arrives, and the peer
// named that sent it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "net/lane.h"

namespace lantern {

// The peer sent something else than it should have; what() goes on from "rank N sent ...".
struct FrameFault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// For tests: may alter a frame that is about to be sent; false: it is lost.
using Tamper = std::function<bool(int peer, std::span<std::byte> payload)>;

class Link {
 public:
  // `peer` is for `tamper` only, which may be empty.
  Link(int peer, std::unique_ptr<Lane> lane, Tamper tamper)
      : peer_(peer), lane_(std::move(lane)), tamper_(std::move(tamper)) {}

  // Queue a message; --pending once it is sent or has come. REQUIRES: not empty.
  void Send(std::span<const std::byte> bytes, int& pending);
  void Receive(std::span<std::byte> bytes, int& pending);

  // Moves what can be moved now. Returns whether anything did. Throws FrameFault, and what the
  // lane throws.
  bool Move();
  bool waits() const { return !out_.empty() || !in_.empty(); }
  // Whether after Move there is more than the lane and the system can take meanwhile.
  bool is_stuck() const {
    return !out_.empty() || (!in_.empty() && in_.front().rest.size() > 2 * Lane::kPacketBytes);
  }

  Lane& lane() { return *lane_; }

 private:
  template <class Bytes>
  struct Message {
    Bytes rest;
    int* pending;
  };
  // First in, first out; its memory is used again once it has been empty.
  template <class Bytes>
  class Queue {
   public:
    bool empty() const { return first_ == messages_.size(); }
    Message<Bytes>& front() { return messages_[first_]; }
    const Message<Bytes>& front() const { return messages_[first_]; }
    void Push(Bytes bytes, int& pending) { messages_.push_back({bytes, &pending}); }
    // Takes `bytes` off the front, which may be its end.
    void Advance(size_t bytes);

   private:
    std::vector<Message<Bytes>> messages_;
    size_t first_ = 0;
  };

  bool SendFrame();
  bool TakeFrame();

  const int peer_;
  const std::unique_ptr<Lane> lane_;
  const Tamper tamper_;
  Queue<std::span<const std::byte>> out_;
  Queue<std::span<std::byte>> in_;
  uint32_t next_out_ = 0, next_in_ = 0;       // sequence numbers
  size_t peers_packet_ = Lane::kPacketBytes;  // of a long message
};

}  // namespace lantern
