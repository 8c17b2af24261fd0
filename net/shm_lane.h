// ShmLane: packets between two ranks on one machine, through rings in memory that both have. No
// call of the system lies between them while both are awake. A rank that sleeps says so in that
// memory, and is then woken by a packet of one byte over another lane, the bell; whose connection
// also tells at once when the peer has ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "net/lane.h"
#include "net/shared_memory.h"

namespace lantern {

class ShmLane final : public Lane {
 public:
  // Packets in one direction that the peer has not read yet.
  static constexpr size_t kSlots = 16;
  static size_t MemoryBytes();

  // `lower`: this is the lower rank of the two, which must differ. REQUIRES: MemoryBytes() of
  // zeros.
  ShmLane(std::unique_ptr<Lane> bell, SharedMemory memory, bool lower);

  std::span<std::byte> Room() override;
  // This, Free and Wake throw what the bell throws.
  void Send(size_t bytes) override;
  std::span<const std::byte> Arrived(size_t due) override;
  void Free() override;

  int fd() const override { return bell_->fd(); }
  short Doze() override;
  void Wake() override;

 private:
  struct Side;

  void Ring();

  const std::unique_ptr<Lane> bell_;
  const SharedMemory memory_;
  Side& mine_;
  Side& theirs_;
  uint64_t written_ = 0, freed_ = 0;              // by this rank so far
  uint64_t known_freed_ = 0, known_written_ = 0;  // by the peer, when last looked at
  bool no_room_ = false, none_arrived_ = false;   // the last answers
};

}  // namespace lantern
