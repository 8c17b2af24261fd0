// What tests of CUDA kernels share: memory of the device that frees itself, values to fill it with,
// and how far results may be from a reference in double precision.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "backends/cuda/kernels/queue.h"

namespace lantern::cuda {

// The queue that tests run on: the first device's default stream.
inline Queue TestQueue() {
  static const Queue queue = QueueOn(nullptr);
  return queue;
}

// `count` values of T on the device. Fresh memory is poisoned with bytes of 0xff: NaNs as floats.
template <class T>
class OnDevice {
 public:
  explicit OnDevice(size_t count) : count_(count) {
    Require(cudaMalloc(&data_, std::max<size_t>(count, 1) * sizeof(T)), "allocating test memory");
    Require(cudaMemset(data_, 0xff, count * sizeof(T)), "poisoning test memory");
  }
  explicit OnDevice(const std::vector<T>& values) : OnDevice(values.size()) { Set(values); }
  ~OnDevice() { cudaFree(data_); }
  OnDevice(const OnDevice&) = delete;
  OnDevice& operator=(const OnDevice&) = delete;

  void Set(const std::vector<T>& values) {
    Require(cudaMemcpy(data_, values.data(), values.size() * sizeof(T), cudaMemcpyHostToDevice),
            "copying to the device");
  }
  std::vector<T> Get() const {
    std::vector<T> values(count_);
    Require(cudaDeviceSynchronize(), "running a kernel");
    Require(cudaMemcpy(values.data(), data_, count_ * sizeof(T), cudaMemcpyDeviceToHost),
            "copying from the device");
    return values;
  }
  T* data() const { return data_; }
  size_t size() const { return count_; }

 private:
  T* data_ = nullptr;
  size_t count_;
};

// Reproducible values around zero, about normal with the given deviation.
inline std::vector<float> SomeFloats(size_t count, uint64_t seed, float deviation = 1) {
  std::vector<float> values(count);
  uint64_t state = seed * 0x9e3779b97f4a7c15u + 1;
  for (float& value : values) {
    float sum = 0;
    for (int i = 0; i < 4; ++i) {
      state = state * 6364136223846793005u + 1442695040888963407u;
      sum += static_cast<float>(state >> 40) * 0x1p-24f - 0.5f;
    }
    value = sum * deviation * 1.7320508f;
  }
  return values;
}

// The type of activations whose values are T.
template <class T>
constexpr Real kTestReal = std::is_same_v<T, float>    ? Real::kF32
                           : std::is_same_v<T, __half> ? Real::kF16
                                                       : Real::kBF16;

// Rounded to a type of activations; what is beyond becomes infinity.
inline float RoundedTo(Real type, float value) {
  if (type == Real::kF16) return __half2float(__float2half(value));
  return type == Real::kBF16 ? __bfloat162float(__float2bfloat16(value)) : value;
}

inline std::vector<__nv_bfloat16> ToBF16(std::span<const float> values) {
  std::vector<__nv_bfloat16> out;
  for (const float value : values) out.push_back(__float2bfloat16(value));
  return out;
}
inline std::vector<float> ToFloats(std::span<const __nv_bfloat16> values) {
  std::vector<float> out;
  for (const __nv_bfloat16 value : values) out.push_back(__bfloat162float(value));
  return out;
}

// Activations on the device, in any type.
class Reals {
 public:
  Reals(Real type, const std::vector<float>& values)
      : type_(type), bytes_(values.size() * RealBytes(type)) {
    std::vector<std::byte> bytes(bytes_.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const __half half = __float2half(values[i]);
      const __nv_bfloat16 bf16 = __float2bfloat16(values[i]);
      const void* from = type == Real::kF32   ? static_cast<const void*>(&values[i])
                         : type == Real::kF16 ? static_cast<const void*>(&half)
                                              : static_cast<const void*>(&bf16);
      std::memcpy(&bytes[i * RealBytes(type)], from, RealBytes(type));
    }
    bytes_.Set(bytes);
  }
  Matrix matrix(int rows, int columns, long long stride) const {
    return {bytes_.data(), type_, rows, columns, stride};
  }
  std::vector<float> Get() const {
    const std::vector<std::byte> bytes = bytes_.Get();
    std::vector<float> values(bytes.size() / RealBytes(type_));
    for (size_t i = 0; i < values.size(); ++i) {
      __half half;
      __nv_bfloat16 bf16;
      void* to = type_ == Real::kF32   ? static_cast<void*>(&values[i])
                 : type_ == Real::kF16 ? static_cast<void*>(&half)
                                       : static_cast<void*>(&bf16);
      std::memcpy(to, &bytes[i * RealBytes(type_)], RealBytes(type_));
      if (type_ == Real::kF16) values[i] = __half2float(half);
      if (type_ == Real::kBF16) values[i] = __bfloat162float(bf16);
    }
    return values;
  }

 private:
  Real type_;
  OnDevice<std::byte> bytes_;
};

// |actual - exact| / |exact| over all of them; NaN where a value is no number.
inline double RelativeError(std::span<const float> actual, std::span<const double> exact) {
  EXPECT_EQ(actual.size(), exact.size());
  double error = 0, size = 0;
  for (size_t i = 0; i < exact.size(); ++i) {
    error += (actual[i] - exact[i]) * (actual[i] - exact[i]);
    size += exact[i] * exact[i];
  }
  return std::sqrt(error / (size > 0 ? size : 1));
}

}  // namespace lantern::cuda
