#include "net/collectives.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// Elements added at a time: the stack of partial sums then stays in the first-level cache.
constexpr size_t kAddBlock = 1024;

// Grows only: shrinking and growing again would clear the memory each time.
template <class T>
void GrowTo(std::vector<T>& memory, size_t size) {
  if (memory.size() < size) memory.resize(size);
}

// Which elements each rank adds up.
struct Slices {
  size_t elements = 0;
  size_t ranks = 1;  // 1: everybody adds everything

  size_t begin(int rank) const { return ranks == 1 ? 0 : elements * rank / ranks; }
  size_t end(int rank) const { return ranks == 1 ? elements : elements * (rank + 1) / ranks; }
  size_t size(int rank) const { return end(rank) - begin(rank); }
};

// Elements [begin, begin + size) of all of `mine`, back to back: where they lie if there is one
// vector, else copied to `packed`, which this moves forward.
std::span<const float> Pack(std::span<const std::span<const float>> mine, size_t begin, size_t size,
                            float*& packed) {
  if (mine.size() == 1) return mine[0].subspan(begin, size);
  const std::span<const float> result(packed, mine.size() * size);
  for (const auto& sum : mine) packed = std::copy_n(sum.data() + begin, size, packed);
  return result;
}

// Leaves in scratch.terms, for every subtree id, a pointer to this rank's slice of that sum.
void GatherTerms(Communicator& comm, const SumPlan& plan, const Slices& slices,
                 std::span<const std::span<const float>> mine) {
  CollectiveScratch& scratch = comm.scratch();
  const int self = comm.rank();
  const size_t size = slices.size(self);
  scratch.out.clear();
  scratch.in.clear();
  GrowTo(scratch.terms, plan.total());
  GrowTo(scratch.received, (plan.total() - mine.size()) * size);
  if (mine.size() > 1) {
    GrowTo(scratch.packed,
           mine.size() * slices.elements * (slices.ranks == 1 ? comm.size() - 1 : 1));
  }

  float* packed = scratch.packed.data();
  float* received = scratch.received.data();
  for (int rank = 0; rank < comm.size(); ++rank) {
    const int subtrees = plan.subtrees(rank);
    for (int s = 0; s < subtrees; ++s) {
      scratch.terms[plan.first(rank) + s] =
          rank == self ? mine[s].data() + slices.begin(self) : received + s * size;
    }
    if (rank == self) continue;
    scratch.in.push_back({rank, std::as_writable_bytes(std::span(received, subtrees * size))});
    received += subtrees * size;
    if (mine.empty()) continue;
    const auto outgoing = Pack(mine, slices.begin(rank), slices.size(rank), packed);
    scratch.out.push_back({rank, std::as_bytes(outgoing)});
  }
  if (comm.size() > 1) comm.Exchange(scratch.out, scratch.in, Patience::kStep);
}

// One block of AddTerms: elements [begin, begin + size) of every term, added into `out`.
void AddBlock(const std::vector<int>& program, CollectiveScratch& scratch, size_t begin,
              size_t size, float* out) {
  const float** operands = scratch.operands.data();
  size_t depth = 0;
  for (size_t i = 0; i < program.size(); ++i) {
    if (program[i] != SumPlan::kAdd) {
      operands[depth++] = scratch.terms[program[i]] + begin;
      continue;
    }
    --depth;
    const float* below = operands[depth - 1];
    const float* above = operands[depth];
    const bool last = i + 1 == program.size();
    float* sum = last ? out : scratch.partials.data() + (depth - 1) * kAddBlock;
    for (size_t k = 0; k < size; ++k) sum[k] = below[k] + above[k];
    operands[depth - 1] = sum;
  }
  if (operands[0] != out) std::memcpy(out, operands[0], size * sizeof(float));
}

// out[i] = the terms' elements i, added in the plan's order. `out` may be one of the terms.
void AddTerms(const SumPlan& plan, CollectiveScratch& scratch, std::span<float> out) {
  GrowTo(scratch.operands, plan.total());
  GrowTo(scratch.partials, plan.total() * kAddBlock);
  for (size_t begin = 0; begin < out.size(); begin += kAddBlock) {
    AddBlock(plan.program(), scratch, begin, std::min(kAddBlock, out.size() - begin),
             out.data() + begin);
  }
}

// Every rank has its own slice of `x`; afterwards everybody has all of it.
void AllGatherSlices(Communicator& comm, const Slices& slices, std::span<float> x) {
  CollectiveScratch& scratch = comm.scratch();
  scratch.out.clear();
  scratch.in.clear();
  const auto bytes_of = [&](int rank) {
    return std::as_writable_bytes(x.subspan(slices.begin(rank), slices.size(rank)));
  };
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    scratch.out.push_back({rank, bytes_of(comm.rank())});
    scratch.in.push_back({rank, bytes_of(rank)});
  }
  comm.Exchange(scratch.out, scratch.in, Patience::kStep);
}

// Appends the program of the tree over `node`, whose subtrees begin at id `next`.
void AppendProgram(LeafRange node, const std::vector<LeafRange>& subtrees, size_t& next,
                   std::vector<int>& program) {
  LANTERN_CHECK_LT(next, subtrees.size());
  if (subtrees[next] == node) {
    program.push_back(static_cast<int>(next++));
    return;
  }
  const int middle = node.begin + SplitPoint(node.size());
  AppendProgram({node.begin, middle}, subtrees, next, program);
  AppendProgram({middle, node.end}, subtrees, next, program);
  program.push_back(SumPlan::kAdd);
}

void SendToAll(Communicator& comm, std::span<const std::byte> bytes, Patience patience) {
  CollectiveScratch& scratch = comm.scratch();
  scratch.out.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank != comm.rank()) scratch.out.push_back({rank, bytes});
  }
  comm.Exchange(scratch.out, {}, patience);
}

}  // namespace

SumPlan::SumPlan(int leaves, std::vector<LeafRange> owned) : first_subtree_{0} {
  LANTERN_CHECK_GE(leaves, 1);
  std::vector<LeafRange> subtrees;
  int covered = 0;
  for (const LeafRange& range : owned) {
    LANTERN_CHECK_EQ(range.begin, covered);
    LANTERN_CHECK_GE(range.end, range.begin);
    covered = range.end;
    const auto part = SubtreesOf(range, leaves);
    subtrees.insert(subtrees.end(), part.begin(), part.end());
    first_subtree_.push_back(static_cast<int>(subtrees.size()));
  }
  LANTERN_CHECK_EQ(covered, leaves);
  size_t next = 0;
  AppendProgram({0, leaves}, subtrees, next, program_);
}

void TreeSum(Communicator& comm, const SumPlan& plan, std::span<float> out,
             std::span<const std::span<const float>> mine) {
  LANTERN_CHECK_EQ(comm.size(), plan.ranks());
  LANTERN_CHECK_EQ(static_cast<int>(mine.size()), plan.subtrees(comm.rank()));
  for (const auto& sum : mine) LANTERN_CHECK_EQ(sum.size(), out.size());
  if (out.empty()) return;

  const bool two_shot = comm.size() > 2 && out.size_bytes() > kOneShotBytes;
  const Slices slices{out.size(), two_shot ? static_cast<size_t>(comm.size()) : 1};
  GatherTerms(comm, plan, slices, mine);
  AddTerms(plan, comm.scratch(), out.subspan(slices.begin(comm.rank()), slices.size(comm.rank())));
  if (two_shot) AllGatherSlices(comm, slices, out);
}

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
  CollectiveScratch& scratch = comm.scratch();
  scratch.out.clear();
  scratch.in.clear();
  const std::byte here{1};
  std::byte there{0};  // never read: that it came is the message
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    scratch.out.push_back({rank, {&here, 1}});
    scratch.in.push_back({rank, {&there, 1}});
  }
  comm.Exchange(scratch.out, scratch.in, Patience::kStep);
}

}  // namespace lantern
