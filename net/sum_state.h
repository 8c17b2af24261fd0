// SumState: one sum over ranks under way, as its algorithm sees it: a sequence of rounds, each of
// which works on what the round before has brought and lists what to exchange next.
#pragma once

#include <span>
#include <vector>

#include "net/communicator.h"
#include "net/sum_algorithm.h"
#include "net/sum_plan.h"

namespace lantern {

struct SumState {
  int rank = 0, ranks = 1;
  WireFormat format = WireFormat::kF32;
  const SumPlan* plan = nullptr;             // of exact sums
  std::vector<std::span<const float>> mine;  // this rank's subtree sums, each of out.size()
  std::span<float> out;                      // the sum; may be mine[0]
  int round = 0;                             // how many have been exchanged

  // Of the next round.
  std::vector<OutgoingMessage> sends;
  std::vector<IncomingMessage> receives;

  // Memory that rounds reuse, and later sums too: a warm one allocates nothing.
  std::vector<float> packed;           // subtree sums on their way out
  std::vector<float> received;         // of other ranks
  std::vector<const float*> terms;     // by subtree id
  std::vector<const float*> operands;  // the adding program's stack
  std::vector<float> partials;         // what that stack points to
  std::vector<std::byte> encoded;      // vectors in their wire format, and
  std::vector<std::byte> arrived;      // those of others
};

// One round; sends and receives are empty before. False: there is nothing to exchange any more,
// and `out` is the sum.
using SumRound = bool (*)(SumState&);

// At least `size` elements of memory. It grows only: shrinking and growing again would clear it
// each time.
template <class T>
std::span<T> Reserve(std::vector<T>& memory, size_t size) {
  if (memory.size() < size) memory.resize(size);
  return std::span(memory).first(size);
}

}  // namespace lantern
