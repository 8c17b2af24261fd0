// Sequence: one request on its way from prompt to answer. Lives at the leader only.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "src/engine/sampling.h"

namespace lantern {

enum class FinishReason { kNone, kStop, kLength, kContext, kCancelled };
// As JSON and users see it: "stop" (an end-of-generation token), "length" (the wanted number of
// tokens), "context" (no room left), "cancelled".
const char* Name(FinishReason reason);

struct Request {
  std::vector<int> prompt;  // ids; not empty
  int max_tokens = 0;       // to generate; 0: only read the prompt (score)
  SamplingParams sampling;
  std::vector<int> stop_ids;  // end of generation; the stop token is not part of the answer
  // Wants the logits of every prompt position (score): called per position, in order.
  std::function<void(int position, const std::vector<float>& logits)> on_logits;
  std::function<void(int id)> on_token;  // called as each token is chosen
};

struct Sequence {
  int id = 0;
  Request request;
  std::vector<int> tokens;  // prompt, then generated ids
  int scheduled = 0;        // tokens in the cache or in a step that is under way, and a guessed one
  int cached = 0;           // tokens whose keys and values are in the cache
  int reused = 0;           // of them, taken over from an earlier sequence
  // The step that tells the next token, and its row there, where a device guesses the token; and
  // the last step that began with a guess that was wrong.
  static constexpr uint64_t kNoStep = ~uint64_t{0};
  uint64_t guessing_step = kNoStep, void_step = kNoStep;
  int guessed_row = 0;
  std::vector<int> blocks;
  std::vector<uint64_t> position_hashes;  // of every position sampled
  FinishReason finish = FinishReason::kNone;

  using Clock = std::chrono::steady_clock;
  Clock::time_point started, first_token, finished;

  bool done() const { return finish != FinishReason::kNone; }
  int prompt_tokens() const { return static_cast<int>(request.prompt.size()); }
  int generated() const { return static_cast<int>(tokens.size()) - prompt_tokens(); }
  int pending() const { return static_cast<int>(tokens.size()) - cached; }
  int unscheduled() const { return static_cast<int>(tokens.size()) - scheduled; }
  bool wants_all_logits() const { return static_cast<bool>(request.on_logits); }
};

// `logits_hash` of a run: xxh64 over the hashes of its sampled positions, 16 hexadecimal digits.
std::string LogitsHash(const Sequence& sequence);

}  // namespace lantern
