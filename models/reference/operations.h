// The operations again, in double precision and with obvious loops: what kernels and whole models
// are held against. Nothing here shares code with the backends.
#pragma once

#include <span>
#include <vector>

#include "backends/backend_concept.h"

namespace lantern::reference {

// Row-major doubles.
struct Matrix {
  int rows = 0, cols = 0;
  std::vector<double> values;

  Matrix() = default;
  Matrix(int r, int c) : rows(r), cols(c), values(static_cast<size_t>(r) * c) {}
  double& At(int row, int col) { return values[static_cast<size_t>(row) * cols + col]; }
  double At(int row, int col) const { return values[static_cast<size_t>(row) * cols + col]; }
};

Matrix FromTensor(Tensor tensor);
Matrix FromWeight(const RawWeight& raw);  // decoded, [out, in]

// x[n, in] * w[out, in]^T.
Matrix MatMul(const Matrix& x, const Matrix& w);
// x as the block formats see it: each `block` columns rounded to multiples of largest / 127.
Matrix QuantizeDequantize(const Matrix& x, int block);
// x / sqrt(mean(x^2) + eps) * weight[1, dim].
Matrix RmsNorm(const Matrix& x, const Matrix& weight, double eps);
// Rotates neighbouring pairs of every head by position * theta^(-2 i / head_dim) / divisor[i];
// an empty divisor means all 1.
void Rope(Matrix& x, int head_dim, double theta, std::span<const double> divisor,
          std::span<const int> position);
// Attention of one token: q [heads * head_dim] over keys and values [positions, kv heads *
// head_dim], of which the last `window` positions count where window > 0.
std::vector<double> Attention(std::span<const double> q, const Matrix& keys, const Matrix& values,
                              int head_dim, const HeadMap& heads, int window);
// silu(gate) * up of gate_up [n, 2 * ffn].
Matrix SiluMul(const Matrix& gate_up);

// Sum of squared differences over the sum of squared expected values.
double NormalizedError(const Matrix& actual, const Matrix& expected);
// The same over the squares of `magnitude`: for results that cancel, whose terms are of that size.
double NormalizedError(const Matrix& actual, const Matrix& expected, const Matrix& magnitude);
// Absolute values.
Matrix Magnitude(Matrix x);

}  // namespace lantern::reference
