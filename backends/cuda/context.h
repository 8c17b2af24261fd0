// CudaContext: what the operations share: a GPU's queue, memory of the step under way, scratch, and
// operations that wait for the next one to take them in.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "backends/backend_concept.h"
#include "backends/cuda/device.h"
#include "backends/cuda/kernels/large.h"
#include "backends/cuda/kernels/queue.h"
#include "backends/cuda/kernels/skinny.h"
#include "backends/cuda/recorded_steps.h"
#include "backends/cuda/step_memory.h"
#include "src/base/thread_pool.h"

namespace lantern {

class CudaContext {
 public:
  // Throws Error{kConfig} where the device, or cuBLASLt, is not there.
  explicit CudaContext(const ContextOptions& options);
  ~CudaContext();

  const cuda::Queue& queue() const { return queue_; }
  cuda::Real compute() const { return compute_; }
  cuda::LargeProducts& large_products() { return *large_products_; }
  cuda::StepMemory& step() { return step_; }
  cuda::RecordedSteps& recorded() { return recorded_; }
  ThreadPool& host_threads() { return host_threads_; }
  cuda::Staging& staging(int turn) { return staging_[turn]; }  // one of two

  // Makes the device this thread's: operations may come from another one than made the context.
  void Enter() const;
  // Waits for all that was queued; whether it has ended.
  void Wait();
  bool IsIdle();
  // Launches the operations that wait for the next one, see Pending.
  void LaunchPending();
  // Zeroed when it lies elsewhere than before, which ends all recordings.
  std::byte* AttentionScratch(size_t bytes);
  float* F32Scratch();

  // Operations that have been called and not been launched yet: the next one may take them in, and
  // what they would have written is not written then. At most one of each, in this order.
  struct Norm {
    Tensor out, x, weight;
    float eps = 0;
  };
  struct Sum {
    Tensor x, y;
  };
  struct Turn {
    Tensor q, k;
    const RopeTable* rope = nullptr;
  };
  struct Append {
    KvView kv;
    Tensor k, v;
  };
  struct Look {
    Tensor x;
    int layer = 0;
  };
  struct Pending {
    std::optional<cuda::SkinnyProduct> product;
    std::optional<Sum> sum;
    std::optional<Norm> norm;
    std::optional<Turn> turn;
    std::optional<Append> append;
  };
  Pending pending;
  // Of the last layer only: a value that is no number stays one, as layers add to it.
  std::optional<Look> look;

 private:
  const int device_;
  const cuda::Queue queue_;
  const cuda::Real compute_;
  ThreadPool host_threads_;
  cuda::Staging staging_[2];
  std::unique_ptr<cuda::LargeProducts> large_products_;
  cuda::StepMemory step_;
  cuda::RecordedSteps recorded_;
  cuda::Scratch attention_scratch_, f32_scratch_;
};

}  // namespace lantern
