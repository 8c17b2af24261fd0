#include "backends/cpu/kernel_sets.h"

#include <fmt/ranges.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "src/base/error.h"

namespace lantern {

namespace generic {
extern const KernelTable kKernels;
}
#if LANTERN_HAVE_X86_SETS
namespace sse41 {
extern const KernelTable kKernels;
}
namespace avx2 {
extern const KernelTable kKernels;
}
namespace avxvnni {
extern const KernelTable kKernels;
}
namespace avx512 {
extern const KernelTable kKernels;
}
namespace avx512vnni {
extern const KernelTable kKernels;
}

namespace {

bool HasAvxVnni() {  // CPUID leaf 7.1, EAX[4]: neither g++ 12 nor clang 14 knows it by name
  unsigned eax = 0, ebx, ecx, edx;
  return __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0 && (eax & 1u << 4) != 0;
}

bool HasAvx512() {  // what the sets are compiled for; asks the system too
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

}  // namespace
#endif

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
#if LANTERN_HAVE_X86_SETS
  const bool avx2 = __builtin_cpu_supports("avx2") && HasFusedMultiplyAdd();
  const bool avx512 = avx2 && HasAvx512();
  if (avx512 && __builtin_cpu_supports("avx512vnni")) sets.push_back(&avx512vnni::kKernels);
  if (avx512) sets.push_back(&avx512::kKernels);
  if (avx2 && HasAvxVnni()) sets.push_back(&avxvnni::kKernels);
  if (avx2) sets.push_back(&avx2::kKernels);
  if (__builtin_cpu_supports("sse4.1")) sets.push_back(&sse41::kKernels);
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

}  // namespace lantern
