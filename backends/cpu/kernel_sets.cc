#include "backends/cpu/kernel_sets.h"

#include <fmt/ranges.h>
#if defined(__x86_64__)
#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

#include "src/base/check.h"
#include "src/base/error.h"

namespace lantern {

// The tables of all sets; some builds hold fewer.
#define LANTERN_DECLARE_SET(name)    \
  namespace name {                   \
  extern const KernelTable kKernels; \
  }
LANTERN_DECLARE_SET(generic)
LANTERN_DECLARE_SET(sse41)
LANTERN_DECLARE_SET(avx2)
LANTERN_DECLARE_SET(avxvnni)
LANTERN_DECLARE_SET(avx512)
LANTERN_DECLARE_SET(avx512vnni)
LANTERN_DECLARE_SET(avx512amx)
LANTERN_DECLARE_SET(neon)
LANTERN_DECLARE_SET(neondot)
LANTERN_DECLARE_SET(neoni8mm)

namespace {

#if defined(__x86_64__)
[[maybe_unused]] bool HasAvx2() { return __builtin_cpu_supports("avx2") && HasFusedMultiplyAdd(); }

// CPUID leaf 7.1, EAX[4]: neither g++ 12 nor clang 14 knows it by name.
[[maybe_unused]] bool HasAvxVnni() {
  unsigned eax = 0, ebx, ecx, edx;
  return HasAvx2() && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & 1u << 4) != 0;
}

[[maybe_unused]] bool HasAvx512() {  // what the sets are compiled for; asks the system too
  return HasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

// Tile registers are the only ones that a process has to ask the system for, once for all threads:
// Documentation/arch/x86/xstate.rst of Linux.
[[maybe_unused]] bool HasAmx() {
  constexpr unsigned kTiles = 1u << 24, kInt8 = 1u << 25;  // CPUID leaf 7, EDX
  constexpr int kRequestPermission = 0x1023, kTileData = 18;
  unsigned eax, ebx, ecx, edx = 0;
  const bool known = __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0;
  return HasAvx512() && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("gfni") &&
         known && (edx & kTiles) != 0 && (edx & kInt8) != 0 &&
         ::syscall(SYS_arch_prctl, kRequestPermission, kTileData) == 0;
}
#elif defined(__aarch64__)
// HWCAP_ASIMDDP and HWCAP2_I8MM of asm/hwcap.h.
bool HasDotProduct() { return (getauxval(AT_HWCAP) & 1ul << 20) != 0; }
bool HasI8mm() { return (getauxval(AT_HWCAP2) & 1ul << 13) != 0; }
#endif

}  // namespace

bool HasFusedMultiplyAdd() {
#if defined(__x86_64__)
  // clang 14 knows "fma" by name (which asks the system too) but not F16C: CPUID leaf 1, ECX.
  unsigned eax, ebx, ecx = 0, edx;
  const bool known = __get_cpuid(1, &eax, &ebx, &ecx, &edx) != 0;
  return __builtin_cpu_supports("fma") && known && (ecx & bit_F16C) != 0;
#else
  return true;  // part of every AArch64
#endif
}

std::vector<const KernelTable*> RunnableKernels() {
  std::vector<const KernelTable*> sets;
#if LANTERN_HAVE_AVX512AMX
  if (HasAmx()) sets.push_back(&avx512amx::kKernels);
#endif
#if LANTERN_HAVE_AVX512VNNI
  if (HasAvx512() && __builtin_cpu_supports("avx512vnni")) sets.push_back(&avx512vnni::kKernels);
#endif
#if LANTERN_HAVE_AVX512
  if (HasAvx512()) sets.push_back(&avx512::kKernels);
#endif
#if LANTERN_HAVE_AVXVNNI
  if (HasAvxVnni()) sets.push_back(&avxvnni::kKernels);
#endif
#if LANTERN_HAVE_AVX2
  if (HasAvx2()) sets.push_back(&avx2::kKernels);
#endif
#if LANTERN_HAVE_SSE41
  if (__builtin_cpu_supports("sse4.1")) sets.push_back(&sse41::kKernels);
#endif
#if LANTERN_HAVE_NEONI8MM
  if (HasDotProduct() && HasI8mm()) sets.push_back(&neoni8mm::kKernels);
#endif
#if LANTERN_HAVE_NEONDOT
  if (HasDotProduct()) sets.push_back(&neondot::kKernels);
#endif
#if LANTERN_HAVE_NEON
  sets.push_back(&neon::kKernels);  // part of every AArch64
#endif
  sets.push_back(&generic::kKernels);
  return sets;
}

const KernelTable& ChooseKernels(const std::string& isa) {
  std::vector<std::string> names;
  for (const KernelTable* set : RunnableKernels()) {
    if (isa == "auto" || isa == set->name) return *set;
    names.push_back(set->name);
  }
  Fail(ErrorKind::kConfig, "The kernel set \"{}\" cannot run here; choose auto or one of: {}.", isa,
       fmt::join(names, ", "));
}

const FormatKernels& KernelsOf(const KernelTable& kernels, DType type) {
  switch (type) {
    case DType::kF32:
      return kernels.f32;
    case DType::kF16:
      return kernels.f16;
    case DType::kBF16:
      return kernels.bf16;
    case DType::kQ8_0:
      return kernels.q8_0;
    case DType::kQ4_0:
      return kernels.q4_0;
    case DType::kQ4_1:
      return kernels.q4_1;
    case DType::kQ5_0:
      return kernels.q5_0;
    case DType::kQ5_1:
      return kernels.q5_1;
    case DType::kQ4_K:
      return kernels.q4_k;
    case DType::kQ5_K:
      return kernels.q5_k;
    case DType::kQ6_K:
      return kernels.q6_k;
  }
  LANTERN_CHECK(false);
  return kernels.f32;
}

}  // namespace lantern
