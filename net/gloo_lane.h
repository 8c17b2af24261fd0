// GlooLane: packets over a gloo TCP pair in synchronous mode, by buffers that both sides have
// registered: no thread of gloo's, no notification and no wake-up lies between two ranks.
#pragma once

#include <gloo/transport/buffer.h>
#include <gloo/transport/pair.h>

#include <memory>
#include <vector>

#include "net/lane.h"

namespace lantern {

class GlooLane final : public Lane {
 public:
  // Switches `pair`, whose connection is `fd`, to synchronous mode for good. `spin`: its reads
  // never sleep while a packet comes in. Both ends must exist before either sends.
  GlooLane(gloo::transport::Pair& pair, int fd, bool spin);

  std::byte* Room() override { return outgoing_.data(); }
  // Blocks while the system has no memory for it. This and Arrived throw gloo::Exception.
  void Send(size_t bytes) override;
  std::span<const std::byte> Arrived() override;
  void Free() override { arrived_ = false; }

  bool carries_all() const override { return false; }
  int fd() const override { return fd_; }
  bool Doze() override { return !arrived_; }
  void Wake() override {}

 private:
  const int fd_;
  bool arrived_ = false;
  std::vector<std::byte> outgoing_, incoming_;
  std::unique_ptr<gloo::transport::Buffer> send_, receive_;
};

}  // namespace lantern
