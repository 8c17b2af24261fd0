#include "src/apps/conversation.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "src/base/error.h"

namespace lantern {
namespace {

using nlohmann::ordered_json;

ordered_json ToJson(const SamplingParams& s) {
  return {{"temp", s.temperature},
          {"top_k", s.top_k},
          {"top_p", s.top_p},
          {"min_p", s.min_p},
          {"repeat_penalty", s.repeat_penalty},
          {"seed", s.seed}};
}

SamplingParams SamplingFrom(const ordered_json& json, SamplingParams s) {
  s.temperature = json.value("temp", s.temperature);
  s.top_k = json.value("top_k", s.top_k);
  s.top_p = json.value("top_p", s.top_p);
  s.min_p = json.value("min_p", s.min_p);
  s.repeat_penalty = json.value("repeat_penalty", s.repeat_penalty);
  s.seed = json.value("seed", s.seed);
  s.Validate();
  return s;
}

std::vector<ChatMessage> TurnsFrom(const ordered_json& messages) {
  std::vector<ChatMessage> turns;
  for (const auto& message : messages) {
    const bool user = turns.size() % 2 == 0;
    if (message.at("role") != (user ? "user" : "assistant")) {
      throw std::invalid_argument("the roles do not alternate between user and assistant");
    }
    turns.push_back({user ? ChatRole::kUser : ChatRole::kAssistant, message.at("content")});
  }
  if (turns.size() % 2 != 0) throw std::invalid_argument("the last message has no answer");
  return turns;
}

}  // namespace

std::vector<ChatMessage> Conversation::Messages() const {
  std::vector<ChatMessage> messages;
  if (!system_.empty()) messages.push_back({ChatRole::kSystem, system_});
  messages.insert(messages.end(), turns_.begin(), turns_.end());
  return messages;
}

std::vector<int> Conversation::Render(const ChatFormat& format, int room, int& dropped) {
  const std::vector<ChatMessage> all = turns_;
  for (dropped = 0;; ++dropped) {
    std::vector<int> ids = format.Render(Messages());
    if (static_cast<int>(ids.size()) <= room) return ids;
    if (turns_.size() < 3) {
      turns_ = all;  // nothing was gained by dropping them
      Fail(ErrorKind::kBadRequest,
           "This message takes {} tokens and there is room for {}: shorten it or raise --ctx.",
           ids.size(), room);
    }
    turns_.erase(turns_.begin(), turns_.begin() + 2);
  }
}

void Conversation::Save(const std::filesystem::path& path, const std::string& model,
                        const SamplingParams& sampling) const {
  ordered_json json = {{"model", model}, {"system", system_}, {"sampling", ToJson(sampling)}};
  json["messages"] = ordered_json::array();
  for (const ChatMessage& turn : turns_) {
    json["messages"].push_back(
        {{"role", turn.role == ChatRole::kUser ? "user" : "assistant"}, {"content", turn.text}});
  }
  const std::filesystem::path part = path.string() + ".part";
  std::ofstream out(part, std::ios::binary | std::ios::trunc);
  out << json.dump(2, ' ', false, ordered_json::error_handler_t::replace) << "\n";
  out.close();
  std::error_code error;
  if (out) std::filesystem::rename(part, path, error);
  if (!out || error) {
    const std::string why = error ? error.message() : std::strerror(errno);
    std::filesystem::remove(part, error);
    Fail(ErrorKind::kIo, "Cannot write {}: {}.", path.string(), why);
  }
}

void Conversation::Load(const std::filesystem::path& path, SamplingParams& sampling) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Fail(ErrorKind::kIo, "Cannot open {}: {}.", path.string(), std::strerror(errno));
  try {
    const ordered_json json = ordered_json::parse(in);
    std::vector<ChatMessage> turns = TurnsFrom(json.at("messages"));
    std::string system = json.value("system", std::string());
    sampling = SamplingFrom(json.value("sampling", ordered_json::object()), sampling);
    turns_ = std::move(turns);
    system_ = std::move(system);
  } catch (const std::exception& e) {
    Fail(ErrorKind::kIo, "{} is not a saved chat: {}.", path.string(), e.what());
  }
}

}  // namespace lantern
