// Frames of ZeroMQ messages, without waiting. Giving up between two frames of a message, as a
// signal comes, would leave both ends out of step, so these try again.
#pragma once

#include <cstddef>
#include <span>
#include <utility>
#include <vector>
#include <zmq.hpp>

#include "net/retry_interrupted.h"

namespace lantern::blobs {

// A whole message of at most `max_frames`, further ones dropped; empty when there is none.
inline std::vector<zmq::message_t> ReceiveFrames(zmq::socket_t& socket, size_t max_frames) {
  std::vector<zmq::message_t> frames;
  bool more = true;
  while (more) {
    zmq::message_t frame;
    if (!RetryInterrupted([&] { return socket.recv(frame, zmq::recv_flags::dontwait); })) break;
    more = frame.more();
    if (frames.size() < max_frames) frames.push_back(std::move(frame));
  }
  return frames;
}

// False when the queue is full, which can only be so at the first frame.
inline bool SendFrame(zmq::socket_t& socket, zmq::message_t frame, bool more) {
  const auto flags =
      more ? zmq::send_flags::dontwait | zmq::send_flags::sndmore : zmq::send_flags::dontwait;
  return RetryInterrupted([&] { return socket.send(frame, flags); }).has_value();
}

inline std::span<const std::byte> BytesOf(const zmq::message_t& frame) {
  return {frame.data<std::byte>(), frame.size()};
}

}  // namespace lantern::blobs
