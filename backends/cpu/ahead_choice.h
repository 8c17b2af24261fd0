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
  static constexpr size_t kMostSizes = 8;  // others are not tried
  static constexpr int kMostTimes = 32;

  // Products of one size by one choice.
  struct Tried {
    int products = 0;
    std::array<float, kMostTimes> seconds = {};  // of the first
    double UsualTime() const;
  };
  struct Size {
    size_t bytes = 0;
    std::array<bool, kChoices.size()> had_turn = {};
    std::array<Tried, kChoices.size()> tried = {};
    int turns() const;  // that every choice has had
  };
  uint32_t Lot();
  size_t IndexOf(size_t bytes);
  bool Enough() const;
  void Choose();

  std::array<Size, kMostSizes> sizes_;
  size_t size_ = kMostSizes, trying_ = 0, best_ = 0;  // kMostSizes: none of these
  uint32_t lot_ = 1;
  bool made_ = false;
};

}  // namespace lantern
