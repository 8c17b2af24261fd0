// ModelConfig: the shape of a Llama-like model, from GGUF metadata or a config.json.
#pragma once

#include <string>
#include <vector>

namespace lantern {

struct ModelConfig {
  std::string architecture;  // "llama" or "mistral": the registry's key (model.h)
  std::string name;          // for people; may be empty
  int layers = 0;
  int dim = 0;       // width of the residual stream
  int ffn = 0;       // width between gate/up and down
  int heads = 0;     // query heads
  int kv_heads = 0;  // heads % kv_heads == 0
  int head_dim = 0;  // of its own: heads * head_dim need not be dim
  int vocab = 0;
  int context = 0;  // positions the model was trained for
  double rope_theta = 10000.0;
  // Frequency i is theta^(-2 i / head_dim) / rope_divisor[i]; empty means all 1. Llama-3 scaling,
  // linear scaling and GGUF's rope_freqs.weight all come down to this.
  std::vector<double> rope_divisor;
  float norm_eps = 1e-5f;
  int sliding_window = 0;  // 0: attend to every earlier position
  bool tied = false;       // the head is the embedding
};

// Llama-3.1's rope scaling as divisors: low frequencies are divided by `factor`, high ones kept,
// those between blended. `original_context`: positions trained before scaling.
// Source: transformers, modeling_rope_utils, rope type "llama3". REQUIRES: low < high.
std::vector<double> Llama3RopeDivisors(double theta, int head_dim, double factor, double low,
                                       double high, double original_context);

// Throws Error{kIo} (naming `where`) for a shape that no Llama can have.
void Validate(const ModelConfig& config, const std::string& where);

}  // namespace lantern
