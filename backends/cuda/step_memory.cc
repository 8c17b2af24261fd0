#include "backends/cuda/step_memory.h"

#include <algorithm>
#include <bit>

#include "backends/cuda/device.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kMostHashSlots = 1023;  // layers of a stage
constexpr int kLeastPositions = 256;
constexpr int kLeastRows = 16;  // of logits that there is room for
constexpr int kLeastTop = 64;   // fewer cost the device the same
constexpr size_t kSeenBytes = 8;
static_assert(sizeof(RowAnswer) == kSeenBytes && sizeof(uint64_t) == kSeenBytes);
static_assert(LogitsLook::kMostTop <= kMostTop &&
              std::has_single_bit(static_cast<unsigned>(LogitsLook::kMostTop)));
// One value for all that is cleared: beyond every layer, and what hashes begin with.
constexpr int kClearByte = 0x7f;
constexpr uint32_t kCleared = 0x7f7f7f7f;

// Where a context passes these, decode steps are recorded anew.
int PositionBucket(int positions) {
  return std::max(kLeastPositions,
                  static_cast<int>(std::bit_ceil(static_cast<unsigned>(positions))));
}

// Few different numbers, so that few shapes are recorded.
int TopBucket(int top_logits) {
  LANTERN_CHECK_LE(top_logits, LogitsLook::kMostTop);
  if (top_logits == 0) return 0;
  return std::max(kLeastTop, static_cast<int>(std::bit_ceil(static_cast<unsigned>(top_logits))));
}

int* Ints(const std::shared_ptr<std::byte>& memory) { return reinterpret_cast<int*>(memory.get()); }

}  // namespace

// Offsets within both buffers: token, position, sequence, logits_at [tokens each], run_begin,
// blocks_begin [tokens + 1 each], blocks.
void StepMemory::Reserve(int tokens, int blocks) {
  tokens = std::max({token_capacity_, tokens, 64});
  blocks = std::max({block_capacity_, 2 * blocks, 1024});
  const size_t bytes = (size_t{6} * tokens + 2 + blocks) * sizeof(int);
  device_ = DeviceMemory(bytes);
  host_ = PinnedMemory(bytes);
  bytes_ = bytes;  // now that there is so much
  token_capacity_ = tokens;
  block_capacity_ = blocks;
}

void StepMemory::Upload(const Queue& queue) {
  Require(cudaMemcpyAsync(device_.get(), host_.get(), bytes_, cudaMemcpyHostToDevice, queue.stream),
          "copying a step's tokens");
}

void StepMemory::Set(const BatchView& batch, int slot, bool& moved) {
  const int tokens = static_cast<int>(batch.position.size());
  const int sequences = static_cast<int>(batch.blocks.size());
  int blocks = 0;
  for (const auto& table : batch.blocks) blocks += static_cast<int>(table.size());
  const int rows = std::max(tokens, sequences);
  moved = rows > token_capacity_ || blocks > block_capacity_;
  if (moved) Reserve(rows, blocks);

  int* const host = Ints(host_);
  const int n = token_capacity_;
  std::copy(batch.token.begin(), batch.token.end(), host);
  std::copy(batch.position.begin(), batch.position.end(), host + n);
  std::copy(batch.sequence.begin(), batch.sequence.end(), host + 2 * n);
  std::copy(batch.logits_at.begin(), batch.logits_at.end(), host + 3 * n);
  int* const run_begin = host + 4 * n;
  int* const blocks_begin = run_begin + n + 1;
  int* const tables = blocks_begin + n + 1;

  const int logit_rows = static_cast<int>(batch.logits_at.size());
  shape_ = {slot, tokens, 0, 0, 0, logit_rows, TopBucket(batch.top_logits)};
  int most = 1;
  for (int i = 0; i < tokens; ++i) {
    if (i == 0 || batch.sequence[i] != batch.sequence[i - 1]) run_begin[shape_.runs++] = i;
    shape_.longest_run = std::max(shape_.longest_run, i + 1 - run_begin[shape_.runs - 1]);
    most = std::max(most, batch.position[i] + 1);
  }
  run_begin[shape_.runs] = tokens;
  shape_.most_positions = PositionBucket(most);
  last_shape_[slot] = shape_;
  int end = 0;
  for (int s = 0; s < sequences; ++s) {
    blocks_begin[s] = end;
    end = static_cast<int>(std::copy(batch.blocks[s].begin(), batch.blocks[s].end(), tables + end) -
                           tables);
  }
  blocks_begin[sequences] = end;

  int* const device = Ints(device_);
  token_ids_ = device;
  logits_at_ = device + 3 * n;
  tokens_.position = device + n;
  tokens_.sequence = device + 2 * n;
  tokens_.run_begin = device + (run_begin - host);
  tokens_.blocks_begin = device + (blocks_begin - host);
  tokens_.blocks = device + (tables - host);
  tokens_.tokens = tokens;
  tokens_.runs = shape_.runs;
  tokens_.longest_run = shape_.longest_run;
  tokens_.most_positions = shape_.most_positions;
}

void StepMemory::ClearSeen(const Queue& queue) {
  if (!seen_owner_) {
    seen_owner_ = DeviceMemory((kMostHashSlots + 1) * sizeof(int));
    seen_host_ = PinnedMemory((kMostHashSlots + 1) * sizeof(int));
    seen_device_ = Ints(seen_owner_);
  }
  Require(
      cudaMemsetAsync(seen_device_, kClearByte, (kMostHashSlots + 1) * sizeof(int), queue.stream),
      "clearing what was seen");
}

uint32_t* StepMemory::residual_hash(int slot) {
  LANTERN_CHECK(0 <= slot && slot < kMostHashSlots);
  hash_slots_ = std::max(hash_slots_, slot + 1);
  return reinterpret_cast<uint32_t*>(seen_device_) + 1 + slot;
}

void StepMemory::FetchSeen(const Queue& queue) {
  Require(cudaMemcpyAsync(seen_host_.get(), seen_device_, (hash_slots_ + 1) * sizeof(int),
                          cudaMemcpyDeviceToHost, queue.stream),
          "fetching what was seen");
}

ResidualLook StepMemory::residual() {
  uint32_t* const seen = reinterpret_cast<uint32_t*>(seen_host_.get());
  for (int i = 1; i <= hash_slots_; ++i) seen[i] -= kCleared;
  return {std::min<int>(static_cast<int>(seen[0]), ResidualLook::kAllFinite),
          {seen + 1, static_cast<size_t>(hash_slots_)},
          hash_slots_ > 0};
}

// For so many that another number of top logits never moves it.
void StepMemory::ReserveSeen(LogitsSeen& seen, const Matrix& logits, bool& moved) {
  const int rows = std::max(logits.rows, kLeastRows);
  const size_t scratch = TopScratchBytes(rows, logits.columns, LogitsLook::kMostTop);
  const bool needs_scratch = shape_.top_logits > 0 && scratch > top_scratch_bytes_;
  moved = logits.rows > seen.capacity || needs_scratch;
  if (logits.rows > seen.capacity) {
    const size_t bytes = kSeenBytes * rows * (1 + LogitsLook::kMostTop + seen.blocks);
    seen.device = DeviceMemory(bytes);
    seen.host = PinnedMemory(bytes);
    seen.capacity = rows;
  }
  if (!needs_scratch) return;
  top_scratch_ = DeviceMemory(scratch);
  top_scratch_bytes_ = scratch;
}

void StepMemory::LookAtLogits(const Queue& queue, const Matrix& logits, bool& moved) {
  const int rows = logits.rows, top_logits = shape_.top_logits;
  LANTERN_CHECK_EQ(rows, shape_.logit_rows);
  LogitsSeen& seen = logits_[logits.data];
  seen.slot = shape_.slot;
  seen.columns = logits.columns;
  seen.blocks = (logits.columns + 255) / 256;
  ReserveSeen(seen, logits, moved);
  auto* const best = reinterpret_cast<RowAnswer*>(seen.device.get());
  RowAnswer* const top = best + rows;
  AnswerRows(queue, logits, reinterpret_cast<uint64_t*>(top + size_t(rows) * top_logits), best);
  if (top_logits > 0) TopOfRows(queue, logits, top_logits, top, top_scratch_.get());
  const size_t used = kSeenBytes * rows * (1 + top_logits + seen.blocks);
  Require(cudaMemcpyAsync(seen.host.get(), seen.device.get(), used, cudaMemcpyDeviceToHost,
                          queue.stream),
          "fetching answers");
}

LogitsLook StepMemory::logits(const void* logits, int row) const {
  const LogitsSeen& seen = logits_.at(logits);
  const StepShape& shape = last_shape_.at(seen.slot);
  LANTERN_CHECK(0 <= row && row < shape.logit_rows);
  const auto* const best = reinterpret_cast<const RowAnswer*>(seen.host.get());
  const RowAnswer* const top = best + shape.logit_rows;
  const auto* const hashes =
      reinterpret_cast<const uint64_t*>(top + size_t(shape.logit_rows) * shape.top_logits);
  const size_t found = std::min(std::max(shape.top_logits, 1), seen.columns);
  return {{hashes + size_t(row) * seen.blocks, static_cast<size_t>(seen.blocks)},
          seen.columns,
          {shape.top_logits > 0 ? top + size_t(row) * shape.top_logits : best + row, found}};
}

}  // namespace lantern::cuda
