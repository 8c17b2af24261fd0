// Products by providers (backends/cpu/gemm): unpacked weights bit for bit, products against the
// reference, and the check that a provider must pass. A library that is not installed skips its
// tests; loops of our own stand in for one everywhere else.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "backends/cpu/context.h"
#include "backends/cpu/gemm/gemm_library.h"
#include "backends/cpu/kernel_sets.h"
#include "backends/cpu/pack.h"
#include "models/reference/operations.h"
#include "src/base/error.h"
#include "tests/backend_testing.h"

namespace lantern {
namespace {

using namespace testing_support;

float OperandAt(DType type, const void* data, int64_t index) {
  if (type == DType::kF32) return static_cast<const float*>(data)[index];
  return BFloat16ToFloat(static_cast<const uint16_t*>(data)[index]);
}

// A provider of obvious loops; what tests derive from it is wrong in one way each.
class Loops : public GemmProvider {
 public:
  explicit Loops(DType operands) : operands_(operands) {}
  std::string name() const override { return "loops 1"; }
  DType OperandsFor(DType weight) const override {
    return weight == DType::kF32 ? DType::kF32 : operands_;
  }
  bool Multiply(const GemmBlock& b) override {
    for (int token = 0; token < b.tokens; ++token) {
      for (int row = 0; row < b.rows; ++row) {
        double sum = 0;
        for (int k = 0; k < b.columns; ++k) {
          const double x = OperandAt(b.operands, b.x, token * b.x_stride + k);
          sum += x * OperandAt(b.operands, b.w, int64_t{k} * b.rows + row);
        }
        b.out[token * int64_t{b.rows} + row] = static_cast<float>(sum);
      }
    }
    return true;
  }

 private:
  const DType operands_;
};

// ---- unpacking ----

template <class Number>
std::vector<Number> Unpacked(UnpackKernel kernel, const WeightMatrix& w) {
  const int blocks = w.in / Info(w.type).block, panels = w.out / kPanelRows;
  std::vector<Number> out(static_cast<size_t>(w.in) * w.out);
  const auto* data = reinterpret_cast<const uint8_t*>(w.data.get());
  for (int panel = 0; panel < panels; ++panel) {
    kernel({data + PanelOffset(w.type, w.in, panel), blocks, 0, blocks,
            out.data() + panel * kPanelRows, w.out});
  }
  return out;
}

class UnpackTest : public testing::TestWithParam<DType> {};

TEST_P(UnpackTest, GivesWhatTheFormatMeans) {
  constexpr int kOut = 32;
  const DType type = GetParam();
  const int in = IsBlockFormat(type) ? 5 * Info(type).block : 7;
  const RawWeight raw = RandomWeight(type, kOut, in, 1);
  std::vector<std::byte> bytes(RowBytes(type, in));
  std::vector<float> expected(in);
  for (const KernelTable* set : RunnableKernels()) {
    auto context = CpuBackend::MakeContext({1, true, set->name});
    const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
    const auto floats = Unpacked<float>(KernelsOf(*set, type).to_f32, w);
    const auto halves = Unpacked<uint16_t>(KernelsOf(*set, type).to_bf16, w);
    for (int row = 0; row < kOut; ++row) {
      raw.read_row(row, bytes.data());
      DecodeRow(type, bytes.data(), in, expected.data());
      for (int k = 0; k < in; ++k) {
        ASSERT_EQ(expected[k], floats[k * kOut + row]) << set->name << ", column " << k;
        ASSERT_EQ(FloatToBFloat16(expected[k]), halves[k * kOut + row]) << set->name;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, UnpackTest, testing::ValuesIn(kAllTypes),
                         [](const auto& info) { return std::string(Info(info.param).name); });

TEST(Unpack, RoundsEveryHalfToBFloat16) {
  auto bytes = std::make_shared<std::vector<std::byte>>(65536 * 2);
  for (int half = 0; half < 65536; ++half) {
    const uint16_t bits = static_cast<uint16_t>(half);
    std::memcpy(bytes->data() + 2 * half, &bits, 2);
  }
  const RawWeight raw = SliceOf(DType::kF16, bytes, 65536, 1, 0, 1);
  for (const KernelTable* set : RunnableKernels()) {
    auto context = CpuBackend::MakeContext({1, true, set->name});
    const WeightMatrix w = CpuBackend::PackWeight(*context, raw);
    const auto actual = Unpacked<uint16_t>(set->f16.to_bf16, w);
    for (int half = 0; half < 65536; ++half) {
      const float exact = HalfToFloat(static_cast<uint16_t>(half));
      if (std::isnan(exact)) {
        ASSERT_TRUE(std::isnan(BFloat16ToFloat(actual[half]))) << set->name << " " << half;
      } else {
        ASSERT_EQ(FloatToBFloat16(exact), actual[half]) << set->name << " " << half;
      }
    }
  }
}

// ---- products ----

constexpr int kTokens = kGemmTokens + 5;  // a provider's business

// Who multiplies: loops of ours, or a library.
struct Way {
  std::string name;
  std::function<std::shared_ptr<CpuContext>()> context;
};
void PrintTo(const Way& way, std::ostream* out) { *out << way.name; }

// Null where this machine or this build has no such library.
std::shared_ptr<CpuContext> ContextWith(const std::string& gemm, const std::string& library) {
  if (::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) == nullptr) return {};
  try {
    return CpuBackend::MakeContext({2, true, "auto", gemm});
  } catch (const Error& e) {
    if (std::string(e.what()).starts_with("This build has no")) return {};
    throw;
  }
}

constexpr std::array<std::array<const char*, 2>, 2> kLibraries = {
    {{"openblas", "libopenblas.so.0"}, {"onednn", "libdnnl.so.2"}}};

std::vector<Way> Ways() {
  std::vector<Way> ways;
  for (const DType operands : {DType::kF32, DType::kBF16}) {
    ways.push_back({std::string("loops_") + Info(operands).name, [operands] {
                      auto context = CpuBackend::MakeContext({2});
                      context->UseGemm(std::make_unique<Loops>(operands));
                      return context;
                    }});
  }
  for (const auto& [name, library] : kLibraries) {
    ways.push_back({name, [name = name, library = library] { return ContextWith(name, library); }});
  }
  return ways;
}

class GemmTest : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    context_ = GetParam().context();
    if (!context_) GTEST_SKIP() << "No library or no headers of " << GetParam().name << " here.";
  }

  // Within the rounding of the operands; that of f32 is some 2^-24 of a sum's terms.
  void ExpectClose(const Buffer& out, const Buffer& x, const RawWeight& raw) {
    EXPECT_TRUE(out.Intact());
    const auto exact_x = reference::FromTensor(x.view()), weights = reference::FromWeight(raw);
    const double error = reference::NormalizedError(
        reference::FromTensor(out.view()), reference::MatMul(exact_x, weights),
        reference::MatMul(reference::Magnitude(exact_x), reference::Magnitude(weights)));
    const bool rounded = context_->gemm()->OperandsFor(raw.type) == DType::kBF16;
    EXPECT_LT(error, rounded ? 5e-6 : 1e-13) << Info(raw.type).name;
    // Own kernels quantize activations for blocks: a provider took this, nobody else.
    EXPECT_GT(error, rounded ? 1e-13 : 0) << Info(raw.type).name;
  }

  static int Columns(DType type, int blocks) {
    return Info(type).block == 1 ? 32 * blocks + 3 : Info(type).block * blocks;
  }

  std::shared_ptr<CpuContext> context_;
};

TEST_P(GemmTest, MatchesTheReferenceInEveryFormatAtOddSizes) {
  for (const DType type : kAllTypes) {
    for (const int out : {13, 150}) {
      for (const int blocks : {1, 5}) {
        const RawWeight raw = RandomWeight(type, out, Columns(type, blocks), out + blocks);
        const WeightMatrix w = CpuBackend::PackWeight(*context_, raw);
        for (const int tokens : {kGemmTokens, kGemmTokens + 9}) {
          const Buffer x = RandomBuffer(tokens, raw.in, tokens, 5);
          Buffer actual(tokens, out, 3);
          CpuBackend::MatMul(*context_, actual.view(), x.view(), {&w, 1});
          ExpectClose(actual, x, raw);
        }
      }
    }
  }
}

TEST_P(GemmTest, MergesPartsOfDifferentFormats) {
  const Buffer x = RandomBuffer(kTokens, 512, 17, 2);
  std::vector<RawWeight> raws;
  std::vector<WeightMatrix> parts;
  int columns = 0;
  for (const DType type : {DType::kQ4_K, DType::kF32, DType::kQ8_0, DType::kF16}) {
    raws.push_back(RandomWeight(type, 9 + 40 * static_cast<int>(parts.size()), 512, 3));
    parts.push_back(CpuBackend::PackWeight(*context_, raws.back()));
    columns += raws.back().out;
  }
  Buffer merged(kTokens, columns, 3);
  CpuBackend::MatMul(*context_, merged.view(), x.view(), parts);
  EXPECT_TRUE(merged.Intact());
  int column = 0;
  for (const RawWeight& raw : raws) {
    Buffer part(kTokens, raw.out);
    for (int token = 0; token < kTokens; ++token) {
      std::copy_n(merged.view().Row(token) + column, raw.out, part.view().Row(token));
    }
    ExpectClose(part, x, raw);
    column += raw.out;
  }
}

// Columns [begin, end) of a product are the same as the product with these columns of the weight.
TEST_P(GemmTest, MultipliesSubtreesOfLeaves) {
  constexpr int kOut = 45;
  for (const DType type : kAllTypes) {
    const int block = Info(type).block, in = 7 * block;
    const auto bytes =
        std::make_shared<const std::vector<std::byte>>(RandomWeightBytes(type, kOut, in, 9));
    const WeightMatrix w = CpuBackend::PackWeight(*context_, SliceOf(type, bytes, kOut, in, 0, in));
    const Buffer x = RandomBuffer(kTokens, in, 8, 1);
    const LeafCuts cuts = {{0, block, 3 * block, 6 * block, 7 * block}, {0, 2, 4}};
    Buffer first(kTokens, kOut, 2), second(kTokens, kOut);
    const std::array out = {first.view(), second.view()};
    CpuBackend::MatMulLeaves(*context_, out, x.view(), w, cuts);
    const std::array ends = {0, 3 * block, in};
    for (int s = 0; s < 2; ++s) {
      const RawWeight slice = SliceOf(type, bytes, kOut, in, ends[s], ends[s + 1]);
      Buffer part(kTokens, slice.in);
      for (int token = 0; token < kTokens; ++token) {
        std::copy_n(x.view().Row(token) + ends[s], slice.in, part.view().Row(token));
      }
      ExpectClose(s == 0 ? first : second, part, slice);
    }
  }
}

TEST_P(GemmTest, LeavesFewTokensToOwnKernels) {
  auto own = CpuBackend::MakeContext({2, true, "auto"});
  const WeightMatrix w = CpuBackend::PackWeight(*own, RandomWeight(DType::kQ4_0, 40, 256, 1));
  const Buffer x = RandomBuffer(kGemmTokens, 256, 2);
  const auto bits = [&](CpuContext& context, int tokens) {
    Buffer out(tokens, w.out);
    CpuBackend::MatMul(context, out.view(), x.view().Rows(0, tokens), {&w, 1});
    return out.Bits();
  };
  EXPECT_EQ(bits(*own, kGemmTokens - 1), bits(*context_, kGemmTokens - 1));
  EXPECT_NE(bits(*own, kGemmTokens), bits(*context_, kGemmTokens));
}

TEST_P(GemmTest, GivesTheSameBitsAgain) {
  const WeightMatrix w = CpuBackend::PackWeight(*context_, RandomWeight(DType::kQ8_0, 300, 320, 1));
  const Buffer x = RandomBuffer(kTokens, 320, 2);
  std::vector<uint32_t> first;
  for (int repetition = 0; repetition < 5; ++repetition) {
    Buffer out(kTokens, w.out);
    CpuBackend::MatMul(*context_, out.view(), x.view(), {&w, 1});
    if (first.empty()) first = out.Bits();
    ASSERT_EQ(first, out.Bits());
  }
}

INSTANTIATE_TEST_SUITE_P(AllWays, GemmTest, testing::ValuesIn(Ways()),
                         [](const auto& info) { return info.param.name; });

// ---- the check before use ----

// What UseGemm says, empty where it takes the provider.
std::string Refusal(std::unique_ptr<GemmProvider> provider) {
  auto context = CpuBackend::MakeContext({2});
  try {
    context->UseGemm(std::move(provider));
  } catch (const Error& e) {
    EXPECT_EQ(ErrorKind::kConfig, e.kind());
    EXPECT_EQ(nullptr, context->gemm());
    return e.what();
  }
  return "";
}

// The loops, and then something else.
class Broken : public Loops {
 public:
  using Fault = std::function<bool(const GemmBlock&)>;
  Broken(DType operands, Fault fault) : Loops(operands), fault_(std::move(fault)) {}
  bool Multiply(const GemmBlock& b) override { return Loops::Multiply(b) && fault_(b); }

 private:
  const Fault fault_;
};

std::string RefusalOf(DType operands, const Broken::Fault& fault) {
  return Refusal(std::make_unique<Broken>(operands, fault));
}

TEST(SelfCheck, TakesWhatIsRight) {
  for (const DType operands : {DType::kF32, DType::kBF16}) {
    EXPECT_EQ("", RefusalOf(operands, [](const GemmBlock&) { return true; }));
  }
}

TEST(SelfCheck, RefusesWhatIsWrong) {
  const auto last = [](const GemmBlock& b) -> float& {
    return b.out[int64_t{b.tokens} * b.rows - 1];
  };
  const std::vector<std::pair<std::string, Broken::Fault>> faults = {
      {"refused by the library", [](const GemmBlock& b) { return b.tokens < 40; }},
      {"off by", [&](const GemmBlock& b) { return last(b) += b.columns == 7 ? 1e-4f : 0, true; }},
      {"off by",  // halves the mantissa
       [&](const GemmBlock& b) {
         return last(b) = BFloat16ToFloat(FloatToBFloat16(last(b))), true;
       }},
      {"off by",  // saturates
       [&](const GemmBlock& b) { return last(b) = std::min(last(b), 0x1p60f), true; }},
      {"loses a NaN",
       [&](const GemmBlock& b) {
         for (int64_t i = 0; i < int64_t{b.tokens} * b.rows; ++i) {
           if (std::isnan(b.out[i])) b.out[i] = 0;
         }
         return true;
       }},
      {"nan",
       [&](const GemmBlock& b) {
         return last(b) = b.tokens == 65 ? std::nanf("") : last(b), true;
       }},
      {"beyond its end",
       [&](const GemmBlock& b) { return b.out[int64_t{b.tokens} * b.rows] = 0, true; }},
  };
  for (const auto& [words, fault] : faults) {
    for (const DType operands : {DType::kF32, DType::kBF16}) {
      const std::string sentence = RefusalOf(operands, fault);
      EXPECT_NE(std::string::npos, sentence.find(words)) << sentence;
      EXPECT_NE(std::string::npos, sentence.find("loops 1 cannot be used")) << sentence;
      EXPECT_NE(std::string::npos, sentence.find(" tokens, ")) << sentence;
      EXPECT_EQ(std::string::npos, sentence.find('\n')) << sentence;
    }
  }
}

// Takes rows that lie apart for neighbours.
class NoStride : public Loops {
 public:
  NoStride() : Loops(DType::kBF16) {}
  bool Multiply(const GemmBlock& b) override {
    GemmBlock wrong = b;
    wrong.x_stride = b.columns;
    return Loops::Multiply(wrong);
  }
};

TEST(SelfCheck, LooksAtStrides) { EXPECT_NE("", Refusal(std::make_unique<NoStride>())); }

TEST(SelfCheck, LooksAtBothKindsOfOperands) {
  const std::string sentence = RefusalOf(DType::kBF16, [](const GemmBlock& b) {
    return b.operands == DType::kF32;  // right for f32 weights
  });
  EXPECT_NE(std::string::npos, sentence.find("bf16")) << sentence;
}

TEST(Gemm, SaysWhatIsMissing) {
  try {
    GemmLibrary("abacus", "libabacus.so.7", "libabacus7");
    FAIL() << "A library of that name?";
  } catch (const Error& e) {
    EXPECT_EQ(ErrorKind::kConfig, e.kind());
    const std::string sentence = e.what();
    for (const char* words : {"--gemm abacus", "libabacus.so.7", "install libabacus7"}) {
      EXPECT_NE(std::string::npos, sentence.find(words)) << sentence;
    }
  }
}

TEST(Gemm, KnowsItsNames) {
  EXPECT_EQ((std::vector<std::string>{"own", "openblas", "onednn"}), GemmNames());
  try {
    CpuBackend::MakeContext({1, true, "auto", "abacus"});
    FAIL() << "It took an abacus.";
  } catch (const Error& e) {
    EXPECT_EQ(ErrorKind::kConfig, e.kind());
    EXPECT_STREQ("--gemm 'abacus' is not one of own, openblas, onednn.", e.what());
  }
  EXPECT_EQ("own", CpuBackend::GemmName(*CpuBackend::MakeContext({1})));
}

}  // namespace
}  // namespace lantern
