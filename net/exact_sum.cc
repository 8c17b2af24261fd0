#include "net/exact_sum.h"

#include <algorithm>
#include <cstring>

#include "src/base/check.h"

namespace lantern {
namespace {

// Elements added at a time: the stack of partial sums then stays in the first-level cache.
constexpr size_t kAddBlock = 1024;

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

// Leaves in s.terms, for every subtree id, a pointer to this rank's slice of that sum, and lists
// the messages that bring them.
void GatherTerms(SumState& s, const Slices& slices) {
  const SumPlan& plan = *s.plan;
  const size_t size = slices.size(s.rank), own = s.mine.size();
  Reserve(s.terms, plan.total());
  float* received = Reserve(s.received, (plan.total() - own) * size).data();
  float* packed = own > 1 ? Reserve(s.packed, own * slices.elements).data() : nullptr;
  std::span<const float> outgoing;
  for (int rank = 0; rank < s.ranks; ++rank) {
    const int subtrees = plan.subtrees(rank);
    for (int i = 0; i < subtrees; ++i) {
      s.terms[plan.first(rank) + i] =
          rank == s.rank ? s.mine[i].data() + slices.begin(rank) : received + i * size;
    }
    if (rank == s.rank) continue;
    s.receives.push_back({rank, std::as_writable_bytes(std::span(received, subtrees * size))});
    received += subtrees * size;
    if (s.mine.empty()) continue;
    // Everybody gets the same where everybody adds everything.
    if (slices.ranks > 1 || outgoing.empty()) {
      outgoing = Pack(s.mine, slices.begin(rank), slices.size(rank), packed);
    }
    s.sends.push_back({rank, std::as_bytes(outgoing)});
  }
}

// One block of AddTerms: elements [begin, begin + size) of every term, added into `out`.
void AddBlock(const std::vector<int>& program, SumState& s, size_t begin, size_t size, float* out) {
  const float** operands = s.operands.data();
  size_t depth = 0;
  for (size_t i = 0; i < program.size(); ++i) {
    if (program[i] != SumPlan::kAdd) {
      operands[depth++] = s.terms[program[i]] + begin;
      continue;
    }
    --depth;
    const float* below = operands[depth - 1];
    const float* above = operands[depth];
    const bool last = i + 1 == program.size();
    float* sum = last ? out : s.partials.data() + (depth - 1) * kAddBlock;
    for (size_t k = 0; k < size; ++k) sum[k] = below[k] + above[k];
    operands[depth - 1] = sum;
  }
  if (operands[0] != out) std::memcpy(out, operands[0], size * sizeof(float));
}

// out[i] = the terms' elements i, added in the plan's order. `out` may be one of the terms.
void AddTerms(SumState& s, std::span<float> out) {
  Reserve(s.operands, s.plan->total());
  Reserve(s.partials, s.plan->total() * kAddBlock);
  for (size_t begin = 0; begin < out.size(); begin += kAddBlock) {
    AddBlock(s.plan->program(), s, begin, std::min(kAddBlock, out.size() - begin),
             out.data() + begin);
  }
}

// Every rank has its own slice of `out`; afterwards everybody has all of it.
void GatherSlices(SumState& s, const Slices& slices) {
  const auto bytes_of = [&](int rank) {
    return std::as_writable_bytes(s.out.subspan(slices.begin(rank), slices.size(rank)));
  };
  for (int rank = 0; rank < s.ranks; ++rank) {
    if (rank == s.rank) continue;
    s.sends.push_back({rank, bytes_of(s.rank)});
    s.receives.push_back({rank, bytes_of(rank)});
  }
}

bool OneShot(SumState& s) {
  if (s.round == 0) GatherTerms(s, {s.out.size(), 1});
  if (s.round == 0 && s.ranks > 1) return true;
  AddTerms(s, s.out);
  return false;
}

bool TwoShot(SumState& s) {
  const Slices slices{s.out.size(), static_cast<size_t>(s.ranks)};
  switch (s.round) {
    case 0:
      GatherTerms(s, slices);
      return true;
    case 1:
      AddTerms(s, s.out.subspan(slices.begin(s.rank), slices.size(s.rank)));
      GatherSlices(s, slices);
      return true;
    default:
      return false;
  }
}

// Both of two partners add the same two numbers, and a + b is b + a.
bool Doubling(SumState& s) {
  const std::span<float> theirs = Reserve(s.received, s.out.size());
  const float* ours = s.round < 2 ? s.mine[0].data() : s.out.data();
  if (s.round > 0) {
    for (size_t i = 0; i < theirs.size(); ++i) s.out[i] = ours[i] + theirs[i];
    ours = s.out.data();
  }
  const int distance = 1 << s.round;
  if (distance >= s.ranks) return false;
  const int partner = s.rank ^ distance;
  s.sends.push_back({partner, std::as_bytes(std::span(ours, s.out.size()))});
  s.receives.push_back({partner, std::as_writable_bytes(theirs)});
  return true;
}

}  // namespace

bool AddsInOrder(SumAlgorithm algorithm, const SumPlan& plan) {
  if (algorithm == SumAlgorithm::kDoubling) return plan.pairs_up();
  return algorithm != SumAlgorithm::kRing;
}

SumRound ExactRound(SumAlgorithm algorithm) {
  switch (algorithm) {
    case SumAlgorithm::kOneShot:
      return OneShot;
    case SumAlgorithm::kTwoShot:
      return TwoShot;
    case SumAlgorithm::kDoubling:
      return Doubling;
    case SumAlgorithm::kRing:
      break;
  }
  LANTERN_CHECK(false);
  return nullptr;
}

}  // namespace lantern
