// LocalWorkers: the other ranks of `--local N`, as child processes of this program that join over
// loopback. A parent that dies they notice as any worker notices a lost leader. Ctrl-C on the
// terminal is the parent's business alone.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace lantern {

class LocalWorkers {
 public:
  LocalWorkers() = default;
  // Ends the children: they get a moment to leave by themselves, then are killed.
  ~LocalWorkers();
  LocalWorkers(const LocalWorkers&) = delete;
  LocalWorkers& operator=(const LocalWorkers&) = delete;

  // Starts `count` workers that join `endpoint`, with the key in `key_file` unless that is empty,
  // and compute on `device` (see DeviceOptions). Throws Error{kConfig} when the system refuses.
  void Start(int count, const std::string& endpoint, const std::string& key_file,
             const std::string& device);

  // Throws Error{kPeerLost} when one has ended already.
  void RequireAlive();

 private:
  std::vector<pid_t> children_;
};

}  // namespace lantern
