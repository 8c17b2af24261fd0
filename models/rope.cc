#include "models/rope.h"

#include "src/tensor/own_math.h"

namespace lantern {

RopeTable MakeRopeTable(const ModelConfig& config, int positions) {
  const int half = config.head_dim / 2;
  RopeTable table{config.head_dim, positions, {}};
  table.cos_sin.resize(size_t(positions) * half * 2);
  for (int i = 0; i < half; ++i) {
    const double divisor = config.rope_divisor.empty() ? 1.0 : config.rope_divisor[i];
    const double frequency = OwnPow(config.rope_theta, -2.0 * i / config.head_dim) / divisor;
    for (int p = 0; p < positions; ++p) {
      float* pair = &table.cos_sin[(size_t(p) * half + i) * 2];
      pair[0] = static_cast<float>(OwnCos(p * frequency));
      pair[1] = static_cast<float>(OwnSin(p * frequency));
    }
  }
  return table;
}

}  // namespace lantern
