// LineEditor: one line from the user. On a terminal with editing and history (libedit); from a
// pipe, plain lines.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lantern {

class LineEditor {
 public:
  // `history`: file that keeps lines across sessions; empty for none.
  explicit LineEditor(std::filesystem::path history);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  enum class Outcome { kLine, kInterrupted, kWoken, kEnd };
  struct Result {
    Outcome outcome;
    std::string line;
  };
  // kInterrupted: Ctrl-C while editing; kEnd: Ctrl-D or the end of the input; kWoken: `wake`, asked
  // several times a second on a terminal, said so, and what was typed so far is dropped.
  Result Read(const std::function<bool()>& wake);

 private:
  struct Terminal;
  std::unique_ptr<Terminal> terminal_;  // null where stdin is no terminal
};

}  // namespace lantern
