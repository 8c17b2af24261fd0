// lantern score: how well a model predicts a text, and its raw logits.
#include <fmt/format.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

#include "models/reference/logits_comparison.h"
#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/apps/options.h"
#include "src/apps/sums_report.h"
#include "src/apps/text_pass.h"
#include "src/base/error.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

struct ScoreFlags {
  ModelFlags model;
  std::string file, ids, logits;
};

std::vector<int> IdsToScore(const ScoreFlags& flags) {
  if (!flags.ids.empty()) return ParseIds(flags.ids);
  if (flags.file.empty()) {
    Fail(ErrorKind::kBadRequest, "There is nothing to score: give a FILE or --ids.");
  }
  return EncodeText(flags.model.session.model, ReadTextFile(flags.file));
}

// Sums the likelihood of each token given those before it in its window, and writes the logits.
class Scorer {
 public:
  Scorer(const std::string& logits_path) {
    if (logits_path.empty()) return;
    out_.open(logits_path, std::ios::binary | std::ios::trunc);
    if (!out_) Fail(ErrorKind::kIo, "Cannot write {}.", logits_path);
  }

  // False when Ctrl-C ended it.
  bool Window(Engine& engine, std::span<const int> ids) {
    const auto on_logits = [&](int position, const std::vector<float>& logits) {
      out_.write(reinterpret_cast<const char*>(logits.data()), logits.size() * sizeof(float));
      if (position + 1 == static_cast<int>(ids.size())) return;
      nll_ += NegativeLogLikelihood(logits, ids[position + 1]);
      ++scored_;
    };
    return ReadText(engine, ids, on_logits) != nullptr;
  }

  void Close(const std::string& path) {
    out_.flush();
    if (!path.empty() && !out_) Fail(ErrorKind::kIo, "Cannot write {}: is the disk full?", path);
  }
  double nll() const { return nll_; }
  int scored() const { return scored_; }

 private:
  std::ofstream out_;
  double nll_ = 0;
  int scored_ = 0;
};

int Score(const ScoreFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  const std::vector<int> ids = IdsToScore(flags);
  options.logit_rows = kLogitRows;
  Leader leader(options);
  Session& session = leader.session();
  RequireIds(ids, session.file().config().vocab);
  if (ids.size() < 2 && flags.logits.empty()) {
    Fail(ErrorKind::kBadRequest, "Scoring needs at least two tokens; the text has {}.", ids.size());
  }
  Scorer scorer(flags.logits);
  // A text longer than the context is scored in windows, each starting with the text's first id
  // (BOS where there is one).
  const size_t window = session.spec().context;
  bool whole = scorer.Window(session.engine(), std::span(ids).first(std::min(window, ids.size())));
  for (size_t begin = window; whole && begin < ids.size(); begin += window - 1) {
    std::vector<int> part = {ids[0]};
    const size_t end = std::min(ids.size(), begin + window - 1);
    part.insert(part.end(), ids.begin() + begin, ids.begin() + end);
    whole = scorer.Window(session.engine(), part);
  }
  if (!whole) return kInterruptedExit;
  scorer.Close(flags.logits);
  const double perplexity = std::exp(scorer.nll() / std::max(scorer.scored(), 1));
  if (flags.model.json) {
    nlohmann::ordered_json json = {{"tokens", scorer.scored()},
                                   {"nll_nats", scorer.nll()},
                                   {"perplexity", perplexity},
                                   {"sums", SumsJson(session)},
                                   {"gemm", session.rank().gemm()}};
    fmt::print("{}\n", json.dump());
  } else {
    fmt::print("{} tokens scored, {:.4f} nats, perplexity {:.4f}\n", scorer.scored(), scorer.nll(),
               perplexity);
  }
  return 0;
}

}  // namespace

void RegisterScore(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<ScoreFlags>();
  CLI::App* sub = app.add_subcommand("score", "Perplexity of a text; its logits on request");
  flags->model.Register(*sub);
  auto* file = sub->add_option("FILE", flags->file, "The text");
  sub->add_option("--ids", flags->ids, "Token ids instead of a text, as they are: 1,2,3")
      ->excludes(file);
  sub->add_option("--logits", flags->logits,
                  "Write little-endian f32 logits here, one row of the vocabulary per position");
  sub->callback([flags, &exit_code] { exit_code = Score(*flags); });
}

}  // namespace lantern
