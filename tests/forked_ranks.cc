#include "tests/forked_ranks.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <exception>

#include "net/gloo_comm.h"
#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kJoinLimit{30};
constexpr std::chrono::seconds kEndLimit{10};

RankEnd Lead(int size, int pipe) {
  RankEnd end;
  end.pipe = pipe;
  end.server = std::make_unique<ControlServer>("127.0.0.1:*", size, DescribeThisMachine("test"));
  end.WriteLine(end.server->endpoint());
  end.server->WaitForJoin(kJoinLimit);
  for (int rank = 1; rank < size; ++rank) end.server->Assign(rank, {});
  return end;
}

RankEnd Follow(int rank, const std::string& endpoint, int pipe) {
  RankEnd end;
  end.rank = rank;
  end.pipe = pipe;
  Join self = DescribeThisMachine("test");
  self.wanted_rank = rank;
  end.client = std::make_unique<ControlClient>(endpoint, self);
  return end;
}

void Connect(RankEnd& end, int size, const ForkedRanks::Links& links) {
  GlooOptions options;
  options.shared_memory = links.shared_memory;
  options.system_bytes = links.system_bytes;
  if (links.tamper) {
    options.tamper = [&links, rank = end.rank](int peer, std::span<std::byte> payload) {
      return links.tamper(rank, peer, payload);
    };
  }
  options.rank = end.rank;
  options.size = size;
  if (end.server) {
    options.endpoint = end.server->endpoint();
    options.epoch = end.server->epoch();
    options.verdict = [&server = *end.server](auto wait) { return server.Verdict(wait); };
  } else {
    options.epoch = end.client->WaitForAssignment(kJoinLimit).epoch;
    options.endpoint = end.client->endpoint();
    options.verdict = [&client = *end.client](auto wait) { return client.Verdict(wait); };
  }
  end.world = ConnectGloo(options);
  const auto abort = [world = end.world](const std::string& reason) { world->Abort(reason); };
  if (end.server) {
    end.server->OnLost(abort);
    end.server->WaitReady(kJoinLimit);
  } else {
    end.client->OnLost(abort);
    end.client->Ready();
  }
}

void RunRank(int rank, int size, const std::string& endpoint, int pipe,
             const ForkedRanks::Body& body, const ForkedRanks::Links& links) {
  RankEnd end = rank == 0 ? Lead(size, pipe) : Follow(rank, endpoint, pipe);
  try {
    Connect(end, size, links);
    end.WriteLine(body(end));
  } catch (const std::exception& e) {
    end.WriteLine(std::string("error: ") + e.what());
  }
}

void ExpectGoodEnd(pid_t pid) {
  const auto deadline = Clock::now() + kEndLimit;
  int status = 0;
  pid_t ended = 0;
  while (ended == 0) {
    ended = waitpid(pid, &status, WNOHANG);
    LANTERN_CHECK(ended != 0 || Clock::now() < deadline);  // the process hangs
    usleep(1000);
  }
  LANTERN_CHECK(WIFEXITED(status));
  LANTERN_CHECK_EQ(WEXITSTATUS(status), 0);
}

}  // namespace

void RankEnd::WriteLine(const std::string& line) const {
  const std::string text = line + "\n";
  LANTERN_CHECK_EQ(write(pipe, text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

void RankEnd::Finish() {
  std::byte done{1};
  if (server) {
    for (int peer = 1; peer < world->size(); ++peer) world->Receive(peer, {&done, 1});
    server->Stop();
    return;
  }
  try {
    world->Send(0, {&done, 1});
  } catch (const Error&) {
    // The leader's Stop, which is what this waits for, came before the end of the send.
  }
  client->Verdict(kJoinLimit);
  LANTERN_CHECK(client->stopped());
}

ForkedRanks::ForkedRanks(int size, const Body& body, const Links& links) : children_(size) {
  Fork(0, size, "", body, links);
  const std::string endpoint = ReadLine(0, kJoinLimit);
  for (int rank = 1; rank < size; ++rank) Fork(rank, size, endpoint, body, links);
}

ForkedRanks::~ForkedRanks() {
  for (Child& child : children_) {
    if (child.signalled) {
      kill(child.pid, SIGKILL);
      waitpid(child.pid, nullptr, 0);
    } else {
      ExpectGoodEnd(child.pid);
    }
    close(child.pipe);
  }
}

void ForkedRanks::Fork(int rank, int size, const std::string& endpoint, const Body& body,
                       const Links& links) {
  int ends[2];
  LANTERN_CHECK_EQ(pipe(ends), 0);
  const pid_t pid = fork();
  LANTERN_CHECK_GE(pid, 0);
  if (pid == 0) {
    close(ends[0]);
    RunRank(rank, size, endpoint, ends[1], body, links);
    _exit(0);  // no gtest summary of the parent's tests
  }
  close(ends[1]);
  children_[rank] = {pid, ends[0], ""};
}

void ForkedRanks::Signal(int rank, int signal) {
  children_[rank].signalled = true;
  LANTERN_CHECK_EQ(kill(children_[rank].pid, signal), 0);
}

std::string ForkedRanks::ReadLine(int rank, std::chrono::milliseconds limit) {
  Child& child = children_[rank];
  const auto deadline = Clock::now() + limit;
  while (true) {
    if (const size_t end = child.buffered.find('\n'); end != std::string::npos) {
      const std::string line = child.buffered.substr(0, end);
      child.buffered.erase(0, end + 1);
      return line;
    }
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd readable{child.pipe, POLLIN, 0};
    if (left <= 0 || poll(&readable, 1, static_cast<int>(left)) <= 0) return "(timeout)";
    char bytes[4096];
    const ssize_t count = read(child.pipe, bytes, sizeof(bytes));
    if (count <= 0) return "(end)";
    child.buffered.append(bytes, count);
  }
}

}  // namespace lantern
