#include "backends/cuda/kernels/large.h"

#include <algorithm>
#include <bit>

#include "backends/cuda/kernels/cublas_lt.h"
#include "backends/cuda/kernels/scratch.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

using Operand = CublasLt::Operand;

Matrix Columns(Matrix matrix, int first, int count) {
  matrix.data = static_cast<std::byte*>(matrix.data) + int64_t{first} * RealBytes(matrix.type);
  matrix.columns = count;
  return matrix;
}

Matrix Rows(Matrix matrix, int first, int count) {
  matrix.data = static_cast<std::byte*>(matrix.data) +
                int64_t{first} * matrix.stride * RealBytes(matrix.type);
  matrix.rows = count;
  return matrix;
}

// Where a product takes less time than a link takes for what it makes (an H100: 700 TFLOP/s and 350
// GB/s), this is made in pieces, so that the first is on its way early; but not in pieces that
// leave multiprocessors without work.
constexpr int kFewColumns = 4000;
constexpr int kLeastPieceRows = 512;
int Pieces(int rows, int columns) {
  return columns < kFewColumns && rows >= 2 * kLeastPieceRows ? 2 : 1;
}

int RowsOf(std::span<const Weight> weights) {
  int rows = 0;
  for (const Weight& weight : weights) rows += weight.out;
  return rows;
}

// Whether plain weights are rows of one matrix: more than one, of one type, each behind the other.
bool LieTogether(std::span<const Weight> weights) {
  for (size_t i = 1; i < weights.size(); ++i) {
    const Weight &before = weights[i - 1], &weight = weights[i];
    const size_t bytes = PackedBytes(before.type, before.out, before.in);
    if (IsBlockFormat(weight.type) || weight.type != before.type || weight.in != before.in ||
        weight.data != before.data + bytes) {
      return false;
    }
  }
  return weights.size() > 1;
}
Weight AsOne(std::span<const Weight> weights) {
  Weight one = weights[0];
  one.out = RowsOf(weights);
  return one;
}

// Columns of a weight in 16 bits.
Operand Plain(const Weight& weight, int begin, int columns) {
  return {weight.data + size_t{2} * begin, RealOf(weight.type), weight.out, columns,
          Pitch(weight.type, weight.in)};
}

Operand OperandOf(const Matrix& x) { return {x.data, x.type, x.rows, x.columns, x.stride}; }

}  // namespace

struct LargeProducts::Impl {
  explicit Impl(const LargePanels& panels) : panels(panels), scratch(panels.bytes) {}

  // Powers of two: then a panel and the usual numbers of tokens give about as many tiles as a GPU
  // has multiprocessors, or twice that (4,096 rows by 2,048 tokens: 256 tiles of 128 x 256).
  int PanelRows(size_t row_bytes) const {
    const size_t most = std::min<size_t>(panels.rows, panels.bytes / row_bytes);
    LANTERN_CHECK_GE(most, size_t{16});  // so that panels of out begin at whole 16 bytes
    return static_cast<int>(std::bit_floor(most));
  }

  // Calls multiply(w, row) for all rows of the weights, counted over all of them: w, some from
  // `row` on, of columns [begin, begin + x.columns), in x's type. As they are, or unpacked by
  // panels.
  template <class MultiplyRows>
  void ByPanels(const Queue& queue, const Matrix& x, std::span<const Weight> weights, int begin,
                const MultiplyRows& multiply);
  // Whether plain weights, which lie one behind the other, are better multiplied as one.
  bool BetterAsOne(const Matrix& out, const Matrix& x, std::span<const Weight> weights, int begin,
                   bool add);

  const LargePanels panels;
  CublasLt blas;
  FixedScratch scratch;  // a panel
};

LargeProducts::LargeProducts(const Queue&, const LargePanels& panels)
    : impl_(std::make_unique<Impl>(panels)) {}
LargeProducts::~LargeProducts() = default;

const std::string& LargeProducts::library() const { return impl_->blas.name(); }

void LargeProducts::Multiply(const Queue& queue, Matrix out, Matrix x,
                             std::span<const Weight> weights, int begin, bool add) {
  LANTERN_CHECK(x.type != Real::kF32);
  LANTERN_CHECK(out.type == Real::kF32 || (out.type == x.type && !add));
  LANTERN_CHECK_EQ(x.rows, out.rows);
  LANTERN_CHECK_EQ(out.columns, RowsOf(weights));
  for (const Weight& weight : weights) LANTERN_CHECK_LE(begin + x.columns, weight.in);
  if (x.rows == 0 || out.columns == 0) return;
  const auto multiply = [&](const Operand& w, int row) {
    impl_->blas.Multiply(queue, Columns(out, row, w.rows), OperandOf(x), w, add);
  };
  if (LieTogether(weights) && impl_->BetterAsOne(out, x, weights, begin, add)) {
    const Weight whole = AsOne(weights);
    return impl_->ByPanels(queue, x, {&whole, 1}, begin, multiply);
  }
  impl_->ByPanels(queue, x, weights, begin, multiply);
}

void LargeProducts::MultiplyRowsFirst(const Queue& queue, Matrix out, Matrix x,
                                      const Weight& weight, int first, int count,
                                      const RowsMade& made) {
  LANTERN_CHECK(x.type != Real::kF32 && out.type == Real::kF32);
  LANTERN_CHECK(x.rows == out.rows && out.columns == weight.out && x.columns == weight.in);
  LANTERN_CHECK(first == 0 || first + count == x.rows);
  const int other = first == 0 ? count : 0, others = x.rows - count;
  impl_->ByPanels(queue, x, {&weight, 1}, 0, [&](const Operand& w, int row) {
    const Matrix panel = Columns(out, row, w.rows);
    const int pieces = Pieces(count, x.columns);
    for (int piece = 0; piece < pieces; ++piece) {
      const int begin = count * piece / pieces, size = count * (piece + 1) / pieces - begin;
      const Matrix part = Rows(panel, first + begin, size);
      impl_->blas.Multiply(queue, part, OperandOf(Rows(x, first + begin, size)), w, false);
      made(part, begin, row);
    }
    impl_->blas.Multiply(queue, Rows(panel, other, others), OperandOf(Rows(x, other, others)), w,
                         false);
  });
}

bool LargeProducts::Impl::BetterAsOne(const Matrix& out, const Matrix& x,
                                      std::span<const Weight> weights, int begin, bool add) {
  if (weights[0].type != TypeOf(x.type)) return false;  // panels join them anyway
  double apart = 0;
  int column = 0;
  for (const Weight& weight : weights) {
    apart += blas.Cost(Columns(out, column, weight.out), OperandOf(x),
                       Plain(weight, begin, x.columns), add);
    column += weight.out;
  }
  return blas.Cost(out, OperandOf(x), Plain(AsOne(weights), begin, x.columns), add) <= apart;
}

template <class MultiplyRows>
void LargeProducts::Impl::ByPanels(const Queue& queue, const Matrix& x,
                                   std::span<const Weight> weights, int begin,
                                   const MultiplyRows& multiply) {
  const auto is_plain = [&](const Weight& weight) { return weight.type == TypeOf(x.type); };
  if (std::all_of(weights.begin(), weights.end(), is_plain)) {
    for (int row = 0; const Weight& weight : weights) {
      if (weight.out > 0) multiply(Plain(weight, begin, x.columns), row);
      row += weight.out;
    }
    return;
  }
  const int pitch = Pitch(TypeOf(x.type), x.columns), all = RowsOf(weights);
  const int rows = PanelRows(size_t{2} * pitch);
  for (int first = 0; first < all; first += rows) {
    const int count = std::min(rows, all - first);
    for (int row = 0; const Weight& weight : weights) {
      const int from = std::max(first, row), to = std::min(first + count, row + weight.out);
      if (from < to) {
        Unpack(queue, weight, from - row, to - from, begin, x.columns, x.type,
               scratch.data() + size_t{2} * pitch * (from - first), pitch);
      }
      row += weight.out;
    }
    multiply(Operand{scratch.data(), x.type, count, x.columns, pitch}, first);
  }
}

}  // namespace lantern::cuda
