#include "backends/cpu/ahead_choice.h"

#include <algorithm>
#include <numeric>

namespace lantern {
namespace {

// Of each: 10 to 50 ms of reading.
constexpr size_t kEnoughBytes = size_t{1} << 29;
// Sizes with fewer say nothing: a slow moment could decide.
constexpr int kEnoughTurns = 4;
// Others have to be clearly faster than the usual distances.
constexpr double kClearly = 0.98;

}  // namespace

// The mean without the slowest quarter: a thread put aside once costs more than all the rest. Not
// the median: where memory has two speeds it is either, as one product more decides.
double AheadChoice::Tried::UsualTime() const {
  auto sorted = seconds;
  const int known = std::min(products, kMostTimes), kept = known - known / 4;
  std::sort(sorted.begin(), sorted.begin() + known);
  return std::accumulate(sorted.begin(), sorted.begin() + kept, 0.0) / kept;
}

int AheadChoice::Size::turns() const {
  int least = tried[0].products;
  for (const Tried& one : tried) least = std::min(least, one.products);
  return least;
}

uint32_t AheadChoice::Lot() {
  lot_ = lot_ * 1664525 + 1013904223;
  return lot_ >> 16;
}

size_t AheadChoice::IndexOf(size_t bytes) {
  size_t i = 0;
  while (i < kMostSizes && sizes_[i].bytes != 0 && sizes_[i].bytes != bytes) ++i;
  if (i < kMostSizes) sizes_[i].bytes = bytes;
  return i;
}

Ahead AheadChoice::Try(size_t bytes) {
  size_ = IndexOf(bytes);
  if (size_ == kMostSizes) return best();
  auto& had_turn = sizes_[size_].had_turn;
  if (std::count(had_turn.begin(), had_turn.end(), false) == 0) had_turn.fill(false);
  trying_ = Lot() % kChoices.size();
  while (had_turn[trying_]) trying_ = (trying_ + 1) % kChoices.size();
  had_turn[trying_] = true;
  return kChoices[trying_];
}

void AheadChoice::Took(std::chrono::duration<double> time) {
  if (size_ == kMostSizes) return;
  Tried& tried = sizes_[size_].tried[trying_];
  if (tried.products < kMostTimes) tried.seconds[tried.products] = static_cast<float>(time.count());
  ++tried.products;
  if (Enough()) Choose();
}

bool AheadChoice::Enough() const {
  size_t bytes = 0;
  for (const Size& size : sizes_) {
    if (size.turns() >= kEnoughTurns) bytes += size.turns() * size.bytes;
  }
  return bytes >= kEnoughBytes;
}

void AheadChoice::Choose() {
  std::array<double, kChoices.size()> time = {};
  for (const Size& size : sizes_) {
    if (size.turns() < kEnoughTurns) continue;
    for (size_t i = 0; i < time.size(); ++i) time[i] += size.turns() * size.tried[i].UsualTime();
  }
  for (size_t i = 1; i < time.size(); ++i) {
    if (time[i] < kClearly * time[0] && (best_ == 0 || time[i] < time[best_])) best_ = i;
  }
  made_ = true;
}

}  // namespace lantern
