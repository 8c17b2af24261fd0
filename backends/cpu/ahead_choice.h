// AheadChoice: how far ahead this machine wants weights to be asked for, which no two generations
// of processors agree on: found out on the way, by products that are needed anyway.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include "backends/cpu/kernels/kernel_table.h"

namespace lantern {

class AheadChoice {
 public:
  // Distances for the next product, drawn by lot: in turns they could each meet one kind of weight.
  Ahead Try();
  // That product read so many bytes of weights in that time.
  void Took(size_t bytes, std::chrono::duration<double> time);

  bool made() const { return made_; }
  // Until the choice is made: the usual ones.
  Ahead best() const { return kChoices[best_]; }

 private:
  static constexpr std::array kChoices = {kUsualAhead, Ahead{0, 2048}, Ahead{}};

  struct Tried {
    int products = 0;
    size_t bytes = 0;
    double seconds = 0;
  };
  void Choose();

  std::array<Tried, kChoices.size()> tried_;
  size_t trying_ = 0, best_ = 0;
  uint32_t lot_ = 1;
  bool made_ = false;
};

}  // namespace lantern
