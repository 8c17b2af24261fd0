// Describer: asks a BlobSource for lists on a thread of its own, since that may mean reading the
// whole model once, while the server goes on sending.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/blobs/blob_server.h"

namespace lantern::blobs {

class Describer {
 public:
  struct Result {
    std::string peer;
    uint32_t table = 0;
    BlobList list;
    std::string error;  // the source's sentence; then there is no list
  };

  // `on_result` is called on the describer's thread when there is something to Take.
  Describer(BlobSource& source, std::function<void()> on_result);
  ~Describer();  // waits for the list that is being made
  Describer(const Describer&) = delete;
  Describer& operator=(const Describer&) = delete;

  // REQUIRES: table < source.tables().
  void Ask(const std::string& peer, uint32_t table);
  std::vector<Result> Take();  // finished since the last call

 private:
  struct Job {
    std::string peer;
    uint32_t table = 0;
  };
  void Loop();
  Result Describe(const Job& job) const;

  BlobSource& source_;
  const std::function<void()> on_result_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  std::vector<Result> results_;
  bool stop_ = false;

  std::thread thread_;  // last: it uses all of the above
};

}  // namespace lantern::blobs
