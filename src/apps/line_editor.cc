#include "src/apps/line_editor.h"

#include <histedit.h>
#include <poll.h>
#include <unistd.h>

#include <clocale>
#include <cstring>
#include <cwchar>
#include <iostream>

#include "src/apps/interrupt.h"

namespace lantern {
namespace {

// Reads one character for libedit. Unlike libedit's own reader it returns at once on Ctrl-C, and
// soon when the caller's `wake` says so.
int ReadCharacter(EditLine* editor, wchar_t* character) {
  void* data = nullptr;
  el_get(editor, EL_CLIENTDATA, &data);
  const auto& wake = *static_cast<const std::function<bool()>*>(data);
  std::mbstate_t state{};
  for (;;) {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    if (InterruptPending() || wake()) return -1;
    // The timeout closes the gap between the look above and the wait.
    const int ready = poll(&input, 1, 100);
    if (ready <= 0) continue;
    char byte;
    const ssize_t got = read(STDIN_FILENO, &byte, 1);
    if (got == 0) return 0;
    if (got < 0) return errno == EINTR ? -1 : 0;
    const size_t used = std::mbrtowc(character, &byte, 1, &state);
    if (used == static_cast<size_t>(-2)) continue;  // in the middle of a character
    if (used == static_cast<size_t>(-1)) {
      state = {};
      continue;  // not a character: drop the byte
    }
    return 1;
  }
}

char* Prompt(EditLine*) {
  static char prompt[] = "> ";
  return prompt;
}

}  // namespace

struct LineEditor::Terminal {
  explicit Terminal(std::filesystem::path path) : history_path(std::move(path)) {
    std::setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
    editor = el_init("lantern", stdin, stdout, stderr);
    history = history_init();
    HistEvent event;
    ::history(history, &event, H_SETSIZE, 1000);
    ::history(history, &event, H_SETUNIQUE, 1);
    if (!history_path.empty()) ::history(history, &event, H_LOAD, history_path.c_str());
    el_set(editor, EL_PROMPT, Prompt);
    el_set(editor, EL_EDITOR, "emacs");
    el_set(editor, EL_HIST, ::history, history);
    el_set(editor, EL_GETCFN, ReadCharacter);
    el_set(editor, EL_BIND, "\033[A", "ed-prev-history", nullptr);
    el_set(editor, EL_BIND, "\033[B", "ed-next-history", nullptr);
  }
  ~Terminal() {
    HistEvent event;
    if (!history_path.empty()) ::history(history, &event, H_SAVE, history_path.c_str());
    history_end(history);
    el_end(editor);
  }

  std::filesystem::path history_path;
  EditLine* editor;
  History* history;
};

LineEditor::LineEditor(std::filesystem::path history) {
  if (isatty(STDIN_FILENO)) terminal_ = std::make_unique<Terminal>(std::move(history));
}

LineEditor::~LineEditor() = default;

LineEditor::Result LineEditor::Read(const std::function<bool()>& wake) {
  if (!terminal_) {
    std::string line;
    if (std::getline(std::cin, line)) return {Outcome::kLine, line};
    return {Outcome::kEnd, {}};
  }
  el_set(terminal_->editor, EL_CLIENTDATA, &wake);
  int count = 0;
  const char* text = el_gets(terminal_->editor, &count);
  if (InterruptPending()) {
    el_reset(terminal_->editor);
    return {Outcome::kInterrupted, {}};
  }
  if (wake()) {
    el_reset(terminal_->editor);
    return {Outcome::kWoken, {}};
  }
  if (text == nullptr || count <= 0) return {Outcome::kEnd, {}};
  std::string line(text, count);
  HistEvent event;
  if (line.find_first_not_of(" \t\r\n") != std::string::npos) {
    history(terminal_->history, &event, H_ENTER, line.c_str());
  }
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.pop_back();
  return {Outcome::kLine, line};
}

}  // namespace lantern
