// GemmProvider: a library's matrix product, for steps of many tokens. It rounds as it likes, so
// that answers depend on the library, the CPU and the batch; own kernels (matmul.cc) do not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "src/tensor/dtype.h"

namespace lantern {

inline constexpr char kOwnGemm[] = "own";
// Fewer tokens do not pay for unpacking the weights, and decoding keeps own kernels' bits.
inline constexpr int kGemmTokens = 64;

// out[tokens, rows] = x[tokens, columns] * w[columns, rows], all row-major, `w` and `out` dense.
struct GemmBlock {
  DType operands = DType::kF32;  // of x and w: f32 or bf16
  int tokens = 0, rows = 0, columns = 0;
  const void* x = nullptr;
  int64_t x_stride = 0;  // elements from one token to the next
  const void* w = nullptr;
  float* out = nullptr;  // need not be initialized
};

class GemmProvider {
 public:
  virtual ~GemmProvider() = default;
  virtual std::string name() const = 0;  // with the version: "openblas 0.3.21"
  // As what it multiplies weights of this type, and their activations: f32 or bf16.
  virtual DType OperandsFor(DType weight) const = 0;
  // Several threads call it at once; the library may start none of its own. False, and `out` is
  // undefined, where the library refuses.
  virtual bool Multiply(const GemmBlock& block) = 0;
};

// Throws Error{kConfig} when `name` is no provider, or its library is not part of this build or not
// installed.
std::unique_ptr<GemmProvider> OpenGemmProvider(const std::string& name);
// All that this source knows, "own" first.
std::vector<std::string> GemmNames();

// One for each library, where the build has its headers.
std::unique_ptr<GemmProvider> OpenOpenBlas();
std::unique_ptr<GemmProvider> OpenOneDnn();

}  // namespace lantern
