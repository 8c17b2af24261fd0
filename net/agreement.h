// How the ranks of a group agree on a way that all must be able to go.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "net/communicator.h"

namespace lantern {

// Everybody's value, by rank. T: plain bytes. Waits for all ranks. Throws what the group throws.
template <class T>
std::vector<T> Gathered(Communicator& group, const T& mine) {
  std::vector<T> all(group.size(), mine);
  std::vector<OutgoingMessage> out;
  std::vector<IncomingMessage> in;
  for (int rank = 0; rank < group.size(); ++rank) {
    if (rank == group.rank()) continue;
    out.push_back({rank, std::as_bytes(std::span(&mine, 1))});
    in.push_back({rank, std::as_writable_bytes(std::span(&all[rank], 1))});
  }
  group.Exchange(out, in, Patience::kIdle);
  return all;
}

inline bool Everybody(Communicator& group, bool mine) {
  const std::vector<char> all = Gathered<char>(group, mine);
  return std::all_of(all.begin(), all.end(), [](char each) { return each != 0; });
}

}  // namespace lantern
