// Conversation: the messages of a chat, kept within the context, saved and loaded as JSON.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "src/engine/sampling.h"
#include "src/text/chat_format.h"

namespace lantern {

class Conversation {
 public:
  // The system prompt; empty for none.
  void SetSystem(const std::string& text) { system_ = text; }
  const std::string& system() const { return system_; }
  void AddUser(const std::string& text) { turns_.push_back({ChatRole::kUser, text}); }
  void AddAnswer(const std::string& text) { turns_.push_back({ChatRole::kAssistant, text}); }
  // Takes back a user message that got no answer.
  void DropLast() { turns_.pop_back(); }
  void Reset() { turns_.clear(); }
  int turns() const { return static_cast<int>(turns_.size()); }

  // The ids to answer, at most `room` of them: drops the oldest turns (question and answer) after
  // the system prompt until they fit. `dropped`: how many turns went. Throws Error{kBadRequest},
  // and drops none, where the last message alone does not fit.
  std::vector<int> Render(const ChatFormat& format, int room, int& dropped);

  // JSON: {"model", "system", "sampling", "messages": [{"role", "content"}]}. Save writes the
  // whole file or nothing. Both throw Error{kIo}; a failed Load changes nothing.
  void Save(const std::filesystem::path& path, const std::string& model,
            const SamplingParams& sampling) const;
  void Load(const std::filesystem::path& path, SamplingParams& sampling);

 private:
  std::vector<ChatMessage> Messages() const;

  std::string system_;
  std::vector<ChatMessage> turns_;  // user and assistant in turn, a user's last while answering
};

}  // namespace lantern
