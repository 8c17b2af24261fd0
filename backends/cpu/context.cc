#include "backends/cpu/context.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include <utility>

#include "backends/cpu/cpu_backend.h"
#include "backends/cpu/gemm/self_check.h"
#include "backends/cpu/kernel_sets.h"
#include "src/base/check.h"
#include "src/base/error.h"
#include "src/base/machine.h"

namespace lantern {

CpuContext::CpuContext(const ContextOptions& options)
    : kernels_(ChooseKernels(options.isa)), pool_(options.threads, options.spin, options.cores) {}

void CpuContext::RequireIeeeArithmetic() {
#if defined(__x86_64__)
  // Flush-to-zero (bit 15), rounding control (14-13), denormals-are-zero (6).
  LANTERN_CHECK_EQ(_mm_getcsr() & 0xe040u, 0u);
#elif defined(__aarch64__)
  // FPCR: flush-to-zero (24), rounding mode (23-22), flush half precision (19).
  LANTERN_CHECK_EQ(__builtin_aarch64_get_fpcr() & 0x01c80000u, 0u);
#endif
}

void CpuContext::UseGemm(std::unique_ptr<GemmProvider> provider) {
  RequireSound(*provider, *this);
  gemm_ = std::move(provider);
}

std::shared_ptr<CpuContext> CpuBackend::MakeContext(const ContextOptions& options) {
  if (options.device.name != "auto" && options.device.name != "cpu") {
    Fail(ErrorKind::kConfig, "--device {} is not part of this build, which computes on the cpu.",
         options.device.name);
  }
  if (options.threads < 1) {
    Fail(ErrorKind::kConfig, "A rank needs at least one thread, not {}.", options.threads);
  }
  auto context = std::make_shared<CpuContext>(options);
  if (options.gemm != kOwnGemm) context->UseGemm(OpenGemmProvider(options.gemm));
  return context;
}

size_t CpuBackend::AvailableMemory(const DeviceOptions&) { return lantern::AvailableMemory(); }

std::vector<std::string> CpuBackend::RunnableIsas() {
  std::vector<std::string> names;
  for (const KernelTable* set : RunnableKernels()) names.push_back(set->name);
  return names;
}

void CpuBackend::RequireGemm(const std::string& name) { MakeContext({.gemm = name}); }

std::string CpuBackend::GemmName(const Context& context) {
  return context.gemm() == nullptr ? kOwnGemm : context.gemm()->name();
}

void CpuBackend::RequireSupport(const Context&, DType type) {
  if (IsBlockFormat(type) || HasFusedMultiplyAdd()) return;
  Fail(ErrorKind::kConfig,
       "This CPU lacks FMA and F16C, which {} weights need: use a quantized model (q8_0, for "
       "example).",
       Info(type).name);
}

}  // namespace lantern
