#include "models/hf_weights.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "models/hf_config.h"
#include "models/json_file.h"
#include "models/mapped_weights.h"
#include "models/printable.h"
#include "models/safetensors.h"
#include "models/tensor_names.h"
#include "src/base/error.h"
#include "src/base/mmap.h"

namespace lantern {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIndexName = "model.safetensors.index.json";

using WeightMap = std::map<std::string, std::string>;  // tensor -> file name

std::string_view Text(const MappedFile& file) {
  return {reinterpret_cast<const char*>(file.bytes().data()), file.bytes().size()};
}

// A GGUF file in the folder, the first by name; empty: none.
std::string FirstGguf(const fs::path& folder) {
  std::string first;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().extension() != ".gguf") continue;
    const std::string path = entry.path().string();
    if (first.empty() || path < first) first = path;
  }
  return first;
}

ModelConfig ReadConfig(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  if (!fs::exists(path)) {
    const std::string gguf = FirstGguf(folder);
    Fail(ErrorKind::kIo, "{} has no config.json, so it is no model folder: give {}.",
         folder.string(),
         gguf.empty() ? "one in Hugging Face layout, or a GGUF file"
                      : "the GGUF file itself, " + gguf);
  }
  const MappedFile file(path);
  ModelConfig config = ParseHfConfig(Text(file), path.string());
  const fs::path named = folder.has_filename() ? folder : folder.parent_path();
  config.name = named.filename().string();
  return config;
}

// A shard must be a plain name: an index from the internet must not make us read other files.
bool IsPlainName(const std::string& name) {
  return !name.empty() && name != "." && name != ".." &&
         name.find_first_of(std::string("/\\\0", 3)) == std::string::npos;
}

WeightMap ReadIndex(const fs::path& path) {
  const MappedFile file(path);
  const nlohmann::json root = ParseJsonObject(Text(file), path.string());
  const auto map = root.find("weight_map");
  if (map == root.end() || !map->is_object()) {
    Fail(ErrorKind::kIo, "{} has no weight_map object.", path.string());
  }
  WeightMap weights;
  for (const auto& [tensor, shard] : map->items()) {
    if (!shard.is_string() || !IsPlainName(shard.get_ref<const std::string&>())) {
      Fail(ErrorKind::kIo, "{}: the file of tensor {} is not the name of a file in this folder.",
           path.string(), Printable(tensor));
    }
    weights[tensor] = shard.get<std::string>();
  }
  return weights;
}

std::vector<std::string> ShardsOf(const WeightMap& weights) {
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : weights) shards.insert(shard);
  return {shards.begin(), shards.end()};
}

// All *.safetensors of the folder, sorted: what is used without an index.
std::vector<std::string> ListShards(const fs::path& folder) {
  std::vector<std::string> shards;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".safetensors") {
      shards.push_back(entry.path().filename().string());
    }
  }
  std::sort(shards.begin(), shards.end());
  return shards;
}

DType TypeOf(const SafetensorsTensor& tensor, const std::string& where) {
  if (tensor.dtype == "F32") return DType::kF32;
  if (tensor.dtype == "F16") return DType::kF16;
  if (tensor.dtype == "BF16") return DType::kBF16;
  Fail(ErrorKind::kIo, "{} is of type {}; F32, F16 and BF16 can be read.", where,
       Printable(tensor.dtype));
}

class HfWeights : public MappedWeights {
 public:
  explicit HfWeights(const fs::path& folder) : MappedWeights(folder, ReadConfig(folder)) {
    const fs::path index = folder / kIndexName;
    const WeightMap weights = fs::exists(index) ? ReadIndex(index) : WeightMap();
    const auto shards = weights.empty() ? ListShards(folder) : ShardsOf(weights);
    if (shards.empty()) {
      Fail(ErrorKind::kIo, "{} has a config.json but no .safetensors files: download these too.",
           folder.string());
    }
    for (const std::string& shard : shards) OpenShard(folder / shard);
    for (const auto& [tensor, shard] : weights) RequireInShard(tensor, shard, index);
  }

  std::string identity() const override {
    std::string all;
    for (const auto& file : files_) all += file->identity() + ' ';
    return all;
  }

 private:
  void OpenShard(const fs::path& path) {
    if (!fs::exists(path)) {
      Fail(ErrorKind::kIo, "{} is missing, but the model's index names it; download it.",
           path.string());
    }
    const auto& file = *files_.emplace_back(std::make_unique<SafetensorsFile>(path));
    auto& names = shard_tensors_[path.filename().string()];
    for (const SafetensorsTensor& tensor : file.tensors()) {
      names.insert(tensor.name);
      AddTensor(tensor, file.name() + ": tensor " + Printable(tensor.name));
    }
  }

  void AddTensor(const SafetensorsTensor& tensor, const std::string& where) {
    if (IsDerivedBuffer(tensor.name)) return;
    const auto name = CanonicalName(tensor.name);
    if (!name) {
      Fail(ErrorKind::kIo, "{} is not part of a Llama, so the model cannot be run.", where);
    }
    // Some checkpoints store the head although it is the embedding; the configuration decides.
    if (config().tied && *name == "output.weight") return;
    const size_t rank = tensor.shape.size();
    if (rank < 1 || rank > 2 || tensor.data.empty()) {
      Fail(ErrorKind::kIo, "{} should have one or two dimensions, none of them 0.", where);
    }
    MappedTensor stored{where, tensor.data.data(), TypeOf(tensor, where), 1, tensor.shape[0], 0};
    if (rank == 2) {
      stored.rows = tensor.shape[0];
      stored.cols = tensor.shape[1];
    }
    if (IsRotated(*name)) stored.paired_head_dim = config().head_dim;
    Add(*name, stored);
  }

  void RequireInShard(const std::string& tensor, const std::string& shard,
                      const fs::path& index) const {
    if (shard_tensors_.at(shard).count(tensor) == 0) {
      Fail(ErrorKind::kIo, "{}: tensor {} should be in {}, which does not have it.", index.string(),
           Printable(tensor), shard);
    }
  }

  std::vector<std::unique_ptr<SafetensorsFile>> files_;
  std::map<std::string, std::set<std::string>> shard_tensors_;  // by file name
};

}  // namespace

std::unique_ptr<WeightFile> OpenHfWeights(const fs::path& folder) {
  try {
    return std::make_unique<HfWeights>(folder);
  } catch (const fs::filesystem_error& error) {  // a folder that may not be listed, a link loop
    Fail(ErrorKind::kIo, "Cannot read {}: {}.", folder.string(), error.code().message());
  }
}

}  // namespace lantern
