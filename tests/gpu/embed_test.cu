// The embedding table's rows against DecodeRow, bit by bit, from blocks of arbitrary bytes.
#include <memory>
#include <random>

#include "backends/cuda/kernels/rows.h"
#include "src/tensor/quant.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr int kTableRows = 37;

std::vector<std::byte> SomeBytes(size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
  return bytes;
}

// Bits are the same; NaNs that arithmetic makes of a damaged scale need only be NaNs.
void ExpectDecoded(const std::vector<float>& actual, std::vector<float> exact, DType type,
                   const std::string& what) {
  ASSERT_EQ(actual.size(), exact.size());
  for (size_t i = 0; IsBlockFormat(type) && i < exact.size(); ++i) {
    if (std::isnan(exact[i]) && std::isnan(actual[i])) exact[i] = actual[i];
  }
  ExpectSameBits(actual, exact, what);
}

void TestEmbed(DType type, int columns, const std::vector<std::byte>& table,
               const std::vector<int>& ids) {
  const std::string what =
      std::string(Info(type).name) + ", " + std::to_string(columns) + " columns";
  const OnDevice<std::byte> device_table(table);
  // The second is known by the guess of row 2.
  std::vector<int> known = ids, guesses(3, kTableRows + 1);
  if (ids.size() > 1) known[1] = -3;
  if (ids.size() > 1) guesses[2] = ids[1];
  const OnDevice<int> device_ids(known), device_guesses(guesses);
  const PaddedMatrix<float> out(static_cast<int>(ids.size()), columns);
  Embed(TestQueue(), out.view(), device_table.data(), type, device_ids.data(),
        device_guesses.data());
  std::vector<float> exact(ids.size() * columns);
  for (size_t i = 0; i < ids.size(); ++i) {
    DecodeRow(type, table.data() + ids[i] * RowBytes(type, columns), columns, &exact[i * columns]);
  }
  ExpectDecoded(out.Get(), exact, type, what);
}

TEST(Embed, GivesWhatDecodeRowGives) {
  const std::vector<int> ids = {36, 0, 5, 5, 17, 1, 35};
  for (int type = 0; type < kDTypeCount; ++type) {
    const DType format = static_cast<DType>(type);
    for (const int blocks : {1, 3, 16}) {
      const int columns = blocks * (IsBlockFormat(format) ? Info(format).block : 11);
      const size_t bytes = kTableRows * RowBytes(format, columns);
      TestEmbed(format, columns, SomeBytes(bytes, type * 10 + blocks), ids);
      TestEmbed(format, columns, SomeBytes(bytes, type * 10 + blocks + 5), {3});
    }
  }
}

// Encoded numbers, as models have them: no NaNs among them.
TEST(Embed, OfAWholeTokenRow) {
  constexpr int kColumns = 4096;
  for (int type = 0; type < kDTypeCount; ++type) {
    const DType format = static_cast<DType>(type);
    const size_t row_bytes = RowBytes(format, kColumns);
    std::vector<std::byte> table(3 * row_bytes);
    for (int row = 0; row < 3; ++row) {
      const std::vector<float> values = SomeFloats(kColumns, row + 1);
      EncodeRow(format, values.data(), kColumns, table.data() + row * row_bytes);
    }
    TestEmbed(format, kColumns, table, {1});
    TestEmbed(format, kColumns, table, {2, 0});
  }
}

TEST(Embed, EverySixteenBitNumber) {
  std::vector<std::byte> table(2 << 16);
  for (int bits = 0; bits < 1 << 16; ++bits) {
    const uint16_t number = static_cast<uint16_t>(bits);
    std::memcpy(&table[2 * bits], &number, 2);
  }
  std::vector<int> ids;
  for (int row = 0; row < 256; ++row) ids.push_back(255 - row);
  TestEmbed(DType::kF16, 256, table, ids);
  TestEmbed(DType::kBF16, 256, table, ids);
}

// Ids so large that a row's place needs more than 32 bits in bytes.
TEST(Embed, FarRows) {
  constexpr int kColumns = 8192, kFar = 140000;
  constexpr size_t kRowBytes = kColumns * 4;
  const OnDevice<std::byte> table((kFar + 1) * kRowBytes);
  const std::vector<float> values = SomeFloats(kColumns, 3);
  Require(
      cudaMemcpy(table.data() + kFar * kRowBytes, values.data(), kRowBytes, cudaMemcpyHostToDevice),
      "copying a row");
  const OnDevice<int> ids(std::vector<int>{kFar});
  const PaddedMatrix<float> out(1, kColumns);
  Embed(TestQueue(), out.view(), table.data(), DType::kF32, ids.data(), nullptr);
  ExpectSameBits(out.Get(), values, "row 140000");
}

}  // namespace
}  // namespace lantern::cuda
