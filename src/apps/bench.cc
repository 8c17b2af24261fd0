// lantern bench: throughput of prompt processing and generation, over layouts and threads.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "src/apps/bench_rows.h"
#include "src/apps/bench_tables.h"
#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/layouts.h"
#include "src/apps/leader.h"
#include "src/apps/links.h"
#include "src/apps/options.h"
#include "src/apps/throughput.h"
#include "src/base/error.h"

namespace lantern {
namespace {

struct BenchFlags {
  ModelFlags model;
  std::string prompts = "512", generated = "128", depths = "0";
  std::string layouts, threads, format;
  int sequences = 1, repetitions = 3;
  bool links = false;

  std::string Format() const {
    if (model.json && !format.empty() && format != "json") {
      Fail(ErrorKind::kConfig, "--json and --format {} exclude each other.", format);
    }
    return model.json ? "json" : format.empty() ? "text" : format;
  }
};

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
    if (InterruptPending()) return std::nullopt;
    measured.samples.push_back(*sample);
    if (sample->hash != measured.samples[0].hash) {
      Fail(ErrorKind::kIo, "{}: repetitions gave different logits; this machine computes wrongly.",
           load.Name());
    }
  }
  return measured;
}

// One group that loads are measured in.
struct Setting {
  std::optional<GridSize> layout;  // none: as the flags say
  int threads = 0;                 // 0: the same
};

// Every layout with every number of threads.
std::vector<Setting> Settings(const BenchFlags& flags) {
  std::vector<std::optional<GridSize>> layouts;
  for (const GridSize& layout : ParseLayouts(flags.layouts)) layouts.push_back(layout);
  if (layouts.empty()) layouts.push_back(std::nullopt);
  std::vector<int> threads = {0};
  if (!flags.threads.empty()) threads = ParseNumbers(flags.threads, "--threads");
  std::vector<Setting> settings;
  for (const auto& layout : layouts) {
    for (const int count : threads) settings.push_back({layout, count});
  }
  return settings;
}

// Measures everything in one group after the other and compares their answers.
class Benchmark {
 public:
  Benchmark(const BenchFlags& flags, std::vector<Load> loads)
      : flags_(flags), loads_(std::move(loads)), table_(MakeBenchTable(flags.Format())) {}

  // False when Ctrl-C ended it.
  bool Run(const SessionOptions& options) {
    Leader leader(options);
    Session& session = leader.session();
    for (const Load& load : loads_) {
      const std::optional<Measured> measured = Measure(load, flags_.repetitions, session);
      if (!measured) return false;
      RequireSameAnswer(load, measured->samples[0].hash, session);
      table_->Add(BenchRow(load, *measured, flags_.model.reduce, session));
    }
    return true;
  }

  void End() { table_->End(); }

 private:
  // Every layout gives the same bits, where partial sums and products are of the kind that does.
  void RequireSameAnswer(const Load& load, const std::string& hash, Session& session) {
    if (session.spec().gemm != "own" || !session.spec().sums_exactly()) return;
    const std::string& first = hashes_.try_emplace(load.Name(), hash).first->second;
    if (hash == first) return;
    Fail(ErrorKind::kIo,
         "{}: tp {} x pp {} gave other logits than the layout before; a rank computes wrongly.",
         load.Name(), session.plan().tp, session.plan().pp);
  }

  const BenchFlags& flags_;
  const std::vector<Load> loads_;
  std::unique_ptr<BenchTable> table_;
  std::map<std::string, std::string> hashes_;  // of the first layout, by load
};

// Instead of tokens, the sums: a thousand of each size and algorithm. False when Ctrl-C ended it.
bool BenchLinks(const BenchFlags& flags, SessionOptions options) {
  options.timed_sums = 1000;
  Leader leader(options);
  Session& session = leader.session();
  if (session.plan().tp == 1) {
    Fail(ErrorKind::kConfig,
         "There are no sums between ranks to measure: add --local N, or workers and --tp N.");
  }
  const Load first_step{1, 0, 0, 1};
  if (!Throughput(session, first_step).WarmUp()) return false;
  PrintLinks(LinkRows(session), flags.Format());
  return true;
}

int Bench(const BenchFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  options.time_all = true;
  const std::vector<Setting> settings = Settings(flags);
  RequireGroups(options, settings.size());
  if (options.follower()) return Follow(options);
  Benchmark benchmark(flags, Loads(flags));
  if (options.context == 0) {
    for (const Load& load : Loads(flags)) {
      options.context = std::max(options.context, load.context());
    }
  }
  options.sequences = options.logit_rows = flags.sequences;
  // Each layout packs weights of its own, which nobody asked to keep.
  if (settings.size() > 1 && flags.model.packed.empty()) options.packed.clear();
  if (flags.links) return BenchLinks(flags, options) ? 0 : kInterruptedExit;
  for (const Setting& setting : settings) {
    SessionOptions placed = setting.layout ? InLayout(options, *setting.layout) : options;
    if (setting.threads > 0) placed.threads = setting.threads;
    if (!benchmark.Run(placed)) return kInterruptedExit;
  }
  benchmark.End();
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
  sub->add_option("--layouts", flags->layouts,
                  "Layouts to measure in turn, tp x pp: 1x1,2x1,1x2 (default: that of --tp, --pp)");
  sub->remove_option(sub->get_option("--threads"));  // one number becomes a list
  sub->add_option("--threads", flags->threads,
                  "Threads per rank; 1,2 measures with each (default: this machine's cores)");
  sub->add_flag("--links", flags->links,
                "Measure sums between ranks instead: each algorithm, for 4 KB to 1 MB");
  sub->add_option("--format", flags->format, "text (default), markdown, csv or json");
  sub->callback([flags, &exit_code] { exit_code = Bench(*flags); });
}

}  // namespace lantern
