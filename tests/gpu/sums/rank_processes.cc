#include "tests/gpu/sums/rank_processes.h"

#include <cuda_runtime.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "net/nccl_group.h"
#include "src/base/error.h"

namespace lantern {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kWait{20};
constexpr std::chrono::seconds kEndLimit{60};
constexpr unsigned kAlarmSeconds = 55;

// The exit status of a process that runs body.
int StatusOf(const std::function<int()>& body) {
  std::fflush(nullptr);
  const pid_t pid = fork();
  if (pid == 0) {
    alarm(kAlarmSeconds);
    _exit(body());
  }
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

std::string EndText(int status) {
  if (WIFSIGNALED(status)) return std::string("ended by ") + strsignal(WTERMSIG(status));
  return "ended with status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

int GpuCount() {
  static const int count = std::max(0, StatusOf([] {
                                      int gpus = 0;
                                      return cudaGetDeviceCount(&gpus) == cudaSuccess ? gpus : 0;
                                    }));
  return std::min(count, Rank::kMostRanks);
}

bool HasNccl() {
  static const bool has = StatusOf([] {
                            try {
                              NcclGroup::MakeId();
                              return 0;
                            } catch (const Error& error) {
                              std::printf("No tests of NCCL: %s\n", error.what());
                              std::fflush(stdout);
                              return 1;
                            }
                          }) == 0;
  return has;
}

std::vector<int> RankCounts() {
  std::vector<int> counts = {2};
  for (int count = 3; count <= GpuCount(); ++count) counts.push_back(count);
  return counts;
}

struct Rank::Board {
  static constexpr int kExchanges = 1024;
  struct Cell {
    std::atomic<int> bytes{0};  // 1 more than there are; 0: not there yet
    std::byte data[kMostBytes];
  };
  Cell cells[kExchanges][kMostRanks];
  std::atomic<bool> lost[kMostRanks];
};

std::vector<std::vector<std::byte>> Rank::Exchange(std::span<const std::byte> mine) {
  if (exchanges_ == Board::kExchanges || mine.size() > kMostBytes) {
    throw std::runtime_error("too much for the board");
  }
  auto& cells = board_->cells[exchanges_++];
  if (!mine.empty()) std::memcpy(cells[rank].data, mine.data(), mine.size());
  cells[rank].bytes = static_cast<int>(mine.size()) + 1;
  std::vector<std::vector<std::byte>> all;
  for (int from = 0; from < size; ++from) {
    if (!WaitUntil([&] { return cells[from].bytes != 0 || PeerIsLost(); })) {
      throw std::runtime_error("rank " + std::to_string(from) + " is late");
    }
    if (cells[from].bytes == 0) throw std::runtime_error("a rank is lost");
    all.emplace_back(cells[from].data, cells[from].data + cells[from].bytes - 1);
  }
  return all;
}

bool Rank::PeerIsLost() const {
  for (int peer = 0; peer < size; ++peer) {
    if (peer != rank && board_->lost[peer]) return true;
  }
  return false;
}

class RankProcesses {
 public:
  RankProcesses(int size, const std::function<void(Rank&)>& body) : pids_(size), ends_(size, -1) {
    void* const shared = mmap(nullptr, sizeof(Rank::Board), PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED) throw std::runtime_error("no shared memory");
    board_ = static_cast<Rank::Board*>(shared);  // zeros are its start
    std::fflush(nullptr);
    for (int rank = 0; rank < size; ++rank) {
      pids_[rank] = fork();
      if (pids_[rank] < 0) throw std::runtime_error("cannot fork");
      if (pids_[rank] == 0) RunChild(rank, size, body);
    }
  }
  ~RankProcesses() { munmap(board_, sizeof(Rank::Board)); }

  // Their statuses, by rank.
  const std::vector<int>& Wait() {
    const auto deadline = Clock::now() + kEndLimit;
    int running = static_cast<int>(pids_.size());
    while (running > 0) {
      for (size_t rank = 0; rank < pids_.size(); ++rank) {
        int status = 0;
        if (pids_[rank] == 0 || waitpid(pids_[rank], &status, WNOHANG) == 0) continue;
        ends_[rank] = status;
        if (status != 0) board_->lost[rank] = true;
        pids_[rank] = 0;
        --running;
      }
      if (Clock::now() > deadline) {
        for (const pid_t pid : pids_) {
          if (pid != 0) kill(pid, SIGKILL);
        }
      }
      usleep(1000);
    }
    return ends_;
  }

 private:
  [[noreturn]] void RunChild(int number, int size, const std::function<void(Rank&)>& body) {
    alarm(kAlarmSeconds);
    Rank rank;
    rank.rank = number;
    rank.size = size;
    rank.gpus = GpuCount();
    rank.board_ = board_;
    try {
      if (cudaSetDevice(rank.device()) != cudaSuccess) throw std::runtime_error("no such GPU");
      body(rank);
    } catch (const std::exception& error) {
      ADD_FAILURE() << "rank " << number << " of " << size << ": " << error.what();
    }
    std::fflush(nullptr);
    _exit(testing::Test::HasFailure() ? 1 : 0);  // no summary of the parent's tests
  }

  std::vector<pid_t> pids_;
  std::vector<int> ends_;
  Rank::Board* board_ = nullptr;
};

void RunRanks(int size, const std::function<void(Rank&)>& body, int killed) {
  GpuCount();  // known before the ranks start
  RankProcesses processes(size, body);
  const std::vector<int>& ends = processes.Wait();
  for (int rank = 0; rank < size; ++rank) {
    if (rank == killed) {
      EXPECT_TRUE(WIFSIGNALED(ends[rank]) && WTERMSIG(ends[rank]) == SIGKILL)
          << "rank " << rank << " of " << size << " " << EndText(ends[rank]);
    } else {
      EXPECT_EQ(ends[rank], 0) << "rank " << rank << " of " << size << " " << EndText(ends[rank]);
    }
  }
}

LossWatch::LossWatch(const Rank& rank, const std::function<void()>& then)
    : thread_([this, &rank, then] {
        while (!stop_) {
          if (rank.PeerIsLost()) {
            seen_ = Clock::now();
            then();
            return;
          }
          usleep(1000);
        }
      }) {}

LossWatch::~LossWatch() {
  stop_ = true;
  thread_.join();
}

double LossWatch::seconds() const {
  const auto seen = seen_.load();
  if (seen == Clock::time_point{}) return 0;
  return std::chrono::duration<double>(Clock::now() - seen).count();
}

bool WaitUntil(const std::function<bool()>& done) {
  const auto deadline = Clock::now() + kWait;
  while (!done()) {
    if (Clock::now() > deadline) return false;
    usleep(50);
  }
  return true;
}

}  // namespace lantern
