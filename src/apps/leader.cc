#include "src/apps/leader.h"

#include <fmt/format.h>

#include "src/base/error.h"
#include "src/engine/tokenizer_loader.h"

namespace lantern {
namespace {

void Say(const std::string& line) { fmt::print(stderr, "{}\n", line); }

}  // namespace

Leader::Leader(const SessionOptions& options) {
  ProgressBar bar("Loading " + options.model.filename().string());
  session_ = std::make_unique<Session>(
      options, Session::Events{[&](size_t done, size_t total) { bar.Update(done, total); }, Say});
}

int Follow(const SessionOptions& options) {
  WorkerOptions worker;
  worker.join = options.master;
  worker.rank = options.rank;
  worker.model = options.model;
  worker.threads = options.threads;
  worker.join_limit_s = 60;
  RunWorker(worker, Say);
  return 0;
}

std::unique_ptr<Tokenizer> OpenTokenizer(const std::filesystem::path& model, bool required) {
  try {
    return LoadTokenizer(model);
  } catch (const Error&) {
    if (required) throw;
    return nullptr;
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
