// AheadChoice: how far ahead this machine wants weights to be asked for, which no two generations
// of processors agree on: found out on the way, by products that are needed anyway.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "backends/cpu/kernels/kernel_table.h"

namespace lantern {

class AheadChoice {
 public:
  // Distances for a product that reads so many bytes of weights. Products of one size try each in
  // turn, in an order drawn by lot anew each time: in the same one each could meet one kind of
  // weight, and in no turns one might meet all of a machine's slow moments.
  Ahead Try(size_t bytes);
  // How long that product took.
  void Took(std::chrono::duration<double> time);

  bool made() const { return made_; }
  // Until the choice is made: the usual ones.
  Ahead best() const { return kChoices[best_]; }

 private:
  static constexpr std::array kChoices = {kUsualAhead, Ahead{0, 2048}, Ahead{}};
  // Of products of one size.
  struct Kind {
    size_t bytes;
    std::vector<size_t> turn = {};  // choices that are still to be tried
    std::array<std::vector<double>, kChoices.size()> seconds = {};
    size_t turns() const;
  };
  uint32_t Lot();
  Kind& KindOf(size_t bytes);
  bool Enough() const;
  void Choose();

  std::vector<Kind> kinds_;
  size_t kind_ = 0, trying_ = 0, best_ = 0;
  uint32_t lot_ = 1;
  bool made_ = false;
};

}  // namespace lantern
