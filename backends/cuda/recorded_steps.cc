#include "backends/cuda/recorded_steps.h"

namespace lantern::cuda {
namespace {

// More shapes than a run has at once; recordings take memory of the device.
constexpr size_t kMostShapes = 64;

// Ends the recording where `body` throws, too: the stream would be of no use otherwise.
class Recording {
 public:
  explicit Recording(cudaStream_t stream) : stream_(stream) {
    Require(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "recording a step");
  }
  ~Recording() {
    if (stream_ == nullptr) return;
    cudaGraph_t graph = nullptr;
    cudaStreamEndCapture(stream_, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
  }
  cudaGraph_t End() {
    cudaGraph_t graph = nullptr;
    Require(cudaStreamEndCapture(stream_, &graph), "recording a step");
    stream_ = nullptr;
    return graph;
  }

 private:
  cudaStream_t stream_;
};

}  // namespace

RecordedSteps::Graph RecordedSteps::Record(const Queue& queue, const std::function<void()>& body) {
  Recording recording(queue.stream);
  body();
  cudaGraph_t graph = recording.End();
  cudaGraphExec_t executable = nullptr;
  const cudaError_t code = cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  Require(code, "recording a step");
  return Graph(executable);
}

void RecordedSteps::Run(const Queue& queue, const StepShape& shape,
                        const std::function<void()>& body) {
  const auto found = steps_.find(shape);
  if (found == steps_.end()) {
    if (steps_.size() >= kMostShapes) {
      Require(cudaStreamSynchronize(queue.stream), "computing a step");  // maybe one of them
      steps_.clear();
    }
    body();  // may clear
    steps_.emplace(shape, nullptr);
    return;
  }
  if (!found->second) found->second = Record(queue, body);
  Require(cudaGraphLaunch(found->second.get(), queue.stream), "replaying a step");
}

}  // namespace lantern::cuda
