// Packed weights: what Unpack gives back is what DecodeRow says, bit for bit, whichever rows and
// columns are asked for; and, on the host, that the maps of codes.cuh are each other's reverse.
#include <algorithm>
#include <cstring>
#include <string>

#include "backends/cuda/kernels/codes.cuh"
#include "backends/cuda/kernels/weights.h"
#include "src/tensor/quant.h"
#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {
namespace {

// A matrix as a file has it, packed on the device in one or two calls.
class PackedMatrix {
 public:
  PackedMatrix(DType type, int out, int in, uint64_t seed, bool in_two = false)
      : type_(type), out_(out), in_(in), packed_(PackedBytes(type, out, in)) {
    const std::vector<float> values = SomeFloats(static_cast<size_t>(out) * in, seed);
    const size_t row = RowBytes(type, in);
    std::vector<std::byte> stored(row * out);
    for (int i = 0; i < out; ++i) {
      EncodeRow(type, values.data() + static_cast<size_t>(i) * in, in, stored.data() + i * row);
    }
    exact_.resize(values.size());
    for (int i = 0; i < out; ++i) {
      DecodeRow(type, stored.data() + i * row, in, exact_.data() + static_cast<size_t>(i) * in);
    }
    const int half = in_two ? 64 : out;
    Pack(stored, 0, half);
    if (half < out) Pack(stored, half, out - half);
  }
  Weight weight() const { return {packed_.data(), type_, out_, in_}; }
  float At(int row, int column) const { return exact_[static_cast<size_t>(row) * in_ + column]; }
  std::vector<std::byte> Bytes() const { return packed_.Get(); }

 private:
  void Pack(const std::vector<std::byte>& stored, int first, int count) {
    const size_t row = RowBytes(type_, in_);
    const OnDevice<std::byte> rows(std::vector<std::byte>(stored.begin() + first * row,
                                                          stored.begin() + (first + count) * row));
    PackRows(TestQueue(), type_, rows.data(), first, count, out_, in_, packed_.data());
    Require(cudaDeviceSynchronize(), "packing");
  }

  DType type_;
  int out_, in_;
  OnDevice<std::byte> packed_;
  std::vector<float> exact_;
};

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return bits;
}

// The stored form of a value in 16 or 32 bits.
uint32_t Rounded(Real to, float value) {
  if (to == Real::kBF16) return FloatToBFloat16(value);
  if (to == Real::kF16) return FloatToHalf(value);
  return Bits(value);
}

struct Window {
  int first, count, begin, columns;
};

// Unpacks a window to rows of `pitch` elements; all in the window must be exact, all else poison.
void ExpectWindow(const PackedMatrix& matrix, Real to, const Window& window, int pitch) {
  const int size = RealBytes(to);
  OnDevice<std::byte> out(static_cast<size_t>(window.count) * pitch * size);
  Unpack(TestQueue(), matrix.weight(), window.first, window.count, window.begin, window.columns, to,
         out.data(), pitch);
  const std::vector<std::byte> bytes = out.Get();
  int wrong = 0, touched = 0;
  for (int row = 0; row < window.count; ++row) {
    for (int column = 0; column < pitch; ++column) {
      uint32_t actual = 0;
      std::memcpy(&actual, &bytes[(static_cast<size_t>(row) * pitch + column) * size], size);
      if (column < window.columns) {
        const float exact = matrix.At(window.first + row, window.begin + column);
        wrong += actual != Rounded(to, exact);
      } else {
        touched += actual != (size == 4 ? 0xffffffffu : 0xffffu);
      }
    }
  }
  EXPECT_EQ(0, wrong) << Info(matrix.weight().type).name << " to " << Info(TypeOf(to)).name
                      << ", rows " << window.first << "+" << window.count << ", columns "
                      << window.begin << "+" << window.columns;
  EXPECT_EQ(0, touched);
}

std::vector<DType> SupportedTypes() {
  std::vector<DType> types;
  for (int i = 0; i < kDTypeCount; ++i) {
    if (Supports(static_cast<DType>(i))) types.push_back(static_cast<DType>(i));
  }
  return types;
}

class Weights : public testing::TestWithParam<DType> {
 protected:
  // `in` itself for plain numbers, for blocks the next multiple of theirs.
  int Whole(int in) const {
    const int block = Info(GetParam()).block;
    return (in + block - 1) / block * block;
  }
};

TEST_P(Weights, UnpackToWhatDecodeRowSays) {
  struct Shape {
    int out, in;
  };
  for (const Shape shape : {Shape{64, 512}, Shape{37, 172}, Shape{1, 32}, Shape{81, 1056}}) {
    const int in = Whole(shape.in);
    const PackedMatrix matrix(GetParam(), shape.out, in, 7 + in);
    for (const Real to : {Real::kF32, Real::kF16, Real::kBF16}) {
      ExpectWindow(matrix, to, {0, shape.out, 0, in}, Pitch(DType::kF32, in));
      ExpectWindow(matrix, to, {0, shape.out, 0, in}, in + 3);
    }
  }
}

TEST_P(Weights, UnpackRangesOfRowsAndColumns) {
  const int in = Whole(600);
  const PackedMatrix matrix(GetParam(), 150, in, 11, true);
  for (const Window window : {Window{5, 40, 32, 64}, Window{64, 86, 0, in}, Window{149, 1, 96, 32},
                              Window{16, 16, 288, in - 288}, Window{0, 150, 224, 96}}) {
    ExpectWindow(matrix, Real::kF32, window, window.columns);
    ExpectWindow(matrix, Real::kF16, window, window.columns);
    ExpectWindow(matrix, Real::kBF16, window, window.columns + 8);
  }
}

// Ranks have any columns of plain weights.
TEST_P(Weights, UnpackPlainRangesFromAnywhere) {
  if (IsBlockFormat(GetParam())) GTEST_SKIP() << "Blocks stay whole.";
  const PackedMatrix matrix(GetParam(), 20, 601, 12);
  for (const Window window : {Window{0, 20, 8, 344}, Window{3, 9, 344, 257},
                              Window{0, 20, 342, 171}, Window{7, 2, 5, 1}, Window{0, 20, 15, 2}}) {
    ExpectWindow(matrix, Real::kF16, window, 352);
    ExpectWindow(matrix, Real::kF32, window, window.columns);
  }
}

TEST_P(Weights, PackTheSameInOneCallAndInTwo) {
  const int in = Whole(352);
  const PackedMatrix one(GetParam(), 100, in, 5), two(GetParam(), 100, in, 5, true);
  EXPECT_TRUE(one.Bytes() == two.Bytes());
}

TEST_P(Weights, PlainRowsArePaddedWithZeros) {
  if (IsBlockFormat(GetParam())) GTEST_SKIP() << "Only plain numbers lie row by row.";
  const int out = 5, in = 77, pitch = Pitch(GetParam(), in), size = Info(GetParam()).block_bytes;
  ASSERT_EQ(0, pitch * size % 128);
  const PackedMatrix matrix(GetParam(), out, in, 3);
  const std::vector<std::byte> bytes = matrix.Bytes();
  for (int row = 0; row < out; ++row) {
    for (int i = in * size; i < pitch * size; ++i) {
      ASSERT_EQ(std::byte{0}, bytes[static_cast<size_t>(row) * pitch * size + i]);
    }
  }
}

// Finite weights beyond f16 become its largest number, others stay what they are.
TEST(Unpack, SaturatesInF16) {
  constexpr int kIn = 64;
  const float special[] = {1e6f, -1e6f, 65519, 65520, 0x1p-24f, 0x1p-26f, NAN, 1, INFINITY};
  const float wanted[] = {65504, -65504, 65504, 65504, 0x1p-24f, 0, NAN, 1, INFINITY};
  std::vector<float> values(kIn, 0.5f);
  std::copy(std::begin(special), std::end(special), values.begin());
  std::vector<std::byte> stored(kIn * sizeof(float));
  std::memcpy(stored.data(), values.data(), stored.size());
  const OnDevice<std::byte> rows(stored), packed(PackedBytes(DType::kF32, 1, kIn));
  PackRows(TestQueue(), DType::kF32, rows.data(), 0, 1, 1, kIn, packed.data());
  const Reals out(Real::kF16, std::vector<float>(kIn));
  Unpack(TestQueue(), {packed.data(), DType::kF32, 1, kIn}, 0, 1, 0, kIn, Real::kF16,
         out.matrix(1, kIn, kIn).data, kIn);
  const std::vector<float> actual = out.Get();
  for (size_t i = 0; i < std::size(special); ++i) {
    if (std::isnan(wanted[i])) {
      EXPECT_TRUE(std::isnan(actual[i]));
    } else {
      EXPECT_EQ(wanted[i], actual[i]) << special[i];
    }
  }
}

INSTANTIATE_TEST_SUITE_P(AllTypes, Weights, testing::ValuesIn(SupportedTypes()),
                         [](const auto& info) { return std::string(Info(info.param).name); });

TEST(Codes, EveryElementOfAPairHasOnePlace) {
  std::vector<int> seen(16 * 64);
  for (int lane = 0; lane < 32; ++lane) {
    for (int i = 0; i < 32; ++i) {
      const int block = i / 16, reg = i / 4 % 4;
      const CodePlace place = PlaceOfCode(lane, block, reg, i % 4);
      ++seen[place.row * 64 + place.column];
      // A register stays within a row and 16 columns: Q6_K's scales are theirs.
      EXPECT_EQ(2 * block + reg / 2, place.column / 16);
      EXPECT_EQ(lane / 4 + reg % 2 * 8, place.row);
    }
    // Couples are neighbours.
    for (const int which : {0, 1}) {
      EXPECT_EQ(PlaceOfCode(lane, 1, 2, which).column + 1,
                PlaceOfCode(lane, 1, 2, which + 2).column);
    }
  }
  EXPECT_EQ(16 * 64, std::count(seen.begin(), seen.end(), 1));
}

template <int bits>
void ExpectCodesComeBack() {
  for (uint32_t seed = 0; seed < 100; ++seed) {
    uint8_t codes[2][4][4];
    uint32_t state = seed;
    for (int i = 0; i < 32; ++i) {
      state = state * 1664525 + 1013904223;
      codes[i / 16][i / 4 % 4][i % 4] = static_cast<uint8_t>(state >> 24) & ((1 << bits) - 1);
    }
    uint32_t words[bits];
    PackCodes<bits>(codes, words);
    for (int i = 0; i < 8; ++i) {
      const int block = i / 4, reg = i % 4;
      const uint8_t* c = codes[block][reg];
      for (const int which : {0, 1}) {
        ASSERT_EQ(c[which] | c[which + 2] << 16, CoupleOf<bits>(words, block, reg, which));
      }
      const uint32_t four = c[0] | c[1] << 8 | c[2] << 16 | static_cast<uint32_t>(c[3]) << 24;
      ASSERT_EQ(four << (8 - bits), TopCodes<bits>(words, block, reg)) << bits << " " << i;
    }
  }
  std::vector<int> seen(32 * bits);
  for (int lane = 0; lane < 32; ++lane) {
    for (int word = 0; word < bits; ++word) ++seen[WordOffset(bits, lane, word) / 4];
  }
  EXPECT_EQ(32 * bits, std::count(seen.begin(), seen.end(), 1)) << bits;
}

TEST(Codes, ComeBackFromTheirWords) {
  ExpectCodesComeBack<4>();
  ExpectCodesComeBack<5>();
  ExpectCodesComeBack<6>();
  ExpectCodesComeBack<8>();
}

TEST(Codes, GroupsComeBackFromTheirEntry) {
  const uint8_t scale[2][2] = {{1, 62}, {33, 20}}, minimum[2][2] = {{63, 17}, {40, 5}};
  const GroupEntry entry = PackGroups(scale, minimum);
  for (int block = 0; block < 2; ++block) {
    EXPECT_EQ(scale[0][block] | scale[1][block] << 16, GroupScales(entry, block));
    EXPECT_EQ(minimum[0][block] | minimum[1][block] << 16, GroupMinimums(entry, block));
  }
}

}  // namespace
}  // namespace lantern::cuda
