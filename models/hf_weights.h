// A folder in Hugging Face layout as a WeightFile: config.json and *.safetensors, with an index
// (model.safetensors.index.json) or without. Names and q/k rows are brought to GGUF's.
#pragma once

#include <filesystem>
#include <memory>

#include "models/weight_file.h"

namespace lantern {

// Throws Error{kIo}; see OpenWeightFile.
std::unique_ptr<WeightFile> OpenHfWeights(const std::filesystem::path& folder);

}  // namespace lantern
