// What tests of operations on rows share: matrices whose rows lie apart, with poison between them,
// and comparisons that say where they fail.
#pragma once

#include <cstring>
#include <memory>
#include <string>

#include "tests/gpu/gpu_testing.h"

namespace lantern::cuda {

// Rows of T on the device. What lies between rows is NaN, and must stay as it was.
template <class T>
class PaddedMatrix {
 public:
  // Poisoned throughout, or with the given values, row by row.
  PaddedMatrix(int rows, int columns, const std::vector<float>& values = {})
      : rows_(rows), columns_(columns), stride_((columns + kWide - 1) / kWide * kWide + kWide) {
    host_.resize(rows * stride_);
    std::memset(static_cast<void*>(host_.data()), 0xff, host_.size() * sizeof(T));
    for (size_t i = 0; i < values.size(); ++i) {
      host_[i / columns * stride_ + i % columns] = T(values[i]);
    }
    device_ = std::make_unique<OnDevice<T>>(host_);
  }

  Matrix view() const { return {device_->data(), kTestReal<T>, rows_, columns_, stride_}; }
  Matrix rows(int begin, int end) const {
    return {device_->data() + begin * stride_, kTestReal<T>, end - begin, columns_, stride_};
  }
  // The values, row by row; checks the poison between rows.
  std::vector<float> Get() const {
    const std::vector<T> now = device_->Get();
    std::vector<float> values;
    int damaged = 0;
    for (int row = 0; row < rows_; ++row) {
      const T* const begin = now.data() + row * stride_;
      for (int column = 0; column < columns_; ++column) values.push_back(float(begin[column]));
      const size_t padding = (stride_ - columns_) * sizeof(T);
      damaged += std::memcmp(begin + columns_, &host_[row * stride_ + columns_], padding) != 0;
    }
    EXPECT_EQ(damaged, 0) << "rows behind which something was written";
    return values;
  }

 private:
  static constexpr int kWide = 16 / sizeof(T);  // elements in 16 bytes
  int rows_, columns_;
  long long stride_;
  std::vector<T> host_;
  std::unique_ptr<OnDevice<T>> device_;
};

// |actual - exact| <= relative * |exact| + absolute everywhere.
inline void ExpectClose(std::span<const float> actual, std::span<const double> exact,
                        double relative, double absolute, const std::string& what) {
  ASSERT_EQ(actual.size(), exact.size()) << what;
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    const double error = std::fabs(actual[i] - exact[i]);
    if (error <= relative * std::fabs(exact[i]) + absolute) continue;
    if (wrong++ == 0) first = i;
  }
  EXPECT_EQ(wrong, 0u) << what << ": of " << exact.size() << " values; the first is number "
                       << first << ", " << actual[first] << ", which should be " << exact[first];
}

inline void ExpectSameBits(std::span<const float> actual, std::span<const float> exact,
                           const std::string& what) {
  ASSERT_EQ(actual.size(), exact.size()) << what;
  size_t wrong = 0, first = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    if (std::memcmp(&actual[i], &exact[i], 4) == 0) continue;
    if (wrong++ == 0) first = i;
  }
  EXPECT_EQ(wrong, 0u) << what << ": of " << exact.size() << " values; the first is number "
                       << first << ", " << actual[first] << ", which should be " << exact[first];
}

// How far a rounded result of T may be from the exact one: half a unit of its last place, and what
// f32 arithmetic before it may add. Beside that numbers that are no normal ones of f16.
template <class T>
constexpr double kRounding = (std::is_same_v<T, float>    ? 0
                              : std::is_same_v<T, __half> ? 0x1p-11
                                                          : 0x1p-8) +
                             3e-6;
template <class T>
constexpr double kTiny = std::is_same_v<T, __half> ? 0x1p-25 : 1e-30;

// A number as T has it where it saturates.
template <class T>
double Within(double value) {
  if constexpr (!std::is_same_v<T, __half>) return value;
  return std::fmin(std::fmax(value, -65504), 65504);
}

}  // namespace lantern::cuda
