// Lane: packets between this rank and one peer, in both directions and in order: what small
// messages travel in. Packets are written and read where they lie, so that each byte is copied
// once on either side.
#pragma once

#include <cstddef>
#include <span>

namespace lantern {

class Lane {
 public:
  // Most bytes of a packet. Two packets on their way fit into the memory that Linux gives a TCP
  // connection at first, so that two ranks that send to each other never wait for each other.
  static constexpr size_t kPacketBytes = 64 << 10;

  virtual ~Lane() = default;

  // Memory for the next packet, kPacketBytes of it; null while there is none.
  virtual std::byte* Room() = 0;
  // Sends what was written to Room(). REQUIRES: bytes within [1, kPacketBytes].
  virtual void Send(size_t bytes) = 0;

  // The oldest packet that has come, until Free(); empty: none. It may be longer than what was
  // sent, as some transports do not tell.
  virtual std::span<const std::byte> Arrived() = 0;
  virtual void Free() = 0;

  // Whether long messages should be cut into packets too. False: there is a better way.
  virtual bool carries_all() const = 0;

  // For a thread that is about to sleep until something happens: it polls fd() for reading after
  // Doze, unless that returns false (what Room() or Arrived() did not have has just come), and
  // calls Wake afterwards.
  virtual int fd() const = 0;
  virtual bool Doze() = 0;
  virtual void Wake() = 0;
};

}  // namespace lantern
