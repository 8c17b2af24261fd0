#include "net/blobs/describer.h"

#include <exception>
#include <utility>

#include "src/base/check.h"
#include "src/base/cores.h"

namespace lantern::blobs {

Describer::Describer(BlobSource& source, std::function<void()> on_result)
    : source_(source), on_result_(std::move(on_result)), thread_([this] { Loop(); }) {}

Describer::~Describer() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void Describer::Ask(const std::string& peer, uint32_t table) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back({peer, table});
  }
  changed_.notify_all();
}

std::vector<Describer::Result> Describer::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(results_, {});
}

void Describer::Loop() {
  NameThisThread("describe");
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (stop_) return;
    const Job job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    Result result = Describe(job);
    lock.lock();
    results_.push_back(std::move(result));
    on_result_();
  }
}

Describer::Result Describer::Describe(const Job& job) const {
  try {
    BlobList list = source_.Describe(job.table);
    LANTERN_CHECK_LE(list.size(), kMaxBlobsPerTable);
    return {job.peer, job.table, std::move(list), ""};
  } catch (const std::exception& e) {  // an Error, or no memory
    return {job.peer, job.table, {}, e.what()};
  }
}

}  // namespace lantern::blobs
