#include "models/rope.h"

#include <vector>

#include "src/tensor/own_math.h"

namespace lantern {

RopeTable MakeRopeTable(Backend::Context& context, const ModelConfig& config, int positions) {
  const int half = config.head_dim / 2;
  std::vector<float> cos_sin(size_t(positions) * config.head_dim);
  for (int i = 0; i < half; ++i) {
    const double divisor = config.rope_divisor.empty() ? 1.0 : config.rope_divisor[i];
    const double frequency = OwnPow(config.rope_theta, -2.0 * i / config.head_dim) / divisor;
    for (int p = 0; p < positions; ++p) {
      float* pair = &cos_sin[(size_t(p) * half + i) * 2];
      pair[0] = static_cast<float>(OwnCos(p * frequency));
      pair[1] = static_cast<float>(OwnSin(p * frequency));
    }
  }
  RopeTable table;
  table.head_dim = config.head_dim;
  table.cos_sin = Backend::Allocate(context, table.owner, positions, config.head_dim, DType::kF32);
  Backend::Upload(context, table.cos_sin, cos_sin);
  return table;
}

}  // namespace lantern
