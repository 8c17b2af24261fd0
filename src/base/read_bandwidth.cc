#include "src/base/read_bandwidth.h"

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <new>
#include <thread>
#include <vector>

namespace lantern {
namespace {

constexpr size_t kWords = size_t{256} << 17;  // 256 MiB
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

// On huge pages where the system has them, as packed weights are.
uint64_t* AllocateWords() {
  constexpr size_t kHugePage = size_t{2} << 20;
  auto* words = static_cast<uint64_t*>(std::aligned_alloc(kHugePage, kWords * sizeof(uint64_t)));
  if (words == nullptr) throw std::bad_alloc();
  ::madvise(words, kWords * sizeof(uint64_t), MADV_HUGEPAGE);
  std::fill_n(words, kWords, 1);
  return words;
}

}  // namespace

double MeasureReadBandwidth(int threads) {
  const std::unique_ptr<uint64_t, decltype(&std::free)> memory(AllocateWords(), &std::free);
  std::vector<double> gbps;
  std::atomic<uint64_t> sink{0};
  for (int round = 0; round < kRounds; ++round) {
    const auto start = std::chrono::steady_clock::now();
    std::vector<std::thread> readers;
    const size_t part = kWords / threads;
    for (int t = 0; t < threads; ++t) {
      readers.emplace_back([&, t] { sink += SumOf(memory.get() + t * part, part); });
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
