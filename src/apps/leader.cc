#include "src/apps/leader.h"

#include <fmt/format.h>

#include <optional>

#include "src/apps/interrupt.h"
#include "src/apps/sums_report.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/engine/rank.h"
#include "src/engine/self.h"
#include "src/engine/tokenizer_loader.h"

namespace lantern {
namespace {

void Say(const std::string& line) { fmt::print(stderr, "{}\n", line); }

// Where a worker's weights came from, once it is ready.
void ReportWeights(const std::vector<WorkerInfo>& workers) {
  for (const WorkerInfo& worker : workers) {
    const control::Ready& w = worker.weights;
    const uint64_t all = w.copy_bytes + w.cache_bytes + w.network_bytes;
    if (all == 0) continue;  // a rank of this machine
    Say(fmt::format("Rank {} ({}): {} of weights, {} sent, {} from its cache, {} from its copy.",
                    worker.rank, worker.join.host, HumanBytes(all), HumanBytes(w.network_bytes),
                    HumanBytes(w.cache_bytes), HumanBytes(w.copy_bytes)));
  }
}

}  // namespace

Leader::Leader(const SessionOptions& options) {
  ProgressBar bar("Loading " + options.model.filename().string());
  std::optional<ProgressLines> lines;
  std::vector<WorkerInfo> workers;
  Session::Events events;
  events.on_load = [&](size_t done, size_t total) { bar.Update(done, total); };
  events.on_message = Say;
  events.on_wait = [] {
    if (TakeInterrupts() > 0) Fail(ErrorKind::kInterrupted, "Interrupted before all was ready.");
  };
  events.on_workers = [&](const std::vector<WorkerInfo>& all) {
    workers = all;
    std::vector<ProgressLines::Line> shown;
    for (const WorkerInfo& worker : all) {
      const control::Heartbeat& p = worker.progress;
      if (p.total_bytes > 0) shown.push_back({worker.join.host, p.done_bytes, p.total_bytes});
    }
    if (!lines) lines.emplace();
    if (!shown.empty()) lines->Update(shown);
  };
  session_ = std::make_unique<Session>(options, events);
  lines.reset();
  ReportWeights(workers);
  if (options.gemm != SessionOptions().gemm) {
    Say(fmt::format("Prompts are multiplied by {}: not the same bits as on other machines.",
                    session_->rank().gemm()));
  }
}

std::string Leader::TakeFallback() {
  if (told_fallback_) return {};
  const std::string sentence = FallbackSentence(*session_);
  told_fallback_ = !sentence.empty();
  return sentence;
}

Leader::~Leader() {
  if (const std::string fallback = TakeFallback(); !fallback.empty()) Say(fallback);
  const int64_t strangers = session_->strangers();
  session_.reset();
  if (strangers > 0) Say(StrangersText(strangers));
}

std::unique_ptr<Tokenizer> OpenTokenizer(const std::filesystem::path& model, bool required) {
  try {
    return LoadTokenizer(model);
  } catch (const Error&) {
    if (!required) return nullptr;
    OpenWeightFile(model);  // where it is no model at all, that is the better sentence
    throw;
  }
}

std::vector<int> StopIds(const Tokenizer& tokenizer) {
  std::vector<int> ids;
  for (int id = 0; id < tokenizer.size(); ++id) {
    if (tokenizer.IsEndOfGeneration(id)) ids.push_back(id);
  }
  return ids;
}

void RequireIds(std::span<const int> ids, int vocab) {
  if (ids.empty()) Fail(ErrorKind::kBadRequest, "The prompt is empty: give at least one token.");
  for (int id : ids) {
    if (id < 0 || id >= vocab) {
      Fail(ErrorKind::kBadRequest, "Token id {} is outside the model's vocabulary of {}.", id,
           vocab);
    }
  }
}

}  // namespace lantern
