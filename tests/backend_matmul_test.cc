// Matrix products of every weight format: against double precision, against the definition of the
// chains, and bit for bit across kernel sets, threads, batches and ranks.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "models/reference/operations.h"
#include "src/base/error.h"
#include "src/tensor/sum_tree.h"
#include "tests/backend_testing.h"

namespace lantern {
namespace {

using namespace testing_support;

class MatMulTest : public testing::TestWithParam<DType> {
 protected:
  const DType type_ = GetParam();
  const int block_ = Info(type_).block;
  // Columns of a few blocks, odd in number.
  int Columns(int blocks) const { return block_ == 1 ? 32 * blocks + 3 : block_ * blocks; }
};

Buffer Multiply(CpuContext& context, const WeightMatrix& w, Tensor x, int padding = 0) {
  Buffer out(x.rows, w.out, padding);
  CpuBackend::MatMul(context, out.view(), x, {&w, 1});
  EXPECT_TRUE(out.Intact());
  return out;
}

TEST_P(MatMulTest, MatchesTheReferenceAtOddSizes) {
  auto context = CpuBackend::MakeContext({2, true, "auto"});
  for (int out : {1, 8, 13, 24}) {
    for (int in : {block_, Columns(1), Columns(5)}) {
      const RawWeight raw = RandomWeight(type_, out, in, out + in);
      const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
      EXPECT_EQ(w.bytes, CpuBackend::PackedBytes(type_, out, in));
      const auto weights = reference::FromWeight(raw);
      for (int tokens = 1; tokens <= 9; ++tokens) {
        const Buffer x = RandomBuffer(tokens, in, tokens, 5);
        const auto actual = reference::FromTensor(Multiply(*context, w, x.view(), 3).view());
        const auto exact_x = reference::FromTensor(x.view());
        const auto seen_x = block_ > 1 ? reference::QuantizeDequantize(exact_x, block_) : exact_x;
        const auto magnitude =
            reference::MatMul(reference::Magnitude(exact_x), reference::Magnitude(weights));
        const auto error_from = [&](const reference::Matrix& input) {
          return reference::NormalizedError(actual, reference::MatMul(input, weights), magnitude);
        };
        EXPECT_LT(error_from(seen_x), 1e-13);  // rounding alone
        EXPECT_LT(error_from(exact_x), 2e-5);  // and what 8-bit activations cost on top
      }
    }
  }
}

TEST_P(MatMulTest, GivesTheSameBitsInEveryVariant) {
  const RawWeight raw = RandomWeight(type_, 61, Columns(7), 3);
  const Buffer x = RandomBuffer(43, raw.in, 4);
  std::vector<uint32_t> expected;
  for (const ContextOptions& options : Variants()) {
    auto context = CpuBackend::MakeContext(options);
    const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
    const auto bits = Multiply(*context, w, x.view()).Bits();
    if (expected.empty()) expected = bits;
    EXPECT_EQ(expected, bits) << NameOf(options);
  }
}

TEST_P(MatMulTest, GivesATokenTheSameBitsInEveryBatch) {
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({2, true, isa});
    const WeightMatrix w = CpuBackend::PackWeight(*context, RandomWeight(type_, 19, Columns(3), 5));
    const Buffer x = RandomBuffer(160, w.in, 6);  // more than a block of tokens
    const auto all = Multiply(*context, w, x.view()).Bits();
    for (int size : {1, 2, 3, 5, 13, 16, 25}) {
      std::vector<uint32_t> joined;
      for (int begin = 0; begin < 160; begin += size) {
        const Tensor part = x.view().Rows(begin, std::min(begin + size, 160));
        const auto bits = Multiply(*context, w, part).Bits();
        joined.insert(joined.end(), bits.begin(), bits.end());
      }
      EXPECT_EQ(all, joined) << isa << ", batches of " << size;
    }
  }
}

// One subtree's sum at every place in the tree that some rank provides.
using SubtreeSums = std::map<std::pair<int, int>, std::vector<float>>;

// Finishes the tree above the ranks' subtrees, as the collectives do.
std::vector<float> FinishTree(const SubtreeSums& sums, LeafRange node) {
  if (auto found = sums.find({node.begin, node.end}); found != sums.end()) return found->second;
  const int middle = node.begin + SplitPoint(node.size());
  std::vector<float> below = FinishTree(sums, {node.begin, middle});
  const std::vector<float> above = FinishTree(sums, {middle, node.end});
  for (size_t i = 0; i < below.size(); ++i) below[i] = below[i] + above[i];
  return below;
}

// A product whose columns are cut into leaves of uneven length, on `ranks` ranks of uneven shares.
class LeafSplit {
 public:
  LeafSplit(DType type, int leaves, int tokens)
      : type_(type), leaves_(leaves), x_(RandomBuffer(tokens, End(leaves), 8, 1)) {
    bytes_ = std::make_shared<const std::vector<std::byte>>(
        RandomWeightBytes(type, kOut, End(leaves), 9));
  }

  std::vector<float> Product(CpuContext& context, int ranks) const {
    SubtreeSums sums;
    for (int rank = 0; rank < ranks; ++rank) {
      RunRank(context, {leaves_ * rank / ranks, leaves_ * (rank + 1) / ranks}, sums);
    }
    return FinishTree(sums, {0, leaves_});
  }

 private:
  static constexpr int kOut = 299;  // tasks of up to four panels

  int End(int leaf) const { return (leaf + leaf / 3) * Info(type_).block; }  // some have two blocks

  void RunRank(CpuContext& context, LeafRange owned, SubtreeSums& sums) const {
    const int begin = End(owned.begin), end = End(owned.end);
    const RawWeight raw = SliceOf(type_, bytes_, kOut, End(leaves_), begin, end);
    const WeightMatrix w = CpuBackend::PackWeight(context, raw);
    const auto subtrees = SubtreesOf(owned, leaves_);
    LeafCuts cuts;
    for (int leaf = owned.begin; leaf <= owned.end; ++leaf)
      cuts.column.push_back(End(leaf) - begin);
    cuts.subtree.push_back(0);
    for (LeafRange s : subtrees) cuts.subtree.push_back(s.end - owned.begin);
    std::vector<Buffer> buffers;
    std::vector<Tensor> out;
    for (size_t i = 0; i < subtrees.size(); ++i) {
      buffers.emplace_back(x_.view().rows, kOut, static_cast<int>(i));
      out.push_back(buffers.back().view());
    }
    CpuBackend::MatMulLeaves(context, out, x_.view().Columns(begin, end), w, cuts);
    for (size_t i = 0; i < subtrees.size(); ++i) {
      EXPECT_TRUE(buffers[i].Intact());
      std::vector<float>& sum = sums[{subtrees[i].begin, subtrees[i].end}];
      for (int row = 0; row < out[i].rows; ++row) {
        sum.insert(sum.end(), out[i].Row(row), out[i].Row(row) + kOut);
      }
    }
  }

  const DType type_;
  const int leaves_;
  const Buffer x_;
  std::shared_ptr<const std::vector<std::byte>> bytes_;
};

TEST_P(MatMulTest, GivesTheSameBitsOnAnyNumberOfRanks) {
  for (int leaves : {1, 2, 7, 13}) {
    for (int tokens : {1, 2, 3, 6, 16, 27, 139}) {
      if (tokens > 128 && leaves != 2) continue;  // a second block of tokens: once is enough
      const LeafSplit split(type_, leaves, tokens);
      std::vector<float> expected;
      for (const std::string& isa : CpuBackend::RunnableIsas()) {
        auto context = CpuBackend::MakeContext({2, true, isa});
        for (int ranks = 1; ranks <= std::min(leaves, 8); ++ranks) {
          const auto sum = split.Product(*context, ranks);
          if (expected.empty()) expected = sum;
          EXPECT_EQ(expected, sum) << isa << ", " << leaves << " leaves on " << ranks << " ranks";
        }
      }
    }
  }
}

// What is not a number must reach the output of its own token and no other.
TEST_P(MatMulTest, PassesOnNanAndInfinity) {
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({1, true, isa});
    const WeightMatrix w = CpuBackend::PackWeight(*context, RandomWeight(type_, 5, Columns(2), 10));
    Buffer x = RandomBuffer(6, w.in, 11);
    const auto clean = Multiply(*context, w, x.view()).Bits();
    x.At(1, 3) = std::numeric_limits<float>::quiet_NaN();
    x.At(4, w.in - 1) = -std::numeric_limits<float>::infinity();
    Buffer out = Multiply(*context, w, x.view());
    const auto bits = out.Bits();
    for (int token = 0; token < 6; ++token) {
      for (int col = 0; col < 5; ++col) {
        if (token == 1 || token == 4) {
          EXPECT_FALSE(std::isfinite(out.At(token, col))) << isa;
        } else {
          EXPECT_EQ(clean[token * 5 + col], bits[token * 5 + col]) << isa;
        }
      }
    }
  }
}

TEST_P(MatMulTest, TakesZerosAndTheSmallestNumbers) {
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({1, true, isa});
    const WeightMatrix w = CpuBackend::PackWeight(*context, RandomWeight(type_, 9, Columns(2), 12));
    Buffer x(2, w.in);
    for (int col = 0; col < w.in; ++col) {
      x.At(0, col) = 0;
      x.At(1, col) = std::numeric_limits<float>::denorm_min();
    }
    Buffer out = Multiply(*context, w, x.view());
    for (int col = 0; col < 9; ++col) {
      EXPECT_EQ(0.0f, out.At(0, col)) << isa;
      EXPECT_LT(std::fabs(out.At(1, col)), 1e-40f) << isa;
    }
  }
}

// Rows of blocks whose levels are all least, all largest and between, by scales as large as can be.
RawWeight ExtremeWeight(DType type) {
  constexpr int kLevels[] = {0x00, 0xff, 0x80, 0x7f};
  std::vector<std::byte> bytes;
  for (const int level : kLevels) {
    std::vector<std::byte> block(Info(type).block_bytes, static_cast<std::byte>(level));
    const uint16_t scale = FloatToHalf(1);
    for (int offset : ScaleOffsets(type)) std::memcpy(block.data() + offset, &scale, 2);
    if (type == DType::kQ6_K) std::memset(block.data() + 192, 0x80, 16);
    bytes.insert(bytes.end(), block.begin(), block.end());
  }
  const int in = Info(type).block;
  return SliceOf(type, std::make_shared<const std::vector<std::byte>>(std::move(bytes)), 4, in, 0,
                 in);
}

// Products with integers up to 127, which are what they quantize to.
void ExpectExactSums(const RawWeight& raw, Tensor x) {
  const auto weights = reference::FromWeight(raw);
  const auto input = reference::FromTensor(x);
  const auto magnitude =
      reference::MatMul(reference::Magnitude(input), reference::Magnitude(weights));
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({1, true, isa});
    const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
    const auto actual = reference::FromTensor(Multiply(*context, w, x).view());
    const auto expected = reference::MatMul(input, weights);
    EXPECT_LT(reference::NormalizedError(actual, expected, magnitude), 1e-13) << isa;
  }
}

// Sums of 16 bits hold so many products and no more; activations all alike or alternating are the
// worst.
TEST_P(MatMulTest, HoldsTheLargestSums) {
  if (block_ == 1) return;
  const RawWeight raw = ExtremeWeight(type_);
  constexpr int kTokens = 30;  // token t: columns change sign where bit t / 2 does, or none
  Buffer x(kTokens, raw.in);
  for (int token = 0; token < kTokens; ++token) {
    for (int col = 0; col < raw.in; ++col) {
      const bool negative = ((token < 8 ? col >> (token / 2) : 0) + token) % 2 == 1;
      x.At(token, col) = negative ? -127 : 127;
    }
  }
  ExpectExactSums(raw, x.view());
}

// Some sets ask whether the sums of a whole tile's sub-blocks fit 16 bits: runs of `length`
// columns whose magnitudes' sum is the last that does for all levels, and the first that does not.
TEST_P(MatMulTest, HoldsTheLargestNarrowSums) {
  if (block_ == 1) return;
  const RawWeight raw = ExtremeWeight(type_);
  for (const auto& [length, sum] : {std::pair{16, 1023}, {16, 1024}, {32, 2184}, {32, 2185}}) {
    const int between = (sum - 127) / (length - 1), last = sum - 127 - between * (length - 2);
    Buffer x(/*rows=*/19, raw.in);
    for (int token = 0; token < x.view().rows; ++token) {
      for (int col = 0; col < raw.in; ++col) {
        const int place = col % length;
        const int magnitude = place == 0 ? 127 : place == length - 1 ? last : between;
        x.At(token, col) = static_cast<float>(token % 2 == 0 ? magnitude : -magnitude);
      }
    }
    ExpectExactSums(raw, x.view());
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, MatMulTest, testing::ValuesIn(kAllTypes),
                         [](const auto& info) { return std::string(Info(info.param).name); });

// ---- the definition of the chains, written out for two kinds of formats ----

// So many rows that tasks get several panels: few tokens take those in groups.
TEST(MatMulDefinition, PlainWeightsAreOneFmaChain) {
  for (DType type : {DType::kF32, DType::kF16, DType::kBF16}) {
    const RawWeight raw = RandomWeight(type, 202, 77, 13);
    const Buffer all = RandomBuffer(5, 77, 14);
    const auto weights = reference::FromWeight(raw);
    for (const std::string& isa : CpuBackend::RunnableIsas()) {
      auto context = CpuBackend::MakeContext({1, true, isa});
      const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
      for (int tokens = 1; tokens <= 5; ++tokens) {
        Buffer out = Multiply(*context, w, all.view().Rows(0, tokens));
        for (int token = 0; token < tokens; ++token) {
          for (int row = 0; row < raw.out; ++row) {
            float sum = 0;
            for (int k = 0; k < 77; ++k) {
              sum = std::fma(static_cast<float>(weights.At(row, k)), all.view().Row(token)[k], sum);
            }
            EXPECT_EQ(sum, out.At(token, row)) << isa << ", " << tokens << " tokens";
          }
        }
      }
    }
  }
}

float Q8Chain(const std::byte* row, const float* x, int in) {
  float sum = 0;
  for (int block = 0; block < in / 32; ++block, row += 34, x += 32) {
    uint16_t half;
    int8_t q[32];
    std::memcpy(&half, row, 2);
    std::memcpy(q, row + 2, 32);
    float largest = 0;
    for (int i = 0; i < 32; ++i) largest = std::max(largest, std::fabs(x[i]));
    const float inverse = 127.0f / largest, scale = largest / 127.0f;
    int products = 0;
    for (int i = 0; i < 32; ++i)
      products += q[i] * static_cast<int>(std::nearbyint(x[i] * inverse));
    const float scales = HalfToFloat(half) * scale;
    const float product = static_cast<float>(products) * scales;
    sum = sum + product;
  }
  return sum;
}

TEST(MatMulDefinition, BlocksAreProductThenSum) {
  const RawWeight raw = RandomWeight(DType::kQ8_0, 10, 320, 15);
  const Buffer x = RandomBuffer(5, 320, 16);
  std::vector<std::byte> row_bytes(RowBytes(DType::kQ8_0, 320));
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({1, true, isa});
    Buffer out = Multiply(*context, CpuBackend::PackWeight(*context, raw), x.view());
    for (int row = 0; row < 10; ++row) {
      raw.read_row(row, row_bytes.data());
      for (int token = 0; token < 5; ++token) {
        EXPECT_EQ(Q8Chain(row_bytes.data(), x.view().Row(token), 320), out.At(token, row)) << isa;
      }
    }
  }
}

TEST(MatMul, ReadsEveryHalfExactly) {
  auto bytes = std::make_shared<std::vector<std::byte>>(65536 * 2);
  for (int half = 0; half < 65536; ++half) {
    const uint16_t bits = static_cast<uint16_t>(half);
    std::memcpy(bytes->data() + 2 * half, &bits, 2);
  }
  const RawWeight raw = SliceOf(DType::kF16, bytes, 65536, 1, 0, 1);
  float one = 1;
  for (const std::string& isa : CpuBackend::RunnableIsas()) {
    auto context = CpuBackend::MakeContext({1, true, isa});
    Buffer out = Multiply(*context, CpuBackend::PackWeight(*context, raw), Tensor::F32(&one, 1, 1));
    for (int half = 0; half < 65536; ++half) {
      const float expected = HalfToFloat(static_cast<uint16_t>(half));
      if (std::isnan(expected)) {
        ASSERT_TRUE(std::isnan(out.At(0, half))) << isa;
      } else {
        ASSERT_EQ(expected, out.At(0, half)) << isa;
      }
    }
  }
}

TEST(MatMul, MergesPartsOfDifferentFormats) {
  auto context = CpuBackend::MakeContext({2, true, "auto"});
  const Buffer x = RandomBuffer(5, 512, 17, 2);
  std::vector<WeightMatrix> parts;
  int columns = 0;
  for (DType type : {DType::kQ4_K, DType::kQ8_0, DType::kF16, DType::kQ6_K}) {
    const int out = 9 + 4 * static_cast<int>(parts.size());
    parts.push_back(CpuBackend::PackWeight(*context, RandomWeight(type, out, 512, out)));
    columns += out;
  }
  Buffer merged(5, columns, 3);
  CpuBackend::MatMul(*context, merged.view(), x.view(), parts);
  EXPECT_TRUE(merged.Intact());
  int column = 0;
  for (const WeightMatrix& w : parts) {
    Buffer alone = Multiply(*context, w, x.view());
    for (int token = 0; token < 5; ++token) {
      for (int i = 0; i < w.out; ++i) EXPECT_EQ(alone.At(token, i), merged.At(token, column + i));
    }
    column += w.out;
  }
}

TEST(Context, RefusesWhatCannotRun) {
  EXPECT_THROW(CpuBackend::MakeContext({1, true, "abacus"}), Error);
  EXPECT_THROW(CpuBackend::MakeContext({0, true, "auto"}), Error);
  EXPECT_EQ("generic", CpuBackend::RunnableIsas().back());
}

}  // namespace
}  // namespace lantern
