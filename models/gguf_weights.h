// A GGUF file as a WeightFile: llama.* metadata -> ModelConfig, tensors under their own names.
// Keys: GGUF specification, "LLM" and "Attention" and "RoPE" sections.
#pragma once

#include <filesystem>
#include <memory>

#include "models/config.h"
#include "models/gguf.h"
#include "models/weight_file.h"

namespace lantern {

// The validated configuration of a Llama in `file`.
// Throws Error{kIo} naming the file, the key and the reason.
ModelConfig ReadGgufConfig(const GgufFile& file);

// Throws Error{kIo}; see OpenWeightFile.
std::unique_ptr<WeightFile> OpenGgufWeights(const std::filesystem::path& path);

}  // namespace lantern
