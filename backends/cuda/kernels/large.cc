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

// A weight in 16 bits, its columns from `begin` on.
Operand Plain(const Weight& weight, int begin, int columns) {
  return {weight.data + size_t{2} * begin, RealOf(weight.type), weight.out, columns,
          Pitch(weight.type, weight.in)};
}

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

  void MultiplyUnpacked(const Queue& queue, const Matrix& out, const Operand& x,
                        const Weight& weight, int begin, bool add);

  const LargePanels panels;
  CublasLt blas;
  FixedScratch scratch;  // a panel
};

LargeProducts::LargeProducts(const Queue&, const LargePanels& panels)
    : impl_(std::make_unique<Impl>(panels)) {}
LargeProducts::~LargeProducts() = default;

const std::string& LargeProducts::library() const { return impl_->blas.name(); }

void LargeProducts::Multiply(const Queue& queue, Matrix out, Matrix x, const Weight& weight,
                             int begin, bool add) {
  LANTERN_CHECK(x.type != Real::kF32);
  LANTERN_CHECK(out.type == Real::kF32 || (out.type == x.type && !add));
  LANTERN_CHECK_EQ(x.rows, out.rows);
  LANTERN_CHECK_EQ(out.columns, weight.out);
  LANTERN_CHECK_LE(begin + x.columns, weight.in);
  if (x.rows == 0 || weight.out == 0) return;
  const Operand operand{x.data, x.type, x.rows, x.columns, x.stride};
  if (weight.type == TypeOf(x.type)) {
    impl_->blas.Multiply(queue, out, operand, Plain(weight, begin, x.columns), add);
  } else {
    impl_->MultiplyUnpacked(queue, out, operand, weight, begin, add);
  }
}

void LargeProducts::Impl::MultiplyUnpacked(const Queue& queue, const Matrix& out, const Operand& x,
                                           const Weight& weight, int begin, bool add) {
  const int pitch = Pitch(TypeOf(x.type), x.columns);
  const int rows = PanelRows(size_t{2} * pitch);
  for (int first = 0; first < weight.out; first += rows) {
    const int count = std::min(rows, weight.out - first);
    Unpack(queue, weight, first, count, begin, x.columns, x.type, scratch.data(), pitch);
    blas.Multiply(queue, Columns(out, first, count), x,
                  {scratch.data(), x.type, count, x.columns, pitch}, add);
  }
}

}  // namespace lantern::cuda
