// Llama 1, 2, 3, 3.1, 3.2 and dense Mistral.
#pragma once

#include <memory>

#include "models/model.h"

namespace lantern {

std::unique_ptr<Model> MakeLlama(const ModelPart& part, Loader& loader, int context_tokens);

}  // namespace lantern
