#include "models/hf_config.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "models/json_file.h"
#include "models/printable.h"
#include "src/base/error.h"

namespace lantern {
namespace {

constexpr int kMistralDefaultWindow = 4096;  // MistralConfig, where the key is left out

void RequireSupported(const JsonView& json) {
  const std::string activation = json.String("hidden_act").value_or("silu");
  if (activation != "silu") {
    Fail(ErrorKind::kIo, "{}: hidden_act is {}, but only silu is implemented.", json.where(),
         Printable(activation));
  }
  for (const char* bias : {"attention_bias", "mlp_bias"}) {
    if (json.Bool(bias).value_or(false)) {
      Fail(ErrorKind::kIo, "{}: {} is true, but biases are not implemented.", json.where(), bias);
    }
  }
  if (json.Double("partial_rotary_factor").value_or(1.0) != 1.0) {
    Fail(ErrorKind::kIo, "{}: partial_rotary_factor is not 1, but only whole heads are rotated.",
         json.where());
  }
  if (json.Object("quantization_config")) {
    Fail(ErrorKind::kIo, "{}: quantization_config is set; use the unquantized model or a GGUF.",
         json.where());
  }
}

void RequirePositive(const JsonView& json, const char* key, double value) {
  if (!(value > 0) || !std::isfinite(value)) {
    Fail(ErrorKind::kIo, "{}: {} is {}, which should be a positive number.", json.where(), key,
         value);
  }
}

double RequirePositiveDouble(const JsonView& json, const char* key) {
  const double value = json.RequireDouble(key);
  RequirePositive(json, key, value);
  return value;
}

std::vector<double> Llama3Divisors(const JsonView& json, const ModelConfig& config) {
  const double factor = RequirePositiveDouble(json, "factor");
  const double low = RequirePositiveDouble(json, "low_freq_factor");
  const double high = RequirePositiveDouble(json, "high_freq_factor");
  const double original = RequirePositiveDouble(json, "original_max_position_embeddings");
  if (high <= low) {
    Fail(ErrorKind::kIo, "{}: high_freq_factor should be above low_freq_factor.", json.where());
  }
  return Llama3RopeDivisors(config.rope_theta, config.head_dim, factor, low, high, original);
}

// REQUIRES: config has rope_theta and a valid head_dim.
std::vector<double> RopeDivisors(const JsonView& json, const ModelConfig& config) {
  auto type = json.String("rope_type");
  if (!type) type = json.String("type");  // the key's name before transformers 4.43
  if (!type && json.Double("factor")) Fail(ErrorKind::kIo, "{} lacks rope_type.", json.where());
  if (!type || *type == "default") return {};
  if (*type == "llama3") return Llama3Divisors(json, config);
  if (*type == "linear") {
    const double factor = RequirePositiveDouble(json, "factor");
    return std::vector<double>(static_cast<size_t>(config.head_dim / 2), factor);
  }
  Fail(ErrorKind::kIo, "{}: rope type {} is not implemented; llama3, linear and default are.",
       json.where(), Printable(*type));
}

int HeadDim(const JsonView& json, const ModelConfig& config) {
  if (const auto own = json.Int("head_dim")) return *own;
  if (config.heads < 1 || config.dim % config.heads != 0) {
    Fail(ErrorKind::kIo, "{}: hidden_size {} is no multiple of num_attention_heads {}.",
         json.where(), config.dim, config.heads);
  }
  return config.dim / config.heads;
}

int SlidingWindow(const nlohmann::json& root, const JsonView& json, const ModelConfig& config) {
  if (config.architecture != "mistral") return 0;
  if (!root.contains("sliding_window")) return kMistralDefaultWindow;
  return json.Int("sliding_window").value_or(0);  // null: no window
}

std::string Architecture(const JsonView& json) {
  const auto type = json.String("model_type");
  if (!type) Fail(ErrorKind::kIo, "{} lacks model_type.", json.where());
  if (*type != "llama" && *type != "mistral") {
    Fail(ErrorKind::kIo, "{}: model_type {} cannot be run; llama and mistral can.", json.where(),
         Printable(*type));
  }
  return *type;
}

}  // namespace

ModelConfig ParseHfConfig(std::string_view text, const std::string& where) {
  const nlohmann::json root = ParseJsonObject(text, where);
  const JsonView json(root, where);
  ModelConfig config;
  config.architecture = Architecture(json);
  RequireSupported(json);
  config.layers = json.RequireInt("num_hidden_layers");
  config.dim = json.RequireInt("hidden_size");
  config.ffn = json.RequireInt("intermediate_size");
  config.heads = json.RequireInt("num_attention_heads");
  config.kv_heads = json.Int("num_key_value_heads").value_or(config.heads);
  config.head_dim = HeadDim(json, config);
  config.vocab = json.RequireInt("vocab_size");
  config.context = json.RequireInt("max_position_embeddings");
  config.norm_eps = static_cast<float>(json.RequireDouble("rms_norm_eps"));
  config.tied = json.Bool("tie_word_embeddings").value_or(false);
  config.sliding_window = SlidingWindow(root, json, config);
  // transformers 5 moved rope_theta and rope_scaling into one object.
  auto rope = json.Object("rope_parameters");
  if (!rope) rope = json.Object("rope_scaling");
  auto theta = json.Double("rope_theta");
  if (rope && rope->Double("rope_theta")) theta = rope->Double("rope_theta");
  config.rope_theta = theta.value_or(config.rope_theta);
  Validate(config, where);  // before the head dimension sizes anything
  if (rope) {
    config.rope_divisor = RopeDivisors(*rope, config);
    Validate(config, where);
  }
  return config;
}

}  // namespace lantern
