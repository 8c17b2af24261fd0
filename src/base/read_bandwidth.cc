#include "src/base/read_bandwidth.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "src/base/huge_memory.h"

namespace lantern {
namespace {

#if LANTERN_SANITIZED
constexpr size_t kMebibytes = 16;  // the figure means nothing, and 256 were most of a run's time
#else
constexpr size_t kMebibytes = 256;
#endif
constexpr size_t kWords = (kMebibytes << 20) / sizeof(uint64_t);
constexpr int kRounds = 5;

constexpr size_t kAhead = 2048 / sizeof(uint64_t);  // the kernels prefetch too

// Four independent sums, so that the adds never wait for each other.
uint64_t SumOf(const uint64_t* words, size_t count) {
  typedef uint64_t Vector __attribute__((vector_size(32), aligned(8)));
  Vector a{}, b{}, c{}, d{};
  for (size_t i = 0; i + 16 <= count; i += 16) {
    __builtin_prefetch(words + i + kAhead);
    __builtin_prefetch(words + i + kAhead + 8);
    a += *reinterpret_cast<const Vector*>(words + i);
    b += *reinterpret_cast<const Vector*>(words + i + 4);
    c += *reinterpret_cast<const Vector*>(words + i + 8);
    d += *reinterpret_cast<const Vector*>(words + i + 12);
  }
  a += b + c + d;
  return a[0] + a[1] + a[2] + a[3];
}

}  // namespace

double MeasureReadBandwidth(int threads) {
  // As packed weights lie.
  const std::shared_ptr<std::byte> memory = HugeMemory(kWords * sizeof(uint64_t));
  auto* const words = reinterpret_cast<uint64_t*>(memory.get());
  std::fill_n(words, kWords, 1);
  std::vector<double> gbps;
  std::atomic<uint64_t> sink{0};
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> readers;
    const size_t part = kWords / threads;
    for (int t = 0; t < threads; ++t) {
      readers.emplace_back([&, t] { sink += SumOf(words + t * part, part); });
    }
    for (auto& reader : readers) reader.join();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    gbps.push_back(part * threads * sizeof(uint64_t) / seconds.count() / 1e9);
  }
  std::sort(gbps.begin(), gbps.end());
  return gbps[gbps.size() / 2];
}

double SteadyReadBandwidth(double measured, int threads, const std::filesystem::path& file) {
  constexpr double kAlike = 1.25;
  int earlier_threads = 0;
  double earlier = 0;
  std::ifstream(file) >> earlier_threads >> earlier;
  if (earlier_threads == threads && measured < earlier * kAlike) return earlier;
  std::error_code ignored;
  std::filesystem::create_directories(file.parent_path(), ignored);
  std::ofstream(file) << threads << ' ' << measured << '\n';
  return measured;
}

}  // namespace lantern
