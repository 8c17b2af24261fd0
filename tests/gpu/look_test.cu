// LookAt against the definition of its hash, an element at a time, and against damage anywhere.
#include <limits>
#include <memory>

#include "backends/cuda/kernels/rows.h"
#include "tests/gpu/rows_testing.h"

namespace lantern::cuda {
namespace {

constexpr int kNever = std::numeric_limits<int>::max();

struct Shape {
  int rows, columns;
};
constexpr Shape kShapes[] = {{1, 4096}, {300, 4096}, {1, 1},   {3, 33},  {5, 1000},
                             {2, 4097}, {700, 64},   {1, 128}, {2000, 3}};

uint32_t HashOf(const std::vector<float>& x, uint32_t first) {
  uint32_t sum = 0;
  for (const float value : x) {
    uint32_t h;
    std::memcpy(&h, &value, 4);
    h += 0x9e3779b9u * first++;
    h ^= h >> 16;
    h *= 0x85ebca6bu;
    h ^= h >> 13;
    h *= 0xc2b2ae35u;
    h ^= h >> 16;
    sum += h;
  }
  return sum;
}

struct Seen {
  int bad;
  uint32_t hash;
};
Seen Look(const Matrix& x, int first_row, int layer, Seen before) {
  const OnDevice<int> bad(std::vector<int>{before.bad});
  const OnDevice<uint32_t> hash(std::vector<uint32_t>{before.hash});
  LookAt(TestQueue(), x, first_row, layer, bad.data(), hash.data());
  return {bad.Get()[0], hash.Get()[0]};
}

TEST(LookAt, AddsTheHash) {
  for (const Shape shape : kShapes) {
    const std::vector<float> x = SomeFloats(shape.rows * shape.columns, 1);
    const PaddedMatrix<float> in(shape.rows, shape.columns, x);
    for (const int first_row : {0, 7, 2000000}) {
      const uint32_t first = static_cast<uint32_t>(first_row) * shape.columns;
      const Seen seen = Look(in.view(), first_row, 3, {kNever, 12345});
      EXPECT_EQ(seen.hash, 12345 + HashOf(x, first)) << shape.rows << " x " << shape.columns;
      EXPECT_EQ(seen.bad, kNever) << shape.rows << " x " << shape.columns;
    }
  }
}

TEST(LookAt, PartsAddUpToTheWhole) {
  const PaddedMatrix<float> x(101, 640, SomeFloats(101 * 640, 2));
  const Seen whole = Look(x.view(), 0, 1, {kNever, 0});
  const Seen part = Look(x.rows(0, 50), 0, 1, {kNever, 0});
  EXPECT_EQ(whole.hash, Look(x.rows(50, 101), 50, 1, part).hash);
}

TEST(LookAt, FindsWhatIsNoNumberWhereverItIs) {
  const float kBad[] = {std::numeric_limits<float>::infinity(),
                        -std::numeric_limits<float>::infinity(), std::nanf(""), -std::nanf("7")};
  for (const Shape shape : kShapes) {
    const size_t count = shape.rows * shape.columns;
    std::vector<float> x(count, -1.5f);
    x[0] = std::numeric_limits<float>::max();
    x[count / 3] = -std::numeric_limits<float>::denorm_min();
    for (const size_t at : {size_t{0}, count / 2, count - 1}) {
      for (const float bad : kBad) {
        const float before = std::exchange(x[at], bad);
        const PaddedMatrix<float> in(shape.rows, shape.columns, x);
        const Seen seen = Look(in.view(), 0, 5, {kNever, 0});
        EXPECT_EQ(seen.bad, 5) << at << " of " << shape.rows << " x " << shape.columns;
        EXPECT_EQ(seen.hash, HashOf(x, 0));
        x[at] = before;
      }
    }
    const PaddedMatrix<float> good(shape.rows, shape.columns, x);
    EXPECT_EQ(Look(good.view(), 0, 5, {kNever, 0}).bad, kNever);
  }
}

TEST(LookAt, KeepsTheFirstBadLayer) {
  const PaddedMatrix<float> x(2, 100, std::vector<float>(200, std::nanf("")));
  EXPECT_EQ(Look(x.view(), 0, 9, {4, 0}).bad, 4);
  EXPECT_EQ(Look(x.view(), 0, 3, {4, 0}).bad, 3);
  EXPECT_EQ(Look(x.view(), 0, 0, {kNever, 0}).bad, 0);
}

TEST(LookAt, WithoutAHash) {
  const OnDevice<int> bad(std::vector<int>{kNever});
  const PaddedMatrix<float> x(2, 100, std::vector<float>(200, std::nanf("")));
  LookAt(TestQueue(), x.view(), 0, 2, bad.data(), nullptr);
  EXPECT_EQ(bad.Get()[0], 2);
}

}  // namespace
}  // namespace lantern::cuda
