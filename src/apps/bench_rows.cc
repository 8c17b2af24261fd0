#include "src/apps/bench_rows.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "backends/backend.h"
#include "models/kv_cache.h"
#include "models/run.h"
#include "src/apps/sums_report.h"
#include "src/base/cores.h"
#include "src/base/machine.h"
#include "src/base/read_bandwidth.h"
#include "src/engine/rank.h"

namespace lantern {

int ThreadsOf(Session& session) {
  const int threads = session.spec().threads;
  return threads > 0 ? threads : PhysicalCores();
}

double ReadBandwidth(Session& session) {
  const int ranks = session.plan().world();
  const bool shared = Backend::IsHost(session.spec().DeviceOf(0));
  if (ranks > 1 && shared) return MeasureReadBandwidth(ThreadsOf(session) * ranks);
  const auto start = std::chrono::steady_clock::now();
  session.rank().StreamWeights();
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return session.weight_bytes() / seconds.count() / 1e9;
}

namespace {

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

// Seconds that the sums of a pass take over links that nothing else uses, between ranks that come
// at the same time. 0 where a rank is alone.
double IdleSums(const Load& load, Session& session) {
  const Reducer& sums = session.rank().stage().sums();
  if (session.plan().tp == 1 || sums.table().timings().empty()) return 0;
  const SchedulerOptions scheduler = session.spec().scheduler();
  int steps = 1, tokens = 1;  // of the pass, and of a step
  if (load.generate > 0) {
    steps = load.generate * scheduler.StepsFor(load.sequences);
    tokens = std::min(scheduler.PartOf(load.sequences), load.sequences);
  } else {
    tokens = std::min(load.prompt, session.spec().chunk);
    steps = (load.prompt + tokens - 1) / tokens * load.sequences;
    if (tokens >= 2 * Run::kLeastTokens) {  // in two parts
      tokens /= 2;
      steps *= 2;
    }
  }
  const ModelConfig& c = session.file().config();
  const SumPlan plan = EqualPlan(session.plan().tp);
  const int layers = session.plan().layer_begin[1];
  const size_t bytes = sizeof(float) * c.dim * tokens;
  return 2.0 * layers * steps * sums.table().Seconds(bytes, sums.AlgorithmFor(bytes, plan));
}

}  // namespace

nlohmann::ordered_json BenchRow(const Load& load, const Measured& measured,
                                const std::string& reduce, Session& session) {
  std::vector<double> rates;
  Sample total;
  for (const Sample& s : measured.samples) {
    rates.push_back(load.tokens() / s.seconds);
    total.seconds += s.seconds;
    total.wire_s += s.wire_s;
    total.wait_s += s.wait_s;
    total.sent_bytes += s.sent_bytes;
    total.received_bytes += s.received_bytes;
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
  const double wire = std::min(total.wire_s, rates.size() * IdleSums(load, session));
  row["ms_per_token"] = {{"compute", per_token_ms(compute)},
                         {"wire", per_token_ms(wire)},
                         {"wait", per_token_ms(total.wire_s - wire + total.wait_s)}};
  row["wire_bytes_per_token"] = {{"sent", total.sent_bytes / tokens},
                                 {"received", total.received_bytes / tokens}};
  if (load.generate > 0) {
    // A round of one token for each sequence reads the weights once for each step that it is in.
    const double rounds_per_s = mean / load.sequences, read_gbps = Median(measured.read_gbps);
    const int steps = session.spec().scheduler().StepsFor(load.sequences);
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
  row["reduce"] = reduce;
  row["sums"] = SumsJson(session);
  row["gemm"] = session.rank().gemm();
  row["logits_hash"] = measured.samples[0].hash;
  return row;
}

}  // namespace lantern
