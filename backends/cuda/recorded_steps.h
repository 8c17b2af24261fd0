// RecordedSteps: decode steps as CUDA graphs. A step of a shape that was run before is recorded,
// and replayed from then on: one launch instead of hundreds.
#pragma once

#include <cuda_runtime.h>

#include <functional>
#include <map>
#include <memory>

#include "backends/cuda/step_memory.h"

namespace lantern::cuda {

class RecordedSteps {
 public:
  // Runs a step by calling `body`, or its recording. The first of a shape is called, so that memory
  // grows and kernels load; the second is recorded.
  void Run(const Queue& queue, const StepShape& shape, const std::function<void()>& body);
  // What recordings refer to lies elsewhere now. REQUIRES: none is under way.
  void Clear() { steps_.clear(); }

 private:
  struct DestroyGraph {
    void operator()(cudaGraphExec_t graph) const { cudaGraphExecDestroy(graph); }
  };
  using Graph = std::unique_ptr<std::remove_pointer_t<cudaGraphExec_t>, DestroyGraph>;
  static Graph Record(const Queue& queue, const std::function<void()>& body);

  std::map<StepShape, Graph> steps_;  // null: run once
};

}  // namespace lantern::cuda
