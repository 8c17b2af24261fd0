#include "backends/cuda/kernels/large.h"

#include <algorithm>
#include <bit>

#include "backends/cuda/kernels/cublas_lt.h"
#include "backends/cuda/kernels/large_rounding.h"
#include "backends/cuda/kernels/scratch.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

using Operand = CublasLt::Operand;

constexpr size_t kF16Bytes = size_t{64} << 20;  // of x, for weights in f16

Matrix Rows(Matrix matrix, int first, int count) {
  matrix.data =
      static_cast<std::byte*>(matrix.data) + first * matrix.stride * RealBytes(matrix.type);
  matrix.rows = count;
  return matrix;
}

Matrix Columns(Matrix matrix, int first, int count) {
  matrix.data = static_cast<std::byte*>(matrix.data) + int64_t{first} * RealBytes(matrix.type);
  matrix.columns = count;
  return matrix;
}

// Rows [first, first + count) of a weight in 16 bits, and its columns from `begin` on.
Operand PlainRows(const Weight& weight, int first, int count, int begin, int columns) {
  const long long pitch = Pitch(weight.type, weight.in);
  return {weight.data + (first * pitch + begin) * 2, weight.type, count, columns, pitch};
}

}  // namespace

struct LargeProducts::Impl {
  explicit Impl(const LargePanels& panels)
      : panels(panels), panel_scratch(panels.bytes), f16_scratch(kF16Bytes) {}

  // Powers of two: then a panel and the usual numbers of tokens give about as many tiles as a GPU
  // has multiprocessors, or twice that (4,096 rows by 2,048 tokens: 256 tiles of 128 x 256).
  int PanelRows(size_t row_bytes) const {
    const size_t most = std::min<size_t>(panels.rows, panels.bytes / row_bytes);
    LANTERN_CHECK_GE(most, size_t{16});  // so that panels of out begin at whole 16 bytes
    return static_cast<int>(std::bit_floor(most));
  }

  void MultiplyF16(const Queue& queue, const Matrix& out, const Matrix& x, const Weight& weight,
                   int begin, bool add);
  void MultiplyF16ToBF16(const Queue& queue, const Matrix& out, const Operand& x,
                         const Weight& weight, int begin);
  void MultiplyUnpacked(const Queue& queue, const Matrix& out, const Operand& x,
                        const Weight& weight, int begin, bool add);

  const LargePanels panels;
  CublasLt blas;
  Scratch panel_scratch, f16_scratch;
};

LargeProducts::LargeProducts(const Queue&, const LargePanels& panels)
    : impl_(std::make_unique<Impl>(panels)) {}
LargeProducts::~LargeProducts() = default;

const std::string& LargeProducts::library() const { return impl_->blas.name(); }

void LargeProducts::Multiply(const Queue& queue, Matrix out, Matrix x, const Weight& weight,
                             int begin, bool add) {
  LANTERN_CHECK(x.type == Real::kBF16);
  LANTERN_CHECK(out.type == Real::kF32 || !add);
  LANTERN_CHECK_EQ(x.rows, out.rows);
  LANTERN_CHECK_EQ(out.columns, weight.out);
  LANTERN_CHECK_LE(begin + x.columns, weight.in);
  if (x.rows == 0 || weight.out == 0) return;
  const Operand operand{x.data, DType::kBF16, x.rows, x.columns, x.stride};
  if (weight.type == DType::kF16) {
    impl_->MultiplyF16(queue, out, x, weight, begin, add);
  } else if (weight.type == DType::kBF16) {
    impl_->blas.Multiply(queue, out, operand, PlainRows(weight, 0, weight.out, begin, x.columns),
                         add);
  } else {
    impl_->MultiplyUnpacked(queue, out, operand, weight, begin, add);
  }
}

void LargeProducts::Impl::MultiplyF16(const Queue& queue, const Matrix& out, const Matrix& x,
                                      const Weight& weight, int begin, bool add) {
  const int pitch = Pitch(DType::kF16, x.columns);
  const int most = static_cast<int>(std::min<size_t>(x.rows, f16_scratch.bytes() / 2 / pitch));
  for (int first = 0; first < x.rows; first += most) {
    const int tokens = std::min(most, x.rows - first);
    ToF16(queue, f16_scratch.data(), pitch, Rows(x, first, tokens));
    const Operand halves{f16_scratch.data(), DType::kF16, tokens, x.columns, pitch};
    const Matrix part = Rows(out, first, tokens);
    if (out.type == Real::kF32) {
      blas.Multiply(queue, part, halves, PlainRows(weight, 0, weight.out, begin, x.columns), add);
    } else {
      MultiplyF16ToBF16(queue, part, halves, weight, begin);
    }
  }
}

// Through f32, since the library has no f16 times f16 into bf16, and f16 could overflow.
void LargeProducts::Impl::MultiplyF16ToBF16(const Queue& queue, const Matrix& out, const Operand& x,
                                            const Weight& weight, int begin) {
  const int rows = PanelRows(size_t{4} * x.rows);
  for (int first = 0; first < weight.out; first += rows) {
    const int count = std::min(rows, weight.out - first);
    const Matrix sums{panel_scratch.data(), Real::kF32, x.rows, count, rows};
    blas.Multiply(queue, sums, x, PlainRows(weight, first, count, begin, x.columns), false);
    ToBF16(queue, Columns(out, first, count), sums);
  }
}

void LargeProducts::Impl::MultiplyUnpacked(const Queue& queue, const Matrix& out, const Operand& x,
                                           const Weight& weight, int begin, bool add) {
  const int pitch = Pitch(DType::kBF16, x.columns);
  const int rows = PanelRows(size_t{2} * pitch);
  for (int first = 0; first < weight.out; first += rows) {
    const int count = std::min(rows, weight.out - first);
    Unpack(queue, weight, first, count, begin, x.columns, DType::kBF16, panel_scratch.data(),
           pitch);
    blas.Multiply(queue, Columns(out, first, count), x,
                  {panel_scratch.data(), DType::kBF16, count, x.columns, pitch}, add);
  }
}

}  // namespace lantern::cuda
