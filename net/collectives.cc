#include "net/collectives.h"

#include "src/base/check.h"

namespace lantern {
namespace {

void SendToAll(Communicator& comm, std::span<const std::byte> bytes, Patience patience) {
  MessageLists& lists = comm.lists();
  lists.out.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank != comm.rank()) lists.out.push_back({rank, bytes});
  }
  comm.Exchange(lists.out, {}, patience);
}

}  // namespace

void Broadcast(Communicator& comm, std::span<std::byte> bytes, int root, Patience patience) {
  LANTERN_CHECK(0 <= root && root < comm.size());
  if (comm.size() == 1) return;
  if (comm.rank() == root) {
    SendToAll(comm, bytes, patience);
  } else {
    comm.Receive(root, bytes, patience);
  }
}

void Barrier(Communicator& comm) {
  // One byte between every pair, in one hop: nobody's exchange ends before everybody's began.
  if (comm.size() == 1) return;
  MessageLists& lists = comm.lists();
  lists.out.clear();
  lists.in.clear();
  const std::byte here{1};
  std::byte there{0};  // never read: that it came is the message
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    lists.out.push_back({rank, {&here, 1}});
    lists.in.push_back({rank, {&there, 1}});
  }
  comm.Exchange(lists.out, lists.in, Patience::kStep);
}

}  // namespace lantern
