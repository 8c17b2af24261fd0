// The names that tensors of a Llama have: GGUF's are the canonical ones.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace lantern {

// "model.layers.3.self_attn.q_proj.weight" -> "blk.3.attn_q.weight"; nothing for a name that no
// Llama has in the Hugging Face layout.
std::optional<std::string> CanonicalName(std::string_view hugging_face_name);

// Whether a Llama of `layers` layers has a tensor of this canonical name.
bool IsLlamaTensor(std::string_view name, int layers);

// Buffers that old converters stored beside the weights and that can be computed; ignored.
bool IsDerivedBuffer(std::string_view name);

// Whether rows of this canonical tensor are rotated in pairs: attn_q and attn_k.
bool IsRotated(std::string_view name);

}  // namespace lantern
