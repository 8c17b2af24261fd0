#include "backends/cuda/products.h"

#include <algorithm>
#include <array>

#include "src/base/check.h"

namespace lantern::cuda {
namespace {

Weight WeightOf(const WeightMatrix& w) { return {w.data.get(), w.type, w.out, w.in}; }

// Columns [begin, begin + count) of a matrix.
Matrix Columns(const Matrix& matrix, int begin, int count) {
  Matrix part = matrix;
  part.data =
      static_cast<std::byte*>(matrix.data) + static_cast<size_t>(begin) * RealBytes(matrix.type);
  part.columns = count;
  return part;
}

// Every part by itself, into its columns of the output.
template <class MultiplyPart>
void ByParts(const Product& product, const MultiplyPart& multiply) {
  const Matrix out = MatrixOf(product.out);
  int column = 0;
  for (const WeightMatrix& part : product.parts) {
    multiply(Columns(out, column, part.out), WeightOf(part));
    column += part.out;
  }
  LANTERN_CHECK_EQ(column, out.columns);
}

// Weights of the activations' type with more tokens are faster by cuBLASLt, which cannot read the
// others as they are: on an H100 a layer's products of 64 tokens take 175 us there in bf16, and
// 306 us here of 16.
constexpr int kMostPlainTokens = 3;
constexpr int kMostOtherTokens = 24;

bool IsSkinny(const Product& product, Real compute) {
  const auto is_plain = [&](const WeightMatrix& part) { return part.type == TypeOf(compute); };
  const bool all = std::all_of(product.parts.begin(), product.parts.end(), is_plain);
  return product.x.rows <= (all ? kMostPlainTokens : kMostOtherTokens);
}

SkinnyProduct Skinny(const Product& product) {
  SkinnyProduct skinny;
  skinny.x = MatrixOf(product.x);
  skinny.norm = product.norm;
  skinny.eps = product.eps;
  LANTERN_CHECK_LE(product.parts.size(), std::size(skinny.parts));
  for (const WeightMatrix& part : product.parts) skinny.parts[skinny.part_count++] = WeightOf(part);
  skinny.begin = product.begin;
  skinny.out = MatrixOf(product.out);
  return skinny;
}

}  // namespace

std::optional<SkinnyProduct> MultiplyOrPrepare(CudaContext& context, const Product& product,
                                               bool may_wait) {
  const Queue& queue = context.queue();
  const Matrix x = MatrixOf(product.x);
  if (context.compute() == Real::kF32) {
    ByParts(product, [&](const Matrix& out, const Weight& weight) {
      MultiplyF32(queue, out, x, weight, product.begin, false, context.F32Scratch());
    });
    return std::nullopt;
  }
  if (!IsSkinny(product, context.compute())) {
    LANTERN_CHECK(product.norm == nullptr);
    std::array<Weight, std::size(SkinnyProduct{}.parts)> parts;
    LANTERN_CHECK_LE(product.parts.size(), parts.size());
    std::transform(product.parts.begin(), product.parts.end(), parts.begin(), WeightOf);
    context.large_products().Multiply(queue, MatrixOf(product.out), x,
                                      std::span(parts).first(product.parts.size()), product.begin,
                                      false);
    return std::nullopt;
  }
  const SkinnyProduct skinny = Skinny(product);
  if (may_wait) return skinny;
  Multiply(queue, skinny);
  return std::nullopt;
}

void MultiplyRowsFirst(CudaContext& context, const Tensor& out, const Tensor& x,
                       const WeightMatrix& weight, int first, int count,
                       const LargeProducts::RowsMade& made) {
  context.large_products().MultiplyRowsFirst(context.queue(), MatrixOf(out), MatrixOf(x),
                                             WeightOf(weight), first, count, made);
}

bool CanGate(const SkinnyProduct& p) {
  return p.part_count == 2 && p.parts[0].type == p.parts[1].type &&
         p.parts[0].out == p.parts[1].out;
}

}  // namespace lantern::cuda
