#include "net/gloo_lane.h"

#include <gloo/common/error.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "net/gloo_context.h"
#include "src/base/check.h"

namespace lantern {
namespace {

// Packets of a pair lie in one place, since each is read before the next is asked for.
constexpr int kSlot = 0;

// Of a packet that has begun to come, though it lies whole in the other system: later than a link
// that drops everything ends (net/gloo_context).
constexpr timeval kReadLimit{kGlooPatience.count(), 0};

// For so long, a peer's system may confirm nothing of what it should, before the link counts as
// lost. Longer than a silent member is (net/control), so that what is found is the link's fault.
constexpr std::chrono::seconds kLostLimit{4};
// Looks that are further apart say nothing about the time between.
constexpr std::chrono::seconds kLookLimit{1};

// Packets up to this length are read once their beginning is there: the rest follows at once.
constexpr size_t kShortBytes = 16 << 10;
// For so long, a packet may be incomplete until it is read as far as it goes. It cannot be waited
// for if it is shorter than it should be, or if the system has no memory for the whole of it.
constexpr std::chrono::milliseconds kWholeLimit{100};

// What a packet may take of the system's memory, at most: its own description, and up to as much
// again for those of the segments that it is cut into.
constexpr int64_t SystemBytes(size_t bytes) {
  constexpr int64_t kGlooHeader = 48, kDescription = 4096;
  return 2 * (static_cast<int64_t>(bytes) + kGlooHeader) + kDescription;
}

// A packet that takes a third of the memory at most: the system calls a connection writable, and
// wakes those who wait for that, once a third is free.
size_t PacketBytes(int64_t memory) {
  constexpr int64_t kLeast = 256;
  const int64_t bytes = (memory / 3 - SystemBytes(0)) / 2;
  return std::clamp<int64_t>(bytes, kLeast, Lane::kPacketBytes);
}

// What a connection may hold of what it sends, and what it does hold; bytes of the system's memory.
struct SendMemory {
  int64_t limit = 0, used = 0;
};

void RequireCall(int result) {
  if (result != 0) throw gloo::IoException(std::strerror(errno));
}

SendMemory MemoryOf(int fd) {
  std::array<uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  const bool told = getsockopt(fd, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0;
  if (told && size == sizeof(memory)) {
    return {memory[SK_MEMINFO_SNDBUF], memory[SK_MEMINFO_WMEM_QUEUED]};
  }
  // Emulators know one number only at best. Without descriptions, so as if there were as many.
  int limit = 0, queued = 0;
  size = sizeof(limit);
  RequireCall(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limit, &size));
  RequireCall(ioctl(fd, SIOCOUTQ, &queued));
  return {limit, 2 * int64_t{queued}};
}

}  // namespace

GlooLane::GlooLane(gloo::transport::Pair& pair, int fd, bool spin, int system_bytes)
    : fd_(fd), incoming_(kPacketBytes) {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &system_bytes, sizeof(system_bytes));
  setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &system_bytes, sizeof(system_bytes));
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kReadLimit, sizeof(kReadLimit));
  outgoing_.resize(PacketBytes(MemoryOf(fd).limit));
  pair.setSync(true, spin);
  send_ = pair.createSendBuffer(kSlot, outgoing_.data(), outgoing_.size());
  receive_ = pair.createRecvBuffer(kSlot, incoming_.data(), incoming_.size());
}

// The system is asked only once what it had may be used up.
std::span<std::byte> GlooLane::Room() {
  const int64_t wanted = SystemBytes(outgoing_.size());
  if (free_ < wanted) {
    const SendMemory memory = MemoryOf(fd_);
    free_ = memory.limit - memory.used;
  }
  no_room_ = free_ < wanted;
  if (no_room_) return {};
  return outgoing_;
}

void GlooLane::Send(size_t bytes) {
  LANTERN_CHECK(1 <= bytes && bytes <= outgoing_.size());
  free_ -= SystemBytes(bytes);
  send_->send(0, bytes);
  send_->waitSend();
}

std::span<const std::byte> GlooLane::Arrived(size_t due) {
  if (!arrived_) {
    none_arrived_ = !IsHere(due);
    if (none_arrived_) return {};
    receive_->waitRecv();
    arrived_ = true;
    waits_since_ = {};
  }
  return incoming_;
}

// Also true where the connection has ended, which gloo then reports.
bool GlooLane::IsHere(size_t due) {
  if (due <= kShortBytes) {
    SetLowWater(1);
  } else if (waits_since_ == Clock::time_point()) {
    SetLowWater(due);
    waits_since_ = Clock::now();
  }
  pollfd readable{fd_, POLLIN, 0};
  if (poll(&readable, 1, 0) > 0) return true;
  if (low_water_ > 1 && Clock::now() - waits_since_ > kWholeLimit) SetLowWater(1);
  return false;
}

// The system caps it at half its memory.
void GlooLane::SetLowWater(size_t bytes) {
  if (bytes == low_water_) return;
  low_water_ = bytes;
  const int value = static_cast<int>(bytes);
  setsockopt(fd_, SOL_SOCKET, SO_RCVLOWAT, &value, sizeof(value));
}

short GlooLane::Doze() {
  return static_cast<short>((no_room_ ? POLLOUT : 0) | (none_arrived_ ? POLLIN : 0));
}

// What came wholly to the other system but is not read yet is confirmed, or not sent at all.
void GlooLane::Wake() {
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) {
    throw gloo::IoException(std::strerror(errno));
  }
  const auto now = Clock::now();
  const bool confirmed = info.tcpi_unacked == 0 ||
                         std::chrono::milliseconds(info.tcpi_last_ack_recv) < now - silent_since_;
  if (confirmed || now - last_look_ > kLookLimit) silent_since_ = now;
  last_look_ = now;
  if (now - silent_since_ > kLostLimit) throw gloo::IoException(std::strerror(ETIMEDOUT));
}

}  // namespace lantern
