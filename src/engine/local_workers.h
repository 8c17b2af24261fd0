// LocalWorkers: the other ranks of `--local N`, as child processes of this program that join over
// loopback. They die with their parent, and Ctrl-C on the terminal is the parent's business alone.
#pragma once

#include <string>
#include <sys/types.h>
#include <vector>

namespace lantern {

class LocalWorkers {
 public:
  LocalWorkers() = default;
  // Ends the children: they get a moment to leave by themselves, then are killed.
  ~LocalWorkers();
  LocalWorkers(const LocalWorkers&) = delete;
  LocalWorkers& operator=(const LocalWorkers&) = delete;

  // Starts `count` workers that join `endpoint`. Throws Error{kConfig} when the system refuses.
  void Start(int count, const std::string& endpoint);

 private:
  std::vector<pid_t> children_;
};

}  // namespace lantern
