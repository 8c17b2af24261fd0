#include "backends/cpu/ahead_choice.h"

#include <algorithm>
#include <numeric>

namespace lantern {
namespace {

// Of each: 10 to 50 ms of reading.
constexpr size_t kEnoughBytes = size_t{1} << 29;
// Sizes with fewer say nothing: a slow moment could decide.
constexpr size_t kEnoughTurns = 4;
// Others have to be clearly faster than the usual distances.
constexpr double kClearly = 0.98;

// The mean without the slowest quarter: a thread put aside once costs more than all the rest. Not
// the median: on a machine whose memory has two speeds it is either, as one product more decides.
double UsualTime(std::vector<double> seconds) {
  std::sort(seconds.begin(), seconds.end());
  const size_t kept = seconds.size() - seconds.size() / 4;
  return std::accumulate(seconds.begin(), seconds.begin() + kept, 0.0) / static_cast<double>(kept);
}

}  // namespace

size_t AheadChoice::Kind::turns() const {
  return std::min_element(seconds.begin(), seconds.end(),
                          [](const auto& a, const auto& b) { return a.size() < b.size(); })
      ->size();
}

uint32_t AheadChoice::Lot() {
  lot_ = lot_ * 1664525 + 1013904223;
  return lot_ >> 16;
}

AheadChoice::Kind& AheadChoice::KindOf(size_t bytes) {
  const auto found = std::find_if(kinds_.begin(), kinds_.end(),
                                  [=](const Kind& kind) { return kind.bytes == bytes; });
  return found != kinds_.end() ? *found : kinds_.emplace_back(Kind{bytes});
}

Ahead AheadChoice::Try(size_t bytes) {
  Kind& kind = KindOf(bytes);
  kind_ = &kind - kinds_.data();
  if (kind.turn.empty()) {
    kind.turn.resize(kChoices.size());
    std::iota(kind.turn.begin(), kind.turn.end(), 0);
  }
  const auto drawn = kind.turn.begin() + Lot() % kind.turn.size();
  trying_ = *drawn;
  kind.turn.erase(drawn);
  return kChoices[trying_];
}

void AheadChoice::Took(std::chrono::duration<double> time) {
  kinds_[kind_].seconds[trying_].push_back(time.count());
  if (Enough()) Choose();
}

bool AheadChoice::Enough() const {
  size_t bytes = 0;
  for (const Kind& kind : kinds_) {
    if (kind.turns() >= kEnoughTurns) bytes += kind.turns() * kind.bytes;
  }
  return bytes >= kEnoughBytes;
}

void AheadChoice::Choose() {
  std::array<double, kChoices.size()> time = {};
  for (const Kind& kind : kinds_) {
    if (kind.turns() < kEnoughTurns) continue;
    for (size_t i = 0; i < time.size(); ++i) {
      time[i] += static_cast<double>(kind.turns()) * UsualTime(kind.seconds[i]);
    }
  }
  for (size_t i = 1; i < time.size(); ++i) {
    if (time[i] < kClearly * time[0] && (best_ == 0 || time[i] < time[best_])) best_ = i;
  }
  kinds_ = {};
  made_ = true;
}

}  // namespace lantern
