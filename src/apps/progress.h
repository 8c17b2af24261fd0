// Progress of anything that may last longer than a second: a bar on a terminal, plain lines in a
// log, nothing at all when it is done within the second. Writes to stderr.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

namespace lantern {

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

}  // namespace lantern
