#include "src/apps/options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>

#include "src/base/error.h"

namespace lantern {
namespace {

std::optional<int> ToInt(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::optional<std::vector<int>> ToInts(const std::string& list) {
  std::vector<int> values;
  for (size_t begin = 0; begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    const std::optional<int> value = ToInt(list.substr(begin, end - begin));
    if (!value || *value < 0) return {};
    values.push_back(*value);
    begin = end + 1;
  }
  return values;
}

DType TypeFlag(const std::string& name, const char* flag, std::initializer_list<DType> allowed) {
  const DTypeInfo* info = FindByName(name);
  std::string names;
  for (DType type : allowed) {
    if (info != nullptr && info->type == type) return type;
    names += (names.empty() ? "" : ", ") + std::string(Info(type).name);
  }
  Fail(ErrorKind::kConfig, "{} '{}' is not one of {}.", flag, name, names);
}

// One name or address a line; # begins a comment.
std::vector<std::string> ReadHosts(const std::string& path) {
  std::ifstream file(path);
  if (!file) Fail(ErrorKind::kConfig, "Cannot open the hosts file {}.", path);
  std::vector<std::string> hosts;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string host, more;
    if (!(words >> host)) continue;
    if (words >> more) {
      Fail(ErrorKind::kConfig, "{}: '{}' is not one host name or address.", path, line);
    }
    hosts.push_back(host);
  }
  if (hosts.empty()) Fail(ErrorKind::kConfig, "The hosts file {} names no host.", path);
  return hosts;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

int EnvironmentNumber(const char* name) {
  const std::optional<int> value = ToInt(Environment(name));
  if (!value) {
    Fail(ErrorKind::kConfig, "The environment variable {} is '{}', which is not a number.", name,
         Environment(name));
  }
  return *value;
}

// Launchers (torchrun, Slurm, Kubernetes) place ranks by environment; flags win over it.
void PlaceByEnvironment(SessionOptions& options) {
  if (options.rank >= 0 || options.local > 1 || options.workers > 0) return;
  const std::string world = Environment("WORLD_SIZE");
  if (Environment("RANK").empty() || world.empty() || world == "1") return;
  options.rank = EnvironmentNumber("RANK");
  options.world = EnvironmentNumber("WORLD_SIZE");
  if (!options.master.empty()) return;
  const std::string host = Environment("MASTER_ADDR"), port = Environment("MASTER_PORT");
  if (host.empty() || port.empty()) {
    Fail(ErrorKind::kConfig,
         "RANK and WORLD_SIZE are set, but not MASTER_ADDR and MASTER_PORT: set them to where rank "
         "0 listens, or unset RANK.");
  }
  options.master = host + ":" + port;
}

void RequirePlace(const SessionOptions& options) {
  if (options.rank < 0) return;
  if (options.rank >= options.world) {
    Fail(ErrorKind::kConfig, "--rank {} is outside --world-size {}.", options.rank, options.world);
  }
  if (options.world > 1 && options.master.empty()) {
    Fail(ErrorKind::kConfig, "--rank {} needs --master HOST:PORT, where rank 0 listens.",
         options.rank);
  }
}

std::string ModeNames() {
  std::string names;
  for (const WireMode& mode : WireModes()) names += (names.empty() ? "" : ", ") + mode.name;
  return names;
}

}  // namespace

std::vector<WireMode> WireModes() {
  std::vector<WireMode> modes;
  for (const WireFormat format : kWireFormats) {
    modes.push_back({std::string(WireName(format)), format == WireFormat::kF32});
  }
  return modes;
}

void ModelFlags::Register(CLI::App& app) {
  SessionOptions& o = session;
  LayoutWish& l = o.layout;
  app.add_option("MODEL", o.model, "A GGUF file, or a directory in Hugging Face layout")
      ->required();
  app.add_option("--tp", l.tp, "Tensor-parallel ranks per stage (default: all ranks)");
  app.add_option("--pp", l.pp, "Pipeline stages (default: 1)");
  app.add_option("--shares", l.shares,
                 "Relative share of each rank, e.g. 3,2,2 (default: by memory and speed)")
      ->delimiter(',');
  app.add_option("--local", o.local, "Ranks on this machine, as processes over loopback");
  app.add_option("--workers", o.workers, "Wait for this many workers to join");
  app.add_option("--hosts", hosts, "File with the workers' host names or addresses, one a line");
  app.add_option("--listen", o.listen,
                 "ADDR:PORT where workers join (default: this machine's, 7733)");
  RegisterKey(app, o.key_file);
  app.add_flag("--insecure", o.insecure, "Let anybody on this network join, without a key");
  app.add_option("--rank", o.rank, "This process's rank, where a launcher places ranks");
  app.add_option("--world-size", o.world, "Ranks in all, where a launcher places ranks");
  app.add_option("--master", o.master, "HOST:PORT of rank 0, where a launcher places ranks");
  app.add_option("--threads", o.threads, "Threads per rank (default: this machine's cores)");
  app.add_flag("!--no-shm", o.shared_memory,
               "Ranks on one machine talk over TCP too (default: through shared memory)");
  app.add_flag("!--no-pin", o.pin, "Never bind threads to cores (default: where they fill them)");
  app.add_option("--ctx", o.context, "Tokens of context (default: the model's, at most 4096)");
  app.add_option("--chunk", o.chunk,
                 "Prompt tokens of one sequence in a step (default: 512; 128 with stages)");
  app.add_option("--in-flight", o.in_flight,
                 "Steps under way at once, in different stages, or queued on the GPUs of one stage "
                 "(default: one for each stage, two on such GPUs)");
  app.add_option("--type", type, "Convert weights at load: f32, f16, bf16, q8_0 or q4_0");
  app.add_option("--kv", kv,
                 "KV cache: f32, f16, bf16 or q8_0 (default: f32 for f32 weights, else f16)");
  app.add_option("--reduce", reduce,
                 "How partial sums travel: " + ModeNames() +
                     "; only f32 gives the same bits everywhere (default: f32)");
  app.add_option("--sum-algorithm", sum_algorithm,
                 "How ranks sum: one-shot, two-shot, doubling or ring, which gives other bits "
                 "(default: the fastest of the others, as measured at the start)");
  app.add_option("--packed", packed,
                 "Folder that keeps packed weights for the next start; none: keep none "
                 "(default: in the user's cache)");
  app.add_option("--gemm", o.gemm,
                 "Who multiplies prompts: own, openblas or onednn; only own gives the same bits "
                 "everywhere (default: own)");
  app.add_option("--device", o.device,
                 "Where this machine computes: cpu, or cuda in builds for it (default: as built)");
  app.add_option("--compute", o.compute,
                 "Activations on a GPU: bf16, f16, or f32 for checks (default: auto, bf16 for "
                 "models with bf16 weights, else f16)");
  app.add_option("--isa", o.isa, "Kernel set; every set gives the same bits (default: the best)")
      ->group("");
  app.add_flag("--json", json, "One JSON object on stdout");
}

SessionOptions ModelFlags::Resolve() const {
  SessionOptions options = session;
  if (!type.empty()) {
    options.type = TypeFlag(type, "--type",
                            {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0, DType::kQ4_0});
  }
  if (!kv.empty()) {
    options.kv_type = TypeFlag(kv, "--kv", {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0});
  }
  const std::string computes[] = {"auto", "bf16", "f16", "f32"};
  if (std::count(std::begin(computes), std::end(computes), options.compute) == 0) {
    Fail(ErrorKind::kConfig, "--compute {} is unknown: choose auto, bf16, f16 or f32.",
         options.compute);
  }
  if (packed.empty()) {
    options.packed = PackedStore::DefaultFolder();
  } else if (packed != "none") {
    options.packed = packed;
  }
  const std::vector<WireMode> modes = WireModes();
  const auto wanted = [&](const WireMode& mode) { return mode.name == reduce; };
  if (std::none_of(modes.begin(), modes.end(), wanted)) {
    Fail(ErrorKind::kConfig, "--reduce {} is not available: partial sums travel as {}.", reduce,
         ModeNames());
  }
  options.reduce = WireFormatOf(reduce);
  if (!sum_algorithm.empty()) options.algorithm = SumAlgorithmOf(sum_algorithm);
  if (!hosts.empty()) {
    options.hosts = ReadHosts(hosts);
    options.workers = static_cast<int>(options.hosts.size());
  }
  options.key = ReadKey(options.key_file);
  PlaceByEnvironment(options);
  RequirePlace(options);
  return options;
}

void RegisterKey(CLI::App& app, std::string& key_file) {
  app.add_option("--key", key_file, "File with the key that all machines have (lantern key)")
      ->envname("LANTERN_KEY");
}

SharedKey ReadKey(const std::string& key_file) {
  return key_file.empty() ? nullptr : LanKey::Read(key_file);
}

void RegisterSampling(CLI::App& app, SamplingParams& params) {
  app.add_option("--temp", params.temperature, "Temperature; 0 is greedy")->capture_default_str();
  app.add_option("--top-k", params.top_k, "Keep the k likeliest; 0 is off")->capture_default_str();
  app.add_option("--top-p", params.top_p, "Keep the likeliest that reach this mass; 1 is off")
      ->capture_default_str();
  app.add_option("--min-p", params.min_p, "Drop what is less likely than this times the likeliest")
      ->capture_default_str();
  app.add_option("--repeat-penalty", params.repeat_penalty, "Penalty of the last 64 ids; 1 is off")
      ->capture_default_str();
  app.add_option("--seed", params.seed, "Seed of the sampler")->capture_default_str();
}

std::vector<int> ParseIds(const std::string& list) {
  const std::optional<std::vector<int>> ids = ToInts(list);
  if (!ids) {
    Fail(ErrorKind::kBadRequest, "--ids '{}' is not a list of token ids like 1,2,3.", list);
  }
  return *ids;
}

std::vector<std::string> ParseList(const std::string& list) {
  std::vector<std::string> items;
  for (size_t begin = 0; !list.empty() && begin <= list.size();) {
    const size_t end = std::min(list.find(',', begin), list.size());
    items.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return items;
}

std::vector<int> ParseNumbers(const std::string& list, const std::string& flag) {
  const std::optional<std::vector<int>> numbers = ToInts(list);
  if (!numbers) Fail(ErrorKind::kConfig, "{} '{}' is not a list like 128,512.", flag, list);
  return *numbers;
}

}  // namespace lantern
