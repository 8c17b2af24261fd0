#include "net/shm_lane.h"

#include <poll.h>

#include <utility>

#include "src/base/check.h"

namespace lantern {
namespace {

constexpr size_t kLineBytes = 64;
constexpr size_t kPageBytes = 4096;

}  // namespace

// What one rank writes; save that the other one clears `dozes`. Zeros are its initial state. Counts
// have lines of their own, since the ranks read and write them at the same time.
struct ShmLane::Side {
  alignas(kLineBytes) std::atomic<uint64_t> written;  // packets into its slots
  alignas(kLineBytes) std::atomic<uint64_t> freed;    // packets in the other's slots
  alignas(kLineBytes) std::atomic<uint32_t> dozes;
  alignas(kPageBytes) std::byte slots[kSlots][kPacketBytes];

  static_assert(std::atomic<uint64_t>::is_always_lock_free);
};

size_t ShmLane::MemoryBytes() { return 2 * sizeof(Side); }

ShmLane::ShmLane(std::unique_ptr<Lane> bell, SharedMemory memory, bool lower)
    : bell_(std::move(bell)),
      memory_(std::move(memory)),
      mine_(reinterpret_cast<Side*>(memory_.data())[lower ? 0 : 1]),
      theirs_(reinterpret_cast<Side*>(memory_.data())[lower ? 1 : 0]) {
  LANTERN_CHECK_EQ(memory_.bytes(), MemoryBytes());
}

std::span<std::byte> ShmLane::Room() {
  if (written_ - known_freed_ == kSlots) {
    known_freed_ = theirs_.freed.load(std::memory_order_acquire);
  }
  no_room_ = written_ - known_freed_ == kSlots;
  if (no_room_) return {};
  return mine_.slots[written_ % kSlots];
}

// A rank that dozes sets its flag and then looks at the counts; the other one changes a count and
// then looks at the flag. All four are sequentially consistent, so at least one sees the other's.
void ShmLane::Send(size_t bytes) {
  LANTERN_CHECK(1 <= bytes && bytes <= kPacketBytes);
  mine_.written.store(++written_);
  Ring();
}

std::span<const std::byte> ShmLane::Arrived(size_t) {
  if (known_written_ == freed_) known_written_ = theirs_.written.load(std::memory_order_acquire);
  none_arrived_ = known_written_ == freed_;
  if (none_arrived_) return {};
  return theirs_.slots[freed_ % kSlots];
}

void ShmLane::Free() {
  mine_.freed.store(++freed_);
  Ring();
}

// Once a doze, so that few are ever on their way: the bell's memory is never full.
void ShmLane::Ring() {
  if (theirs_.dozes.load() == 0 || theirs_.dozes.exchange(0) == 0) return;
  const std::span<std::byte> room = bell_->Room();
  LANTERN_CHECK(!room.empty());
  room[0] = std::byte{1};
  bell_->Send(1);
}

short ShmLane::Doze() {
  mine_.dozes.store(1);
  const bool has_room = no_room_ && written_ - theirs_.freed.load() < kSlots;
  const bool has_arrived = none_arrived_ && theirs_.written.load() != freed_;
  return has_room || has_arrived ? 0 : POLLIN;
}

void ShmLane::Wake() {
  mine_.dozes.store(0);
  while (!bell_->Arrived(1).empty()) bell_->Free();
}

}  // namespace lantern
