#include "net/encoded_sum.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/check.h"

namespace lantern {
namespace {

// Elements that each rank adds up: whole blocks, so that encoding a slice or a vector is the same.
struct Slices {
  size_t elements;
  int ranks;
  size_t begin(int rank) const {
    const size_t blocks = (elements + kWireBlock - 1) / kWireBlock;
    return std::min(elements, blocks * rank / ranks * kWireBlock);
  }
  size_t size(int rank) const { return begin(rank + 1) - begin(rank); }
};

Slices SlicesOf(const SumState& s) { return {s.out.size(), s.ranks}; }

std::span<float> SliceOf(SumState& s, int rank) {
  return s.out.subspan(SlicesOf(s).begin(rank), SlicesOf(s).size(rank));
}

// Where the slices of a vector lie encoded, each in a place of the same size.
std::span<std::byte> PlaceOf(SumState& s, std::vector<std::byte>& memory, int slice) {
  const Slices slices = SlicesOf(s);
  size_t largest = 0;
  for (int rank = 0; rank < s.ranks; ++rank) largest = std::max(largest, slices.size(rank));
  const size_t place = WireBytes(s.format, largest);
  return Reserve(memory, place * s.ranks)
      .subspan(place * slice, WireBytes(s.format, slices.size(slice)));
}

// x = the sum of encoded vectors that lie back to back.
void AddAll(WireFormat format, std::span<const std::byte> all, std::span<float> x) {
  const size_t bytes = WireBytes(format, x.size());
  Decode(format, all.first(bytes), x);
  for (size_t begin = bytes; begin < all.size(); begin += bytes) {
    DecodeAdd(format, all.subspan(begin, bytes), x);
  }
}

// Lists what brings the vectors of all ranks, encoded, by rank, to where the result says.
std::span<const std::byte> GatherEncoded(SumState& s) {
  const size_t bytes = WireBytes(s.format, s.out.size());
  const auto all = Reserve(s.encoded, bytes * s.ranks);
  const auto mine = all.subspan(bytes * s.rank, bytes);
  Encode(s.format, s.out, mine);
  for (int rank = 0; rank < s.ranks; ++rank) {
    if (rank == s.rank) continue;
    s.sends.push_back({rank, mine});
    s.receives.push_back({rank, all.subspan(bytes * rank, bytes)});
  }
  return all;
}

bool OneShot(SumState& s) {
  if (s.round == 0) {
    GatherEncoded(s);
    return true;
  }
  AddAll(s.format, std::span(s.encoded).first(WireBytes(s.format, s.out.size()) * s.ranks), s.out);
  return false;
}

// To each rank the slice that it owns, and this rank's from all.
void ScatterSlices(SumState& s) {
  const size_t own_bytes = WireBytes(s.format, SliceOf(s, s.rank).size());
  const auto arrived = Reserve(s.arrived, own_bytes * s.ranks);
  for (int rank = 0; rank < s.ranks; ++rank) {
    const auto into = arrived.subspan(own_bytes * rank, own_bytes);
    if (rank == s.rank) {
      Encode(s.format, SliceOf(s, rank), into);
      continue;
    }
    const auto place = PlaceOf(s, s.encoded, rank);
    Encode(s.format, SliceOf(s, rank), place);
    s.sends.push_back({rank, place});
    s.receives.push_back({rank, into});
  }
}

void AddOwnSlice(SumState& s) {
  const auto own = SliceOf(s, s.rank);
  if (own.empty()) return;
  AddAll(s.format, std::span(s.arrived).first(WireBytes(s.format, own.size()) * s.ranks), own);
}

// Every owner's slice, encoded once, to all.
void GatherSlices(SumState& s) {
  const auto mine = PlaceOf(s, s.encoded, s.rank);
  Encode(s.format, SliceOf(s, s.rank), mine);
  for (int rank = 0; rank < s.ranks; ++rank) {
    if (rank == s.rank) continue;
    s.sends.push_back({rank, mine});
    s.receives.push_back({rank, PlaceOf(s, s.encoded, rank)});
  }
}

// All ranks use what was encoded, its owner too.
void DecodeSlices(SumState& s) {
  for (int rank = 0; rank < s.ranks; ++rank) {
    Decode(s.format, PlaceOf(s, s.encoded, rank), SliceOf(s, rank));
  }
}

bool TwoShot(SumState& s) {
  switch (s.round) {
    case 0:
      ScatterSlices(s);
      return true;
    case 1:
      AddOwnSlice(s);
      GatherSlices(s);
      return true;
    default:
      DecodeSlices(s);
      return false;
  }
}

// Both of two partners add what both encoded, and a + b is b + a.
bool Doubling(SumState& s) {
  const size_t bytes = WireBytes(s.format, s.out.size());
  const auto ours = Reserve(s.encoded, bytes), theirs = Reserve(s.arrived, bytes);
  if (s.round > 0) {
    Decode(s.format, ours, s.out);
    DecodeAdd(s.format, theirs, s.out);
  }
  const int distance = 1 << s.round;
  if (distance >= s.ranks) return false;
  Encode(s.format, s.out, ours);
  s.sends.push_back({s.rank ^ distance, ours});
  s.receives.push_back({s.rank ^ distance, theirs});
  return true;
}

// Slices go from rank to rank: N - 1 rounds in which each rank adds its own part, and N - 1 in
// which the sums, encoded once, are passed on.
bool Ring(SumState& s) {
  const auto slice = [&](int steps_back) {
    return ((s.rank - steps_back) % s.ranks + s.ranks) % s.ranks;
  };
  const int adding = s.ranks - 1;
  const int next = (s.rank + 1) % s.ranks, previous = slice(1);
  if (1 <= s.round && s.round <= adding) {
    const auto sum = SliceOf(s, slice(s.round));
    DecodeAdd(s.format, std::span(s.arrived).first(WireBytes(s.format, sum.size())), sum);
  }
  if (s.round < adding) {
    const auto place = PlaceOf(s, s.encoded, slice(s.round));
    Encode(s.format, SliceOf(s, slice(s.round)), place);
    s.sends.push_back({next, place});
    const size_t bytes = WireBytes(s.format, SliceOf(s, slice(s.round + 1)).size());
    s.receives.push_back({previous, Reserve(s.arrived, bytes)});
    return true;
  }
  if (s.round == adding) {
    Encode(s.format, SliceOf(s, slice(adding)), PlaceOf(s, s.encoded, slice(adding)));
  }
  if (s.round < 2 * adding) {
    s.sends.push_back({next, PlaceOf(s, s.encoded, slice(s.round))});
    s.receives.push_back({previous, PlaceOf(s, s.encoded, slice(s.round + 1))});
    return true;
  }
  DecodeSlices(s);
  return false;
}

// One rank's vector, exact and decoded.
void Compare(WireFormat format, std::span<const float> exact, std::span<const float> decoded,
             int rank, EncodingErrors& errors, double& sum) {
  const size_t block = format == WireFormat::kQ8 ? kWireBlock : 1;
  for (size_t begin = 0; begin < exact.size(); begin += block) {
    const size_t end = std::min(exact.size(), begin + block);
    double largest = 0, worst = 0;
    for (size_t i = begin; i < end; ++i) {
      largest = std::fmax(largest, std::fabs(exact[i]));
      worst = std::fmax(worst, std::fabs(double{decoded[i]} - exact[i]));
    }
    // What is no number has no bound, and is found after the layer.
    if (worst > EncodingErrorBound(format, largest) && errors.beyond_bound < 0) {
      errors.beyond_bound = rank;
    }
    const double share = largest >= kLeastCounted ? worst / largest : 0;
    errors.worst = std::max(errors.worst, share);
    sum += share * static_cast<double>(end - begin);
  }
}

}  // namespace

SumRound EncodedRound(SumAlgorithm algorithm) {
  switch (algorithm) {
    case SumAlgorithm::kOneShot:
      return OneShot;
    case SumAlgorithm::kTwoShot:
      return TwoShot;
    case SumAlgorithm::kDoubling:
      return Doubling;
    case SumAlgorithm::kRing:
      return Ring;
  }
  LANTERN_CHECK(false);
  return nullptr;
}

EncodingErrors CheckedSum(Communicator& comm, WireFormat format, std::span<float> x, SumState& s) {
  s.rank = comm.rank();
  s.ranks = comm.size();
  s.format = format;
  s.out = x;
  s.sends.clear();
  s.receives.clear();
  const size_t n = x.size(), bytes = WireBytes(format, n);
  const std::span<float> exact = Reserve(s.received, n * s.ranks);
  std::copy(x.begin(), x.end(), exact.begin() + n * s.rank);
  for (int rank = 0; rank < s.ranks; ++rank) {
    if (rank == s.rank) continue;
    s.sends.push_back({rank, std::as_bytes(x)});
    s.receives.push_back({rank, std::as_writable_bytes(exact.subspan(n * rank, n))});
  }
  comm.Exchange(s.sends, s.receives, Patience::kStep);
  s.sends.clear();
  s.receives.clear();
  const auto all = GatherEncoded(s);
  comm.Exchange(s.sends, s.receives, Patience::kStep);
  EncodingErrors errors;
  double sum = 0;
  for (int rank = 0; rank < s.ranks; ++rank) {
    Decode(format, all.subspan(bytes * rank, bytes), x);
    Compare(format, exact.subspan(n * rank, n), x, rank, errors, sum);
  }
  errors.mean = sum / static_cast<double>(n * s.ranks);
  AddAll(format, all, x);
  return errors;
}

}  // namespace lantern
