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
  const double part = total == 0 ? 1.0 : std::min(1.0, static_cast<double>(done) / total);
  const double seconds = std::chrono::duration<double>(now - start_).count();
  const std::string amount = fmt::format("{} of {}, {}/s", HumanBytes(done), HumanBytes(total),
                                         HumanBytes(static_cast<size_t>(done / seconds)));
  if (terminal_) {
    const int filled = static_cast<int>(part * kBarWidth);
    fmt::print(stderr, "\r{} [{:=<{}}{: <{}}] {:3.0f}%  {}\033[K", label_, "", filled, "",
               kBarWidth - filled, part * 100, amount);
  } else {
    fmt::print(stderr, "{}: {:.0f}%, {}\n", label_, part * 100, amount);
  }
  std::fflush(stderr);
}

}  // namespace lantern
