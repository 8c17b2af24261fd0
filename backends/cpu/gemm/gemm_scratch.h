// GemmScratch: what products by a provider need beside their operands. Grows only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace lantern {

// Memory by cache lines, which vector loads of libraries do not straddle.
class Lines {
 public:
  template <class T>
  T* Room(size_t count) {
    const size_t needed = (count * sizeof(T) + sizeof(Line) - 1) / sizeof(Line);
    if (lines_.size() < needed) lines_.resize(needed);
    return reinterpret_cast<T*>(lines_.data());
  }

 private:
  struct alignas(64) Line {
    std::byte bytes[64];
  };
  std::vector<Line> lines_;
};

// One task's: a block of unpacked weights, and its product.
struct BlockScratch {
  Lines weights, product;
};

class GemmScratch {
 public:
  Lines activations;  // of the step, converted

  // As many are made as threads ask at once.
  std::unique_ptr<BlockScratch> Take() {
    const std::lock_guard lock(mutex_);
    if (idle_.empty()) return std::make_unique<BlockScratch>();
    std::unique_ptr<BlockScratch> scratch = std::move(idle_.back());
    idle_.pop_back();
    return scratch;
  }
  void GiveBack(std::unique_ptr<BlockScratch> scratch) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(scratch));
  }

 private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<BlockScratch>> idle_;
};

}  // namespace lantern
