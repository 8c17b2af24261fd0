#include "net/gloo_lane.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "src/base/check.h"

namespace lantern {
namespace {

// Packets of a pair lie in one place, since each is read before the next is asked for.
constexpr int kSlot = 0;
// Linux caps it (net.core.rmem_max, usually 208 KB, and doubles it); enough for two packets.
constexpr int kReceiveMemory = 1 << 20;
// Of a packet that has begun to come. The rest follows at once, or the peer has stopped.
constexpr timeval kReadLimit{2, 0};

}  // namespace

GlooLane::GlooLane(gloo::transport::Pair& pair, int fd, bool spin)
    : fd_(fd), outgoing_(kPacketBytes), incoming_(kPacketBytes) {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &kReceiveMemory, sizeof(kReceiveMemory));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kReadLimit, sizeof(kReadLimit));
  pair.setSync(true, spin);
  send_ = pair.createSendBuffer(kSlot, outgoing_.data(), outgoing_.size());
  receive_ = pair.createRecvBuffer(kSlot, incoming_.data(), incoming_.size());
}

void GlooLane::Send(size_t bytes) {
  LANTERN_CHECK(1 <= bytes && bytes <= kPacketBytes);
  send_->send(0, bytes);
  send_->waitSend();
}

std::span<const std::byte> GlooLane::Arrived() {
  if (!arrived_) {
    pollfd readable{fd_, POLLIN, 0};
    if (poll(&readable, 1, 0) <= 0) return {};
    receive_->waitRecv();
    arrived_ = true;
  }
  return incoming_;
}

}  // namespace lantern
