#include "models/reference/operations.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "src/base/check.h"
#include "src/tensor/quant.h"

namespace lantern::reference {

Matrix FromTensor(Tensor tensor) {
  Matrix out(tensor.rows, tensor.cols);
  for (int row = 0; row < tensor.rows; ++row) {
    for (int col = 0; col < tensor.cols; ++col) out.At(row, col) = tensor.Row(row)[col];
  }
  return out;
}

Matrix FromWeight(const RawWeight& raw) {
  Matrix out(raw.out, raw.in);
  std::vector<std::byte> bytes(RowBytes(raw.type, raw.in));
  std::vector<float> decoded(raw.in);
  for (int row = 0; row < raw.out; ++row) {
    raw.read_row(row, bytes.data());
    DecodeRow(raw.type, bytes.data(), raw.in, decoded.data());
    for (int col = 0; col < raw.in; ++col) out.At(row, col) = decoded[col];
  }
  return out;
}

Matrix MatMul(const Matrix& x, const Matrix& w) {
  LANTERN_CHECK_EQ(x.cols, w.cols);
  Matrix out(x.rows, w.rows);
  for (int row = 0; row < x.rows; ++row) {
    for (int col = 0; col < w.rows; ++col) {
      double sum = 0;
      for (int k = 0; k < x.cols; ++k) sum += x.At(row, k) * w.At(col, k);
      out.At(row, col) = sum;
    }
  }
  return out;
}

Matrix QuantizeDequantize(const Matrix& x, int block) {
  Matrix out(x.rows, x.cols);
  for (int row = 0; row < x.rows; ++row) {
    for (int begin = 0; begin < x.cols; begin += block) {
      double largest = 0;
      for (int i = begin; i < begin + block; ++i) {
        largest = std::max(largest, std::fabs(x.At(row, i)));
      }
      const double scale = largest / 127;
      for (int i = begin; i < begin + block; ++i) {
        out.At(row, i) = scale == 0 ? 0 : std::nearbyint(x.At(row, i) / scale) * scale;
      }
    }
  }
  return out;
}

Matrix RmsNorm(const Matrix& x, const Matrix& weight, double eps) {
  Matrix out(x.rows, x.cols);
  for (int row = 0; row < x.rows; ++row) {
    double squares = 0;
    for (int i = 0; i < x.cols; ++i) squares += x.At(row, i) * x.At(row, i);
    const double norm = std::sqrt(squares / x.cols + eps);
    for (int i = 0; i < x.cols; ++i) out.At(row, i) = x.At(row, i) / norm * weight.At(0, i);
  }
  return out;
}

void Rope(Matrix& x, int head_dim, double theta, std::span<const double> divisor,
          std::span<const int> position) {
  for (int row = 0; row < x.rows; ++row) {
    for (int col = 0; col < x.cols; col += 2) {
      const int pair = col % head_dim / 2;
      double angle = position[row] * std::pow(theta, -2.0 * pair / head_dim);
      if (!divisor.empty()) angle /= divisor[pair];
      const double c = std::cos(angle), s = std::sin(angle);
      const double a = x.At(row, col), b = x.At(row, col + 1);
      x.At(row, col) = a * c - b * s;
      x.At(row, col + 1) = a * s + b * c;
    }
  }
}

std::vector<double> Attention(std::span<const double> q, const Matrix& keys, const Matrix& values,
                              int head_dim, const HeadMap& heads, int window) {
  std::vector<double> out(q.size(), 0.0);
  const int begin = window > 0 ? std::max(0, keys.rows - window) : 0;
  for (int head = 0; head < static_cast<int>(q.size()) / head_dim; ++head) {
    const int kv_column = heads.KvHead(head) * head_dim, column = head * head_dim;
    std::vector<double> score(keys.rows);
    double most = -INFINITY, sum = 0;
    for (int p = begin; p < keys.rows; ++p) {
      for (int i = 0; i < head_dim; ++i) score[p] += q[column + i] * keys.At(p, kv_column + i);
      score[p] /= std::sqrt(head_dim);
      most = std::max(most, score[p]);
    }
    for (int p = begin; p < keys.rows; ++p) sum += std::exp(score[p] - most);
    for (int p = begin; p < keys.rows; ++p) {
      const double weight = std::exp(score[p] - most) / sum;
      for (int i = 0; i < head_dim; ++i) out[column + i] += weight * values.At(p, kv_column + i);
    }
  }
  return out;
}

Matrix SiluMul(const Matrix& gate_up) {
  const int ffn = gate_up.cols / 2;
  Matrix out(gate_up.rows, ffn);
  for (int row = 0; row < out.rows; ++row) {
    for (int i = 0; i < ffn; ++i) {
      const double gate = gate_up.At(row, i);
      out.At(row, i) = gate / (1 + std::exp(-gate)) * gate_up.At(row, ffn + i);
    }
  }
  return out;
}

double NormalizedError(const Matrix& actual, const Matrix& expected) {
  return NormalizedError(actual, expected, expected);
}

double NormalizedError(const Matrix& actual, const Matrix& expected, const Matrix& magnitude) {
  LANTERN_CHECK(actual.rows == expected.rows && actual.cols == expected.cols);
  LANTERN_CHECK(actual.rows == magnitude.rows && actual.cols == magnitude.cols);
  double difference = 0, total = 0;
  for (size_t i = 0; i < expected.values.size(); ++i) {
    difference += (actual.values[i] - expected.values[i]) * (actual.values[i] - expected.values[i]);
    total += magnitude.values[i] * magnitude.values[i];
  }
  return total == 0 ? difference : difference / total;
}

Matrix Magnitude(Matrix x) {
  for (double& value : x.values) value = std::fabs(value);
  return x;
}

}  // namespace lantern::reference
