// lantern chat: the REPL on rank 0.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

#include "src/apps/commands.h"
#include "src/apps/conversation.h"
#include "src/apps/leader.h"
#include "src/apps/line_editor.h"
#include "src/apps/options.h"
#include "src/base/error.h"
#include "src/text/detokenizer.h"

namespace lantern {
namespace {

constexpr const char* kHelp =
    "  /help               this list\n"
    "  /reset              forget the conversation, keep the system prompt\n"
    "  /system [TEXT]      set the system prompt, or show it\n"
    "  /set [NAME VALUE]   temp, top-k, top-p, min-p, repeat-penalty, seed, max-tokens; or show\n"
    "  /save FILE          write the conversation to a file\n"
    "  /load FILE          go on with a saved conversation\n"
    "  /stats              speed and size of the last answer\n"
    "  /quit               leave (also Ctrl-D)\n"
    "  Ctrl-C stops an answer; twice at the prompt leaves.\n";

struct ChatFlags {
  ModelFlags model;
  SamplingParams sampling;
  std::string system;
  int max_tokens = 0;
};

// Where history and an interrupted conversation are kept: $XDG_STATE_HOME/lantern. Empty when there
// is no home.
std::filesystem::path StateFolder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  const char* home = std::getenv("HOME");
  std::filesystem::path folder;
  if (state != nullptr && *state != 0) {
    folder = std::filesystem::path(state) / "lantern";
  } else if (home != nullptr && *home != 0) {
    folder = std::filesystem::path(home) / ".local/state/lantern";
  }
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  return error ? std::filesystem::path() : folder;
}

class Chat {
 public:
  Chat(const ChatFlags& flags, Session& session, const Tokenizer& tokenizer)
      : flags_(flags),
        session_(session),
        engine_(session.engine()),
        tokenizer_(tokenizer),
        format_(ChatFormat::Detect(tokenizer)),
        stops_(StopIds(tokenizer)),
        sampling_(flags.sampling),
        max_tokens_(flags.max_tokens) {
    engine_.KeepFinished(true);
    conversation_.SetSystem(flags.system);
  }

  void Run();

 private:
  void Greet();
  bool Command(const std::string& line);  // false: leave
  void Set(const std::string& argument);
  void ShowSettings() const;
  void Answer(const std::string& question);
  std::string Stream(std::vector<int> prompt);
  void ReportEnd() const;
  void Stats() const;
  void SaveAfterLoss() const;
  // Tokens left for an answer whatever happens: a quarter of the context, at most 512.
  int Reserve() const { return std::min(engine_.context() / 4, 512); }

  const ChatFlags& flags_;
  Session& session_;
  Engine& engine_;
  const Tokenizer& tokenizer_;
  std::optional<ChatFormat> format_;
  std::vector<int> stops_;
  SamplingParams sampling_;
  int max_tokens_;  // of an answer; 0: what the context holds
  Conversation conversation_;
  std::shared_ptr<Sequence> last_;
};

void Chat::Greet() {
  const ParallelPlan& plan = session_.plan();
  fmt::print("{} on {} rank(s), tp {} x pp {}, context {}. /help lists the commands.\n",
             flags_.model.session.model.filename().string(), plan.world(), plan.tp, plan.pp,
             engine_.context());
  if (!format_) {
    format_.emplace(ChatStyle::kChatMl, tokenizer_);
    fmt::print("The model names no chat format that is known here; using ChatML.\n");
  }
}

void Chat::Run() {
  const std::filesystem::path state = StateFolder();
  LineEditor editor(state.empty() ? state : state / "history");
  Greet();
  for (bool warned = false;;) {
    std::fflush(stdout);
    const LineEditor::Result input = editor.Read();
    if (input.outcome == LineEditor::Outcome::kEnd) break;
    if (input.outcome == LineEditor::Outcome::kInterrupted) {
      if (TakeInterrupts() > 1 || warned) break;
      warned = true;
      fmt::print("\nCtrl-C once more, or /quit, leaves.\n");
      continue;
    }
    warned = false;
    const size_t text = input.line.find_first_not_of(" \t");
    if (text == std::string::npos) continue;
    try {
      if (input.line[text] != '/') {
        Answer(input.line);
      } else if (!Command(input.line.substr(text))) {
        break;
      }
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kPeerLost) {
        SaveAfterLoss();
        throw;
      }
      fmt::print("{}\n", e.what());
    }
  }
  fmt::print("\n");
}

bool Chat::Command(const std::string& line) {
  const size_t space = line.find(' ');
  const std::string name = line.substr(0, space);
  const size_t begin = line.find_first_not_of(' ', space);
  std::string argument =
      space == std::string::npos || begin == std::string::npos ? std::string() : line.substr(begin);
  while (!argument.empty() && argument.back() == ' ') argument.pop_back();
  auto file = [&] {
    if (argument.empty()) Fail(ErrorKind::kBadRequest, "{} needs a file name.", name);
    return argument;
  };
  if (name == "/quit" || name == "/exit") return false;
  if (name == "/help") {
    fmt::print("{}", kHelp);
  } else if (name == "/reset") {
    conversation_.Reset();
    fmt::print("The conversation is forgotten.\n");
  } else if (name == "/system") {
    if (!argument.empty()) conversation_.SetSystem(argument);
    fmt::print("System prompt: {}\n",
               conversation_.system().empty() ? "(none)" : conversation_.system());
  } else if (name == "/set") {
    Set(argument);
  } else if (name == "/save") {
    conversation_.Save(file(), flags_.model.session.model.string(), sampling_);
    fmt::print("Saved to {}.\n", argument);
  } else if (name == "/load") {
    conversation_.Load(file(), sampling_);
    fmt::print("Loaded {} messages from {}.\n", conversation_.turns(), argument);
  } else if (name == "/stats") {
    Stats();
  } else {
    fmt::print("There is no command {}; /help lists them.\n", name);
  }
  return true;
}

void Chat::ShowSettings() const {
  fmt::print("temp {}, top-k {}, top-p {}, min-p {}, repeat-penalty {}, seed {}, max-tokens {}\n",
             sampling_.temperature, sampling_.top_k, sampling_.top_p, sampling_.min_p,
             sampling_.repeat_penalty, sampling_.seed, max_tokens_);
}

void Chat::Set(const std::string& argument) {
  if (argument.empty()) return ShowSettings();
  const size_t space = argument.find(' ');
  const std::string name = argument.substr(0, space);
  const std::string text = space == std::string::npos ? "" : argument.substr(space + 1);
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != 0) {
    Fail(ErrorKind::kBadRequest, "/set takes a name and a number, as in /set temp 0.7.");
  }
  SamplingParams changed = sampling_;
  int max_tokens = max_tokens_;
  const std::map<std::string, std::function<void()>> setters = {
      {"temp", [&] { changed.temperature = static_cast<float>(value); }},
      {"top-k", [&] { changed.top_k = static_cast<int>(value); }},
      {"top-p", [&] { changed.top_p = static_cast<float>(value); }},
      {"min-p", [&] { changed.min_p = static_cast<float>(value); }},
      {"repeat-penalty", [&] { changed.repeat_penalty = static_cast<float>(value); }},
      {"seed", [&] { changed.seed = std::strtoull(text.c_str(), nullptr, 10); }},
      {"max-tokens", [&] { max_tokens = static_cast<int>(value); }}};
  const auto setter = setters.find(name);
  if (setter == setters.end()) {
    Fail(ErrorKind::kBadRequest, "There is no setting {}; /help lists them.", name);
  }
  setter->second();
  changed.Validate();
  if (max_tokens < 0) Fail(ErrorKind::kBadRequest, "max-tokens must be 0 (no limit) or more.");
  sampling_ = changed;
  max_tokens_ = max_tokens;
  ShowSettings();
}

void Chat::Answer(const std::string& question) {
  conversation_.AddUser(question);
  try {
    int dropped = 0;
    std::vector<int> prompt =
        conversation_.Render(*format_, engine_.context() - Reserve(), dropped);
    if (dropped > 0) {
      fmt::print("(The conversation outgrew the context: the oldest {} turn(s) were dropped.)\n",
                 dropped);
    }
    conversation_.AddAnswer(Stream(std::move(prompt)));
  } catch (...) {
    conversation_.DropLast();  // the question that gets no answer
    throw;
  }
  ReportEnd();
}

std::string Chat::Stream(std::vector<int> prompt) {
  Detokenizer detokenizer(tokenizer_);
  std::string answer;
  auto show = [&](const std::string& piece) {
    answer += piece;
    fmt::print("{}", piece);
    std::fflush(stdout);
  };
  Request request;
  const int room = engine_.context() - static_cast<int>(prompt.size());
  request.max_tokens = max_tokens_ > 0 ? std::min(max_tokens_, room) : room;
  request.prompt = std::move(prompt);
  request.sampling = sampling_;
  request.stop_ids = stops_;
  request.on_token = [&](int id) { show(detokenizer.Push(id)); };
  TakeInterrupts();
  last_ = engine_.Submit(std::move(request), last_);
  while (!last_->done()) {
    if (TakeInterrupts() > 0) {
      engine_.Cancel(last_);
    } else {
      engine_.Step();
    }
  }
  show(detokenizer.Flush());
  fmt::print("\n");
  return answer;
}

void Chat::ReportEnd() const {
  if (last_->finish == FinishReason::kCancelled) fmt::print("(stopped)\n");
  if (last_->finish == FinishReason::kContext ||
      (last_->finish == FinishReason::kLength && max_tokens_ == 0)) {
    fmt::print("(The context is full: the answer ends here.)\n");
  }
}

void Chat::Stats() const {
  if (last_ == nullptr) {
    fmt::print("There was no answer yet.\n");
    return;
  }
  const Sequence& s = *last_;
  auto seconds = [](auto from, auto to) {
    return std::chrono::duration<double>(to - from).count();
  };
  const double prefill = seconds(s.started, s.first_token);
  const double decode = seconds(s.first_token, s.finished);
  const int fresh = s.prompt_tokens() - s.reused;
  const StepTimes& times = engine_.times();
  fmt::print(
      "Last answer: prompt {} tokens ({} from the cache), {:.1f} tokens/s; answer {} tokens, "
      "{:.1f} tokens/s.\n",
      s.prompt_tokens(), s.reused, prefill > 0 ? fresh / prefill : 0.0, s.generated(),
      decode > 0 ? (s.generated() - 1) / decode : 0.0);
  fmt::print(
      "Context: {} of {} tokens. All answers: wire {:.2f} s, wait {:.2f} s. logits_hash {}\n",
      s.tokens.size(), engine_.context(), times.wire_s, times.wait_s, LogitsHash(s));
}

void Chat::SaveAfterLoss() const {
  const std::filesystem::path folder = StateFolder();
  if (folder.empty() || conversation_.turns() == 0) return;
  const std::filesystem::path path = folder / "interrupted-chat.json";
  conversation_.Save(path, flags_.model.session.model.string(), sampling_);
  fmt::print("\nThe conversation is saved: start again and /load {}\n", path.string());
}

int RunChat(const ChatFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  flags.sampling.Validate();
  const auto tokenizer = OpenTokenizer(options.model, /*required=*/true);
  Leader leader(options);
  Chat chat(flags, leader.session(), *tokenizer);
  chat.Run();
  return 0;
}

}  // namespace

void RegisterChat(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<ChatFlags>();
  flags->sampling.temperature = 0.7f;
  flags->sampling.top_k = 40;
  flags->sampling.top_p = 0.95f;
  flags->sampling.min_p = 0.05f;
  CLI::App* sub = app.add_subcommand("chat", "Chat with a model");
  flags->model.Register(*sub);
  RegisterSampling(*sub, flags->sampling);
  sub->add_option("--system", flags->system, "System prompt");
  sub->add_option("-n,--max-tokens", flags->max_tokens,
                  "Longest answer; 0: what the context holds");
  sub->callback([flags, &exit_code] { exit_code = RunChat(*flags); });
}

}  // namespace lantern
