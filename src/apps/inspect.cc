// lantern inspect: what a model file is, and what each rank of a layout would hold.
#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "models/model.h"
#include "src/apps/commands.h"
#include "src/base/error.h"
#include "src/base/machine.h"
#include "src/engine/run_spec.h"

namespace lantern {
namespace {

struct InspectFlags {
  std::string model;
  int tp = 1, pp = 1;
  std::vector<int> shares;
  bool tensors = false, json = false;
};

struct FormatTotal {
  int tensors = 0;
  size_t bytes = 0;
};

nlohmann::ordered_json Describe(const WeightFile& file, const InspectFlags& flags) {
  const ModelConfig& c = file.config();
  nlohmann::ordered_json json;
  json["path"] = file.path().string();
  json["architecture"] = c.architecture;
  json["name"] = c.name;
  json["shape"] = {{"layers", c.layers},
                   {"dim", c.dim},
                   {"ffn", c.ffn},
                   {"heads", c.heads},
                   {"kv_heads", c.kv_heads},
                   {"head_dim", c.head_dim},
                   {"vocab", c.vocab},
                   {"context", c.context},
                   {"rope_theta", c.rope_theta},
                   {"rope_scaled", !c.rope_divisor.empty()},
                   {"norm_eps", c.norm_eps},
                   {"sliding_window", c.sliding_window},
                   {"tied", c.tied}};
  std::map<std::string, FormatTotal> formats;
  size_t total = 0;
  auto list = nlohmann::ordered_json::array();
  for (const std::string& name : file.names()) {
    const StoredTensor& t = *file.Find(name);
    const size_t bytes = RowBytes(t.type, t.cols) * t.rows;
    FormatTotal& format = formats[Info(t.type).name];
    ++format.tensors;
    format.bytes += bytes;
    total += bytes;
    list.push_back(
        {{"name", name}, {"type", Info(t.type).name}, {"rows", t.rows}, {"cols", t.cols}});
  }
  json["bytes"] = total;
  json["compute"] = ChooseCompute("auto", {}, file);
  for (const auto& [name, format] : formats) {
    json["formats"][name] = {{"tensors", format.tensors}, {"bytes", format.bytes}};
  }
  const ParallelPlan plan = MakePlan(c.layers, flags.tp, flags.pp, flags.shares);
  json["layout"] = {{"tp", plan.tp}, {"pp", plan.pp}, {"ranks", plan.world()}};
  for (int rank = 0; rank < plan.world(); ++rank) {
    const ModelPart part = PartOf(file, {}, plan, rank);
    const int first = part.first_layer, end = first + static_cast<int>(part.layers.size());
    json["ranks"].push_back({{"rank", rank},
                             {"layers", {first, end}},
                             {"heads", part.layers[0].heads.size()},
                             {"kv_heads", part.layers[0].kv_heads.size()},
                             {"ffn", part.layers[0].ffn.size()},
                             {"vocab", part.last_stage ? part.head.row.size() : 0},
                             {"weight_bytes", part.WeightBytes({})}});
  }
  if (flags.tensors) json["tensors"] = list;
  return json;
}

void Print(const nlohmann::ordered_json& j) {
  const auto& s = j["shape"];
  auto number = [&](const char* key) { return s[key].get<int>(); };
  fmt::print("{}\n  architecture  {}{}\n", j["path"].get<std::string>(),
             j["architecture"].get<std::string>(),
             j["name"] == "" ? "" : " (" + j["name"].get<std::string>() + ")");
  fmt::print("  shape         {} layers, dim {}, ffn {}, {} heads x {}, {} kv heads\n",
             number("layers"), number("dim"), number("ffn"), number("heads"), number("head_dim"),
             number("kv_heads"));
  fmt::print("  vocabulary    {}{}\n  context       {}, rope theta {}{}\n", number("vocab"),
             s["tied"].get<bool>() ? ", head tied to the embedding" : "", number("context"),
             s["rope_theta"].get<double>(), s["rope_scaled"].get<bool>() ? ", scaled" : "");
  fmt::print("  weights       {}\n", HumanBytes(j["bytes"].get<size_t>()));
  for (const auto& [name, format] : j["formats"].items()) {
    fmt::print("    {:6}      {} in {} tensors\n", name, HumanBytes(format["bytes"].get<size_t>()),
               format["tensors"].get<int>());
  }
  fmt::print("  on GPUs       activations in {}\n", j["compute"].get<std::string>());
  fmt::print("  layout        tp {} x pp {}\n", j["layout"]["tp"].get<int>(),
             j["layout"]["pp"].get<int>());
  for (const auto& r : j["ranks"]) {
    fmt::print("    rank {:<4}   layers {}-{}, {} heads, {} kv heads, ffn {}, vocabulary {}: {}\n",
               r["rank"].get<int>(), r["layers"][0].get<int>(), r["layers"][1].get<int>() - 1,
               r["heads"].get<int>(), r["kv_heads"].get<int>(), r["ffn"].get<int>(),
               r["vocab"].get<int>(), HumanBytes(r["weight_bytes"].get<size_t>()));
  }
  for (const auto& t : j.value("tensors", nlohmann::ordered_json::array())) {
    fmt::print("  {:32} {:6} [{}, {}]\n", t["name"].get<std::string>(),
               t["type"].get<std::string>(), t["rows"].get<int64_t>(), t["cols"].get<int64_t>());
  }
}

int Inspect(const InspectFlags& flags) {
  const auto file = OpenWeightFile(flags.model);
  const nlohmann::ordered_json json = Describe(*file, flags);
  if (flags.json) {
    fmt::print("{}\n", json.dump());
  } else {
    Print(json);
  }
  return 0;
}

}  // namespace

void RegisterInspect(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<InspectFlags>();
  CLI::App* sub = app.add_subcommand("inspect", "What a model file is");
  sub->add_option("MODEL", flags->model, "A GGUF file or a Hugging Face directory")->required();
  sub->add_option("--tp", flags->tp, "Show the ranks of this layout");
  sub->add_option("--pp", flags->pp, "Show the ranks of this layout");
  sub->add_option("--shares", flags->shares, "Relative shares of the tp ranks")->delimiter(',');
  sub->add_flag("--tensors", flags->tensors, "List every tensor");
  sub->add_flag("--json", flags->json, "One JSON object on stdout");
  sub->callback([flags, &exit_code] { exit_code = Inspect(*flags); });
}

}  // namespace lantern
