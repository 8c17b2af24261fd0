#include "backends/cuda/switched_backend.h"

#include "src/base/error.h"

namespace lantern {

std::shared_ptr<SwitchedContext> SwitchedBackend::MakeContext(const ContextOptions& options) {
  const std::string& name = options.device.name;
  auto context = std::make_shared<SwitchedContext>();
  if (name == "auto" || name == "cuda") {
    context->gpu = CudaBackend::MakeContext(options);
  } else if (name == "cpu") {
    context->cpu = CpuBackend::MakeContext(options);
  } else {
    Fail(ErrorKind::kConfig, "--device {} is unknown: choose cuda or cpu.", name);
  }
  return context;
}

}  // namespace lantern
