// GlooLane: packets over a gloo TCP pair in synchronous mode, by buffers that both sides have
// registered: no thread of gloo's, no notification and no wake-up lies between two ranks.
//
// Such a pair sends and receives until it is done. So a packet is sent only where the system takes
// it whole into its own memory, and begun to be read once it is there.
#pragma once

#include <gloo/transport/buffer.h>
#include <gloo/transport/pair.h>

#include <chrono>
#include <memory>
#include <vector>

#include "net/lane.h"

namespace lantern {

class GlooLane final : public Lane {
 public:
  // Switches `pair`, whose connection is `fd`, to synchronous mode for good; it has sent so much
  // before that gloo leaves SO_SNDBUF alone (MakeGlooContext). `spin`: its reads never sleep while
  // a packet comes in. `system_bytes`: see GlooOptions. Both ends must exist before either sends.
  // This, Room, Send, Arrived and Wake throw gloo::Exception.
  GlooLane(gloo::transport::Pair& pair, int fd, bool spin, int system_bytes);

  std::span<std::byte> Room() override;
  void Send(size_t bytes) override;
  std::span<const std::byte> Arrived(size_t due) override;
  void Free() override { arrived_ = false; }

  int fd() const override { return fd_; }
  short Doze() override;
  // Also ends a link that drops everything.
  void Wake() override;

 private:
  using Clock = std::chrono::steady_clock;

  bool IsHere(size_t due);
  void SetLowWater(size_t bytes);

  const int fd_;
  std::vector<std::byte> outgoing_, incoming_;
  std::unique_ptr<gloo::transport::Buffer> send_, receive_;

  int64_t free_ = 0;  // the system's memory, at least
  bool no_room_ = false;

  bool arrived_ = false, none_arrived_ = false;
  size_t low_water_ = 1;           // bytes from which on the system calls the connection readable
  Clock::time_point waits_since_;  // for so many

  Clock::time_point last_look_, silent_since_;  // of Wake
};

}  // namespace lantern
