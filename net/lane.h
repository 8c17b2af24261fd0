// Lane: packets between this rank and one peer, in both directions and in order: what messages
// travel in, long ones in many. Packets are written and read where they lie, so that each byte is
// copied once on either side. Nothing here waits for the peer, so that ranks that send to each
// other never wait for each other.
#pragma once

#include <cstddef>
#include <span>

namespace lantern {

class Lane {
 public:
  // Most bytes of a packet.
  static constexpr size_t kPacketBytes = 64 << 10;

  virtual ~Lane() = default;

  // Memory for the next packet, kPacketBytes of it where the system allows that; empty while there
  // is none.
  virtual std::span<std::byte> Room() = 0;
  // Sends what was written to Room(). REQUIRES: bytes within [1, the last Room().size()].
  virtual void Send(size_t bytes) = 0;

  // The oldest packet that has come wholly, until Free(); empty: none. It may be longer than what
  // was sent, as some transports do not tell. `due`: how long it should be; another one comes too,
  // but perhaps later.
  virtual std::span<const std::byte> Arrived(size_t due) = 0;
  virtual void Free() = 0;

  // For a thread that is about to sleep until something happens: it polls fd() for the events that
  // Doze returns, unless there are none (what Room() or Arrived() did not have has just come), and
  // calls Wake afterwards.
  virtual int fd() const = 0;
  virtual short Doze() = 0;
  virtual void Wake() = 0;
};

}  // namespace lantern
