#include "net/encoded_sum.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "src/base/check.h"

namespace lantern {
namespace {

// Elements that each rank adds up: whole blocks, so that encoding a slice or a vector is the same.
struct Slices {
  size_t elements, ranks;
  size_t begin(int rank) const {
    const size_t blocks = (elements + kWireBlock - 1) / kWireBlock;
    return std::min(elements, blocks * rank / ranks * kWireBlock);
  }
  size_t size(int rank) const { return begin(rank + 1) - begin(rank); }
};

template <class T>
std::span<T> Reserve(std::vector<T>& memory, size_t size) {
  if (memory.size() < size) memory.resize(size);
  return std::span(memory).first(size);
}

// Starts what a caller has listed in the scratch memory, and waits for it.
void ExchangeListed(Communicator& comm) {
  comm.Exchange(comm.scratch().out, comm.scratch().in, Patience::kStep);
}

// The vectors of all ranks, encoded, by rank; in the scratch memory.
std::span<const std::byte> GatherEncoded(Communicator& comm, WireFormat format,
                                         std::span<const float> x) {
  CollectiveScratch& scratch = comm.scratch();
  const size_t bytes = WireBytes(format, x.size());
  const auto all = Reserve(scratch.encoded, bytes * comm.size());
  const auto mine = all.subspan(bytes * comm.rank(), bytes);
  Encode(format, x, mine);
  scratch.out.clear();
  scratch.in.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    scratch.out.push_back({rank, mine});
    scratch.in.push_back({rank, all.subspan(bytes * rank, bytes)});
  }
  ExchangeListed(comm);
  return all;
}

// x = the sum of encoded vectors that lie back to back.
void AddAll(WireFormat format, std::span<const std::byte> all, std::span<float> x) {
  const size_t bytes = WireBytes(format, x.size());
  Decode(format, all.first(bytes), x);
  for (size_t begin = bytes; begin < all.size(); begin += bytes) {
    DecodeAdd(format, all.subspan(begin, bytes), x);
  }
}

void OneShot(Communicator& comm, WireFormat format, std::span<float> x) {
  AddAll(format, GatherEncoded(comm, format, x), x);
}

// First hop: to each rank the slice that it owns. x's own slice = their sum.
void ScatterSlices(Communicator& comm, WireFormat format, const Slices& slices,
                   std::span<float> x) {
  CollectiveScratch& scratch = comm.scratch();
  const auto own = x.subspan(slices.begin(comm.rank()), slices.size(comm.rank()));
  const size_t own_bytes = WireBytes(format, own.size());
  const auto arrived = Reserve(scratch.arrived, own_bytes * comm.size());
  auto room = Reserve(scratch.encoded, WireBytes(format, x.size()) + comm.size() * kWireBlock);
  scratch.out.clear();
  scratch.in.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    const auto slice = x.subspan(slices.begin(rank), slices.size(rank));
    const size_t bytes = WireBytes(format, slice.size());
    const auto into = arrived.subspan(own_bytes * rank, own_bytes);
    if (rank == comm.rank()) {
      Encode(format, slice, into);
      continue;
    }
    Encode(format, slice, room.first(bytes));
    scratch.out.push_back({rank, room.first(bytes)});
    scratch.in.push_back({rank, into});
    room = room.subspan(bytes);
  }
  ExchangeListed(comm);
  if (!own.empty()) AddAll(format, arrived, own);
}

// Second hop: every owner's slice, encoded once, to all.
void GatherSlices(Communicator& comm, WireFormat format, const Slices& slices, std::span<float> x) {
  CollectiveScratch& scratch = comm.scratch();
  auto room = Reserve(scratch.arrived, WireBytes(format, x.size()) + comm.size() * kWireBlock);
  const auto own = x.subspan(slices.begin(comm.rank()), slices.size(comm.rank()));
  const auto encoded = Reserve(scratch.encoded, WireBytes(format, own.size()));
  Encode(format, own, encoded);
  scratch.out.clear();
  scratch.in.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    const size_t bytes = WireBytes(format, slices.size(rank));
    scratch.out.push_back({rank, encoded});
    scratch.in.push_back({rank, room.first(bytes)});
    room = room.subspan(bytes);
  }
  ExchangeListed(comm);
  Decode(format, encoded, own);
  for (const IncomingMessage& message : scratch.in) {
    Decode(format, message.bytes, x.subspan(slices.begin(message.from), slices.size(message.from)));
  }
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

void EncodedSum(Communicator& comm, WireFormat format, SumShape shape, std::span<float> x) {
  if (comm.size() == 1 || x.empty()) return;
  if (shape == SumShape::kOneShot || comm.size() == 2) {
    OneShot(comm, format, x);
    return;
  }
  const Slices slices{x.size(), static_cast<size_t>(comm.size())};
  ScatterSlices(comm, format, slices, x);
  GatherSlices(comm, format, slices, x);
}

EncodingErrors CheckedSum(Communicator& comm, WireFormat format, std::span<float> x) {
  CollectiveScratch& scratch = comm.scratch();
  const size_t n = x.size();
  const std::span<float> exact = Reserve(scratch.received, n * comm.size());
  std::copy(x.begin(), x.end(), exact.begin() + n * comm.rank());
  scratch.out.clear();
  scratch.in.clear();
  for (int rank = 0; rank < comm.size(); ++rank) {
    if (rank == comm.rank()) continue;
    scratch.out.push_back({rank, std::as_bytes(x)});
    scratch.in.push_back({rank, std::as_writable_bytes(exact.subspan(n * rank, n))});
  }
  ExchangeListed(comm);
  const auto all = GatherEncoded(comm, format, x);
  const size_t bytes = WireBytes(format, n);
  EncodingErrors errors;
  double sum = 0;
  for (int rank = 0; rank < comm.size(); ++rank) {
    Decode(format, all.subspan(bytes * rank, bytes), x);
    Compare(format, exact.subspan(n * rank, n), x, rank, errors, sum);
  }
  errors.mean = sum / static_cast<double>(n * comm.size());
  AddAll(format, all, x);
  return errors;
}

}  // namespace lantern
