// A text read by a model once, with the logits of every position: what `score` and `check` do.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "src/engine/engine.h"

namespace lantern {

// Positions whose logits travel in one step: the rows that a session for this needs.
inline constexpr int kLogitRows = 64;

// The text of a file. Throws Error{kIo}.
std::string ReadTextFile(const std::string& path);
// Its ids by the model's tokenizer, with BOS. Throws Error{kIo} where the model has none.
std::vector<int> EncodeText(const std::filesystem::path& model, const std::string& text);

// Called per position, in order, with the logits of the id that comes next.
using OnLogits = std::function<void(int position, const std::vector<float>& logits)>;

// Reads `ids` as one sequence and returns it when it is done; null when Ctrl-C ended it.
std::shared_ptr<Sequence> ReadText(Engine& engine, std::span<const int> ids, OnLogits on_logits);

}  // namespace lantern
