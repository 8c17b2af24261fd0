#include "src/engine/residual_check.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

ResidualCheck::ResidualCheck(Communicator& group, int first_layer, int layers)
    : group_(group), first_layer_(first_layer), layers_(layers) {
  if (group.size() == 1) return;
  all_.resize(layers_ * group.size());
  for (int rank = 0; rank < group.size(); ++rank) {
    if (rank == group.rank()) continue;
    out_.push_back({rank, std::as_bytes(Of(group.rank()))});
    in_.push_back({rank, std::as_writable_bytes(Of(rank))});
  }
}

void ResidualCheck::EndStep(std::span<const uint32_t> hashes) {
  if (all_.empty()) return;
  Settle();
  LANTERN_CHECK_EQ(hashes.size(), layers_);
  std::copy(hashes.begin(), hashes.end(), Of(group_.rank()).begin());
  ticket_ = group_.Start(out_, in_);
}

void ResidualCheck::Settle() {
  if (!ticket_) return;
  group_.Wait(*std::exchange(ticket_, std::nullopt), Patience::kStep);
  for (size_t layer = 0; layer < layers_; ++layer) {
    for (int rank = 1; rank < group_.size(); ++rank) {
      if (Of(rank)[layer] != Of(0)[layer]) FailAt(layer);
    }
  }
}

void ResidualCheck::FailAt(size_t layer) {
  std::vector<std::string> names;
  std::vector<uint32_t> hashes;
  for (int rank = 0; rank < group_.size(); ++rank) {
    names.push_back(group_.NameOf(rank));
    hashes.push_back(Of(rank)[layer]);
  }
  throw Error(ErrorKind::kPeerLost,
              DifferenceText(first_layer_ + static_cast<int>(layer), names, hashes));
}

std::string DifferenceText(int layer, std::span<const std::string> names,
                           std::span<const uint32_t> hashes) {
  std::vector<std::string> others;
  for (const uint32_t most : hashes) {
    const size_t alike = std::count(hashes.begin(), hashes.end(), most);
    if (2 * alike <= hashes.size()) continue;
    for (size_t i = 0; i < hashes.size(); ++i) {
      if (hashes[i] != most) others.push_back(names[i]);
    }
    const bool one = others.size() == 1;
    return fmt::format(
        "After layer {} {} {} other numbers than the {} ranks that share it: {} computes wrongly, "
        "so test its memory, and run lantern check.",
        layer, fmt::join(others, " and "), one ? "holds" : "hold", alike,
        one ? "that machine" : "each of these machines");
  }
  return fmt::format(
      "After layer {} {} hold different numbers where they must hold the same: one of their "
      "machines computes wrongly, so test the memory of each, and run lantern check on it.",
      layer, fmt::join(names, " and "));
}

}  // namespace lantern
