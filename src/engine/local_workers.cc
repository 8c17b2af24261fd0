#include "src/engine/local_workers.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include "src/base/error.h"

namespace lantern {
namespace {

// Long enough to say goodbye, short enough that a lost rank (2 s of silence) is told within 5 s.
constexpr auto kPatience = std::chrono::seconds(1);

// In the child, between fork and exec: only async-signal-safe calls.
[[noreturn]] void BecomeWorker(char* const* arguments) {
  setpgid(0, 0);
  execv("/proc/self/exe", arguments);
  _exit(127);
}

}  // namespace

void LocalWorkers::Start(int count, const std::string& endpoint, const std::string& key_file,
                         const std::string& device) {
  for (int i = 0; i < count; ++i) {
    std::vector<std::string> words{
        "lantern", "worker", "--started-by-leader-as", std::to_string(i + 1), "--join", endpoint};
    words.insert(words.end(), {"--device", device});
    if (!key_file.empty()) words.insert(words.end(), {"--key", key_file});
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    const pid_t child = fork();
    if (child < 0) {
      Fail(ErrorKind::kConfig, "Cannot start rank {} on this machine: {}.", i + 1,
           std::strerror(errno));
    }
    if (child == 0) BecomeWorker(arguments.data());
    children_.push_back(child);
  }
}

void LocalWorkers::RequireAlive() {
  for (pid_t& child : children_) {
    int status = 0;
    if (waitpid(child, &status, WNOHANG) != child) continue;
    const pid_t dead = child;
    std::erase(children_, dead);
    Fail(ErrorKind::kPeerLost, "A rank of this machine (pid {}) ended early, by {} {}.", dead,
         WIFSIGNALED(status) ? "signal" : "itself with status",
         WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
  }
}

LocalWorkers::~LocalWorkers() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!children_.empty() && std::chrono::steady_clock::now() < deadline) {
    std::erase_if(children_, [](pid_t child) { return waitpid(child, nullptr, WNOHANG) == child; });
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  for (pid_t child : children_) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
}

}  // namespace lantern
