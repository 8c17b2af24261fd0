// How a rank's process joins the others for sums, and the streams and graphs it does them in.
#pragma once

#include <cuda_runtime.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <stdexcept>
#include <vector>

#include "backends/cuda/kernels/peer_rows.h"
#include "backends/cuda/kernels/peer_sum.h"
#include "backends/cuda/kernels/queue.h"
#include "net/nccl_group.h"
#include "tests/gpu/sums/rank_processes.h"

namespace lantern::cuda {

// REQUIRES: a barrier before the first rank destroys its own, unless a rank is lost.
template <class User>
struct OverPeers {
  std::unique_ptr<PeerMemory> memory;
  std::unique_ptr<User> user;
  User& operator*() const { return *user; }
  User* operator->() const { return user.get(); }
};

inline void OpenAll(Rank& rank, PeerMemory& memory) {
  const PeerMemory::Handle mine = memory.handle();
  std::vector<PeerMemory::Handle> handles;
  for (const auto& bytes : rank.Exchange(mine)) {
    std::memcpy(handles.emplace_back().data(), bytes.data(), sizeof(mine));
  }
  memory.Open(handles);
}

inline OverPeers<PeerSums> JoinPeerSums(Rank& rank, size_t max_bytes) {
  OverPeers<PeerSums> joined;
  joined.memory =
      std::make_unique<PeerMemory>(rank.rank, rank.size, PeerSums::Bytes(rank.size, max_bytes));
  joined.user = std::make_unique<PeerSums>(*joined.memory, 0, max_bytes);
  OpenAll(rank, *joined.memory);
  return joined;
}

inline OverPeers<PeerRows> JoinPeerRows(Rank& rank, int rows, int columns) {
  constexpr size_t kOffset = 48;  // as behind something else
  OverPeers<PeerRows> joined;
  joined.memory =
      std::make_unique<PeerMemory>(rank.rank, rank.size, kOffset + PeerRows::Bytes(rows, columns));
  joined.user = std::make_unique<PeerRows>(*joined.memory, kOffset, rows, columns);
  OpenAll(rank, *joined.memory);
  return joined;
}

inline std::unique_ptr<NcclGroup> JoinNccl(Rank& rank) {
  NcclGroup::Id id{};
  if (rank.rank == 0) id = NcclGroup::MakeId();
  const auto first = rank.Exchange(id)[0];
  std::memcpy(id.data(), first.data(), sizeof(id));
  auto group = std::make_unique<NcclGroup>(rank.rank, rank.size, id);
  group->Connect(std::chrono::seconds(20));
  return group;
}

class TestStream {
 public:
  TestStream() {
    int device = 0;
    Require(cudaGetDevice(&device), "asking for the device");
    Require(cudaDeviceGetAttribute(&queue_.multiprocessors, cudaDevAttrMultiProcessorCount, device),
            "asking the device");
    Require(cudaStreamCreate(&queue_.stream), "making a stream");
  }
  ~TestStream() { cudaStreamDestroy(queue_.stream); }
  TestStream(const TestStream&) = delete;
  TestStream& operator=(const TestStream&) = delete;

  const Queue& queue() const { return queue_; }
  // Waits for all work, asking `check`, which may throw, meanwhile. Throws when that fails or takes
  // too long.
  void Finish(const std::function<void()>& check = [] {}) const {
    cudaError_t code = cudaErrorNotReady;
    const bool in_time = WaitUntil([&] {
      code = cudaStreamQuery(queue_.stream);
      if (code == cudaErrorNotReady) check();
      return code != cudaErrorNotReady;
    });
    if (!in_time) throw std::runtime_error("a stream's work does not end");
    Require(code, "running a stream");
  }

 private:
  Queue queue_;
};

class TestGraph {
 public:
  TestGraph(const Queue& queue, const std::function<void()>& record) : stream_(queue.stream) {
    Require(cudaStreamBeginCapture(stream_, cudaStreamCaptureModeThreadLocal), "capturing");
    record();
    cudaGraph_t graph = nullptr;
    Require(cudaStreamEndCapture(stream_, &graph), "capturing");
    const cudaError_t code = cudaGraphInstantiate(&graph_, graph, 0);
    cudaGraphDestroy(graph);
    Require(code, "making a graph");
  }
  ~TestGraph() { cudaGraphExecDestroy(graph_); }
  TestGraph(const TestGraph&) = delete;
  TestGraph& operator=(const TestGraph&) = delete;

  void Launch() const { Require(cudaGraphLaunch(graph_, stream_), "launching a graph"); }

 private:
  cudaStream_t stream_;
  cudaGraphExec_t graph_ = nullptr;
};

}  // namespace lantern::cuda
