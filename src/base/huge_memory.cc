#include "src/base/huge_memory.h"

#include <sys/mman.h>

#include <cstdint>
#include <new>

namespace lantern {

std::shared_ptr<std::byte> HugeMemory(size_t bytes) {
  constexpr size_t kHugePage = size_t{2} << 20, kPage = 4096;
  bytes = (bytes + kPage - 1) / kPage * kPage;
  // Small weights keep small pages: a huge one each would cost more than it gains.
  const size_t boundary = bytes < kHugePage ? kPage : kHugePage;
  const size_t mapped = bytes + boundary;
  void* const begin =
      ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (begin == MAP_FAILED) throw std::bad_alloc();
  const auto address = reinterpret_cast<uintptr_t>(begin);
  auto* const data = reinterpret_cast<std::byte*>((address + boundary - 1) / boundary * boundary);
  if (boundary == kHugePage) ::madvise(data, bytes, MADV_HUGEPAGE);
  return {data, [begin, mapped](std::byte*) { ::munmap(begin, mapped); }};
}

}  // namespace lantern
