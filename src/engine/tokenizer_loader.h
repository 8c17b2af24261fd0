// Makes the tokenizer of a model, whichever way the model is stored.
#pragma once

#include <filesystem>
#include <memory>

#include "src/text/tokenizer.h"

namespace lantern {

// `path` is a GGUF file or a directory in Hugging Face layout; either may hold a tokenizer alone.
// Throws Error{kIo} naming the file and what is missing or not supported.
std::unique_ptr<Tokenizer> LoadTokenizer(const std::filesystem::path& path);

}  // namespace lantern
