#include "models/reference/whole_model.h"

#include <numeric>
#include <string>

#include "src/tensor/quant.h"

namespace lantern::reference {
namespace {

Matrix Load(const WeightFile& file, const std::string& name) {
  const StoredTensor& stored = *file.Find(name);
  Matrix out(static_cast<int>(stored.rows), static_cast<int>(stored.cols));
  std::vector<float> row(stored.cols);
  for (int r = 0; r < out.rows; ++r) {
    DecodeRow(stored.type, stored.Row(r).data(), stored.cols, row.data());
    for (int c = 0; c < out.cols; ++c) out.At(r, c) = row[c];
  }
  return out;
}

void AddTo(Matrix& x, const Matrix& y) {
  for (size_t i = 0; i < x.values.size(); ++i) x.values[i] += y.values[i];
}

Matrix FirstRows(const Matrix& x, int rows) {
  Matrix out(rows, x.cols);
  out.values.assign(x.values.begin(), x.values.begin() + out.values.size());
  return out;
}

Matrix SideBySide(const Matrix& a, const Matrix& b) {
  Matrix out(a.rows, a.cols + b.cols);
  for (int r = 0; r < a.rows; ++r) {
    for (int c = 0; c < a.cols; ++c) out.At(r, c) = a.At(r, c);
    for (int c = 0; c < b.cols; ++c) out.At(r, a.cols + c) = b.At(r, c);
  }
  return out;
}

Matrix SelfAttention(const ModelConfig& config, Matrix q, Matrix k, const Matrix& v) {
  std::vector<int> position(q.rows);
  std::iota(position.begin(), position.end(), 0);
  Rope(q, config.head_dim, config.rope_theta, config.rope_divisor, position);
  Rope(k, config.head_dim, config.rope_theta, config.rope_divisor, position);
  const HeadMap heads{0, 0, config.heads / config.kv_heads};
  Matrix out(q.rows, q.cols);
  for (int t = 0; t < q.rows; ++t) {
    const auto row = std::span(q.values).subspan(size_t(t) * q.cols, q.cols);
    const std::vector<double> attended = Attention(row, FirstRows(k, t + 1), FirstRows(v, t + 1),
                                                   config.head_dim, heads, config.sliding_window);
    std::copy(attended.begin(), attended.end(), out.values.begin() + size_t(t) * q.cols);
  }
  return out;
}

}  // namespace

Matrix Logits(const WeightFile& file, std::span<const int> ids) {
  const ModelConfig& config = file.config();
  const Matrix table = Load(file, "token_embd.weight");
  Matrix x(static_cast<int>(ids.size()), config.dim);
  for (int t = 0; t < x.rows; ++t) {
    for (int c = 0; c < x.cols; ++c) x.At(t, c) = table.At(ids[t], c);
  }
  for (int layer = 0; layer < config.layers; ++layer) {
    auto weight = [&](const char* name) {
      return Load(file, "blk." + std::to_string(layer) + "." + name + ".weight");
    };
    const Matrix a = RmsNorm(x, weight("attn_norm"), config.norm_eps);
    const Matrix heads = SelfAttention(config, MatMul(a, weight("attn_q")),
                                       MatMul(a, weight("attn_k")), MatMul(a, weight("attn_v")));
    AddTo(x, MatMul(heads, weight("attn_output")));
    const Matrix f = RmsNorm(x, weight("ffn_norm"), config.norm_eps);
    const Matrix ffn =
        SiluMul(SideBySide(MatMul(f, weight("ffn_gate")), MatMul(f, weight("ffn_up"))));
    AddTo(x, MatMul(ffn, weight("ffn_down")));
  }
  return MatMul(RmsNorm(x, Load(file, "output_norm.weight"), config.norm_eps),
                config.tied ? table : Load(file, "output.weight"));
}

}  // namespace lantern::reference
