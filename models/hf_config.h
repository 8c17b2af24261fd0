// config.json of a Hugging Face model folder -> ModelConfig.
// Keys and defaults: transformers, LlamaConfig and MistralConfig.
#pragma once

#include <string>
#include <string_view>

#include "models/config.h"

namespace lantern {

// `text` is the file's content, `where` its path. The result is validated.
// Throws Error{kIo} naming file, key and reason; whatever would change the arithmetic and is not
// implemented (biases, other activations, other rotation scalings) is refused, never ignored.
ModelConfig ParseHfConfig(std::string_view text, const std::string& where);

}  // namespace lantern
