#include "backends/cuda/step_memory.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "backends/cuda/device.h"
#include "src/base/check.h"

namespace lantern::cuda {
namespace {

constexpr int kMostHashSlots = 1023;            // layers of a stage
constexpr int kSeenSlots = kMostHashSlots + 1;  // and the first layer that gave no number
constexpr int kLeastPositions = 256;
constexpr int kLeastRows = 16;  // of logits that there is room for
constexpr int kLeastTop = 64;   // fewer cost the device the same
constexpr size_t kSeenBytes = 8;
static_assert(sizeof(RowAnswer) == kSeenBytes && sizeof(uint64_t) == kSeenBytes &&
              sizeof(Mass) == kSeenBytes);
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

}  // namespace

// Offsets within the buffers: rules [rows], token, position, sequence, logits_at [tokens each],
// run_begin, blocks_begin [tokens + 1 each], blocks.
size_t StepMemory::Capacity::Bytes() const {
  const size_t bytes = sizeof(ChoiceRule) * rows + sizeof(int) * (size_t{6} * tokens + 2 + blocks);
  return (bytes + 15) / 16 * 16;
}

// Guesses stay: the step that is set may begin with those of the one before.
void StepMemory::Reserve(const Queue& queue, const Capacity& least) {
  const Capacity wanted = {std::max({capacity_.tokens, least.tokens, 64}),
                           std::max({capacity_.blocks, 2 * least.blocks, 1024}),
                           std::max({capacity_.rows, least.rows, kLeastRows})};
  Require(cudaStreamSynchronize(queue.stream), "computing a step");
  auto device = DeviceMemory(wanted.Bytes()), guesses = DeviceMemory(sizeof(int) * wanted.rows);
  if (guesses_) {
    Require(cudaMemcpyAsync(guesses.get(), guesses_.get(), sizeof(int) * capacity_.rows,
                            cudaMemcpyDeviceToDevice, queue.stream),
            "copying guesses");
    Require(cudaStreamSynchronize(queue.stream), "copying guesses");
  }
  device_ = std::move(device);
  guesses_ = std::move(guesses);
  capacity_ = wanted;
}

StepMemory::Slot& StepMemory::Enter(int number) {
  Slot& slot = slots_[number];
  if (slot.bytes != capacity_.Bytes()) {
    slot.host = PinnedMemory(capacity_.Bytes());
    slot.bytes = capacity_.Bytes();
  }
  if (!slot.seen) slot.seen = PinnedMemory(kSeenSlots * sizeof(int));
  if (!slot.ended) {
    cudaEvent_t event = nullptr;
    Require(cudaEventCreateWithFlags(&event, cudaEventDisableTiming), "making an event");
    slot.ended.reset(event);
  }
  return slot;
}

// As many bytes in every step until one is moved.
void StepMemory::Begin(const Queue& queue) {
  if (!seen_) seen_ = DeviceMemory(kSeenSlots * sizeof(int));
  const Slot& slot = slots_.at(shape_.slot);
  MoveBoth(queue, {device_.get(), slot.host.get(), slot.bytes},
           {seen_.get(), nullptr, kSeenSlots * sizeof(int), kClearByte});
  answers_ = {};
}

void StepMemory::End(const Queue& queue) {
  MoveBoth(queue, answers_,
           {slots_.at(shape_.slot).seen.get(), seen_.get(), (hash_slots_ + 1) * sizeof(int)});
}

void StepMemory::Set(const Queue& queue, const BatchView& batch, int slot, bool& moved) {
  const int tokens = static_cast<int>(batch.position.size());
  const int sequences = static_cast<int>(batch.blocks.size());
  const int rows = static_cast<int>(batch.logits_at.size());
  int blocks = 0;
  for (const auto& table : batch.blocks) blocks += static_cast<int>(table.size());
  const Capacity least = {std::max(tokens, sequences), blocks, rows};
  moved = least.tokens > capacity_.tokens || blocks > capacity_.blocks || rows > capacity_.rows;
  if (moved) Reserve(queue, least);
  Slot& entered = Enter(slot);
  const LogitsWanted& wanted = batch.wanted;
  vocabulary_ = wanted.vocabulary;
  shape_ = {.slot = slot, .tokens = tokens, .logit_rows = rows};
  shape_.top_logits = TopBucket(wanted.top_logits);
  shape_.masses = wanted.masses;
  shape_.guesses = wanted.guesses;
  shape_.joins = wanted.guesses && vocabulary_.parts > 1;
  CopyBatch(batch, entered.host.get());
  entered.shape = shape_;
}

// And where it will lie on the device.
void StepMemory::CopyBatch(const BatchView& batch, std::byte* host_bytes) {
  const int tokens = shape_.tokens, sequences = static_cast<int>(batch.blocks.size());
  const size_t rules_bytes = sizeof(ChoiceRule) * capacity_.rows;
  const std::span<const ChoiceRule> rules = batch.wanted.rules;
  LANTERN_CHECK_EQ(rules.size(), batch.logits_at.size());
  std::copy(rules.begin(), rules.end(), reinterpret_cast<ChoiceRule*>(host_bytes));

  int* const host = reinterpret_cast<int*>(host_bytes + rules_bytes);
  const int n = capacity_.tokens;
  std::copy(batch.token.begin(), batch.token.end(), host);
  std::copy(batch.position.begin(), batch.position.end(), host + n);
  std::copy(batch.sequence.begin(), batch.sequence.end(), host + 2 * n);
  std::copy(batch.logits_at.begin(), batch.logits_at.end(), host + 3 * n);
  int* const run_begin = host + 4 * n;
  int* const blocks_begin = run_begin + n + 1;
  int* const tables = blocks_begin + n + 1;

  int most = 1;
  for (int i = 0; i < tokens; ++i) {
    if (i == 0 || batch.sequence[i] != batch.sequence[i - 1]) run_begin[shape_.runs++] = i;
    shape_.longest_run = std::max(shape_.longest_run, i + 1 - run_begin[shape_.runs - 1]);
    most = std::max(most, batch.position[i] + 1);
  }
  run_begin[shape_.runs] = tokens;
  shape_.most_positions = PositionBucket(most);
  int end = 0;
  for (int s = 0; s < sequences; ++s) {
    blocks_begin[s] = end;
    end = static_cast<int>(std::copy(batch.blocks[s].begin(), batch.blocks[s].end(), tables + end) -
                           tables);
  }
  blocks_begin[sequences] = end;

  rules_ = reinterpret_cast<const ChoiceRule*>(device_.get());
  const int* const device = reinterpret_cast<const int*>(device_.get() + rules_bytes);
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

uint32_t* StepMemory::residual_hash(int hash) {
  LANTERN_CHECK(0 <= hash && hash < kMostHashSlots);
  hash_slots_ = std::max(hash_slots_, hash + 1);
  return reinterpret_cast<uint32_t*>(seen_.get()) + 1 + hash;
}

void StepMemory::MarkEnd(const Queue& queue) {
  Require(cudaEventRecord(slots_.at(shape_.slot).ended.get(), queue.stream), "ending a step");
}

ResidualLook StepMemory::WaitForEnd(int slot) {
  const Slot& ended = slots_.at(slot);
  Require(cudaEventSynchronize(ended.ended.get()), "computing a step");
  uint32_t* const seen = reinterpret_cast<uint32_t*>(ended.seen.get());
  for (int i = 1; i <= hash_slots_; ++i) seen[i] -= kCleared;
  return {std::min<int>(static_cast<int>(seen[0]), ResidualLook::kAllFinite),
          {seen + 1, static_cast<size_t>(hash_slots_)},
          hash_slots_ > 0};
}

bool StepMemory::HasEnded(int slot) const {
  const cudaError_t code = cudaEventQuery(slots_.at(slot).ended.get());
  if (code == cudaErrorNotReady) return false;
  Require(code, "computing a step");
  return true;
}

// For so many that another number of top logits never moves it.
void StepMemory::ReserveSeen(LogitsSeen& seen, const Matrix& logits, bool& moved) {
  const int rows = std::max(logits.rows, kLeastRows);
  const size_t scratch = TopScratchBytes(rows, logits.columns, LogitsLook::kMostTop);
  const bool needs_scratch = shape_.top_logits > 0 && scratch > top_scratch_bytes_;
  const bool needs_rows = logits.rows > seen.capacity;
  // Nothing has been recorded with memory that is only made now.
  moved = (needs_rows && seen.device) || (needs_scratch && top_scratch_);
  if (needs_rows) {
    const size_t bytes = kSeenBytes * (rows * (2 + LogitsLook::kMostTop + 2 * seen.blocks));
    seen.capacity = 0;  // should the next fail
    seen.device = DeviceMemory(bytes);
    seen.host = PinnedMemory(bytes);
    seen.capacity = rows;
  }
  if (!needs_scratch) return;
  top_scratch_bytes_ = 0;
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
  const SeenPlaces to(seen.device.get(), shape_, seen.blocks);
  int* const guesses = reinterpret_cast<int*>(guesses_.get());
  AnswerRows(queue, logits, to.hashes, to.best, guesses);
  if (top_logits > 0) {
    TopOfRows(queue, logits, {rules_, vocabulary_.first_id}, top_logits, to.top,
              top_scratch_.get());
  }
  if (shape_.masses) MassesOfRows(queue, logits, rules_, to.masses);
  const int listed = std::max(top_logits, 1);
  listed_ = {top_logits > 0 ? to.top : to.best, std::min(listed, logits.columns), listed};
  guessed_ = to.guessed;
  if (top_logits > 0 && shape_.guesses && !shape_.joins) {
    GuessTokens(queue, rows, listed_, rules_, to.best, guesses);
  }
  answers_ = {seen.host.get(), seen.device.get(), to.bytes};
}

StepMemory::SeenPlaces::SeenPlaces(std::byte* memory, const StepShape& shape, int blocks) {
  const size_t rows = shape.logit_rows;
  best = reinterpret_cast<RowAnswer*>(memory);
  top = best + rows;
  hashes = reinterpret_cast<uint64_t*>(top + rows * shape.top_logits);
  masses = reinterpret_cast<Mass*>(hashes + rows * blocks);
  auto* const behind = reinterpret_cast<RowAnswer*>(masses + (shape.masses ? rows * blocks : 0));
  guessed = shape.joins ? behind : best;
  bytes = kSeenBytes * (behind - best + (shape.joins ? rows : 0));
}

// For so many that another number of candidates never moves them. Whether they lie elsewhere.
bool StepMemory::ReserveLists() {
  const int rows = std::max(shape_.logit_rows, kLeastRows), parts = vocabulary_.parts;
  if (rows <= list_rows_) return false;
  const bool moves = list_rows_ > 0;
  list_rows_ = 0;  // should the next fail
  const size_t bytes = sizeof(float) * rows * CandidateColumns(parts, LogitsLook::kMostTop);
  all_lists_ = DeviceMemory(bytes);
  my_lists_ = DeviceMemory(bytes);
  joined_ = DeviceMemory(sizeof(RowAnswer) * rows * LogitsLook::kMostTop);
  join_scratch_ = DeviceMemory(JoinScratchBytes(rows, parts, LogitsLook::kMostTop));
  list_rows_ = rows;
  return moves;
}

CandidateLists StepMemory::OfferCandidates(const Queue& queue, bool& moved) {
  LANTERN_CHECK(shape_.joins);
  moved = ReserveLists();
  const int rows = shape_.logit_rows;
  auto* const all = reinterpret_cast<float*>(all_lists_.get());
  auto* const mine = reinterpret_cast<float*>(my_lists_.get());
  cuda::OfferCandidates(queue, rows, listed_, vocabulary_, all, mine);
  const int columns = CandidateColumns(vocabulary_.parts, listed_.stride);
  return {Tensor::F32(all, rows, columns), Tensor::F32(mine, rows, columns)};
}

// Without top logits every row's token is the largest.
void StepMemory::GuessFrom(const Queue& queue, const Tensor& all) {
  const int rows = shape_.logit_rows, count = listed_.stride;
  const bool of_several = shape_.top_logits > 0;
  auto* const top = reinterpret_cast<RowAnswer*>(joined_.get());
  int* const guesses = reinterpret_cast<int*>(guesses_.get());
  JoinCandidates(queue, rows, count, vocabulary_.parts, vocabulary_.ids, all.f32(), rules_,
                 guessed_, guesses, top, of_several ? join_scratch_.get() : nullptr);
  if (!of_several) return;
  GuessTokens(queue, rows, {top, std::min(count, vocabulary_.ids), count}, rules_, guessed_,
              guesses);
}

LogitsLook StepMemory::logits(const void* logits, int row) const {
  const LogitsSeen& seen = logits_.at(logits);
  const StepShape& shape = slots_.at(seen.slot).shape;
  LANTERN_CHECK(0 <= row && row < shape.logit_rows);
  const SeenPlaces from(seen.host.get(), shape, seen.blocks);
  const size_t at = row, blocks = seen.blocks;
  const size_t found = std::min(std::max(shape.top_logits, 1), seen.columns);
  return {{from.hashes + at * blocks, blocks},
          seen.columns,
          {shape.top_logits > 0 ? from.top + at * shape.top_logits : from.best + row, found},
          {from.masses + at * blocks, shape.masses ? blocks : 0},
          from.guessed[row].index};
}

}  // namespace lantern::cuda
