#include "backends/cpu/ahead_choice.h"

#include <algorithm>

namespace lantern {
namespace {

// Of each: 10 to 50 ms of reading, and so many products that a slow moment of one does not decide.
constexpr size_t kEnoughBytes = size_t{1} << 29;
constexpr int kEnoughProducts = 8;
// Others have to be clearly faster than the usual distances.
constexpr double kClearly = 0.98;

}  // namespace

Ahead AheadChoice::Try() {
  lot_ = lot_ * 1664525 + 1013904223;
  trying_ = (lot_ >> 16) % kChoices.size();
  return kChoices[trying_];
}

void AheadChoice::Took(size_t bytes, std::chrono::duration<double> time) {
  ++tried_[trying_].products;
  tried_[trying_].bytes += bytes;
  tried_[trying_].seconds += time.count();
  const auto enough = [](const Tried& tried) {
    return tried.bytes >= kEnoughBytes && tried.products >= kEnoughProducts;
  };
  if (std::all_of(tried_.begin(), tried_.end(), enough)) Choose();
}

void AheadChoice::Choose() {
  const auto pace = [&](size_t i) {
    return tried_[i].seconds / static_cast<double>(tried_[i].bytes);
  };
  for (size_t i = 1; i < kChoices.size(); ++i) {
    if (pace(i) < kClearly * pace(0) && (best_ == 0 || pace(i) < pace(best_))) best_ = i;
  }
  made_ = true;
}

}  // namespace lantern
