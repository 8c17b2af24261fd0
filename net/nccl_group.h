// NcclGroup: a group of ranks whose GPUs sum and hand over vectors through NCCL, which is loaded at
// run time. Who belongs to the group, who is lost, and how ranks hear each other's id is the
// callers' business, as for a Communicator. Builds without nccl.h have nccl_group_none.cc instead.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

struct CUstream_st;  // a cudaStream_t points to one

namespace lantern {

class NcclGroup {
 public:
  using Id = std::array<std::byte, 128>;
  enum class Type { kF32, kBF16, kF16 };

  // Names a new group; its rank 0 makes it and tells the others. Throws Error{kConfig} naming what
  // to install where there is no NCCL.
  static Id MakeId();

  // Begins to join as `rank` of `size`, on the current device. Ranks of a group have one GPU each.
  NcclGroup(int rank, int size, const Id& id);
  // REQUIRES: graphs that hold this group's work are destroyed; NCCL waits for that without limit.
  ~NcclGroup();
  NcclGroup(const NcclGroup&) = delete;
  NcclGroup& operator=(const NcclGroup&) = delete;

  // Waits until all ranks have joined. Throws Error{kPeerLost} at the limit, or after Abort.
  void Connect(std::chrono::milliseconds limit);

  // The following put work on a stream and return; data are on the device. All ranks call them in
  // matching order. They can be captured into graphs, in cudaStreamCaptureModeThreadLocal (NCCL
  // uses threads of its own), once the same call was made outside: the first of a kind connects.
  // Throw Error{kPeerLost} where NCCL fails or after Abort.

  // data[i] = the sum of all ranks' data[i], the same bits on every rank.
  void AllReduceSum(void* data, size_t count, Type type, CUstream_st* stream);
  void Send(const void* data, size_t bytes, int to, CUstream_st* stream);
  void Receive(void* data, size_t bytes, int from, CUstream_st* stream);

  // Throws Error{kPeerLost} when Abort was called or NCCL has noticed a failure. For waits: work on
  // a stream ends in time after Abort, and then tells nobody that its results are of no use.
  void Check();
  // Ends what is on streams, and this rank's present and future calls with
  // Error{kPeerLost}(reason). Any thread; the first reason stays.
  void Abort(const std::string& reason);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace lantern
