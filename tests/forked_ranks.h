// ForkedRanks: a group of real processes on this machine, joined through the control plane and
// connected over Gloo, for tests that need them to be killed, stopped, or merely separate.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/communicator.h"
#include "net/control/control_plane.h"

namespace lantern {

// What one rank's process has: either end of the control plane, and the world.
struct RankEnd {
  int rank = 0;
  std::unique_ptr<ControlServer> server;  // rank 0
  std::unique_ptr<ControlClient> client;  // the others
  std::shared_ptr<Communicator> world;
  int pipe = -1;  // to the test

  void WriteLine(const std::string& line) const;
  // Ends the run in good order: the leader's Stop once all ranks are here, or waiting for it.
  void Finish();
};

class ForkedRanks {
 public:
  // Forks `size` processes; each runs `body` and sends what it returns to the test as a line. An
  // Error thrown by it becomes the line "error: ...". REQUIRES: no other thread is running.
  using Body = std::function<std::string(RankEnd&)>;
  // How they are connected: `shared_memory` and `system_bytes` as in GlooOptions; `tamper` alters
  // what they send, and is told who does.
  struct Links {
    bool shared_memory = true;
    std::function<bool(int rank, int peer, std::span<std::byte> payload)> tamper = {};
    int system_bytes = 1 << 20;
  };
  ForkedRanks(int size, const Body& body) : ForkedRanks(size, body, Links()) {}
  ForkedRanks(int size, const Body& body, const Links& links);
  // Kills the ranks that were signalled. The others must end by themselves, and well: destructors
  // that hang and a sanitizer's exit status both show here.
  ~ForkedRanks();

  pid_t pid(int rank) const { return children_[rank].pid; }
  void Signal(int rank, int signal);

  // The rank's next line; "(end)" when it ended without one, "(timeout)" at the limit.
  std::string ReadLine(int rank, std::chrono::milliseconds limit);

 private:
  struct Child {
    pid_t pid = -1;
    int pipe = -1;
    std::string buffered;
    bool signalled = false;
  };
  void Fork(int rank, int size, const std::string& endpoint, const Body& body, const Links& links);

  std::vector<Child> children_;
};

}  // namespace lantern
