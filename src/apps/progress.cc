#include "src/apps/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "src/base/machine.h"

namespace lantern {
namespace {

constexpr auto kQuiet = std::chrono::seconds(1);
constexpr auto kBarEvery = std::chrono::milliseconds(100);
constexpr auto kLineEvery = std::chrono::seconds(5);
constexpr int kBarWidth = 30;

}  // namespace

std::string ProgressText(size_t done, size_t total, double seconds, bool bar) {
  const double part = total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / total);
  const std::string amount = fmt::format("{} of {}, {}/s", HumanBytes(done), HumanBytes(total),
                                         HumanBytes(static_cast<size_t>(done / seconds)));
  if (!bar) return fmt::format("{:.0f}%, {}", part * 100, amount);
  const int filled = static_cast<int>(part * kBarWidth);
  return fmt::format("[{:=<{}}{: <{}}] {:3.0f}%  {}", "", filled, "", kBarWidth - filled,
                     part * 100, amount);
}

ProgressBar::ProgressBar(std::string label)
    : label_(std::move(label)), terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressBar::~ProgressBar() {
  if (shown_ && terminal_) std::fputs("\r\033[K", stderr);
}

void ProgressBar::Update(size_t done, size_t total) {
  const auto now = Clock::now();
  if (now - start_ < kQuiet) return;
  if (shown_ && now - last_ < (terminal_ ? Clock::duration(kBarEvery) : kLineEvery)) return;
  last_ = now;
  shown_ = true;
  const std::string text =
      ProgressText(done, total, std::chrono::duration<double>(now - start_).count(), terminal_);
  if (terminal_) {
    fmt::print(stderr, "\r{} {}\033[K", label_, text);
  } else {
    fmt::print(stderr, "{}: {}\n", label_, text);
  }
  std::fflush(stderr);
}

ProgressLines::ProgressLines() : terminal_(isatty(STDERR_FILENO) != 0) {}

ProgressLines::~ProgressLines() { Erase(); }

void ProgressLines::Erase() {
  for (; shown_ > 0; --shown_) std::fputs("\033[1A\033[K", stderr);
}

void ProgressLines::Update(const std::vector<Line>& lines) {
  const auto now = Clock::now();
  if (now - start_ < kQuiet) return;
  if (printed_ && now - last_ < (terminal_ ? Clock::duration(kBarEvery) : kLineEvery)) return;
  last_ = now;
  printed_ = true;
  Erase();
  for (const Line& line : lines) {
    const double seconds = std::chrono::duration<double>(now - start_).count();
    fmt::print(stderr, "{}: {}\n", line.label,
               ProgressText(line.done, line.total, seconds, terminal_));
    if (terminal_) ++shown_;
  }
  std::fflush(stderr);
}

}  // namespace lantern
