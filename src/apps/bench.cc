// lantern bench: throughput of prompt processing and generation.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <optional>

#include "models/kv_cache.h"
#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/apps/options.h"
#include "src/apps/throughput.h"
#include "src/base/cores.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/base/read_bandwidth.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

struct BenchFlags {
  ModelFlags model;
  std::string prompts = "512", generated = "128", depths = "0";
  int sequences = 1, repetitions = 3;
};

// Threads of rank 0; every rank has as many where all are on this machine.
int ThreadsOf(Session& session) {
  const int threads = session.spec().threads;
  return threads > 0 ? threads : PhysicalCores();
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

// GB that a token of each sequence reads of the caches, on average over the tokens.
double KvGigabytes(const Load& load, Session& session) {
  const ModelConfig& c = session.file().config();
  const std::vector<int> kv_heads(c.layers, c.kv_heads);
  const double block = KvCache::Bytes(session.spec().stage().kv_type, 1, c.head_dim, kv_heads);
  return 1e-9 * load.sequences * (load.depth + 0.5 * load.generate) * block / KvCache::kBlockTokens;
}

// What was measured, and beside it what this machine could read.
struct Measured {
  std::vector<Sample> samples;
  std::vector<double> read_gbps;  // of this machine, just then
};

nlohmann::ordered_json Row(const Load& load, const Measured& measured, Session& session) {
  std::vector<double> rates;
  Sample total;
  for (const Sample& s : measured.samples) {
    rates.push_back(load.tokens() / s.seconds);
    total.seconds += s.seconds;
    total.wire_s += s.wire_s;
    total.wait_s += s.wait_s;
  }
  const double mean = std::accumulate(rates.begin(), rates.end(), 0.0) / rates.size();
  double squares = 0;
  for (double rate : rates) squares += (rate - mean) * (rate - mean);
  const double tokens = static_cast<double>(load.tokens()) * rates.size();
  auto per_token_ms = [&](double seconds) { return 1e3 * seconds / tokens; };
  nlohmann::ordered_json row;
  row["test"] = load.Name();
  row["tokens_per_s"] = mean;
  row["stddev"] = rates.size() > 1 ? std::sqrt(squares / (rates.size() - 1)) : 0.0;
  row["min"] = *std::min_element(rates.begin(), rates.end());
  row["max"] = *std::max_element(rates.begin(), rates.end());
  row["repetitions"] = rates.size();
  const double compute = std::max(0.0, total.seconds - total.wire_s - total.wait_s);
  row["ms_per_token"] = {{"compute", per_token_ms(compute)},
                         {"wire", per_token_ms(total.wire_s)},
                         {"wait", per_token_ms(total.wait_s)}};
  if (load.generate > 0) {
    // A round of one token for each sequence reads the weights once for each step that it is in.
    const int steps = std::min(session.spec().in_flight, load.sequences);
    const double rounds_per_s = mean / load.sequences, read_gbps = Median(measured.read_gbps);
    const double weights = rounds_per_s * steps * session.weight_bytes() / 1e9;
    const double kv = rounds_per_s * KvGigabytes(load, session);
    row["weight_gb_per_s"] = weights;
    row["kv_gb_per_s"] = kv;
    row["read_gb_per_s"] = read_gbps;
    row["read_share"] = (weights + kv) / read_gbps;
  } else if (session.plan().world() == 1) {
    row["gop_per_s"] = 2e-9 * mean * session.rank().ProductsPerToken();
  }
  row["layout"] = {{"tp", session.plan().tp},
                   {"pp", session.plan().pp},
                   {"ranks", session.plan().world()},
                   {"threads", ThreadsOf(session)},
                   {"in_flight", session.spec().in_flight},
                   {"chunk", session.spec().chunk}};
  const RankBytes bytes = BytesOf(session.spec(), session.file(), 0);
  row["memory"] = {{"resident_bytes", ResidentMemory()},
                   {"weight_bytes", bytes.weights},
                   {"kv_cache_bytes", bytes.kv_cache}};
  row["gemm"] = session.rank().gemm();
  row["logits_hash"] = measured.samples[0].hash;
  return row;
}

void Print(const nlohmann::ordered_json& row) {
  const auto& ms = row["ms_per_token"];
  fmt::print(
      "{:12} {:9.2f} +- {:6.2f} tokens/s   compute {:.2f}, wire {:.2f}, wait {:.2f} ms/token",
      row["test"].get<std::string>(), row["tokens_per_s"].get<double>(),
      row["stddev"].get<double>(), ms["compute"].get<double>(), ms["wire"].get<double>(),
      ms["wait"].get<double>());
  if (row.contains("read_share")) {
    fmt::print("   {:.1f} GB/s, {:.0f}% of this machine's {:.1f}",
               row["weight_gb_per_s"].get<double>() + row["kv_gb_per_s"].get<double>(),
               100 * row["read_share"].get<double>(), row["read_gb_per_s"].get<double>());
  }
  if (row.contains("gop_per_s")) fmt::print("   {:.0f} GOP/s", row["gop_per_s"].get<double>());
  fmt::print("   {}\n", row["logits_hash"].get<std::string>());
  std::fflush(stdout);
}

// Rank 0's: what is resident beyond weights and cache is activations, the program, its libraries.
void PrintMemory(const nlohmann::ordered_json& memory) {
  const auto bytes = [&](const char* name) { return HumanBytes(memory[name].get<size_t>()); };
  fmt::print("memory       {} resident: {} weights, {} KV cache, and the rest\n",
             bytes("resident_bytes"), bytes("weight_bytes"), bytes("kv_cache_bytes"));
}

std::vector<Load> Loads(const BenchFlags& flags) {
  if (flags.repetitions < 1) Fail(ErrorKind::kConfig, "-r must be at least 1.");
  if (flags.sequences < 1) Fail(ErrorKind::kConfig, "--sequences must be at least 1.");
  std::vector<Load> loads;
  for (int depth : ParseNumbers(flags.depths, "-d")) {
    if (depth < 0) Fail(ErrorKind::kConfig, "-d {} is below 0.", depth);
    for (int n : ParseNumbers(flags.prompts, "-p")) {
      if (n > 0) loads.push_back({n, 0, depth, flags.sequences});
    }
    for (int n : ParseNumbers(flags.generated, "-n")) {
      if (n > 0) loads.push_back({0, n, depth, flags.sequences});
    }
  }
  if (loads.empty()) Fail(ErrorKind::kConfig, "Nothing to measure: -p and -n are both 0.");
  return loads;
}

// nullopt when Ctrl-C ended it.
std::optional<Measured> Measure(const Load& load, int repetitions, Session& session) {
  Throughput throughput(session, load);
  if (!throughput.WarmUp()) return std::nullopt;
  Measured measured;
  for (int r = 0; r < repetitions; ++r) {
    const std::optional<Sample> sample = throughput.Measure();
    if (!sample) return std::nullopt;
    if (load.generate > 0) measured.read_gbps.push_back(ReadBandwidth(session));
    measured.samples.push_back(*sample);
    if (sample->hash != measured.samples[0].hash) {
      Fail(ErrorKind::kIo, "{}: repetitions gave different logits; this machine computes wrongly.",
           load.Name());
    }
  }
  return measured;
}

int Bench(const BenchFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  const std::vector<Load> loads = Loads(flags);
  if (options.context == 0) {
    for (const Load& load : loads) options.context = std::max(options.context, load.context());
  }
  options.sequences = options.logit_rows = flags.sequences;
  Leader leader(options);
  Session& session = leader.session();
  auto rows = nlohmann::ordered_json::array();
  for (const Load& load : loads) {
    const std::optional<Measured> measured = Measure(load, flags.repetitions, session);
    if (!measured) return kInterruptedExit;
    rows.push_back(Row(load, *measured, session));
    if (!flags.model.json) Print(rows.back());
  }
  if (flags.model.json) {
    fmt::print("{}\n", rows.dump());
  } else {
    PrintMemory(rows.back()["memory"]);
  }
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
  sub->add_option("-d", flags->depths, "Tokens in the cache before")->capture_default_str();
  sub->add_option("--sequences", flags->sequences, "Sequences at once")->capture_default_str();
  sub->add_option("-r", flags->repetitions, "Repetitions")->capture_default_str();
  sub->callback([flags, &exit_code] { exit_code = Bench(*flags); });
}

}  // namespace lantern
