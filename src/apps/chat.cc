// lantern chat: the REPL on rank 0.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>

#include "src/apps/answer.h"
#include "src/apps/commands.h"
#include "src/apps/conversation.h"
#include "src/apps/follow.h"
#include "src/apps/interrupt.h"
#include "src/apps/leader.h"
#include "src/apps/line_editor.h"
#include "src/apps/options.h"
#include "src/apps/sums_report.h"
#include "src/base/error.h"
#include "src/engine/self.h"

namespace lantern {
namespace {

constexpr const char* kHelp =
    "  /help               this list\n"
    "  /reset              forget the conversation, keep the system prompt\n"
    "  /system [TEXT]      set the system prompt, or show it\n"
    "  /set [NAME VALUE]   temp, top-k, top-p, min-p, repeat-penalty, seed, max-tokens; or show\n"
    "  /save FILE          write the conversation to a file\n"
    "  /load FILE          go on with a saved conversation\n"
    "  /resume [WORKERS]   after a loss: go on with the machines that are left\n"
    "  /stats              speed and size of the last answer\n"
    "  /quit               leave (also Ctrl-D)\n"
    "  Ctrl-C stops an answer; twice at the prompt leaves.\n";

// Exit code where a machine was lost and the chat did not go on, as for every command.
constexpr int kLostExit = 3;

// How long the machines that are left have to come back: their workers look about once a second.
constexpr std::chrono::seconds kGatherLimit{10};

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
  Chat(const ChatFlags& flags, const SessionOptions& options, const Tokenizer& tokenizer)
      : options_(options),
        tokenizer_(tokenizer),
        format_(ChatFormat::Detect(tokenizer)),
        stops_(StopIds(tokenizer)),
        sampling_(flags.sampling),
        max_tokens_(flags.max_tokens) {
    conversation_.SetSystem(flags.system);
  }

  // Returns the exit code.
  int Run();

 private:
  void Begin();
  void Form(const SessionOptions& options);
  void Greet();
  bool Handle(const LineEditor::Result& input);  // false: leave
  bool Command(const std::string& line);         // false: leave
  void Set(const std::string& argument);
  void ShowSettings() const;
  void Ask(const std::string& question);
  void Stream(std::vector<int> prompt);
  void Conclude();
  void ReportEnd() const;
  void Stats() const;
  void TakeLoss(const std::string& reason);
  void SayLost(const std::string& reason) const;
  void Resume(const std::string& workers);
  std::optional<std::string> Loss() const;
  Engine& engine() { return leader_->session().engine(); }
  // Tokens left for an answer whatever happens: a quarter of the context, at most 512.
  int Reserve() const { return std::min(context_ / 4, 512); }

  const InterruptsCaught caught_;  // at the prompt without a group, too
  SessionOptions options_;
  const Tokenizer& tokenizer_;
  std::optional<ChatFormat> format_;
  std::vector<int> stops_;
  SamplingParams sampling_;
  int max_tokens_;   // of an answer; 0: what the context holds
  int context_ = 0;  // tokens
  Conversation conversation_;
  std::unique_ptr<Leader> leader_;  // null after a loss
  int workers_left_ = 0;            // then
  std::unique_ptr<Answer> answer_;  // the last one
  bool unfinished_ = false;         // it was cut short by a loss
  bool warned_ = false;             // that Ctrl-C once more leaves
};

// The first one. Machines may be lost while weights load, too.
void Chat::Begin() {
  try {
    Form(options_);
  } catch (const Error& e) {
    if (e.kind() != ErrorKind::kPeerLost || options_.workers == 0) throw;
    workers_left_ = options_.workers;  // nobody knows yet who comes back
    SayLost(e.what());
  }
}

void Chat::Form(const SessionOptions& options) {
  leader_ = std::make_unique<Leader>(options);
  options_ = options;
  // Workers that are to come back look for the address that they know.
  if (options.workers > 0) options_.listen = leader_->session().endpoint();
  context_ = engine().context();
  engine().KeepFinished(true);
  const ParallelPlan& plan = leader_->session().plan();
  fmt::print("{} on {} rank(s), tp {} x pp {}, context {}. /help lists the commands.\n",
             options.model.filename().string(), plan.world(), plan.tp, plan.pp, context_);
}

void Chat::Greet() {
  if (format_) return;
  format_.emplace(ChatStyle::kChatMl, tokenizer_);
  fmt::print("The model names no chat format that is known here; using ChatML.\n");
}

int Chat::Run() {
  const std::filesystem::path state = StateFolder();
  Begin();
  LineEditor editor(state.empty() ? state : state / "history");
  Greet();
  for (bool go_on = true; go_on;) {
    std::fflush(stdout);
    const auto lost = [this] { return Loss().has_value(); };
    const LineEditor::Result input = editor.Read(lost);
    try {
      if (const auto reason = Loss()) TakeLoss(*reason);
      go_on = Handle(input);
    } catch (const Error& e) {
      if (e.kind() == ErrorKind::kPeerLost && leader_) {
        TakeLoss(e.what());
      } else {
        fmt::print("{}\n", e.what());
      }
    }
  }
  fmt::print("\n");
  return leader_ ? 0 : kLostExit;
}

bool Chat::Handle(const LineEditor::Result& input) {
  if (input.outcome == LineEditor::Outcome::kEnd) return false;
  if (input.outcome == LineEditor::Outcome::kWoken) return true;
  if (input.outcome == LineEditor::Outcome::kInterrupted) {
    if (TakeInterrupts() > 1 || warned_) return false;
    warned_ = true;
    fmt::print("\nCtrl-C once more, or /quit, leaves.\n");
    return true;
  }
  warned_ = false;
  const size_t text = input.line.find_first_not_of(" \t");
  if (text == std::string::npos) return true;
  if (input.line[text] == '/') return Command(input.line.substr(text));
  Ask(input.line);
  return true;
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
    unfinished_ = false;
    fmt::print("The conversation is forgotten.\n");
  } else if (name == "/system") {
    if (!argument.empty()) conversation_.SetSystem(argument);
    fmt::print("System prompt: {}\n",
               conversation_.system().empty() ? "(none)" : conversation_.system());
  } else if (name == "/set") {
    Set(argument);
  } else if (name == "/save") {
    conversation_.Save(file(), options_.model.string(), sampling_);
    fmt::print("Saved to {}.\n", argument);
  } else if (name == "/load") {
    conversation_.Load(file(), sampling_);
    unfinished_ = false;
    fmt::print("Loaded {} messages from {}.\n", conversation_.turns(), argument);
  } else if (name == "/stats") {
    Stats();
  } else if (name == "/resume") {
    Resume(argument);
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

void Chat::Ask(const std::string& question) {
  if (!leader_) {
    Fail(ErrorKind::kBadRequest, "A machine was lost: /resume goes on with those that are left.");
  }
  conversation_.AddUser(question);
  try {
    int dropped = 0;
    std::vector<int> prompt = conversation_.Render(*format_, context_ - Reserve(), dropped);
    if (dropped > 0) {
      fmt::print("(The conversation outgrew the context: the oldest {} turn(s) were dropped.)\n",
                 dropped);
    }
    Stream(std::move(prompt));
  } catch (const Error& e) {
    unfinished_ = e.kind() == ErrorKind::kPeerLost;
    if (!unfinished_) conversation_.DropLast();  // the question that gets no answer
    throw;
  }
  Conclude();
}

void Chat::Stream(std::vector<int> prompt) {
  Request request;
  const int room = context_ - static_cast<int>(prompt.size());
  request.max_tokens = max_tokens_ > 0 ? std::min(max_tokens_, room) : room;
  request.prompt = std::move(prompt);
  request.sampling = sampling_;
  request.stop_ids = stops_;
  std::shared_ptr<Sequence> base = answer_ ? answer_->sequence() : nullptr;
  answer_ = std::make_unique<Answer>(tokenizer_);
  answer_->Start(engine(), std::move(request), std::move(base));
}

void Chat::Conclude() {
  unfinished_ = false;
  conversation_.AddAnswer(answer_->text());
  ReportEnd();
}

std::optional<std::string> Chat::Loss() const {
  return leader_ ? leader_->session().loss() : std::nullopt;
}

// The group is gone; the conversation stays, here and in a file.
void Chat::TakeLoss(const std::string& reason) {
  const int workers = leader_->session().plan().world() - options_.local;
  const bool one_less = leader_->session().lost_rank() > 0;  // else it was this machine that slept
  workers_left_ = std::max(0, workers - (one_less ? 1 : 0));
  leader_.reset();
  if (answer_ && answer_->sequence()) {  // its cache went with the group
    answer_->sequence()->blocks.clear();
    answer_->sequence()->cached = 0;
  }
  SayLost(reason);
}

void Chat::SayLost(const std::string& reason) const {
  fmt::print("\n{}\n", reason);
  const std::filesystem::path folder = StateFolder();
  if (!folder.empty() && conversation_.turns() > 0) {
    const std::filesystem::path path = folder / "interrupted-chat.json";
    conversation_.Save(path, options_.model.string(), sampling_);
    fmt::print("The conversation is kept, and saved as {}.\n", path.string());
  }
  if (options_.rank >= 0) {
    fmt::print("A launcher placed the ranks: start them again, and /load that file.\n");
  } else {
    fmt::print("/resume goes on with the machines that are left.\n");
  }
}

// `workers`: how many to wait for; empty: those that were not lost.
void Chat::Resume(const std::string& workers) {
  if (leader_) Fail(ErrorKind::kBadRequest, "Nothing is lost: there is nothing to resume.");
  if (options_.rank >= 0) {
    Fail(ErrorKind::kBadRequest, "The launcher that placed the ranks must start them again.");
  }
  SessionOptions options = options_;
  if (options.workers > 0) {
    options.workers = workers.empty() ? workers_left_ : ParseNumbers(workers, "/resume").at(0);
    options.gather_limit = kGatherLimit;
  }
  const int ranks = options.local + options.workers;
  const LayoutWish& wish = options.layout;
  if (wish.tp * wish.pp != ranks || !wish.shares.empty()) options.layout = {};
  Form(options);
  if (!unfinished_) return;
  answer_->Resume(engine());
  Conclude();
}

void Chat::ReportEnd() const {
  if (const std::string why = leader_->TakeFallback(); !why.empty())
    fmt::print(stderr, "{}\n", why);
  const FinishReason finish = answer_->sequence()->finish;
  if (finish == FinishReason::kCancelled) fmt::print("(stopped)\n");
  if (finish == FinishReason::kContext || (finish == FinishReason::kLength && max_tokens_ == 0)) {
    fmt::print("(The context is full: the answer ends here.)\n");
  }
}

void Chat::Stats() const {
  if (!answer_ || !leader_) {
    fmt::print("There was no answer yet.\n");
    return;
  }
  const Sequence& s = *answer_->sequence();
  auto seconds = [](auto from, auto to) {
    return std::chrono::duration<double>(to - from).count();
  };
  const double prefill = seconds(s.started, s.first_token);
  const double decode = seconds(s.first_token, s.finished);
  const int fresh = s.prompt_tokens() - s.reused;
  const StepTimes& times = leader_->session().engine().times();
  fmt::print(
      "Last answer: prompt {} tokens ({} from the cache), {:.1f} tokens/s; answer {} tokens, "
      "{:.1f} tokens/s.\n",
      s.prompt_tokens(), s.reused, prefill > 0 ? fresh / prefill : 0.0, s.generated(),
      decode > 0 ? (s.generated() - 1) / decode : 0.0);
  fmt::print(
      "Context: {} of {} tokens. All answers: wire {:.2f} s, wait {:.2f} s. logits_hash {}\n",
      s.tokens.size(), context_, times.wire_s, times.wait_s, LogitsHash(s));
  if (const std::string sums = SumsText(leader_->session()); !sums.empty()) {
    fmt::print("{}\n", sums);
  }
  const int64_t strangers = leader_->session().strangers();
  if (strangers > 0) fmt::print("{}\n", StrangersText(strangers));
}

int RunChat(const ChatFlags& flags) {
  SessionOptions options = flags.model.Resolve();
  if (options.follower()) return Follow(options);
  flags.sampling.Validate();
  const auto tokenizer = OpenTokenizer(options.model, /*required=*/true);
  return Chat(flags, options, *tokenizer).Run();
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
