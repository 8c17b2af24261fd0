#include "models/gguf_weights.h"

#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <utility>

#include "models/mapped_weights.h"
#include "models/printable.h"
#include "models/tensor_names.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr const char* kRopeFactors = "rope_freqs.weight";

// Reads keys under the architecture's prefix: "llama.block_count".
class ConfigKeys {
 public:
  ConfigKeys(const GgufFile& file, std::string architecture)
      : file_(file), prefix_(std::move(architecture) + ".") {}

  std::string Name(const char* key) const { return prefix_ + key; }

  std::optional<int> Int(const char* key) const {
    const auto value = file_.Int(Name(key));
    if (!value) return std::nullopt;
    if (*value < 0 || *value > std::numeric_limits<int>::max()) {
      Fail(ErrorKind::kIo, "{}: key {} is {}, out of range.", file_.name(), Name(key), *value);
    }
    return static_cast<int>(*value);
  }
  std::optional<double> Float(const char* key) const { return file_.Float(Name(key)); }
  std::optional<std::string_view> String(const char* key) const { return file_.String(Name(key)); }
  int RequireInt(const char* key) const {
    const auto value = Int(key);
    if (!value) FailAbsent(key);
    return *value;
  }
  double RequireFloat(const char* key) const {
    const auto value = Float(key);
    if (!value) FailAbsent(key);
    return *value;
  }

 private:
  [[noreturn]] void FailAbsent(const char* key) const {
    Fail(ErrorKind::kIo, "{} lacks the key {}.", file_.name(), Name(key));
  }

  const GgufFile& file_;
  std::string prefix_;
};

std::string Architecture(const GgufFile& file) {
  const auto architecture = file.String("general.architecture");
  if (!architecture) Fail(ErrorKind::kIo, "{} lacks the key general.architecture.", file.name());
  if (*architecture != "llama" && *architecture != "mistral") {
    Fail(ErrorKind::kIo, "{} holds a model of architecture {}; llama and mistral can be run.",
         file.name(), Printable(*architecture));
  }
  return std::string(*architecture);
}

void RequireWholeDenseModel(const GgufFile& file, const ConfigKeys& keys) {
  if (file.tensors().empty()) {
    Fail(ErrorKind::kIo, "{} has no tensors (a vocabulary alone), so no model to run.",
         file.name());
  }
  if (const auto parts = file.Int("split.count"); parts.value_or(1) > 1) {
    Fail(ErrorKind::kIo, "{} is one of {} parts; merge them into one file first.", file.name(),
         *parts);
  }
  if (const int experts = keys.Int("expert_count").value_or(0); experts > 0) {
    Fail(ErrorKind::kIo, "{} is a mixture of {} experts, which is not implemented.", file.name(),
         experts);
  }
}

int HeadDim(const GgufFile& file, const ConfigKeys& keys, const ModelConfig& config) {
  const auto key_length = keys.Int("attention.key_length");
  if (!key_length && (config.heads < 1 || config.dim % config.heads != 0)) {
    Fail(ErrorKind::kIo, "{}: the width {} is no multiple of the {} heads.", file.name(),
         config.dim, config.heads);
  }
  const int head_dim = key_length ? *key_length : config.dim / config.heads;
  for (const char* key : {"attention.value_length", "rope.dimension_count"}) {
    const int other = keys.Int(key).value_or(head_dim);
    if (other != head_dim) {
      Fail(ErrorKind::kIo, "{}: key {} is {}, but heads have {} dimensions; only equal ones run.",
           file.name(), keys.Name(key), other, head_dim);
    }
  }
  return head_dim;
}

int VocabSize(const GgufFile& file, const ConfigKeys& keys) {
  if (const auto size = keys.Int("vocab_size")) return *size;
  const GgufTensor* embedding = file.FindTensor("token_embd.weight");
  if (embedding == nullptr || embedding->rows > std::numeric_limits<int>::max()) return 0;
  return static_cast<int>(embedding->rows);
}

// The factor by which all frequencies are divided. A factor without a type is a linear one:
// older files have only the factor, or rope.scale_linear.
double LinearFactor(const GgufFile& file, const ConfigKeys& keys) {
  const auto type = keys.String("rope.scaling.type").value_or("linear");
  if (type == "none") return 1;
  if (type != "linear") {
    Fail(ErrorKind::kIo, "{}: rotation scaling {} is not implemented; none and linear are.",
         file.name(), Printable(type));
  }
  const double factor =
      keys.Float("rope.scaling.factor").value_or(keys.Float("rope.scale_linear").value_or(1));
  return factor == 0 ? 1 : factor;  // converters write 0 where there is none
}

// REQUIRES: config.head_dim is valid.
std::vector<double> RopeDivisors(const GgufFile& file, const ConfigKeys& keys,
                                 const ModelConfig& config) {
  const double factor = LinearFactor(file, keys);
  const GgufTensor* factors = file.FindTensor(kRopeFactors);
  const auto pairs = static_cast<size_t>(config.head_dim / 2);
  if (factors == nullptr) {
    return factor == 1 ? std::vector<double>() : std::vector<double>(pairs, factor);
  }
  if (factors->type != DType::kF32 || factors->data.size() != pairs * sizeof(float)) {
    Fail(ErrorKind::kIo, "{}: tensor {} should hold {} f32, one for each pair in a head.",
         file.name(), kRopeFactors, pairs);
  }
  std::vector<double> divisors(pairs);
  for (size_t i = 0; i < pairs; ++i) {
    float value;
    std::memcpy(&value, &factors->data[i * sizeof(float)], sizeof(float));
    divisors[i] = value * factor;
  }
  return divisors;
}

class GgufWeights : public MappedWeights {
 public:
  GgufWeights(const std::filesystem::path& path, std::unique_ptr<GgufFile> file)
      : MappedWeights(path, ReadGgufConfig(*file)), file_(std::move(file)) {
    for (const GgufTensor& tensor : file_->tensors()) {
      if (IsDerivedBuffer(tensor.name)) continue;
      const std::string where = file_->name() + ": tensor " + Printable(tensor.name);
      Add(std::string(tensor.name),
          {where, tensor.data.data(), tensor.type, tensor.rows, tensor.cols, 0});
    }
  }

  const GgufFile* gguf() const override { return file_.get(); }
  std::string identity() const override { return file_->identity(); }

 private:
  std::unique_ptr<GgufFile> file_;
};

}  // namespace

ModelConfig ReadGgufConfig(const GgufFile& file) {
  ModelConfig config;
  config.architecture = Architecture(file);
  const ConfigKeys keys(file, config.architecture);
  RequireWholeDenseModel(file, keys);
  config.name = std::string(file.String("general.name").value_or(""));
  config.layers = keys.RequireInt("block_count");
  config.dim = keys.RequireInt("embedding_length");
  config.ffn = keys.RequireInt("feed_forward_length");
  config.heads = keys.RequireInt("attention.head_count");
  config.kv_heads = keys.Int("attention.head_count_kv").value_or(config.heads);
  config.head_dim = HeadDim(file, keys, config);
  config.vocab = VocabSize(file, keys);
  config.context = keys.RequireInt("context_length");
  config.norm_eps = static_cast<float>(keys.RequireFloat("attention.layer_norm_rms_epsilon"));
  config.rope_theta = keys.Float("rope.freq_base").value_or(config.rope_theta);
  config.sliding_window = keys.Int("attention.sliding_window").value_or(0);
  config.tied = file.FindTensor("output.weight") == nullptr;
  Validate(config, file.name());  // before the head dimension sizes anything
  config.rope_divisor = RopeDivisors(file, keys, config);
  Validate(config, file.name());
  return config;
}

std::unique_ptr<WeightFile> OpenGgufWeights(const std::filesystem::path& path) {
  return std::make_unique<GgufWeights>(path, std::make_unique<GgufFile>(path));
}

}  // namespace lantern
