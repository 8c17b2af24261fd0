// lantern check: precision. One text through several layouts, with partial sums travelling in
// several modes; what must be equal is, and what may differ differs by no more than it may.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <optional>

#include "models/reference/check_verdict.h"
#include "models/reference/whole_model.h"
#include "src/apps/bench_rows.h"
#include "src/apps/check_tables.h"
#include "src/apps/check_text.h"
#include "src/apps/commands.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/layouts.h"
#include "src/apps/leader.h"
#include "src/apps/options.h"
#include "src/apps/text_pass.h"
#include "src/base/error.h"
#include "src/engine/rank.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;

struct CheckFlags {
  ModelFlags model;
  std::string file, ids, layouts, reduces, expect;
  int tokens = 512;
};

constexpr int kWarmUpTokens = 32;
constexpr int kSummedTokens = 64;  // in which every sum is compared

// The same of a device's logits from the CPU's: models/tiny has 6e-4 in bf16, as much as the CPU
// from double precision, since it quantizes activations; an operation that is wrong gives about 1.
constexpr double kDeviceBound = 0.05;

// Double precision is for small models: the most weights, and the products it may take altogether.
constexpr double kReferenceWeights = 20e6, kReferenceProducts = 2e9;
// Squared error of all logits over their squares. models/tiny (Q8_0) has 6e-4, and random models of
// any format stay below 1e-2 (tests/whole_model_test.cc); an operation that is wrong gives about 1.
constexpr double kReferenceBound = 0.05;

// One layout, how sums travel in it, and where it is computed.
struct Case {
  GridSize layout;
  WireMode mode;
  DeviceOptions device = {};
};

std::vector<WireMode> ModesToCheck(const std::string& list) {
  std::vector<WireMode> modes = WireModes();
  if (list.empty()) return modes;
  const std::vector<std::string> names = ParseList(list);
  for (const std::string& name : names) {
    const auto known = [&](const WireMode& mode) { return mode.name == name; };
    if (std::any_of(modes.begin(), modes.end(), known)) continue;
    Fail(ErrorKind::kConfig, "--reduces '{}' is not a way in which partial sums travel here.",
         name);
  }
  // Exact ones stay: they are what others are compared with.
  std::erase_if(modes, [&](const WireMode& mode) {
    return !mode.exact && std::find(names.begin(), names.end(), mode.name) == names.end();
  });
  return modes;
}

// The exact mode in every layout, then others where there are sums over ranks.
std::vector<Case> Cases(const std::vector<GridSize>& layouts, const std::vector<WireMode>& modes) {
  std::vector<Case> cases;
  for (const WireMode& mode : modes) {
    for (const GridSize& layout : layouts) {
      if (mode.exact || layout.tp > 1) cases.push_back({layout, mode});
    }
  }
  return cases;
}

// Builds for a device compare it with the processor, unless --device names one: one rank there
// first, then one on the device in every other precision, then all layouts on the device.
std::vector<Case> CasesOfDevices(const std::vector<Case>& cases, const DeviceOptions& wanted) {
  if (wanted.name != "auto" || Backend::IsHost(wanted)) {
    std::vector<Case> all = cases;
    for (Case& c : all) c.device = wanted;
    return all;
  }
  std::vector<Case> all;
  const auto add = [&](const Case& c, const DeviceOptions& device) {
    all.push_back(c);
    all.back().device = device;
  };
  add(cases[0], {.name = "cpu"});
  for (const char* compute : {"f32", "bf16", "f16"}) {
    if (compute != wanted.compute) add(cases[0], {wanted.name, 0, compute});
  }
  for (const Case& c : cases) add(c, wanted);
  return all;
}

std::string DeviceText(const DeviceOptions& device) {
  return Backend::IsHost(device) ? CheckRow::kCpu : "cuda " + device.compute;
}

// One rank first, wherever it stands in the list: the others are compared with it.
std::vector<GridSize> LayoutsToCheck(const CheckFlags& flags, const SessionOptions& options,
                                     const WeightFile& file) {
  std::vector<GridSize> layouts = ParseLayouts(flags.layouts);
  if (layouts.empty()) layouts = FittingLayouts(options, file);
  std::stable_partition(layouts.begin(), layouts.end(),
                        [](const GridSize& layout) { return layout.ranks() == 1; });
  return layouts;
}

// At most --tokens of the text, and no more than the context holds.
std::vector<int> IdsToCheck(const CheckFlags& flags, const SessionOptions& options,
                            const ModelConfig& config) {
  if (flags.tokens < 2) Fail(ErrorKind::kConfig, "--tokens must be at least 2.");
  std::vector<int> ids =
      !flags.ids.empty()
          ? ParseIds(flags.ids)
          : EncodeText(options.model, flags.file.empty() ? kCheckText : ReadTextFile(flags.file));
  const int context = options.context > 0 ? options.context : config.context;
  ids.resize(std::min<size_t>(ids.size(), std::min(flags.tokens, context)));
  RequireIds(ids, config.vocab);
  if (ids.size() < 2) {
    Fail(ErrorKind::kBadRequest, "Checking needs at least two tokens; there is {}.", ids.size());
  }
  return ids;
}

// Reads the text in one case after the other and compares each with the first.
class Checker {
 public:
  explicit Checker(std::vector<int> ids) : ids_(std::move(ids)) {}

  // False when Ctrl-C ended it.
  bool Run(const SessionOptions& options, const WireMode& mode, const std::string& device) {
    device_ = device;
    Leader leader(options);
    Session& session = leader.session();
    gemm_ = session.rank().gemm();
    if (rows_.empty()) exact_ = ExactLogits(session.file());
    const auto warm = std::span(ids_).first(std::min<size_t>(ids_.size(), kWarmUpTokens));
    if (!ReadText(session.engine(), warm, [](int, const std::vector<float>&) {})) return false;
    if (!Read(session, mode)) return false;
    TakeFallback(leader);
    return true;
  }

  // What travelling did to the sums of the last case: a beginning of the text again, in a group
  // that compares every sum. False when Ctrl-C ended it.
  bool CheckSums(SessionOptions options) {
    options.check_one_in = 1;
    Leader leader(options);
    Session& session = leader.session();
    const auto begin = std::span(ids_).first(std::min<size_t>(ids_.size(), kSummedTokens));
    if (!ReadText(session.engine(), begin, [](int, const std::vector<float>&) {})) return false;
    const Reducer& sums = session.rank().stage().sums();
    const double bound = EncodingErrors::Bound(options.reduce);
    for (const LayerErrors& layer : sums.errors()) {
      rows_.back().sums.push_back({layer.worst, layer.mean, bound});
    }
    TakeFallback(leader);
    return true;
  }

  const std::vector<CheckRow>& rows() const { return rows_; }
  const std::string& gemm() const { return gemm_; }

 private:
  // Logits in double precision, at as many positions as that is affordable for; of large models
  // at none.
  reference::Matrix ExactLogits(const WeightFile& file) const {
    double weights = 0;
    for (const std::string& name : file.names()) {
      const StoredTensor& tensor = *file.Find(name);
      weights += static_cast<double>(tensor.rows) * tensor.cols;
    }
    if (weights > kReferenceWeights) return {};
    const auto count = std::min(ids_.size(), static_cast<size_t>(kReferenceProducts / weights));
    return reference::Logits(file, std::span(ids_).first(count));
  }

  // A broken promise, which the verdict tells with the others.
  void TakeFallback(Leader& leader) {
    if (leader.TakeFallback().empty()) return;
    const Stage& stage = leader.session().rank().stage();
    rows_.back().fallback = FallbackText(stage.fallback(), stage.sums().asked());
  }

  bool Read(Session& session, const WireMode& mode) {
    const bool first = rows_.empty();
    const bool of_device = first || rows_.back().device != device_;  // its first row
    LogitsComparison comparison, from_exact;
    double nll = 0;
    Clock::duration judging{};  // no part of the pass
    const auto on_logits = [&](int position, const std::vector<float>& logits) {
      const auto start = Clock::now();
      if (position + 1 < static_cast<int>(ids_.size())) {
        nll += NegativeLogLikelihood(logits, ids_[position + 1]);
      }
      if (of_device && position < exact_.rows) {
        const auto begin = exact_.values.begin() + size_t(position) * exact_.cols;
        from_exact.Add(std::vector<float>(begin, begin + exact_.cols), logits);
      }
      if (first) {
        baseline_.push_back(logits);
      } else {
        comparison.Add(baseline_[position], logits);
      }
      judging += Clock::now() - start;
    };
    const WireCounters before = session.rank().wire();
    const auto sequence = ReadText(session.engine(), ids_, on_logits);
    if (!sequence) return false;
    const WireCounters& after = session.rank().wire();
    const auto tokens = static_cast<double>(ids_.size());
    const std::chrono::duration<double> reading = sequence->finished - sequence->started - judging;

    CheckRow row;
    row.tp = session.plan().tp;
    row.pp = session.plan().pp;
    row.threads = ThreadsOf(session);
    row.mode = mode.name;
    row.exact = session.spec().sums_exactly();
    row.device = device_;
    if (of_device && exact_.rows > 0) row.reference = from_exact.Result();
    row.hash = LogitsHash(*sequence);
    row.perplexity = std::exp(nll / (tokens - 1));
    if (!first) row.distance = comparison.Result();
    row.sent_per_token = (after.bytes_sent - before.bytes_sent) / tokens;
    row.received_per_token = (after.bytes_received - before.bytes_received) / tokens;
    row.tokens_per_s = tokens / reading.count();
    rows_.push_back(row);
    return true;
  }

  const std::vector<int> ids_;
  reference::Matrix exact_;
  std::string device_;                        // of the case under way
  std::vector<std::vector<float>> baseline_;  // the first row's logits, by position
  std::vector<CheckRow> rows_;
  std::string gemm_;
};

CheckPromises PromisesOf(const CheckFlags& flags, const SessionOptions& options) {
  CheckPromises promises;
  promises.one_hash = options.gemm == SessionOptions().gemm;
  promises.expected_hash = flags.expect;
  promises.device_bound = kDeviceBound;
  // Converted weights are other weights than the reference's.
  promises.reference_bound = options.type ? 0 : kReferenceBound;
  return promises;
}

int Check(const CheckFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  const auto file = OpenWeightFile(options.model);
  options.compute = ChooseCompute(options.compute, options.type, *file);
  const std::vector<Case> cases =
      CasesOfDevices(Cases(LayoutsToCheck(flags, options, *file), ModesToCheck(flags.reduces)),
                     {options.device, 0, options.compute});
  RequireGroups(options, cases.size());
  if (options.follower()) return Follow(options);
  const std::vector<int> ids = IdsToCheck(flags, options, file->config());
  if (options.context == 0) options.context = static_cast<int>(ids.size());

  const bool table = !flags.model.json;
  Checker checker(ids);
  for (const Case& c : cases) {
    ModelFlags model = flags.model;
    model.reduce = c.mode.name;
    if (model.packed.empty()) model.packed = "none";  // each layout would keep weights of its own
    SessionOptions placed = InLayout(model.Resolve(), c.layout);
    placed.device = c.device.name;
    if (!Backend::IsHost(c.device)) placed.compute = c.device.compute;
    placed.context = options.context;
    placed.logit_rows = kLogitRows;
    if (!checker.Run(placed, c.mode, DeviceText(c.device))) return kInterruptedExit;
    // Ranks that a launcher placed are one group, and end with it.
    const bool again = !c.mode.exact && placed.rank < 0;
    if (again && !checker.CheckSums(placed)) return kInterruptedExit;
    if (!table) continue;
    if (checker.rows().size() == 1) {
      PrintCheckHeading(options.model.string(), static_cast<int>(ids.size()));
    }
    PrintCheckRow(checker.rows().back(), checker.rows()[0]);
  }
  CheckSummary summary{options.model.string(), static_cast<int>(ids.size()), checker.gemm(),
                       BrokenPromises(checker.rows(), PromisesOf(flags, options))};
  if (table) {
    PrintCheckEnd(checker.rows());
  } else {
    PrintCheckJson(checker.rows(), summary);
  }
  for (const std::string& sentence : summary.broken) fmt::print(stderr, "lantern: {}\n", sentence);
  return summary.broken.empty() ? 0 : 1;
}

}  // namespace

void RegisterCheck(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<CheckFlags>();
  CLI::App* sub = app.add_subcommand("check", "Precision of layouts and of wire modes");
  flags->model.Register(*sub);
  sub->remove_option(sub->get_option("--reduce"));  // a list of them takes its place
  auto* file = sub->add_option("FILE", flags->file, "The text (default: one that comes along)");
  sub->add_option("--ids", flags->ids, "Token ids instead of a text, as they are: 1,2,3")
      ->excludes(file);
  sub->add_option("--tokens", flags->tokens, "Most tokens of the text to read")
      ->capture_default_str();
  sub->add_option("--layouts", flags->layouts,
                  "Layouts to compare, tp x pp: 1x1,2x1,1x2 (default: what fits)");
  sub->add_option("--reduces", flags->reduces,
                  "How partial sums travel, beside exactly (default: in every way there is)");
  sub->add_option("--expect", flags->expect,
                  "The logits hash that must come out, from another machine's check");
  sub->callback([flags, &exit_code] { exit_code = Check(*flags); });
}

}  // namespace lantern
