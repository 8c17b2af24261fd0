#include "src/apps/throughput.h"

#include <algorithm>

#include "src/apps/interrupt.h"
#include "src/base/error.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

// Seeded ids spread over the vocabulary: what they say does not matter, that they differ does.
std::vector<int> PromptIds(int count, int vocab) {
  std::vector<int> ids(count);
  for (int i = 0; i < count; ++i) ids[i] = static_cast<int>((7919u * (i + 1)) % vocab);
  return ids;
}

}  // namespace

std::string Load::Name() const {
  std::string name = generate > 0 ? "tg" + std::to_string(generate) : "pp" + std::to_string(prompt);
  if (sequences > 1) name += "x" + std::to_string(sequences);
  if (depth > 0) name += "@" + std::to_string(depth);
  return name;
}

Throughput::~Throughput() {
  for (const auto& sequence : kept_) session_.engine().Release(*sequence);
}

bool Throughput::WarmUp() {
  // A device chooses kernels by the number of tokens, and loads them when they are first used.
  const bool on_host = Backend::IsHost(session_.spec().DeviceOf(0));
  const int prompt = on_host ? std::min(load_.prompt, 32) : load_.prompt;
  return Run(prompt, std::min(load_.generate, 4)).has_value();
}

void Throughput::Mark() {
  times_before_ = session_.engine().times();
  wire_before_ = session_.rank().wire();
}

std::optional<Sample> Throughput::Measure() { return Run(load_.prompt, load_.generate); }

std::shared_ptr<Sequence> Throughput::Submit(size_t index, int prompt, int generate) {
  Request request;
  const int tokens = std::max(load_.depth + prompt, 1);
  request.prompt = PromptIds(tokens, session_.file().config().vocab);
  // Reading a prompt ends with the choice of one token, as it does in a chat.
  request.max_tokens = generate + 1;
  // Generation is measured from the moment when all sequences have their first token.
  request.on_token = [this, generate, first = true](int) mutable {
    if (first && generate > 0) Mark();
    first = false;
  };
  if (kept_.empty()) return session_.engine().Submit(std::move(request));
  kept_[index]->cached = std::min(kept_[index]->cached, load_.depth);
  return session_.engine().Submit(std::move(request), kept_[index]);
}

std::optional<Sample> Throughput::Run(int prompt, int generate) {
  Engine& engine = session_.engine();
  engine.KeepFinished(load_.depth > 0);
  Mark();
  std::vector<std::shared_ptr<Sequence>> sequences;
  for (int i = 0; i < load_.sequences; ++i) sequences.push_back(Submit(i, prompt, generate));
  if (!RunUntilDone(engine, sequences)) return std::nullopt;
  if (load_.depth > 0) kept_ = sequences;

  Sample sample;
  sample.hash = LogitsHash(*sequences[0]);
  auto begin = sequences[0]->started, end = sequences[0]->finished;
  for (const auto& s : sequences) {
    if (generate > 0) begin = std::max(begin, s->first_token);
    end = std::max(end, s->finished);
    if (LogitsHash(*s) == sample.hash) continue;
    Fail(ErrorKind::kIo, "{}: one prompt gave different logits; this machine computes wrongly.",
         load_.Name());
  }
  sample.seconds = std::chrono::duration<double>(end - begin).count();
  const WireCounters& wire = session_.rank().wire();
  sample.wire_s = engine.times().wire_s - times_before_.wire_s;
  sample.wait_s = engine.times().wait_s - times_before_.wait_s;
  sample.sent_bytes = wire.bytes_sent - wire_before_.bytes_sent;
  sample.received_bytes = wire.bytes_received - wire_before_.bytes_received;
  return sample;
}

}  // namespace lantern
