// Progress of anything that may last longer than a second: a bar on a terminal, plain lines in a
// log, nothing at all when it is done within the second. Writes to stderr.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace lantern {

// "[=====     ]  50%  1.0 GiB of 2.0 GiB, 110.0 MiB/s", without the bar where `bar` is false.
std::string ProgressText(size_t done, size_t total, double seconds, bool bar);

class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();  // ends the line
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  void Update(size_t done, size_t total);  // bytes

 private:
  using Clock = std::chrono::steady_clock;
  std::string label_;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

// Progress of several things at once, a line each: what every worker has fetched.
class ProgressLines {
 public:
  ProgressLines();
  ~ProgressLines();  // leaves nothing of them on a terminal
  ProgressLines(const ProgressLines&) = delete;
  ProgressLines& operator=(const ProgressLines&) = delete;

  struct Line {
    std::string label;
    size_t done = 0, total = 0;  // bytes
  };
  void Update(const std::vector<Line>& lines);

 private:
  using Clock = std::chrono::steady_clock;
  void Erase();
  bool terminal_;
  int shown_ = 0;  // lines on the terminal
  bool printed_ = false;
  Clock::time_point start_ = Clock::now(), last_ = start_;
};

}  // namespace lantern
