// lantern run: one raw completion.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/apps/options.h"
#include "src/apps/sums_report.h"
#include "src/base/error.h"
#include "src/engine/rank.h"
#include "src/text/detokenizer.h"

namespace lantern {
namespace {

struct RunFlags {
  ModelFlags model;
  SamplingParams sampling;
  std::string prompt, ids;
  int tokens = 128;
  bool ignore_eos = false;
};

double Seconds(Sequence::Clock::time_point from, Sequence::Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

double PerSecond(int tokens, double seconds) { return seconds > 0 ? tokens / seconds : 0; }

nlohmann::ordered_json Report(const Sequence& s, const std::string& text, Session& session) {
  const double prefill = Seconds(s.started, s.first_token);
  const double decode = Seconds(s.first_token, s.finished);
  const StepTimes& times = session.engine().times();
  const int generated = s.generated();
  nlohmann::ordered_json json;
  json["text"] = text;
  json["tokens"] = std::vector<int>(s.tokens.begin() + s.prompt_tokens(), s.tokens.end());
  json["prompt_tokens"] = s.prompt_tokens();
  json["finish_reason"] = Name(s.finish);
  json["timings"] = {{"load_s", session.load_seconds()},
                     {"prefill_s", prefill},
                     {"decode_s", decode},
                     {"prefill_tokens_per_s", PerSecond(s.prompt_tokens(), prefill)},
                     {"decode_tokens_per_s", PerSecond(std::max(generated - 1, 0), decode)},
                     {"wire_s", times.wire_s},
                     {"wait_s", times.wait_s}};
  json["layout"] = {
      {"tp", session.plan().tp}, {"pp", session.plan().pp}, {"ranks", session.plan().world()}};
  json["sums"] = SumsJson(session);
  json["gemm"] = session.rank().gemm();
  json["logits_hash"] = LogitsHash(s);
  return json;
}

std::string Summary(const nlohmann::ordered_json& json) {
  const auto& t = json["timings"];
  return fmt::format(
      "\nprompt {} tokens, {:.2f} tokens/s; answer {} tokens, {:.2f} tokens/s; wire {:.2f} s, wait "
      "{:.2f} s; {} rank(s) as tp {} x pp {}; finish: {}; logits_hash {}\n",
      json["prompt_tokens"].get<int>(), t["prefill_tokens_per_s"].get<double>(),
      json["tokens"].size(), t["decode_tokens_per_s"].get<double>(), t["wire_s"].get<double>(),
      t["wait_s"].get<double>(), json["layout"]["ranks"].get<int>(),
      json["layout"]["tp"].get<int>(), json["layout"]["pp"].get<int>(),
      json["finish_reason"].get<std::string>(), json["logits_hash"].get<std::string>());
}

int Complete(const RunFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  if (flags.tokens < 1) Fail(ErrorKind::kBadRequest, "-n must be at least 1.");
  flags.sampling.Validate();
  if (flags.ids.empty() && flags.prompt.empty()) {
    Fail(ErrorKind::kBadRequest, "The prompt is empty: give -p TEXT or --ids 1,2,3.");
  }
  // A model without a vocabulary still runs on ids.
  const auto tokenizer = OpenTokenizer(options.model, /*required=*/flags.ids.empty());
  Request request;
  request.prompt =
      flags.ids.empty() ? tokenizer->Encode(flags.prompt, {.add_bos = true}) : ParseIds(flags.ids);
  request.max_tokens = flags.tokens;
  request.sampling = flags.sampling;
  if (tokenizer && !flags.ignore_eos) request.stop_ids = StopIds(*tokenizer);

  Leader leader(options);
  RequireIds(request.prompt, leader.session().file().config().vocab);
  std::optional<Detokenizer> detokenizer;
  if (tokenizer) detokenizer.emplace(*tokenizer, DetokenizerOptions{.begins_text = false});
  std::string text;
  auto show = [&](const std::string& piece) {
    text += piece;
    if (!flags.model.json) fmt::print("{}", piece);
    if (!flags.model.json) std::fflush(stdout);
  };
  request.on_token = [&](int id) {
    if (detokenizer) show(detokenizer->Push(id));
  };
  Engine& engine = leader.session().engine();
  const auto sequence = engine.Submit(std::move(request));
  const bool whole = RunUntilDone(engine, sequence);
  if (detokenizer) show(detokenizer->Flush());

  const nlohmann::ordered_json report = Report(*sequence, text, leader.session());
  if (flags.model.json) fmt::print("{}\n", report.dump());
  if (!flags.model.json) fmt::print("\n");
  std::fflush(stdout);
  if (!flags.model.json) fmt::print(stderr, "{}", Summary(report));
  return whole ? 0 : kInterruptedExit;
}

}  // namespace

void RegisterRun(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App* sub = app.add_subcommand("run", "One raw completion to stdout");
  flags->model.Register(*sub);
  RegisterSampling(*sub, flags->sampling);
  auto* prompt = sub->add_option("-p,--prompt", flags->prompt, "The text to go on from");
  sub->add_option("--ids", flags->ids, "Token ids instead of a text, as they are: 1,2,3")
      ->excludes(prompt);
  sub->add_option("-n", flags->tokens, "Tokens to generate")->capture_default_str();
  sub->add_flag("--ignore-eos", flags->ignore_eos, "Go on past the end of the text");
  sub->callback([flags, &exit_code] { exit_code = Complete(*flags); });
}

}  // namespace lantern
