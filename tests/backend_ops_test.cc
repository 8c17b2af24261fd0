// Operations other than matrix products: against double precision, and bit for bit across kernel
// sets, threads, batches and cache layouts.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "models/reference/operations.h"
#include "src/tensor/residual.h"
#include "tests/backend_testing.h"

namespace lantern {
namespace {

using namespace testing_support;

constexpr int kSizes[] = {1, 7, 8, 15, 16, 17, 33, 64, 100, 2048};

// Runs `op` in every variant and expects the bits of the first; returns the last result.
Buffer InEveryVariant(const std::function<Buffer(CpuContext&)>& op) {
  std::vector<uint32_t> expected;
  Buffer result(0, 0);
  for (const ContextOptions& options : Variants()) {
    auto context = CpuBackend::MakeContext(options);
    Buffer now = op(*context);
    EXPECT_TRUE(now.Intact()) << NameOf(options);
    if (expected.empty()) expected = now.Bits();
    EXPECT_EQ(expected, now.Bits()) << NameOf(options);
    std::destroy_at(&result);
    std::construct_at(&result, std::move(now));
  }
  return result;
}

TEST(RmsNorm, MatchesTheReference) {
  for (int n : kSizes) {
    const Buffer x = RandomBuffer(3, n, n, 4), weight = RandomBuffer(1, n, n + 1);
    const Buffer out = InEveryVariant([&](CpuContext& context) {
      Buffer y(3, n, 2);
      CpuBackend::RmsNorm(context, y.view(), x.view(), weight.view(), 1e-5f);
      return y;
    });
    const auto expected = reference::RmsNorm(reference::FromTensor(x.view()),
                                             reference::FromTensor(weight.view()), 1e-5);
    EXPECT_LT(reference::NormalizedError(reference::FromTensor(out.view()), expected), 1e-12);
  }
}

// The sum's definition, written out: sixteen lanes, then halves.
TEST(RmsNorm, SumsInSixteenLanes) {
  const int n = 77;
  const Buffer x = RandomBuffer(1, n, 30);
  Buffer weight(1, n);
  for (int i = 0; i < n; ++i) weight.At(0, i) = 1;
  float lane[16] = {};
  for (int i = 0; i < n; ++i) {
    const float square = x.view().Row(0)[i] * x.view().Row(0)[i];
    lane[i % 16] = lane[i % 16] + square;
  }
  for (int half = 8; half >= 1; half /= 2) {
    for (int i = 0; i < half; ++i) lane[i] = lane[i] + lane[i + half];
  }
  const float mean = lane[0] / n, scale = 1.0f / std::sqrt(mean + 1e-6f);
  Buffer out = InEveryVariant([&](CpuContext& context) {
    Buffer y(1, n);
    CpuBackend::RmsNorm(context, y.view(), x.view(), weight.view(), 1e-6f);
    return y;
  });
  for (int i = 0; i < n; ++i) EXPECT_EQ(x.view().Row(0)[i] * scale, out.At(0, i));
}

TEST(RmsNorm, WorksInPlace) {
  auto context = CpuBackend::MakeContext({1, true, "auto"});
  const Buffer x = RandomBuffer(2, 50, 1), weight = RandomBuffer(1, 50, 2);
  Buffer out(2, 50);
  CpuBackend::RmsNorm(*context, out.view(), x.view(), weight.view(), 1e-5f);
  CpuBackend::RmsNorm(*context, x.view(), x.view(), weight.view(), 1e-5f);
  EXPECT_EQ(out.Bits(), x.Bits());
}

std::vector<float> CosSin(int head_dim, int positions, double theta) {
  std::vector<float> cos_sin;
  for (int p = 0; p < positions; ++p) {
    for (int i = 0; i < head_dim; i += 2) {
      const double angle = p * std::pow(theta, -1.0 * i / head_dim);
      cos_sin.push_back(static_cast<float>(std::cos(angle)));
      cos_sin.push_back(static_cast<float>(std::sin(angle)));
    }
  }
  return cos_sin;
}

TEST(Rope, MatchesTheReference) {
  const std::vector<int> position = {0, 99, 7};
  for (int head_dim : {2, 8, 64}) {
    std::vector<float> cos_sin = CosSin(head_dim, 100, 10000);
    const RopeTable rope{head_dim, Tensor::F32(cos_sin.data(), 100, head_dim)};
    for (bool keys : {false, true}) {
      const int heads = keys ? 2 : 3;
      const Buffer out = InEveryVariant([&](CpuContext& context) {
        Buffer q = RandomBuffer(3, 3 * head_dim, 1, 4), k = RandomBuffer(3, 2 * head_dim, 2, 4);
        CpuBackend::Rope(context, q.view(), k.view(), rope, {position, {}, {}});
        return keys ? std::move(k) : std::move(q);
      });
      auto expected =
          reference::FromTensor(RandomBuffer(3, heads * head_dim, keys ? 2 : 1, 4).view());
      reference::Rope(expected, head_dim, 10000, {}, position);
      EXPECT_LT(reference::NormalizedError(reference::FromTensor(out.view()), expected), 1e-13);
    }
  }
}

TEST(SiluMul, MatchesTheReference) {
  for (int n : kSizes) {
    Buffer gate_up = RandomBuffer(3, 2 * n, n, 3);
    gate_up.At(0, 0) = 90;  // where exp(-x) leaves its range
    gate_up.At(1, 0) = -90;
    const Buffer out = InEveryVariant([&](CpuContext& context) {
      Buffer y(3, n, 1);
      CpuBackend::SiluMul(context, y.view(), gate_up.view());
      return y;
    });
    const auto expected = reference::SiluMul(reference::FromTensor(gate_up.view()));
    EXPECT_LT(reference::NormalizedError(reference::FromTensor(out.view()), expected), 1e-12);
  }
}

TEST(Add, AddsInPlace) {
  for (int n : kSizes) {
    const Buffer y = RandomBuffer(3, n, n, 1);
    Buffer out = InEveryVariant([&](CpuContext& context) {
      Buffer x = RandomBuffer(3, n, n + 1, 2);
      CpuBackend::Add(context, x.view(), y.view());
      return x;
    });
    Buffer x = RandomBuffer(3, n, n + 1, 2);
    for (int row = 0; row < 3; ++row) {
      for (int i = 0; i < n; ++i) {
        EXPECT_EQ(x.At(row, i) + y.view().Row(row)[i], out.At(row, i));
      }
    }
  }
}

// ---- attention ----

struct AttentionCase {
  DType type;
  int head_dim, window, block_tokens;
};

// Sequences of the given lengths whose last `fresh` tokens are the batch under test; blocks are
// handed out in a scrambled order, and unused memory holds NaN that must not be read.
class AttentionRun {
 public:
  AttentionRun(const AttentionCase& c, std::vector<int> lengths)
      : case_(c), lengths_(std::move(lengths)) {
    for (int length : lengths_) {
      tables_.emplace_back((length + c.block_tokens - 1) / c.block_tokens);
      blocks_ += static_cast<int>(tables_.back().size());
    }
    int next = 0;
    for (auto& table : tables_) {
      for (int& block : table) block = (next++ * 7 + 3) % blocks_;
    }
    if (blocks_ % 7 == 0) std::iota(tables_[0].begin(), tables_[0].end(), 0);
    LANTERN_CHECK(blocks_ % 7 != 0 || tables_.size() == 1);
    spans_.assign(tables_.begin(), tables_.end());
    const size_t bytes =
        static_cast<size_t>(blocks_) * kKvHeads * c.block_tokens * RowBytes(c.type, c.head_dim);
    keys_.assign(bytes, std::byte{0xff});
    values_.assign(bytes, std::byte{0xff});
    for (size_t s = 0; s < lengths_.size(); ++s) {
      k_.push_back(RandomBuffer(lengths_[s], kKvHeads * c.head_dim, 100 + s, 2));
      v_.push_back(RandomBuffer(lengths_[s], kKvHeads * c.head_dim, 200 + s, 2));
      q_.push_back(RandomBuffer(lengths_[s], kHeads * c.head_dim, 300 + s, 2));
    }
  }

  // Attention of the last `fresh` tokens of every sequence, `chunk` tokens per call.
  Buffer Run(CpuContext& context, int fresh, int chunk) {
    std::vector<std::pair<int, int>> tokens;  // sequence, position
    for (int s = 0; s < static_cast<int>(lengths_.size()); ++s) {
      Append(context, s);
      for (int p = std::max(0, lengths_[s] - fresh); p < lengths_[s]; ++p)
        tokens.emplace_back(s, p);
    }
    Buffer out(static_cast<int>(tokens.size()), kHeads * case_.head_dim, 3);
    for (int begin = 0; begin < out.view().rows; begin += chunk) {
      const int end = std::min(begin + chunk, out.view().rows);
      RunBatch(context, out.view().Rows(begin, end), std::span(tokens).subspan(begin, end - begin));
    }
    return out;
  }

  // What the reference says for the same tokens, keys and values as the cache holds them.
  reference::Matrix Expected(int fresh) const {
    std::vector<double> all;
    for (size_t s = 0; s < lengths_.size(); ++s) {
      for (int p = std::max(0, lengths_[s] - fresh); p < lengths_[s]; ++p) {
        const auto q = reference::FromTensor(q_[s].view().Rows(p, p + 1));
        const auto out = reference::Attention(q.values, Stored(k_[s].view().Rows(0, p + 1)),
                                              Stored(v_[s].view().Rows(0, p + 1)), case_.head_dim,
                                              kMap, case_.window);
        all.insert(all.end(), out.begin(), out.end());
      }
    }
    reference::Matrix matrix(static_cast<int>(all.size()) / (kHeads * case_.head_dim),
                             kHeads * case_.head_dim);
    matrix.values = all;
    return matrix;
  }

 private:
  // This rank's query heads are 3 to 6 of the model and two share a kv head, of which it has 1
  // to 3.
  static constexpr int kHeads = 4, kKvHeads = 3;
  static constexpr HeadMap kMap{.q_begin = 3, .kv_begin = 1, .group = 2};

  KvView Cache() {
    return {keys_.data(), values_.data(), case_.type,    case_.block_tokens,
            blocks_,      kKvHeads,       case_.head_dim};
  }

  void Append(CpuContext& context, int sequence) {
    std::vector<int> position(lengths_[sequence]), sequences(lengths_[sequence], sequence);
    std::iota(position.begin(), position.end(), 0);
    CpuBackend::AppendKv(context, Cache(), k_[sequence].view(), v_[sequence].view(),
                         {position, sequences, spans_});
  }

  void RunBatch(CpuContext& context, Tensor out, std::span<const std::pair<int, int>> tokens) {
    std::vector<int> position, sequence;
    Buffer q(static_cast<int>(tokens.size()), out.cols, 1);
    for (const auto& [s, p] : tokens) {
      std::copy_n(q_[s].view().Row(p), out.cols, q.view().Row(static_cast<int>(position.size())));
      position.push_back(p);
      sequence.push_back(s);
    }
    CpuBackend::Attention(context, out, q.view(), Cache(), {position, sequence, spans_}, kMap,
                          case_.window);
  }

  reference::Matrix Stored(Tensor values) const {
    auto matrix = reference::FromTensor(values);
    std::vector<float> row(values.cols);
    std::vector<std::byte> bytes(RowBytes(case_.type, values.cols));
    for (int r = 0; r < values.rows; ++r) {
      EncodeRow(case_.type, values.Row(r), values.cols, bytes.data());
      DecodeRow(case_.type, bytes.data(), values.cols, row.data());
      std::copy(row.begin(), row.end(), matrix.values.begin() + size_t(r) * values.cols);
    }
    return matrix;
  }

  const AttentionCase case_;
  const std::vector<int> lengths_;
  int blocks_ = 0;
  std::vector<std::vector<int>> tables_;
  std::vector<std::span<const int>> spans_;
  std::vector<std::byte> keys_, values_;
  std::vector<Buffer> k_, v_, q_;
};

class AttentionTest : public testing::TestWithParam<AttentionCase> {};

TEST_P(AttentionTest, MatchesTheReferenceInEveryVariant) {
  for (const std::vector<int>& lengths :
       {std::vector<int>{1}, std::vector<int>{300, 5}, std::vector<int>{31, 540}}) {
    AttentionRun run(GetParam(), lengths);
    const Buffer out =
        InEveryVariant([&](CpuContext& context) { return run.Run(context, 9, 1000); });
    const auto actual = reference::FromTensor(out.view());
    EXPECT_LT(reference::NormalizedError(actual, run.Expected(9)), 1e-11);
  }
}

TEST_P(AttentionTest, GivesATokenTheSameBitsInEveryBatchAndCacheLayout) {
  AttentionCase c = GetParam();
  auto context = CpuBackend::MakeContext({2, true, "auto"});
  const auto expected = AttentionRun(c, {270, 40}).Run(*context, 12, 1000).Bits();
  for (int block_tokens : {c.block_tokens, 80, 256}) {
    c.block_tokens = block_tokens;
    for (int chunk : {1, 5}) {
      EXPECT_EQ(expected, AttentionRun(c, {270, 40}).Run(*context, 12, chunk).Bits())
          << block_tokens << " tokens per block, " << chunk << " per batch";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, AttentionTest,
    testing::Values(AttentionCase{DType::kF32, 8, 0, 16}, AttentionCase{DType::kF32, 64, 0, 32},
                    AttentionCase{DType::kF32, 20, 6, 16}, AttentionCase{DType::kF16, 128, 0, 16},
                    AttentionCase{DType::kF16, 8, 260, 64}, AttentionCase{DType::kF16, 26, 3, 32},
                    AttentionCase{DType::kBF16, 80, 0, 32},
                    AttentionCase{DType::kBF16, 24, 300, 16},
                    AttentionCase{DType::kQ8_0, 32, 0, 32},
                    AttentionCase{DType::kQ8_0, 96, 290, 16}));

TEST(AppendKv, RoundsToHalvesLikeTheScalarDefinition) {
  // Every half, the points between halves and their neighbours, then everything else coarsely.
  std::vector<float> values;
  for (int half = 0; half < 0x7c00; ++half) {
    const float low = HalfToFloat(static_cast<uint16_t>(half));
    const float high = HalfToFloat(static_cast<uint16_t>(half + 1));
    const float middle = std::isinf(high) ? 65520.0f : low + (high - low) / 2;
    for (float x : {low, middle, std::nextafter(middle, 0.0f), std::nextafter(middle, INFINITY)}) {
      values.insert(values.end(), {x, -x});
    }
  }
  for (uint64_t bits = 0; bits < 0x100000000ull; bits += 99991) {
    const uint32_t word = static_cast<uint32_t>(bits);
    float x;
    std::memcpy(&x, &word, sizeof(x));
    values.push_back(x);
  }
  const int count = static_cast<int>(values.size());
  const int zero = 0;
  const std::span<const int> blocks(&zero, 1);
  for (const ContextOptions& options : Variants()) {
    auto context = CpuBackend::MakeContext(options);
    constexpr int kTokens = 16;  // in a block; the first is used, keys lie kTokens apart
    std::vector<uint16_t> keys(count * kTokens), others(keys.size());
    const KvView kv{reinterpret_cast<std::byte*>(keys.data()),
                    reinterpret_cast<std::byte*>(others.data()),
                    DType::kF16,
                    kTokens,
                    1,
                    1,
                    count};
    const Tensor x = Tensor::F32(values.data(), 1, count);
    CpuBackend::AppendKv(*context, kv, x, x, {{&zero, 1}, {&zero, 1}, {&blocks, 1}});
    for (int i = 0; i < count; ++i) {
      ASSERT_EQ(FloatToHalf(values[i]), keys[i * kTokens]) << values[i];
      ASSERT_EQ(keys[i * kTokens], others[i]) << values[i];
    }
  }
}

// ---- memory ----

TEST(Embed, DecodesRows) {
  const RawWeight table = RandomWeight(DType::kQ6_K, 9, 512, 20);
  const auto expected = reference::FromWeight(table);
  const std::vector<int> ids = {8, 0, 8, 3};
  Buffer out = InEveryVariant([&](CpuContext& context) {
    Buffer y(4, 512, 1);
    CpuBackend::Embed(context, y.view(), {table, nullptr}, {{}, {}, {}, ids});
    return y;
  });
  for (int row = 0; row < 4; ++row) {
    for (int i = 0; i < 512; ++i) EXPECT_EQ(expected.At(ids[row], i), out.At(row, i));
  }
}

TEST(LookAtResidual, HashesAreThoseOfTheDefinition) {
  for (const ContextOptions& options : Variants()) {
    auto context = CpuBackend::MakeContext(options);
    for (const int cols : {1, 7, 8, 9, 40}) {
      const Buffer x = RandomBuffer(3, cols, cols);
      const std::span<const float> all(x.view().f32(), 3 * size_t(cols));
      const auto look = [&] {
        CpuBackend::LookAtResidual(*context, x.view().Rows(0, 2), 5, 0, 1);
        CpuBackend::LookAtResidual(*context, x.view().Rows(2, 3), 7, 0, 1);
      };
      CpuBackend::RunStep(*context, {}, 0, true, look);
      const ResidualLook seen = CpuBackend::EndStep(*context, 0);
      ASSERT_EQ(seen.hashes.size(), 2u);
      EXPECT_EQ(seen.hashes[1], ResidualHash(all, 5 * size_t(cols))) << NameOf(options);
      EXPECT_EQ(seen.bad_layer, ResidualLook::kAllFinite);
    }
  }
}

TEST(HostSpan, IsInPlaceOrACopy) {
  auto context = CpuBackend::MakeContext({1, true, "auto"});
  BufferOwner owner;
  const Tensor dense = CpuBackend::Allocate(*context, owner, 3, 4);
  for (int i = 0; i < 12; ++i) EXPECT_EQ(0.0f, dense.f32()[i]);
  for (int i = 0; i < 12; ++i) dense.f32()[i] = static_cast<float>(i);
  EXPECT_EQ(dense.f32(), CpuBackend::HostSpan(*context, dense, {}).data());
  std::vector<float> host(6);
  const auto copy = CpuBackend::HostSpan(*context, dense.Columns(1, 3), host);
  EXPECT_EQ(std::vector<float>({1, 2, 5, 6, 9, 10}), std::vector<float>(copy.begin(), copy.end()));
}

#if defined(__x86_64__)
TEST(ContextDeathTest, RefusesToFlushSubnormals) {
  auto context = CpuBackend::MakeContext({1, true, "auto"});
  const Buffer x = RandomBuffer(1, 8, 1), y = RandomBuffer(1, 8, 2);
  EXPECT_DEATH(
      {
        _mm_setcsr(_mm_getcsr() | 0x8000);  // flush-to-zero, as -ffast-math libraries set it
        CpuBackend::Add(*context, x.view(), y.view());
      },
      "_mm_getcsr");
}
#endif

}  // namespace
}  // namespace lantern
