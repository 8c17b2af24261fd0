#include "models/config.h"

#include <cmath>

#include "src/base/error.h"
#include "src/tensor/own_math.h"

namespace lantern {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Far beyond any Llama, and small enough that products of any two fit into 64 bits and those of
// dimensions into an int with room to spare.
constexpr int kMaxLayers = 10000;
constexpr int kMaxWidth = 1 << 20;
constexpr int kMaxVocab = 1 << 24;
constexpr int kMaxContext = 1 << 24;

void RequireRange(const std::string& where, const char* what, int64_t value, int64_t max) {
  if (value < 1 || value > max) {
    Fail(ErrorKind::kIo, "{}: {} is {}, which should be from 1 to {}.", where, what, value, max);
  }
}

void RequirePositive(const std::string& where, const char* what, double value) {
  if (!std::isfinite(value) || value <= 0) {
    Fail(ErrorKind::kIo, "{}: {} is {}, which should be a positive number.", where, what, value);
  }
}

void ValidateHeads(const ModelConfig& config, const std::string& where) {
  RequireRange(where, "the number of heads", config.heads, kMaxWidth);
  RequireRange(where, "the number of kv heads", config.kv_heads, config.heads);
  RequireRange(where, "the head dimension", config.head_dim, kMaxWidth);
  if (config.heads % config.kv_heads != 0) {
    Fail(ErrorKind::kIo, "{}: {} heads cannot share {} kv heads evenly.", where, config.heads,
         config.kv_heads);
  }
  if (config.head_dim % 2 != 0) {
    Fail(ErrorKind::kIo, "{}: the head dimension {} is odd, but rotation takes pairs.", where,
         config.head_dim);
  }
  RequireRange(where, "heads times head dimension", int64_t{config.heads} * config.head_dim,
               kMaxWidth);
}

void ValidateRope(const ModelConfig& config, const std::string& where) {
  RequirePositive(where, "the rotation base (rope theta)", config.rope_theta);
  const auto pairs = static_cast<size_t>(config.head_dim / 2);
  if (!config.rope_divisor.empty() && config.rope_divisor.size() != pairs) {
    Fail(ErrorKind::kIo, "{}: {} rotation factors are given for {} pairs in a head.", where,
         config.rope_divisor.size(), pairs);
  }
  for (const double divisor : config.rope_divisor) {
    RequirePositive(where, "a rotation factor", divisor);
  }
}

}  // namespace

std::vector<double> Llama3RopeDivisors(double theta, int head_dim, double factor, double low,
                                       double high, double original_context) {
  std::vector<double> divisors;
  for (int i = 0; i < head_dim / 2; ++i) {
    const double wavelength = 2 * kPi / OwnPow(theta, -2.0 * i / head_dim);
    if (wavelength < original_context / high) {
      divisors.push_back(1);
    } else if (wavelength > original_context / low) {
      divisors.push_back(factor);
    } else {
      const double smooth = (original_context / wavelength - low) / (high - low);
      divisors.push_back(1 / ((1 - smooth) / factor + smooth));
    }
  }
  return divisors;
}

void Validate(const ModelConfig& config, const std::string& where) {
  RequireRange(where, "the number of layers", config.layers, kMaxLayers);
  RequireRange(where, "the model width", config.dim, kMaxWidth);
  RequireRange(where, "the feed-forward width", config.ffn, kMaxWidth);
  RequireRange(where, "the vocabulary size", config.vocab, kMaxVocab);
  RequireRange(where, "the context length", config.context, kMaxContext);
  ValidateHeads(config, where);
  ValidateRope(config, where);
  RequirePositive(where, "the norm's epsilon", config.norm_eps);
  if (config.sliding_window < 0) {
    Fail(ErrorKind::kIo, "{}: the sliding window is {}, which should not be negative.", where,
         config.sliding_window);
  }
}

}  // namespace lantern
