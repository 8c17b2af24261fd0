// A whole Llama in double precision with obvious loops, straight from the weight file: what the
// engine's logits are held against. Itself held against Hugging Face transformers and llama2.c.
#pragma once

#include <span>

#include "models/reference/operations.h"
#include "models/weight_file.h"

namespace lantern::reference {

// Logits [ids, vocab] of one sequence.
Matrix Logits(const WeightFile& file, std::span<const int> ids);

}  // namespace lantern::reference
