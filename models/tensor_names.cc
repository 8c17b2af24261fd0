#include "models/tensor_names.h"

#include <charconv>
#include <utility>

namespace lantern {
namespace {

struct NamePair {
  std::string_view hugging_face, gguf;
};

constexpr NamePair kWholeModel[] = {
    {"model.embed_tokens.weight", "token_embd.weight"},
    {"model.norm.weight", "output_norm.weight"},
    {"lm_head.weight", "output.weight"},
};
constexpr NamePair kPerLayer[] = {
    {"input_layernorm.weight", "attn_norm.weight"},
    {"self_attn.q_proj.weight", "attn_q.weight"},
    {"self_attn.k_proj.weight", "attn_k.weight"},
    {"self_attn.v_proj.weight", "attn_v.weight"},
    {"self_attn.o_proj.weight", "attn_output.weight"},
    {"post_attention_layernorm.weight", "ffn_norm.weight"},
    {"mlp.gate_proj.weight", "ffn_gate.weight"},
    {"mlp.up_proj.weight", "ffn_up.weight"},
    {"mlp.down_proj.weight", "ffn_down.weight"},
};
constexpr std::string_view kRopeFactors = "rope_freqs.weight";

struct LayerName {
  int layer;
  std::string_view rest;
};

// Cuts "PREFIX12.REST"; nothing for other names and for numbers written with leading zeros.
std::optional<LayerName> CutLayer(std::string_view name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  int layer = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), layer);
  const auto digits = static_cast<size_t>(end - name.data());
  if (error != std::errc() || layer < 0 || digits == name.size() || name[digits] != '.') {
    return std::nullopt;
  }
  if (digits > 1 && name[0] == '0') return std::nullopt;
  return LayerName{layer, name.substr(digits + 1)};
}

}  // namespace

std::optional<std::string> CanonicalName(std::string_view hugging_face_name) {
  for (const NamePair& pair : kWholeModel) {
    if (pair.hugging_face == hugging_face_name) return std::string(pair.gguf);
  }
  const auto cut = CutLayer(hugging_face_name, "model.layers.");
  if (!cut) return std::nullopt;
  for (const NamePair& pair : kPerLayer) {
    if (pair.hugging_face != cut->rest) continue;
    return "blk." + std::to_string(cut->layer) + "." + std::string(pair.gguf);
  }
  return std::nullopt;
}

bool IsLlamaTensor(std::string_view name, int layers) {
  if (name == kRopeFactors) return true;
  for (const NamePair& pair : kWholeModel) {
    if (pair.gguf == name) return true;
  }
  const auto cut = CutLayer(name, "blk.");
  if (!cut || cut->layer >= layers) return false;
  for (const NamePair& pair : kPerLayer) {
    if (pair.gguf == cut->rest) return true;
  }
  return false;
}

bool IsDerivedBuffer(std::string_view name) {
  return name.ends_with(".rotary_emb.inv_freq") || name.ends_with(".attn_rot_embd.weight");
}

bool IsRotated(std::string_view name) {
  return name.ends_with(".attn_q.weight") || name.ends_with(".attn_k.weight");
}

}  // namespace lantern
