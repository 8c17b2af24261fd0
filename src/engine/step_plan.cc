#include "src/engine/step_plan.h"

#include <xxhash.h>

#include <algorithm>

#include "models/shard.h"
#include "src/base/error.h"

namespace lantern {
namespace {

// The plan as it lies on the wire.
struct PlanMessage {
  int kind = 0;
  uint64_t step = 0;
  std::vector<int> token, position, sequence;
  std::vector<std::vector<int>> blocks;
  std::vector<int> logits_at;
  std::vector<RowRequest> rows;
  MSGPACK_DEFINE(kind, step, token, position, sequence, blocks, logits_at, rows)
};

template <class T>
std::vector<std::byte> Pack(const T& value) {
  msgpack::sbuffer buffer;
  msgpack::pack(buffer, value);
  const auto* data = reinterpret_cast<const std::byte*>(buffer.data());
  return {data, data + buffer.size()};
}

template <class T>
T Unpack(std::span<const std::byte> bytes) {
  try {
    const auto handle = msgpack::unpack(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return handle.get().as<T>();
  } catch (const std::exception& e) {
    Fail(ErrorKind::kPeerLost, "A rank sent a step message that cannot be read ({}).", e.what());
  }
}

}  // namespace

std::vector<std::byte> Encode(const StepPlan& plan) {
  const Batch& b = plan.batch;
  return Pack(PlanMessage{plan.kind, plan.step, b.token, b.position, b.sequence, b.blocks,
                          b.logits_at, plan.rows});
}

std::vector<std::byte> Encode(const std::vector<LogitsRow>& rows) { return Pack(rows); }

StepPlan DecodePlan(std::span<const std::byte> bytes) {
  auto m = Unpack<PlanMessage>(bytes);
  return {m.kind,
          m.step,
          {std::move(m.token), std::move(m.position), std::move(m.sequence), std::move(m.blocks),
           std::move(m.logits_at)},
          std::move(m.rows)};
}

std::vector<LogitsRow> DecodeRows(std::span<const std::byte> bytes) {
  return Unpack<std::vector<LogitsRow>>(bytes);
}

uint64_t HashOf(std::span<const uint64_t> hashes) {
  return XXH64(hashes.data(), hashes.size_bytes(), 0);
}

LogitsRow AnswerRow(std::span<const float> logits, int first_id, const RowRequest& request) {
  LogitsRow row;
  for (size_t begin = 0; begin < logits.size(); begin += kVocabBlock) {
    const auto block = logits.subspan(begin, std::min<size_t>(kVocabBlock, logits.size() - begin));
    row.block_hashes.push_back(XXH64(block.data(), block.size_bytes(), 0));
  }
  if (request.candidates > 0) {
    row.candidates = TopCandidates(logits, first_id, request.penalised, request.params,
                                   request.position, request.candidates);
    const bool keyed_best = !request.params.greedy() && request.params.keeps_all();
    row.complete = keyed_best || row.candidates.size() == logits.size();
  }
  if (request.masses) {
    row.masses = BlockMasses(logits, first_id, request.penalised, request.params);
  }
  if (request.all_logits) row.logits.assign(logits.begin(), logits.end());
  return row;
}

LogitsRow JoinVocabulary(std::span<const LogitsRow> parts) {
  LogitsRow whole;
  whole.complete = true;
  auto append = [](auto& to, const auto& from) { to.insert(to.end(), from.begin(), from.end()); };
  // The first candidate (in global order) behind which some rank may hold unsent ones.
  const Candidate* horizon = nullptr;
  for (const LogitsRow& part : parts) {
    append(whole.block_hashes, part.block_hashes);
    append(whole.candidates, part.candidates);
    append(whole.masses, part.masses);
    append(whole.logits, part.logits);
    whole.complete = whole.complete && part.complete;
    if (!part.complete && !part.candidates.empty() &&
        (horizon == nullptr || part.candidates.back() < *horizon)) {
      horizon = &part.candidates.back();
    }
  }
  std::sort(whole.candidates.begin(), whole.candidates.end());
  if (horizon != nullptr) {
    const auto end = std::upper_bound(whole.candidates.begin(), whole.candidates.end(), *horizon);
    whole.candidates.erase(end, whole.candidates.end());
  }
  return whole;
}

}  // namespace lantern
