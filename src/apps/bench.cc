// lantern bench: throughput of prompt processing and generation.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/apps/options.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/read_bandwidth.h"
#include "src/base/thread_pool.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

struct BenchFlags {
  ModelFlags model;
  std::string prompts = "512", generated = "128";
  int repetitions = 3;
};

struct Sample {
  double seconds = 0, wire_s = 0, wait_s = 0;
  double read_gbps = 0;  // of this machine, just then
  std::string hash;
};

struct Test {
  std::string name;
  int prompt = 0, generate = 0;
  int tokens() const { return generate > 0 ? generate : prompt; }
};

// Threads of rank 0; every rank has as many where all are on this machine.
int ThreadsOf(Session& session) {
  const int threads = session.spec().threads;
  return threads > 0 ? threads : PhysicalCores();
}

// Seeded ids spread over the vocabulary: what they say does not matter, that they differ does.
std::vector<int> PromptIds(int count, int vocab) {
  std::vector<int> ids(count);
  for (int i = 0; i < count; ++i) ids[i] = static_cast<int>((7919u * (i + 1)) % vocab);
  return ids;
}

// nullopt when Ctrl-C ended it.
std::optional<Sample> RunOnce(Engine& engine, const Test& test, int vocab) {
  Request request;
  request.prompt = PromptIds(std::max(test.prompt, 1), vocab);
  // Reading a prompt ends with the choice of one token, as it does in a chat.
  request.max_tokens = test.generate > 0 ? test.generate + 1 : 1;
  const StepTimes before = engine.times();
  const auto sequence = engine.Submit(std::move(request));
  if (!RunUntilDone(engine, sequence)) return std::nullopt;
  const auto begin = test.generate > 0 ? sequence->first_token : sequence->started;
  Sample sample;
  sample.seconds = std::chrono::duration<double>(sequence->finished - begin).count();
  sample.wire_s = engine.times().wire_s - before.wire_s;
  sample.wait_s = engine.times().wait_s - before.wait_s;
  sample.hash = LogitsHash(*sequence);
  return sample;
}

// GB/s at which this machine's threads read the weights and compute nothing. A rank that is alone
// reads its own; several share the machine's memory, so all their threads read at once.
double ReadBandwidth(Session& session) {
  const int ranks = session.plan().world();
  if (ranks > 1) return MeasureReadBandwidth(ThreadsOf(session) * ranks);
  const auto start = std::chrono::steady_clock::now();
  session.rank().StreamWeights();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return session.weight_bytes() / seconds.count() / 1e9;
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

nlohmann::ordered_json Row(const Test& test, const std::vector<Sample>& samples, Session& session) {
  std::vector<double> rates;
  std::vector<double> reads;
  Sample total;
  for (const Sample& s : samples) {
    reads.push_back(s.read_gbps);
    rates.push_back(test.tokens() / s.seconds);
    total.seconds += s.seconds;
    total.wire_s += s.wire_s;
    total.wait_s += s.wait_s;
  }
  const double mean = std::accumulate(rates.begin(), rates.end(), 0.0) / rates.size();
  double squares = 0;
  for (double rate : rates) squares += (rate - mean) * (rate - mean);
  const double tokens = static_cast<double>(test.tokens()) * samples.size();
  auto per_token_ms = [&](double seconds) { return 1e3 * seconds / tokens; };
  nlohmann::ordered_json row;
  row["test"] = test.name;
  row["tokens_per_s"] = mean;
  row["stddev"] = rates.size() > 1 ? std::sqrt(squares / (rates.size() - 1)) : 0.0;
  row["min"] = *std::min_element(rates.begin(), rates.end());
  row["max"] = *std::max_element(rates.begin(), rates.end());
  row["repetitions"] = samples.size();
  const double compute = std::max(0.0, total.seconds - total.wire_s - total.wait_s);
  row["ms_per_token"] = {{"compute", per_token_ms(compute)},
                         {"wire", per_token_ms(total.wire_s)},
                         {"wait", per_token_ms(total.wait_s)}};
  if (test.generate > 0) {
    const double gbps = mean * session.weight_bytes() / 1e9, read_gbps = Median(reads);
    row["weight_gb_per_s"] = gbps;
    row["read_gb_per_s"] = read_gbps;
    row["read_share"] = gbps / read_gbps;
  } else if (session.plan().world() == 1) {
    row["gop_per_s"] = 2e-9 * mean * session.rank().ProductsPerToken();
  }
  row["layout"] = {{"tp", session.plan().tp},
                   {"pp", session.plan().pp},
                   {"ranks", session.plan().world()},
                   {"threads", ThreadsOf(session)}};
  row["logits_hash"] = samples[0].hash;
  const bool same = std::all_of(samples.begin(), samples.end(),
                                [&](const Sample& s) { return s.hash == samples[0].hash; });
  if (!same) {
    Fail(ErrorKind::kIo, "{}: repetitions gave different logits; this machine computes wrongly.",
         test.name);
  }
  return row;
}

void Print(const nlohmann::ordered_json& row) {
  const auto& ms = row["ms_per_token"];
  fmt::print(
      "{:8} {:10.2f} +- {:6.2f} tokens/s   compute {:.2f}, wire {:.2f}, wait {:.2f} ms/token",
      row["test"].get<std::string>(), row["tokens_per_s"].get<double>(),
      row["stddev"].get<double>(), ms["compute"].get<double>(), ms["wire"].get<double>(),
      ms["wait"].get<double>());
  if (row.contains("read_share")) {
    fmt::print("   {:.1f} GB/s, {:.0f}% of this machine's {:.1f}",
               row["weight_gb_per_s"].get<double>(), 100 * row["read_share"].get<double>(),
               row["read_gb_per_s"].get<double>());
  }
  if (row.contains("gop_per_s")) fmt::print("   {:.0f} GOP/s", row["gop_per_s"].get<double>());
  fmt::print("   {}\n", row["logits_hash"].get<std::string>());
  std::fflush(stdout);
}

std::vector<Test> Tests(const BenchFlags& flags) {
  std::vector<Test> tests;
  for (int n : ParseNumbers(flags.prompts, "-p")) {
    if (n > 0) tests.push_back({"pp" + std::to_string(n), n, 0});
  }
  for (int n : ParseNumbers(flags.generated, "-n")) {
    if (n > 0) tests.push_back({"tg" + std::to_string(n), 0, n});
  }
  if (tests.empty()) Fail(ErrorKind::kConfig, "Nothing to measure: -p and -n are both 0.");
  return tests;
}

int Bench(const BenchFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  if (flags.repetitions < 1) Fail(ErrorKind::kConfig, "-r must be at least 1.");
  const std::vector<Test> tests = Tests(flags);
  if (options.context == 0) {
    for (const Test& t : tests) {
      options.context = std::max(options.context, t.prompt + t.generate + 2);
    }
  }
  Leader leader(options);
  Session& session = leader.session();
  const int vocab = session.file().config().vocab;
  auto rows = nlohmann::ordered_json::array();
  for (const Test& test : tests) {
    const Test warm_up{"warm-up", std::min(test.prompt, 32), std::min(test.generate, 4)};
    if (!RunOnce(session.engine(), warm_up, vocab)) return kInterruptedExit;
    std::vector<Sample> samples;
    for (int r = 0; r < flags.repetitions; ++r) {
      std::optional<Sample> sample = RunOnce(session.engine(), test, vocab);
      if (!sample) return kInterruptedExit;
      if (test.generate > 0) sample->read_gbps = ReadBandwidth(session);
      samples.push_back(*sample);
    }
    rows.push_back(Row(test, samples, session));
    if (!flags.model.json) Print(rows.back());
  }
  if (flags.model.json) fmt::print("{}\n", rows.dump());
  return 0;
}

}  // namespace

void RegisterBench(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<BenchFlags>();
  CLI::App* sub = app.add_subcommand("bench", "Throughput of prompts and of generation");
  flags->model.Register(*sub);
  sub->add_option("-p", flags->prompts, "Prompt sizes; 0 leaves them out")->capture_default_str();
  sub->add_option("-n", flags->generated, "Generated tokens; 0 leaves them out")
      ->capture_default_str();
  sub->add_option("-r", flags->repetitions, "Repetitions")->capture_default_str();
  sub->callback([flags, &exit_code] { exit_code = Bench(*flags); });
}

}  // namespace lantern
